package main

import (
	"strings"
	"testing"
)

// TestVerifyWithoutDigests checks that a trail without digests is never called valid.
func TestVerifyWithoutDigests(t *testing.T) {
	got := mustRun(t, 3, "verify", "../../fixtures/demo", "--quiet")
	for _, want := range []string{
		"../../fixtures/demo, all: 0 of 24 logs valid, by 0 digests\n",
		"  log  unverified         16\n",
		"unverified: no digest of account 111122223333 in eu-west-1 was found: enable log file validation of its trail (and 3 more)\n",
		"That does not prove that the trail logged every call",
	} {
		if !strings.Contains(got.out, want) {
			t.Errorf("does not say %q:\n%s", want, got.out)
		}
	}
	if want := "vpcetrail: nothing is invalid, but not everything could be checked: 24 problems\n"; got.errOut != want {
		t.Errorf("says %q, want %q", got.errOut, want)
	}
	if got := mustRun(t, 3, "verify", "../../fixtures/demo", "--quiet", "--date", "2020-01-01"); !strings.Contains(got.errOut, "no digest and no log for 2020-01-01") {
		t.Errorf("says %q", got.errOut)
	}
	mustRun(t, 0, "verify", "../../fixtures/demo", "--quiet", "--allow", "unverified,uncovered_kind")
}
