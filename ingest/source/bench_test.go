package source

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// BenchmarkTrail lists and fetches objects of 2 KB, the usual size.
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
	latency := time.Duration(0)
	server.before = func(w http.ResponseWriter, r *http.Request) bool {
		time.Sleep(latency)
		if isGet(r) { // otherwise gofakes3 would be measured
			w.Header().Set("Etag", `"etag"`)
			_, _ = w.Write([]byte(body))
		}
		return isGet(r)
	}
	awsEnv(b, map[string]string{"AWS_ENDPOINT_URL": server.URL, "AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret"})
	for _, latency = range []time.Duration{0, 30 * time.Millisecond} {
		for _, most := range []int{32, 0} { // 0: adapts up to 256
			b.Run(fmt.Sprintf("store=s3/latency=%v/concurrency=%d", latency, most), func(b *testing.B) {
				run(b, "s3://"+bucket, Options{Concurrency: most})
			})
		}
	}
}
