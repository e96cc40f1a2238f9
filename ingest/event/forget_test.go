package event

import (
	"bytes"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
)

// An outcome is everything that a Reader returns for a text.
type outcome struct {
	all    []seen
	err    string
	offset int64
}

// read decodes doc with r, in place or through a window.
func read(r *Reader, doc []byte, inPlace bool) (o outcome) {
	if inPlace {
		r.ResetBytes(append(make([]byte, 0, len(doc)+Padding), doc...))
	} else {
		r.Reset(bytes.NewReader(doc))
	}
	for {
		ev, err := r.Next()
		if err != nil {
			o.err, o.offset = fmt.Sprintf("%T %v", err, err), r.Offset()
			if err == io.EOF {
				o.err = ""
			}
			return o
		}
		o.all = append(o.all, see(ev, doc))
	}
}

// forgets compares a Reader that has decoded before with new ones.
func forgets(t *testing.T, before, doc []byte) {
	t.Helper()
	var warm Reader
	for range 2 {
		read(&warm, before, true)
	}
	want := read(new(Reader), doc, true)
	for _, inPlace := range []bool{true, false, true} {
		if got := read(&warm, doc, inPlace); !reflect.DeepEqual(got, want) {
			t.Fatalf("after %q\n%q gives\n%+v\nand without\n%+v", before, doc, got, want)
		}
		if got := read(new(Reader), doc, inPlace); !reflect.DeepEqual(got, want) {
			t.Fatalf("%q gives in place\n%+v\nand through a window\n%+v", doc, want, got)
		}
	}
}

const assumedRole = `{"type":"AssumedRole","principalId":"AROAEXAMPLE:session","arn":"arn:aws:sts::111122223333:assumed-role/r/session","accountId":"111122223333","accessKeyId":"ASIAEXAMPLE",` +
	`"sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROAEXAMPLE","arn":"arn:aws:iam::111122223333:role/r","accountId":"111122223333","userName":"r"},` +
	`"attributes":{"creationDate":"2026-11-20T10:00:00Z","mfaAuthenticated":"false"}}}`

// orders are logs with records that differ in the order of keys, in missing keys, and in
// white space.
var orders = func() (docs []string) {
	members := []string{
		`"eventVersion":"1.08"`, `"userIdentity":` + assumedRole, `"eventTime":"2026-11-20T10:11:12Z"`, `"eventSource":"s3.amazonaws.com"`,
		`"requestParameters":{"bucketName":"b","more":[1,{"x":"y"}]}`, `"responseElements":null`, `"eventID":"id"`, `"readOnly":false`, `"new":{"eventID":"x"}`,
		`"vpcEndpointId":"vpce-0a1b2c3d"`, `"tlsDetails":{"clientProvidedHostHeader":"h"}`,
	}
	record := func(join string, members ...string) string { return "{" + strings.Join(members, join) + "}" }
	log := func(records ...string) string { return `{"Records":[` + strings.Join(records, ",") + `]}` }
	straight, spaced := record(",", members...), record(" ,\n ", members...)
	var turned []string
	for i := range members {
		turned = append(turned, record(",", append(append([]string{}, members[i:]...), members[:i]...)...))
	}
	other := strings.ReplaceAll(straight, "EXAMPLE", "OTHER")
	return []string{
		log(straight, straight, other), log(turned...), log(spaced, strings.ReplaceAll(spaced, `":`, "\" : ")), log(record(",", members[2:4]...), record(",", members[6], members[2])),
		log(strings.ReplaceAll(straight, "Z", "+00:00"), strings.ReplaceAll(straight, "11-20", "11-21"), strings.ReplaceAll(straight, "10:11", "24:11")),
		log(strings.ReplaceAll(straight, "session", `s\u00e9ssion`), strings.ReplaceAll(straight, "session", "séssion"), strings.ReplaceAll(straight, "session", "s\xffssion")),
		log(record(",", append(members, members[1], `"userIdentity":null`, `"tlsDetails":{}`)...), straight),
		log(straight, strings.ReplaceAll(straight, "}}}", "}}]")), log(straight, strings.ReplaceAll(straight, "creationDate", "creation\nDate")), log(straight) + "x",
		log(straight, straight[:len(straight)-20]), strings.Repeat(straight+"\n", 3), envelope(straight), payload(straight, other),
	}
}()

func TestDecoderForgets(t *testing.T) {
	for _, before := range orders {
		for _, doc := range orders {
			forgets(t, []byte(before), []byte(doc))
		}
		agree(t, []byte(before))
	}
}

func FuzzDecoderForgets(f *testing.F) {
	for i, doc := range orders {
		f.Add([]byte(orders[(i+1)%len(orders)]), []byte(doc))
		f.Add([]byte(orders[0]), []byte(doc))
	}
	for i, doc := range documents {
		f.Add([]byte(documents[(i+1)%len(documents)]), []byte(doc))
	}
	f.Fuzz(func(t *testing.T, before, doc []byte) {
		forgets(t, before, doc)
	})
}
