package main

import (
	"crypto/sha256"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"vpcetrail/cmd/vpcetrail/exit"
)

// failAfter answers GETs of the trail's objects with an S3 error, except the first n.
func failAfter(n int64, status int, code, message string) hook {
	var gets atomic.Int64
	return func(w http.ResponseWriter, r *http.Request) bool {
		return isTrailGet(r) && gets.Add(1) > n && refuse(w, status, code, message)
	}
}

// A worse night never replaces a better one: nothing changes, the status is 1, and one
// line says why.
func TestAWorseNightKeepsTheDay(t *testing.T) {
	f := newS3(t)
	f.put(t, generate(t, 1, 2), "")
	out := t.TempDir()
	places := []struct {
		name  string
		files func() map[string]string
	}{
		{out, func() map[string]string { return tree(t, out) }},
		{"s3://audit-reports/p", func() map[string]string { return f.report(t, "p/") }},
	}
	const renewThem = ": renew the credentials, and run again\n"
	const checkThem = ": see that access key, secret key and session token are right and belong together\n"
	for _, place := range places {
		night := []string{"analyze", "s3://org-trail", "--date", "2026-11-20..2026-11-21", "--out", place.name, "--quiet"}
		mustRun(t, 0, night...)
		whole := place.files()
		for _, tc := range []struct {
			after   int64
			status  int
			code    string
			objects string // of the first day that would be missing; "" if the run ends before it knows
			want    string // the end of the line
		}{
			{0, 403, "AccessDenied", "38 of the 38", ": run again once they can be read, or give --replace-incomplete\n"},
			{30, 403, "AccessDenied", " objects that it counts would be missing", ": run again once they can be read, or give --replace-incomplete\n"},
			{0, 404, "NoSuchKey", "38 of the 38", ": run again once they can be read, or give --replace-incomplete\n"},
			{20, 400, "ExpiredToken", "", ": open: ExpiredToken: no" + renewThem},
			{20, 403, "InvalidAccessKeyId", "", ": open: InvalidAccessKeyId: no" + checkThem},
			{20, 403, "SignatureDoesNotMatch", "", ": open: SignatureDoesNotMatch: no" + checkThem},
			{20, 403, "RequestTimeTooSkewed", "", ": open: RequestTimeTooSkewed: no: set the clock of this machine, and run again\n"},
		} {
			t.Run(fmt.Sprint(place.name[:3], " ", tc.code, " ", tc.after), func(t *testing.T) {
				f.do(failAfter(tc.after, tc.status, tc.code, "no"))
				got := mustRun(t, exit.Failed, night...)
				f.do(nil)
				kept := strings.HasPrefix(got.errOut, "vpcetrail: "+place.name+": nothing is published: ")
				if strings.Count(got.errOut, "\n") != 1 || !strings.HasSuffix(got.errOut, tc.want) || !strings.Contains(got.errOut, tc.objects) || kept != (tc.objects != "") {
					t.Errorf("it says\n%s", got.errOut)
				}
				sameFiles(t, "after it", place.files(), whole)
			})
		}
		f.do(failAfter(30, 403, "AccessDenied", "no"))
		got := mustRun(t, exit.Incomplete, append(night, "--replace-incomplete")...)
		f.do(nil)
		if n := strings.Count(got.errOut, ": AccessDenied: no\n"); n != 10 {
			t.Errorf("%d objects are named:\n%s", n, got.errOut)
		}
		if maps.Equal(place.files(), whole) {
			t.Error("the days are not replaced")
		}
		mustRun(t, 0, night...)
		sameFiles(t, "whole again", tables(place.files()), tables(whole))
	}
}

// If one day of a range would be worse, nothing is published, not even a new day.
func TestAWorseDayKeepsTheRange(t *testing.T) {
	s := newSmallTrail(t)
	before := tree(t, s.out)
	remove(t, s.path("19", "first"))
	got := mustRun(t, exit.Failed, s.analyze("17..2026-11-20")...)
	want := fmt.Sprintf("vpcetrail: %s: nothing is published: 2026-11-19 stays as it is published: 1 of the 1 objects that it counts would be missing, "+
		"such as %s, which this run did not find: see SOURCE, --date and --lateness, or give --replace-incomplete\n", s.out, s.path("19", "first"))
	if got.errOut != want || got.out != "" {
		t.Errorf("it says\n%s%swant\n%s", got.out, got.errOut, want)
	}
	sameFiles(t, "the report", tree(t, s.out), before)
	// A run with other filters makes another report.
	mustRun(t, 0, s.analyze("19", "--regions", "us-east-1")...)
}

