package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// demo is the small signed trail.
const demo = "../../fixtures/signed/demo/"

// changedDemo returns a copy of the small signed trail without one of its logs.
func changedDemo(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "trail")
	if err := os.CopyFS(dir, os.DirFS(demo+"trail")); err != nil {
		t.Fatal(err)
	}
	logs, err := filepath.Glob(dir + "/AWSLogs/*/CloudTrail/*/2026/11/20/*T1050Z*")
	if err != nil || len(logs) != 1 {
		t.Fatal(logs, err)
	}
	if err := os.Remove(logs[0]); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestVerifyKeepsItsFilesInS3 writes and reads the files of verify in S3, and compares them
// with those on disk.
func TestVerifyKeepsItsFilesInS3(t *testing.T) {
	changed := changedDemo(t)
	local := t.TempDir()
	check := func(code int, trail, keys, to string) {
		mustRun(t, code, "verify", trail, "--keys", keys, "--date", "2026-11-20", "--quiet", "--save-keys", to+"/saved.json", "--report", to+"/problems.txt")
	}
	check(4, changed, demo+"keys.json", local)
	want := tree(t, local)
	if strings.Count(want["problems.txt"], "\n") != 1 || !strings.Contains(want["problems.txt"], "T1050Z_") {
		t.Fatalf("the report says %q", want["problems.txt"])
	}
	eachServer(t, func(t *testing.T, s *s3Server) {
		setAWS(t, s)
		check(0, demo+"trail", demo+"keys.json", "s3://audit-reports/verify")
		if got := s.get(t, "verify/problems.txt"); got != "" {
			t.Errorf("no problem, and the report says %q", got)
		}
		check(4, changed, "s3://audit-reports/verify/saved.json", "s3://audit-reports/verify")
		for name, text := range want {
			if got := s.get(t, "verify/"+name); got != text {
				t.Errorf("%s is %q, want %q", name, got, text)
			}
		}
	})
}

// TestVerifyReplacesItsReportAtTheEnd checks that a run that fails leaves the old report,
// and nothing beside it.
func TestVerifyReplacesItsReportAtTheEnd(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "problems.txt")
	if err := os.WriteFile(name, []byte("as it was\n"), 0o640); err != nil {
		t.Fatal(err)
	}
	mustRun(t, 1, "verify", filepath.Join(dir, "none"), "--quiet", "--report", name)
	if got := tree(t, dir); len(got) != 1 || got["problems.txt"] != "as it was\n" {
		t.Errorf("%q", got)
	}
	mustRun(t, 4, "verify", changedDemo(t), "--keys", demo+"keys.json", "--date", "2026-11-20", "--quiet", "--report", name)
	if got := tree(t, dir); len(got) != 1 || !strings.Contains(got["problems.txt"], ": missing: ") {
		t.Errorf("%q", got)
	}
}

func TestVerifyNamesAFileThatItCannotUse(t *testing.T) {
	s := newS3(t)
	s.do(func(w http.ResponseWriter, r *http.Request) bool {
		return strings.Contains(r.URL.Path, "denied") && refuse(w, http.StatusForbidden, "AccessDenied", "Access Denied")
	})
	for _, tc := range []struct {
		flag, name string
		code       int
		want       string
	}{
		{"--keys", "s3://audit-reports/none.json", 2, "open: there is no such object: see its name"},
		{"--keys", "s3://no-such-bucket/keys.json", 2, "open: there is no bucket of this name"},
		{"--keys", "s3://audit-reports/denied.json", 1, "open: AccessDenied: Access Denied: allow s3:GetObject on it, and the use of the KMS key if it is encrypted with one"},
		{"--keys", "https://example.com/keys.json", 2, "is a URL: want a file, s3://bucket/key, or ./https://example.com/keys.json for a file of this name"},
		{"--report", "s3://audit-reports/folder/", 2, "names no file: want s3://bucket/key"},
		{"--save-keys", "s3:///keys.json", 2, "names no file: want s3://bucket/key"},
		{"--report", "s3://audit-reports/denied.txt", 1, "write: AccessDenied: Access Denied: allow s3:PutObject on it, and the use of the KMS key if it is encrypted with one"},
		{"--save-keys", "s3://no-such-bucket/keys.json", 1, "write: there is no bucket of this name"},
		{"--report", filepath.Join(t.TempDir(), "no/problems.txt"), 1, "write: folder "},
	} {
		args := []string{"verify", demo + "trail", "--date", "2026-11-20", "--quiet", tc.flag, tc.name}
		if tc.flag != "--keys" {
			args = append(args, "--keys", demo+"keys.json")
		}
		got := mustRun(t, tc.code, args...)
		if want := tc.name + ": " + tc.want; !strings.HasPrefix(got.errOut, "vpcetrail: "+tc.flag) || !strings.Contains(got.errOut, want) {
			t.Errorf("says %q, want %q", got.errOut, want)
		}
	}
}
