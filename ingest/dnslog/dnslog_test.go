package dnslog

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"vpcetrail/fixtures"
)

// inWords says what a Reader makes of an object.
func inWords(from io.Reader) string {
	var r Reader
	text := &strings.Builder{}
	err := r.Reset(from)
	var q *Query
	for err == nil {
		if q, err = r.Next(); err == nil {
			fmt.Fprintf(text, "%s %s %s by %q at %q in %q (%q, %q): %s", time.UnixMilli(q.Time).UTC().Format(time.RFC3339Nano), q.Type, q.Name,
				q.Instance, q.Source, q.VPC, q.Account, q.Region, q.Code)
			for _, a := range q.Answers {
				if a.Name != "" {
					fmt.Fprintf(text, " = %s", a.Name)
				} else {
					fmt.Fprintf(text, " %s", a.Address)
				}
			}
			text.WriteByte('\n')
		}
	}
	if _, n, _ := r.Lines(); n > 0 {
		fmt.Fprintf(text, "%d invalid\n", n)
	}
	if err != io.EOF {
		fmt.Fprintln(text, err)
	}
	return text.String()
}

func cases(t testing.TB) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob("testdata/cases/*.log")
	if err != nil || len(files) < 28 {
		t.Fatal(len(files), err)
	}
	all := map[string][]byte{}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all[strings.TrimSuffix(filepath.Base(name), ".log")] = text
	}
	return all
}

func zip(t testing.TB, text []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(text); err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Every case has a golden file that says what is read of it, plain and gzipped.
func TestCases(t *testing.T) {
	for name, text := range cases(t) {
		t.Run(name, func(t *testing.T) {
			got := inWords(bytes.NewReader(text))
			fixtures.Golden(t, "testdata/cases/"+name+".golden", []byte(got))
			if zipped := inWords(bytes.NewReader(zip(t, text))); zipped != got && len(text) > 0 {
				t.Errorf("gzipped\n%s\nplain\n%s", zipped, got)
			}
		})
	}
}

// A line of a megabyte is invalid, and the next one is read.
func TestLongLine(t *testing.T) {
	good := `{"query_timestamp":"2026-11-20T10:11:12Z","query_name":"a.example."}` + "\n"
	long := `{"query_name":"` + strings.Repeat("a", 1<<20) + `","query_timestamp":"2026-11-20T10:11:12Z"}` + "\n"
	one := inWords(strings.NewReader(good))
	if got := inWords(strings.NewReader(good + long + good)); got != one+one+"1 invalid\n" {
		t.Errorf("got\n%.500s", got)
	}
	if got := inWords(strings.NewReader(long[:len(long)-1])); got != "1 invalid\n"+ErrForeign.Error()+"\n" {
		t.Errorf("got\n%.500s", got)
	}
}

func TestBrokenObjects(t *testing.T) {
	whole := zip(t, cases(t)["101-private-answers"])
	broken := errors.New("reset by peer")
	for name, from := range map[string]io.Reader{
		"cut":     bytes.NewReader(whole[:len(whole)-6]),
		"damaged": bytes.NewReader(append(append([]byte{}, whole[:20]...), bytes.Repeat([]byte{0xff}, 40)...)),
		"no gzip": bytes.NewReader(whole[:3]),
		"stopped": io.MultiReader(bytes.NewReader(whole[:30]), iotest.ErrReader(broken)),
	} {
		got := inWords(from)
		if strings.HasPrefix(got, "2026") && !strings.Contains(got, "\n") || strings.Count(got, "\n") == 0 || strings.HasSuffix(got, "NOERROR 10.7.1.20 10.7.2.20\n") {
			t.Errorf("%s: the end is clean: %s", name, got)
		}
	}
}

// FuzzReader holds that a name is never empty or in upper case, that the pieces in which an object
// arrives do not matter, and that line breaks between objects do not either.
func FuzzReader(f *testing.F) {
	for _, text := range cases(f) {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		whole := inWords(bytes.NewReader(text))
		if pieces := inWords(iotest.OneByteReader(bytes.NewReader(text))); pieces != whole {
			t.Errorf("in pieces\n%s\nwhole\n%s", pieces, whole)
		}
		var r Reader
		if r.Reset(bytes.NewReader(text)) != nil {
			return
		}
		for {
			q, err := r.Next()
			if err != nil {
				return
			}
			if q.Name != strings.ToLower(q.Name) || q.Time < 0 {
				t.Errorf("%+v", q)
			}
		}
	})
}

func BenchmarkReader(b *testing.B) {
	line := cases(b)["101-private-answers"]
	text := bytes.Repeat(line, 2000)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	var r Reader
	for b.Loop() {
		if err := r.Reset(bytes.NewReader(text)); err != nil {
			b.Fatal(err)
		}
		for {
			if _, err := r.Next(); err != nil {
				break
			}
		}
	}
}
