package event

import (
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
)

// userIdentities returns the text and the number of every userIdentity that r decodes in
// doc.
func userIdentities(t *testing.T, r *Reader, doc string) (texts []string, numbers []uint64) {
	t.Helper()
	r.Reset(strings.NewReader(doc))
	for {
		ev, err := r.Next()
		if err == io.EOF {
			return texts, numbers
		}
		if err != nil {
			t.Fatal(err)
		}
		record := doc[ev.Offset:][:ev.Length]
		at := strings.Index(record, `"userIdentity":`) + len(`"userIdentity":`)
		texts = append(texts, record[at:plainSkip(record, at, 0)])
		numbers = append(numbers, ev.Identity.Number)
	}
}

func TestCallersAreNumbered(t *testing.T) {
	short := `{"type":"Root"}`
	long := strings.Replace(assumedRole, "session", strings.Repeat("s", maxCaller), 1)
	escaped := strings.Replace(assumedRole, "session", `s\u0065ssion`, 1)
	var all []string
	for k := range 3 * callerSets { // more than a set holds, whatever their sets
		other := strings.Replace(assumedRole, "creationDate\":\"2026", fmt.Sprintf("creationDate\":\"%04d", k), 1)
		all = append(all, assumedRole, other, assumedRole, short, long, escaped, other)
	}
	doc := `{"Records":[{"eventTime":"2026-11-20T10:11:12Z","userIdentity":` + strings.Join(all, `},{"eventTime":"2026-11-20T10:11:12Z","userIdentity":`) + `}]}`
	var r Reader
	of := map[uint64]string{}
	for range 2 {
		texts, numbers := userIdentities(t, &r, doc)
		if len(texts) != len(all) {
			t.Fatalf("%d records", len(texts))
		}
		for i, n := range numbers {
			kept := texts[i] != short && texts[i] != long && texts[i] != escaped
			if (n > 0) != kept || n > 0 && of[n] != "" && of[n] != texts[i] {
				t.Fatalf("%s has number %d, as %s", texts[i], n, of[n])
			}
			of[n] = texts[i]
			if i%7 == 2 && n != numbers[i-2] || i%7 == 6 && n != numbers[i-5] {
				t.Fatalf("caller %d has number %d, before it had %d", i, n, numbers[i-i%7])
			}
		}
	}
}

// TestCallersAreToldApartByEveryByte changes each byte of a caller that was met before.
func TestCallersAreToldApartByEveryByte(t *testing.T) {
	var r Reader
	record := func(caller []byte) []byte {
		return fmt.Appendf(nil, `{"Records":[{"eventTime":"2026-11-20T10:11:12Z","userIdentity":%s,"eventID":"x"}]}`, caller)
	}
	for i := range assumedRole {
		changed := []byte(assumedRole)
		changed[i] ^= 1
		doc := record(changed)
		read(&r, record([]byte(assumedRole)), true)
		got, want := read(&r, doc, true), read(new(Reader), doc, true)
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("%s\ngives %v, alone %v", doc, got, want)
		}
	}
}
