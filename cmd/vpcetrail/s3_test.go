package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// A trail gives the same tables, wherever it lies and wherever they go.
func TestS3GivesTheTablesOfTheDirectory(t *testing.T) {
	f := newS3(t)
	local := generate(t, 1)
	f.put(t, local, "prefix/")
	out := t.TempDir()
	analyze := func(src, dst string, flags ...string) {
		t.Helper()
		mustRun(t, 0, append([]string{"analyze", src, "--out", dst, "--quiet"}, flags...)...)
	}
	const remote, reports = "s3://" + trailBucket + "/prefix", "s3://" + reportBucket

	analyze(local, filepath.Join(out, "want"))
	want := tree(t, filepath.Join(out, "want"))
	if len(want) < 12 {
		t.Fatalf("only %d files", len(want))
	}
	analyze(remote, filepath.Join(out, "from-s3"), "--date", "all")
	fromS3 := tree(t, filepath.Join(out, "from-s3"))
	sameFiles(t, "S3 to a directory", tables(fromS3), tables(want))
	analyze(remote, reports+"/all", "--date", "all", "--workers", "8")
	sameFiles(t, "S3 to S3", f.report(t, "all/"), fromS3)
	analyze(local, reports+"/local/")
	sameFiles(t, "a directory to S3", f.report(t, "local/"), want)

	summary := mustRun(t, 0, "summary", filepath.Join(out, "want"))
	if got := mustRun(t, 0, "summary", reports+"/all"); got != summary {
		t.Errorf("summary from S3\n%s\nwant\n%s", got.out, summary.out)
	}

	analyze(local, filepath.Join(out, "day"), "--date", "2026-11-20")
	analyze(remote, reports+"/day", "--date", "2026-11-20")
	day := tree(t, filepath.Join(out, "day"))
	sameFiles(t, "one day", tables(f.report(t, "day/")), tables(day))
	for name := range day {
		if !strings.Contains(name, "/dt=2026-11-20/") {
			t.Errorf("one day: %s is of another", name)
		}
	}
}