// --restate also keeps a day that would be worse, and restates the others.
func TestAWorseNightKeepsRestatedDays(t *testing.T) {
	f := newS3(t)
	s := newSmallTrail(t)
	f.put(t, s.dir, "")
	night := func(date string, flags ...string) []string {
		return append([]string{"analyze", "s3://org-trail/AWSLogs", "--out", s.out, "--date", "2026-11-" + date}, flags...)
	}
	s.out = t.TempDir() // the other one belongs to the directory
	for _, d := range []string{"17", "18", "19"} {
		mustRun(t, 0, night(d, "--quiet")...)
	}
	before := tree(t, s.out)
	s.write(t, "20", "late", "18", "17")
	f.put(t, s.dir, "")
	f.do(func(w http.ResponseWriter, r *http.Request) bool {
		return isTrailGet(r) && strings.HasSuffix(r.URL.Path, "/18/first.json") && refuse(w, 403, "AccessDenied", "no")
	})
	got := mustRun(t, exit.Failed, night("20", "--restate", "3d")...)
	const object = "s3://org-trail/AWSLogs/111122223333/CloudTrail/us-east-1/2026/11/18/first.json"
	want := "vpcetrail: " + s.out + ": 2026-11-18 stays as it is published: 1 of the 1 objects that it counts would be missing, such as " + object +
		": open: AccessDenied: no: run again once they can be read, or give --replace-incomplete\n" +
		"vpcetrail: the report is published, but days before it are not restated: kept as published: 2026-11-18\n"
	if got.errOut != want {
		t.Errorf("it says\n%swant\n%s", got.errOut, want)
	}
	if !strings.Contains(got.out, "Restated 2026-11-17, revision 2: internet 1 -> 2; objects 1 -> 2\n") || strings.Contains(got.out, "Restated 2026-11-18") {
		t.Errorf("it says\n%s", got.out)
	}
	sameFiles(t, "the day that stays", of("/dt=2026-11-18/", tree(t, s.out)), of("/dt=2026-11-18/", before))

	forced := mustRun(t, exit.Incomplete, night("20", "--restate", "3d", "--replace-incomplete")...)
	if !strings.Contains(forced.out, "Restated 2026-11-18, revision 2: ") {
		t.Errorf("it says\n%s%s", forced.out, forced.errOut)
	}
	f.do(nil)
	again := mustRun(t, 0, night("20", "--restate", "3d")...)
	if !strings.Contains(again.out, "Restated 2026-11-18, revision 3: ") {
		t.Errorf("it says\n%s%s", again.out, again.errOut)
	}
}

// A day with deleted objects is restated without them if a flag allows it.
func TestRestateWithoutObjectsThatAreGone(t *testing.T) {
	s := newSmallTrail(t)
	remove(t, s.path("18", "first"))
	s.write(t, "20", "late", "18")
	got := mustRun(t, 0, s.analyze("20", "--restate", "3d", "--replace-incomplete")...)
	if !strings.Contains(got.out, "Restated 2026-11-18, revision 2: the same calls by route; objects 1 -> 1\n") {
		t.Errorf("it says\n%s%s", got.out, got.errOut)
	}
	mustRun(t, 0, s.analyze("20", "--restate", "3d")...)
}

// A run with an expired token continues once its source has a new token, in reading
// and in publishing.
func TestARenewedTokenGoesOn(t *testing.T) {
	f := newS3(t)
	f.put(t, generate(t, 1, 1), "")
	want := t.TempDir()
	mustRun(t, 0, "analyze", "s3://org-trail", "--date", "all", "--out", want, "--quiet")
	keys := filepath.Join(t.TempDir(), "credentials")
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", keys)
	write := func(token string) {
		text := fmt.Sprintf("[default]\naws_access_key_id=%s\naws_secret_access_key=%s\naws_session_token=%s\n", accessKey, secretKey, token)
		if err := os.WriteFile(keys, []byte(text), 0o600); err != nil {
			t.Error(err)
		}
	}
	for _, tc := range []struct {
		name    string
		expires func(*http.Request) bool
		after   int
	}{
		{"while listing", func(r *http.Request) bool { return r.URL.Query().Has("list-type") }, 3},
		{"while reading", isTrailGet, 5},
		{"while writing", isPart, 3},
		{"while publishing", func(r *http.Request) bool { return stepOf(r) == "complete" }, 3},
	} {
		t.Run(tc.name, func(t *testing.T) {
			write("old")
			var mu sync.Mutex // no call is refused before there is a new token
			var calls, refused int
			f.do(func(w http.ResponseWriter, r *http.Request) bool {
				mu.Lock()
				defer mu.Unlock()
				if tc.expires(r) {
					if calls++; calls == tc.after {
						write("new")
					}
				}
				if calls < tc.after || r.Header.Get("X-Amz-Security-Token") != "old" {
					return false
				}
				refused++
				_, _ = io.Copy(io.Discard, r.Body)
				return refuse(w, http.StatusBadRequest, "ExpiredToken", "The provided token has expired.")
			})
			to := "p-" + strings.ReplaceAll(tc.name, " ", "-")
			got := mustRun(t, 0, "analyze", "s3://org-trail", "--date", "all", "--out", "s3://audit-reports/"+to, "--quiet")
			f.do(nil)
			if got != (finished{}) || refused == 0 {
				t.Errorf("%d calls were refused; got %+v", refused, got)
			}
			sameFiles(t, "the report", f.report(t, to+"/"), tree(t, want))
		})
	}
}

