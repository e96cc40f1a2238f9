package main

import (
	"strings"
	"testing"
	"unicode"

	"vpcetrail/fixtures"
	"vpcetrail/report/policy"
	"vpcetrail/report/reporttest"
	"vpcetrail/report/words"
)

// inLanguages returns a command line of each command with --lang, about the workshop. Names of files start
// at the top of the tree.
func inLanguages(t *testing.T) map[string][]string {
	t.Helper()
	t.Chdir("../..")
	const workshop, bucket = "fixtures/workshop", "arn:aws:s3:::amzn-s3-demo-restricted"
	out := t.TempDir()
	mustRun(t, 0, "analyze", workshop+"/AWSLogs", "--endpoints", workshop+"/endpoints.json", "--network", workshop+"/network.json", "--out", out, "--quiet")
	return map[string][]string{
		"summary":   {"summary", out},
		"why":       {"why", out},
		"explain":   {"explain", workshop + "/story/09-clerk-may-not-put-into-the-restricted-bucket.json", "--network", workshop + "/network.json"},
		"readiness": {"readiness", out, "--resource", bucket, "--policy", workshop + "/restricted-bucket-policy.json"},
		"replay":    {"replay", workshop + "/AWSLogs", "--endpoints", workshop + "/endpoints.json", "--resource", bucket, "--resource-policy", workshop + "/restricted-bucket-policy.json", "--quiet"},
		"html":      {"html", out, "-o", "-"},
	}
}

// The workshop in each language. Package page has its page.
func TestLanguages(t *testing.T) {
	for name, args := range inLanguages(t) {
		english := mustRun(t, 0, args...).out
		for _, tag := range words.Tags() {
			got := mustRun(t, 0, append(args, "--lang", tag)...)
			if got.errOut != "" || (got.out == english) != (tag == "en") {
				t.Errorf("%s --lang %s: %s%s", name, tag, got.errOut, got.out)
			}
			if found := reporttest.English(got.out, policy.SupportAsOf); tag != "en" && len(found) > 0 && name != "explain" { // which quotes records
				t.Errorf("%s --lang %s has English: %q", name, tag, found)
			}
			if name != "html" {
				fixtures.Golden(t, "cmd/vpcetrail/testdata/lang/"+name+"."+tag+".golden", []byte(got.out))
			}
		}
		if f := mustRun(t, 2, append(args, "--lang", "fr")...); f.errOut != "vpcetrail: --lang \"fr\": want en or ja\n" || f.out != "" {
			t.Errorf("%s: %d, %q", name, f.code, f.errOut)
		}
	}
}

// Programs read the same in every language.
func TestLanguagesLeaveJSONAlone(t *testing.T) {
	for name, args := range inLanguages(t) {
		if name == "html" {
			continue
		}
		args = append(args, "--format", "json")
		if en, ja := mustRun(t, 0, args...), mustRun(t, 0, append(args, "--lang", "ja")...); en != ja || strings.ContainsFunc(ja.out, func(r rune) bool { return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana) }) {
			t.Errorf("%s: %s", name, ja.out)
		}
	}
}
