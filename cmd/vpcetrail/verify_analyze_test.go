package main

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vpcetrail/fixtures/signed"
)

// TestAnalyzeVerifies checks both modes of --verify on a whole trail and on one with a
// changed log.
func TestAnalyzeVerifies(t *testing.T) {
	date := signed.Day.Format(time.DateOnly)
	analyze := func(c *signed.Case, code int, mode string) (finished, string) {
		trail := c.Make()
		dir := t.TempDir()
		copied, keys, out := filepath.Join(dir, "trail"), filepath.Join(dir, "keys.json"), filepath.Join(dir, "out")
		if err := trail.Store.Write(copied); err != nil {
			t.Fatal(err)
		}
		if err := signed.WriteKeys(keys, trail.Keys); err != nil {
			t.Fatal(err)
		}
		return mustRun(t, code, "analyze", copied, "--out", out, "--date", date, "--lateness", "0s", "--verify="+mode, "--keys", keys), out
	}
	cases := map[string]signed.Case{}
	for _, c := range signed.Cases() {
		cases[c.Name] = c
	}
	whole, changed := cases["whole day"], cases["log changed"]
	for _, mode := range []string{"report", "require"} {
		got, out := analyze(&whole, 0, mode)
		if !strings.Contains(got.out, "proved by digests\n") {
			t.Errorf("the summary says %s", got.out)
		}
		mustRun(t, 1, "analyze", filepath.Join(filepath.Dir(out), "trail"), "--out", out, "--date", date, "--quiet") // --verify is missing
	}
	got, _ := analyze(&changed, 4, "report")
	if !strings.Contains(got.errOut, "modified: its SHA-256 is ") || !strings.Contains(got.out, "INVALID: digests, of 1 of 1 day: ") {
		t.Errorf("%s\n%s", got.out, got.errOut)
	}
	got, out := analyze(&changed, 1, "require")
	notThere(t, out)
	if !strings.Contains(got.errOut, "nothing is published: --verify=require") {
		t.Errorf("%s", got.errOut)
	}
}
