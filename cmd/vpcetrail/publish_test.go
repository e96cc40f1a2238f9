package main

import (
	"context"
	"encoding/json"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"vpcetrail/report"
)

const (
	day20 = "/dt=2026-11-20/"
	day21 = "/dt=2026-11-21/"
)

// of returns the files of one day.
func of(day string, files map[string]string) map[string]string {
	some := maps.Clone(files)
	maps.DeleteFunc(some, func(name, _ string) bool { return !strings.Contains(name, day) })
	return some
}

// unrevised returns files with the replaced report removed from each run.json.
func unrevised(t testing.TB, files map[string]string) map[string]string {
	t.Helper()
	plain := maps.Clone(files)
	for name, text := range files {
		if !strings.HasSuffix(name, "/run.json") {
			continue
		}
		var m report.Manifest
		if err := json.Unmarshal([]byte(text), &m); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		m.Revision, m.Changes = 0, nil
		again, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		plain[name] = string(again)
	}
	return plain
}

func TestDayIsReplacedAsAWhole(t *testing.T) {
	t.Parallel()
	first, second, out := generate(t, 1, 2), generate(t, 2, 2), t.TempDir()
	report, alone := filepath.Join(out, "report"), filepath.Join(out, "alone")
	mustRun(t, 0, "analyze", first, "--out", report, "--quiet")
	before := tree(t, report)
	// Parts of a day that was once larger, and the same parts beside the other day's.
	for _, name := range []string{"traffic" + day20, "objects" + day20, "traffic" + day21} {
		before[name+"part-00001.parquet"] = before[name+"part-00000.parquet"]
		if err := os.WriteFile(filepath.Join(report, name, "part-00001.parquet"), []byte(before[name+"part-00000.parquet"]), 0o666); err != nil {
			t.Fatal(err)
		}
	}

	mustRun(t, 0, "analyze", second, "--out", alone, "--date", "2026-11-20", "--quiet")
	mustRun(t, 0, "analyze", second, "--out", report, "--date", "2026-11-20", "--quiet")
	want, after := tree(t, alone), tree(t, report)
	sameFiles(t, "the day", unrevised(t, of(day20, after)), unrevised(t, want))
	sameFiles(t, "the other day", of(day21, after), of(day21, before))
	if before["traffic"+day20+"part-00000.parquet"] == after["traffic"+day20+"part-00000.parquet"] {
		t.Error("the two trails have the same traffic: this test shows nothing")
	}

	for _, workers := range []string{"1", "8"} {
		mustRun(t, 0, "analyze", second, "--out", report, "--date", "2026-11-20", "--quiet", "--workers", workers)
		sameFiles(t, "again with "+workers+" workers", tree(t, report), after)
	}
}

// A day that has no calls any more is reported as empty: its old numbers are gone.
func TestDayIsReplacedByNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	source, report := filepath.Join(dir, "log.json"), filepath.Join(dir, "report")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(source, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	write(`{"Records": [{"eventTime": "2026-11-20T10:00:00Z", "eventSource": "s3.amazonaws.com", "sourceIPAddress": "203.0.113.9"}]}`)
	got := mustRun(t, 0, "analyze", source, "--out", report, "--date", "2026-11-20")
	if !strings.HasPrefix(got.out, "2026-11-20: 1 call, 0 denied\n") {
		t.Errorf("it says\n%s", got.out)
	}
	write(`{"Records": []}`)
	got = mustRun(t, 0, "analyze", source, "--out", report, "--date", "2026-11-20")
	const want = `2026-11-20: 0 calls, 0 denied

Calls by route
  route                                calls  share
  vpce: through a VPC endpoint             0      -
  internet: from a public address          0      -
    from AWS's addresses (EC2, NAT)        0      -
    from anywhere else                     0      -
  aws_service: made by an AWS service      0      -
  unknown: the record proves no route      0      -

Services with most calls past the endpoint
  none

Principals with most calls past the endpoint
  none

Endpoints used
  none

Findings
  none
`
	if got.out != want {
		t.Errorf("it says\n%swant\n%s", got.out, want)
	}
	if text, err := tableText(report, "traffic", "calls"); err != nil || text != "dt,calls\n" {
		t.Errorf("traffic holds %q, %v", text, err)
	}
}

// While one run works, a second one into the same directory says so and changes
// nothing.
func TestTwoRunsAtOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	report := filepath.Join(dir, "report")
	in, feed := io.Pipe()
	done := make(chan finished)
	go func() { done <- vpcetrailWith(context.Background(), in, "analyze", "-", "--out", report, "--quiet") }()
	waitFor(t, filepath.Join(report, ".staging", "all.lock"))

	fails1(t, report+": another run is writing to it: wait for it, or choose another --out", "analyze", generate(t, 1, 1), "--out", report)
	if names := slices.Collect(maps.Keys(tree(t, report))); len(names) != 1 {
		t.Errorf("it has written files: %q", names)
	}
	text := `{"Records": [{"eventTime": "2026-11-20T10:00:00Z", "eventSource": "s3.amazonaws.com", "sourceIPAddress": "203.0.113.9"}]}`
	if _, err := io.WriteString(feed, text); err != nil {
		t.Error(err)
	}
	if err := feed.Close(); err != nil {
		t.Error(err)
	}
	if got := <-done; got != (finished{}) {
		t.Errorf("the first run ends with %+v", got)
	}
	if rows, err := tableText(report, "traffic", "service", "calls"); err != nil || rows != "dt,service,calls\n2026-11-20,s3.amazonaws.com,1\n" {
		t.Errorf("traffic holds %q, %v", rows, err)
	}
}

// waitFor waits until a path exists.
func waitFor(t *testing.T, path string) {
	t.Helper()
	for range 1000 {
		if _, err := os.Stat(path); err == nil {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("%s does not come", path)
}