// An old run.json that cannot be read is an error: it may describe a better day than
// the new one.
func TestARunFileThatCannotBeRead(t *testing.T) {
	s := newSmallTrail(t)
	file := filepath.Join(s.out, "_runs/dt=2026-11-18/run.json")
	remove(t, file)
	if err := os.Mkdir(file, 0o777); err != nil { // root may read every file
		t.Fatal(err)
	}
	before := tree(t, s.out)
	fails1(t, s.out+": nothing is published: "+file+": read: is a directory", s.analyze("18")...)
	sameFiles(t, "the report", tree(t, s.out), before)
}

// The requested day is empty, but other days are restated: the run says what it has
// done.
func TestRestateWhileTheDayIsEmpty(t *testing.T) {
	s := newSmallTrail(t)
	mustRun(t, 0, s.analyze("20..2026-11-21")...)
	empty := func(flags ...string) []string { return s.analyze("25", append(flags, "--restate", "9d")...) }
	const none = ": no CloudTrail object for 2026-11-25: see --date, --accounts and --regions\n"
	if got := mustRun(t, exit.Failed, empty()...); got.errOut != "vpcetrail: "+s.dir+none || got.out != "" {
		t.Errorf("nothing to do: it says\n%s%s", got.out, got.errOut)
	}
	s.write(t, "18", "late", "18")
	got := mustRun(t, 0, empty()...)
	const want = "Restated 2026-11-18, revision 2: internet 1 -> 2; objects 1 -> 2\n" +
		"No CloudTrail object for 2026-11-25: nothing is published for it\n"
	if !strings.HasSuffix(got.out, want) || got.errOut != "" {
		t.Errorf("it says\n%s%s", got.out, got.errOut)
	}
	s.write(t, "18", "later", "18")
	if got := mustRun(t, 0, empty("--quiet")...); got != (finished{}) {
		t.Errorf("it says\n%s%s", got.out, got.errOut)
	}
}

// A day that was made with an optional input is not replaced by a run without it,
// unless a flag allows it.
func TestAnOptionalInputDoesNotDisappear(t *testing.T) {
	s := newSmallTrail(t)
	file := filepath.Join(t.TempDir(), "endpoints.json")
	const text = `{"VpcEndpoints": [{"VpcEndpointId": "vpce-0a11b22c33d44e55f"}]}`
	if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	mustRun(t, 0, s.analyze("18", "--endpoints", file)...)
	if got, want := manifest(t, s.out, "2026-11-18").Run.Inputs, map[string]string{"endpoints": fmt.Sprintf("%x", sha256.Sum256([]byte(text)))}; !maps.Equal(got, want) {
		t.Errorf("run.json names %v, want %v", got, want)
	}
	before := tree(t, s.out)
	const why = "2026-11-18 stays as it is published: it was made with --endpoints, and this run has none: give --endpoints again, or drop it with --without endpoints"
	fails1(t, s.out+": nothing is published: "+why, s.analyze("18")...)
	fails1(t, s.out+": nothing is published: "+why, s.analyze("17..2026-11-20", "--replace-incomplete")...)
	sameFiles(t, "after a rerun", tree(t, s.out), before)

	s.write(t, "20", "late", "17", "18")
	got := mustRun(t, exit.Failed, s.analyze("20", "--restate", "3d")...)
	if want := "vpcetrail: " + s.out + ": " + why + "\nvpcetrail: the report is published, but days before it are not restated: kept as published: 2026-11-18\n"; got.errOut != want {
		t.Errorf("it says\n%swant\n%s", got.errOut, want)
	}
	if !strings.Contains(got.out, "Restated 2026-11-17, ") || strings.Contains(got.out, "Restated 2026-11-18") {
		t.Errorf("it says\n%s", got.out)
	}
	sameFiles(t, "after restating", of("/dt=2026-11-18/", tree(t, s.out)), of("/dt=2026-11-18/", before))
	if got := mustRun(t, 0, s.analyze("20", "--restate", "3d", "--without", "endpoints")...); !strings.Contains(got.out, "Restated 2026-11-18, ") {
		t.Errorf("it says\n%s", got.out)
	}
	if got := manifest(t, s.out, "2026-11-18").Run.Inputs; len(got) > 0 {
		t.Errorf("run.json still names %v", got)
	}
}
