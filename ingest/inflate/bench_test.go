package inflate

import (
	"bytes"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"

	"vpcetrail/fixtures/trail"
)

// trails are the inputs, about 15 MB of JSON each, except wide.
var trails = []struct {
	name          string
	size          string
	objects, days int
	records       int
}{
	{"busy", trail.Normal, 7, 1, 1500},
	{"sparse", trail.Sparse, 250, 2, 20},
	{"wide", trail.Wide, 4, 1, 40},
}

// eachTrail runs a benchmark on the CloudTrail objects of each trail.
func eachTrail(b *testing.B, run func(b *testing.B, objects [][]byte)) {
	for _, tr := range trails {
		b.Run("trail="+tr.name, func(b *testing.B) {
			cfg := trail.Default()
			cfg.Accounts, cfg.Regions = 1, trail.RegionNames(1)
			cfg.Size, cfg.Objects, cfg.Days, cfg.Records = tr.size, tr.objects, tr.days, tr.records
			dir := b.TempDir()
			if _, err := trail.Generate(b.Context(), cfg, dir); err != nil {
				b.Fatal(err)
			}
			var objects [][]byte
			err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
				if err == nil && strings.Contains(path, "_CloudTrail_") {
					var gz []byte
					gz, err = os.ReadFile(path)
					objects = append(objects, gz)
				}
				return err
			})
			if err != nil {
				b.Fatal(err)
			}
			run(b, objects)
		})
	}
}

// A pass inflates a stream and returns the length of its text.
type pass func(b *testing.B, gz []byte) int64

// libraries returns the candidates by name: klauspost's reader, and our reader with the
// text used in place or copied.
func libraries() map[string]pass {
	var zr gzip.Reader
	var next, read Reader
	piece := make([]byte, 256<<10)
	copied := func(b *testing.B, r io.Reader) int64 {
		n, err := io.CopyBuffer(io.Discard, struct{ io.Reader }{r}, piece)
		if err != nil {
			b.Fatal(err)
		}
		return n
	}
	return map[string]pass{
		"klauspost": func(b *testing.B, gz []byte) int64 {
			if err := zr.Reset(bytes.NewReader(gz)); err != nil {
				b.Fatal(err)
			}
			return copied(b, &zr)
		},
		"read": func(b *testing.B, gz []byte) int64 {
			if err := read.Reset(gz); err != nil {
				b.Fatal(err)
			}
			return copied(b, &read)
		},
		"next": func(b *testing.B, gz []byte) (n int64) {
			err := next.Reset(gz)
			for err == nil {
				var text []byte
				text, err = next.Next(0)
				n += int64(len(text))
			}
			if err != io.EOF {
				b.Fatal(err)
			}
			return n
		},
	}
}

// BenchmarkInflate measures each library alone.
func BenchmarkInflate(b *testing.B) {
	eachTrail(b, func(b *testing.B, objects [][]byte) {
		for _, lib := range []string{"klauspost", "read", "next"} {
			inflate := libraries()[lib]
			b.Run("lib="+lib, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					size := int64(0)
					for _, gz := range objects {
						size += inflate(b, gz)
					}
					b.SetBytes(size)
				}
			})
		}
	})
}

// BenchmarkAgainstKlauspost alternates the libraries, object by object. It reports their
// speed relative to klauspost. It uses the best time for each object, which noise
// disturbs least.
func BenchmarkAgainstKlauspost(b *testing.B) {
	eachTrail(b, func(b *testing.B, objects [][]byte) {
		libs, best := libraries(), make(map[string][]time.Duration)
		for name := range libs {
			best[name] = slices.Repeat([]time.Duration{time.Hour}, len(objects))
		}
		var size int64
		for b.Loop() {
			size = 0
			for i, gz := range objects {
				for name, inflate := range libs {
					start := time.Now()
					n := inflate(b, gz)
					best[name][i] = min(best[name][i], time.Since(start))
					size += n
				}
			}
		}
		spent := make(map[string]float64)
		for name := range libs {
			for _, d := range best[name] {
				spent[name] += d.Seconds()
			}
		}
		for name := range libs {
			b.ReportMetric(spent["klauspost"]/spent[name], name+"-x")
			b.ReportMetric(float64(size)/float64(len(libs))/spent[name]/1e6, name+"-MB/s")
		}
	})
}
