package wildcard

import (
	"regexp"
	"strings"
	"testing"
)

func TestPatterns(t *testing.T) {
	for _, tc := range []struct {
		a, b                    string
		match, covers, overlaps bool
	}{
		{"", "", true, true, true},
		{"*", "", true, true, true},
		{"?", "", false, false, false},
		{"?", "é", true, true, true},
		{"s3:Get*", "s3:GetObject", true, true, true},
		{"s3:Get*Acl", "s3:GetObject", false, false, false},
		{"*Object*", "s3:GetObjectAcl", true, true, true},
		{"a*b*c", "aXbXbXc", true, true, true},
		{"a*b*c", "aXbXbX", false, false, false},
		{"arn:aws:s3:::bucket/*", "arn:aws:s3:::bucket/private/*", true, true, true},
		{"arn:aws:s3:::bucket/private/*", "arn:aws:s3:::bucket/*", false, false, true},
		{"arn:aws:s3:::bucket/?", "arn:aws:s3:::bucket/*", true, false, true},
		{"arn:aws:s3:::other/*", "arn:aws:s3:::bucket/*", false, false, false},
		{"*a", "b*", false, false, true},
		{"a?c", "ab*", false, false, true},
	} {
		if m, c, o := Match(tc.a, tc.b), Covers(tc.a, tc.b), Overlap(tc.a, tc.b); m != tc.match || c != tc.covers || o != tc.overlaps {
			t.Errorf("%q and %q: match %v, covers %v, overlap %v", tc.a, tc.b, m, c, o)
		}
		if Overlap(tc.b, tc.a) != tc.overlaps {
			t.Errorf("%q and %q: overlap depends on the order", tc.a, tc.b)
		}
	}
	if !MatchAny([]string{"x", "a*"}, "ab") || MatchAny(nil, "") {
		t.Error("any")
	}
}

// FuzzMatch holds Match against a regular expression, and Covers and Overlap against Match.
func FuzzMatch(f *testing.F) {
	f.Add("s3:Get*", "s3:GetObject", "s3:*")
	f.Add("a?*", "aé", "*?")
	f.Fuzz(func(t *testing.T, pattern, text, other string) {
		if len(pattern)+len(text)+len(other) > 200 {
			return
		}
		pattern, text, other = strings.ToValidUTF8(pattern, ""), strings.ToValidUTF8(text, ""), strings.ToValidUTF8(other, "")
		slow := regexp.MustCompile("(?s)^" + strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(pattern)) + "$")
		matches := Match(pattern, text)
		if want := slow.MatchString(text); matches != want {
			t.Fatalf("%q, %q: %v, want %v", pattern, text, matches, want)
		}
		both := matches && Match(other, text)
		if both && !Overlap(pattern, other) {
			t.Fatalf("%q matches %q and %q, which do not overlap", text, pattern, other)
		}
		if Covers(pattern, other) && Match(other, text) && !matches {
			t.Fatalf("%q covers %q, but not its %q", pattern, other, text)
		}
	})
}
