//go:build unix

package benchmarks

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"vpcetrail/benchmarks/workload"
)

// latencies are the times to the first byte of every answer. They are compared with none.
var latencies = []time.Duration{30 * time.Millisecond, 100 * time.Millisecond}

// BenchmarkS3 runs the command over each trail in S3, served by a separate process, with
// and without latency, and over the directory, in turn. It reports medians:
//
//   - x-30ms, x-100ms: the speed relative to no latency;
//   - objects/cpu-s: objects a second of the command's processor time, with all of its
//     work;
//   - fetch-objects/cpu-s: objects a second of the processor time beyond that for the
//     directory: listing and fetching.
func BenchmarkS3(b *testing.B) {
	tools := b.TempDir()
	binary, err := workload.Build(b.Context(), tools)
	if err != nil {
		b.Fatal(err)
	}
	server := filepath.Join(tools, "s3dir")
	if out, err := exec.CommandContext(b.Context(), "go", "build", "-o", server, "./s3dir").CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	for name := range strings.SplitSeq(*trails, ",") {
		b.Run("trail="+name, func(b *testing.B) {
			dir, err := write(name)
			if err != nil {
				b.Fatal(err)
			}
			dir = filepath.Join(dir, "trail")
			paths, err := workload.Objects(dir)
			if err != nil {
				b.Fatal(err)
			}
			out := filepath.Join(b.TempDir(), "out")
			run := func(source, endpoint string) (wall, cpu float64) {
				cmd := exec.CommandContext(b.Context(), binary, "analyze", source, "--date", "all", "--out", out, "--quiet")
				cmd.Env = append(os.Environ(), "AWS_ENDPOINT_URL="+endpoint, "AWS_ACCESS_KEY_ID=id", "AWS_SECRET_ACCESS_KEY=secret", "AWS_REGION=us-east-1")
				start := time.Now()
				if text, err := cmd.CombinedOutput(); err != nil {
					b.Fatalf("%v: %s", err, text)
				}
				return time.Since(start).Seconds(), (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()
			}
			near := serve(b, server, dir, 0)
			ratios := map[time.Duration][]float64{}
			var all, fetched []float64
			far := map[time.Duration]string{}
			for _, latency := range latencies {
				far[latency] = serve(b, server, dir, latency)
			}
			for b.Loop() {
				_, disk := run(dir, near)
				wall, cpu := run("s3://trail", near)
				all, fetched = append(all, cpu), append(fetched, cpu-disk)
				for _, latency := range latencies {
					late, _ := run("s3://trail", far[latency])
					ratios[latency] = append(ratios[latency], wall/late)
				}
			}
			for _, latency := range latencies {
				b.ReportMetric(middle(ratios[latency]), fmt.Sprintf("x-%v", latency))
			}
			b.ReportMetric(float64(len(paths))/middle(all), "objects/cpu-s")
			b.ReportMetric(float64(len(paths))/middle(fetched), "fetch-objects/cpu-s")
		})
	}
}

func middle(values []float64) float64 {
	values = slices.Sorted(slices.Values(values))
	return values[len(values)/2]
}

// serve starts a server of dir that stops with the benchmark, and returns its address.
func serve(b *testing.B, binary, dir string, latency time.Duration) string {
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, binary, "-latency", latency.String(), dir)
	in, err := cmd.StdinPipe() // closing it stops the server
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = in.Close()
		cancel()
		_ = cmd.Wait() // it was stopped
	})
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	return strings.TrimSpace(address)
}
