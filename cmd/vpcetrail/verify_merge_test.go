package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"vpcetrail/cmd/vpcetrail/exit"
	"vpcetrail/fixtures/signed"
)

// TestMergeOfVerifiedShards compares merged shards of signed trails with one run over all.
func TestMergeOfVerifiedShards(t *testing.T) {
	for _, c := range signed.Cases() {
		code, ok := map[string]int{
			"neighbours": 0, "stopped and started": 0, "log renamed": exit.Violated, "two digests deleted": exit.Violated, "log not compressed": exit.Violated,
		}[c.Name]
		if !ok {
			continue
		}
		t.Run(c.Name, func(t *testing.T) {
			s, dir := newSignedCopy(t, &c), t.TempDir()
			for _, date := range []string{"all", signed.Day.Format(time.DateOnly)} {
				out := func(name string) string { return filepath.Join(dir, date, name) }
				flags := []string{"--date", date, "--quiet", "--verify=report", "--keys", s.keys}
				run := func(name string, more ...string) {
					args := slices.Concat([]string{"analyze", s.dir, "--out", out(name)}, flags, more)
					f := vpcetrail(t.Context(), args...)
					if f.code != 0 && (f.code != exit.Incomplete && f.code != exit.Violated || name != "want") { // a scheduler merges parts that end with 0
						t.Fatalf("%v: %d: %s", args, f.code, f.errOut)
					}
				}
				run("want")
				parts := []string{}
				for i := range 3 {
					run(fmt.Sprint(i), "--shard", fmt.Sprintf("%d/3", i+1), "--incomplete-ok")
					parts = append(parts, out(fmt.Sprint(i)))
				}
				f := vpcetrail(t.Context(), slices.Concat([]string{"merge", "--out", out("got"), "--quiet"}, parts)...)
				if date != "all" && f.code != code {
					t.Errorf("exit code %d, want %d: %s", f.code, code, f.errOut)
				}
				sameFiles(t, date, tree(t, out("got")), tree(t, out("want")))
				for i := range 2 {
					mustRun(t, 0, slices.Concat([]string{"merge", "--out", out(fmt.Sprint("job-", i)), "--shard", fmt.Sprintf("%d/2", i+1)}, parts)...)
				}
				if f := vpcetrail(t.Context(), "merge", out("job-0"), out("job-1"), "--out", out("joined"), "--quiet"); date != "all" && f.code != code {
					t.Errorf("exit code %d, want %d: %s", f.code, code, f.errOut)
				}
				sameFiles(t, date, tree(t, out("joined")), tree(t, out("want")))
			}
		})
	}
}

// TestMergeRefusesVerifiedReportsOfDifferentSources checks that merge joins no checks that
// could not see what explains each other's gaps.
func TestMergeRefusesVerifiedReportsOfDifferentSources(t *testing.T) {
	cases := signed.Cases()
	s, dir := newSignedCopy(t, &cases[0]), t.TempDir()
	var parts []string
	for _, source := range []string{s.dir, s.dir + "/AWSLogs"} {
		out := filepath.Join(dir, fmt.Sprint(len(parts)))
		mustRun(t, 0, "analyze", source, "--out", out, "--quiet", "--verify=report", "--keys", s.keys, "--mergeable", "--date", signed.Day.Format(time.DateOnly))
		parts = append(parts, out)
	}
	f := mustRun(t, exit.Failed, "merge", parts[0], parts[1], "--out", filepath.Join(dir, "got"))
	if !strings.Contains(f.errOut, "were made with --verify of different sources") {
		t.Errorf("it says %s", f.errOut)
	}
	plain := filepath.Join(dir, "plain")
	mustRun(t, 0, "analyze", s.dir, "--out", plain, "--quiet", "--mergeable", "--date", signed.Day.Format(time.DateOnly))
	if f := mustRun(t, exit.Failed, "merge", parts[0], plain, "--out", filepath.Join(dir, "got")); !strings.Contains(f.errOut, "were made with different --verify") {
		t.Errorf("it says %s", f.errOut)
	}
}
