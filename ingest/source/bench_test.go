package source

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// BenchmarkTrail lists and fetches objects of 2 KB, the size of most.
func BenchmarkTrail(b *testing.B) {
	const objects, size = 4000, 2048
	body := strings.Repeat("x", size)
	key := func(i int) string {
		return fmt.Sprintf("AWSLogs/%s/CloudTrail/us-east-1/2026/11/%02d/%05d.json.gz", acct, 1+i%20, i)
	}
	run := func(b *testing.B, arg string, opt Options) {
		b.SetBytes(objects * size)
		b.ReportAllocs()
		for b.Loop() {
			trail, err := Open(b.Context(), []string{arg}, allDays, opt)
			if err != nil {
				b.Fatal(err)
			}
			n := 0
			for f := range fetches(b, trail) {
				if _, err := f.Open(b.Context()); err != nil {
					b.Fatal(err)
				}
				n += len(f.Bytes())
				f.Close()
			}
			trail.Close()
			if n != objects*size {
				b.Fatalf("%d bytes", n)
			}
		}
		b.ReportMetric(float64(b.N)*objects/b.Elapsed().Seconds(), "objects/s")
	}
	b.Run("store=directory", func(b *testing.B) {
		dir := b.TempDir()
		for i := range objects {
			writeFile(b, dir, key(i), body)
		}
		run(b, dir, Options{})
	})
	server := newS3(b)
	for i := range objects {
		server.putBody(b, key(i), body)
	}
	b.Run("store=s3/latency=0", func(b *testing.B) {
		run(b, "s3://"+bucket, Options{S3: server.open})
	})
	server.before = func(http.ResponseWriter, *http.Request) bool {
		time.Sleep(30 * time.Millisecond)
		return false
	}
	for _, n := range []int{s3Fetchers, 128} {
		b.Run(fmt.Sprintf("store=s3/latency=30ms/fetchers=%d", n), func(b *testing.B) {
			run(b, "s3://"+bucket, Options{S3: server.open, Concurrency: n})
		})
	}
}
