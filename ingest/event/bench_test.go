package event

import (
	"bytes"
	"compress/gzip"
	"io"
	"io/fs"
	"os"
	"strings"
	"testing"
)

// demoRecords returns the records of the demo trail, repeated until they have size bytes.
func demoRecords(tb testing.TB, size int) []string {
	tb.Helper()
	var records []string
	total := 0
	err := fs.WalkDir(os.DirFS("../../fixtures/demo"), ".", func(path string, e fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".json.gz") {
			return err
		}
		f, err := os.Open("../../fixtures/demo/" + path)
		if err != nil {
			return err
		}
		defer f.Close()
		z, err := gzip.NewReader(f)
		if err != nil {
			return err
		}
		doc, err := io.ReadAll(z)
		if err != nil {
			return err
		}
		all, err := scanAll(bytes.NewReader(doc), doc)
		for _, s := range all {
			records = append(records, s.Record)
			total += len(s.Record)
		}
		return err
	})
	if err != nil || total == 0 {
		tb.Fatalf("%d bytes of records, %v", total, err)
	}
	for i := 0; total < size; i++ {
		records = append(records, records[i])
		total += len(records[i])
	}
	return records
}

func BenchmarkReader(b *testing.B) {
	records := demoRecords(b, 8<<20)
	for container, doc := range wrapped(records) {
		b.Run("container="+container, func(b *testing.B) {
			var r Reader
			src := strings.NewReader(doc)
			b.SetBytes(int64(len(doc)))
			b.ReportAllocs()
			events := 0
			for b.Loop() {
				src.Reset(doc)
				r.Reset(src)
				for {
					_, err := r.Next()
					if err == io.EOF {
						break
					}
					if err != nil {
						b.Fatal(err)
					}
					events++
				}
			}
			b.ReportMetric(float64(events)/b.Elapsed().Seconds(), "events/s")
		})
	}
}
