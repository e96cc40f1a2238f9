package main

import (
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"vpcetrail/cmd/vpcetrail/exit"
)

// fails1 checks that a command line ends with exit code 1 and this one line on standard error.
func fails1(t *testing.T, want string, args ...string) {
	t.Helper()
	got := vpcetrail(t.Context(), args...)
	if want = "vpcetrail: " + want + "\n"; got.code != exit.Failed || got.out != "" || got.errOut != want {
		t.Errorf("vpcetrail %s\nexit code %d, stdout %q\n got %swant %s", strings.Join(args, " "), got.code, got.out, got.errOut, want)
	}
}

func TestS3ThatIsNotThere(t *testing.T) {
	f := newS3(t)
	local, out := generate(t, 1, 1), filepath.Join(t.TempDir(), "report")
	fails1(t, "list s3://no-such-bucket/p/: no such bucket: check its name",
		"analyze", "s3://no-such-bucket/p", "--date", "all", "--out", out)
	fails1(t, "s3://org-trail/p: no object of that name or below it: check bucket and prefix",
		"analyze", "s3://org-trail/p", "--date", "all", "--out", out)
	fails1(t, "s3://org-trail: no CloudTrail object: name a folder above AWSLogs or inside it, or one of files ending in .json or .gz",
		"analyze", "s3://org-trail", "--date", "all", "--out", out)
	fails1(t, "s3://no-such-bucket/p: open: there is no bucket of this name", "analyze", local, "--out", "s3://no-such-bucket/p")
	fails1(t, "s3://no-such-bucket/_runs/: list: no such bucket: check its name", "summary", "s3://no-such-bucket")
	fails1(t, "s3://audit-reports/p holds no report: run vpcetrail analyze SOURCE --out s3://audit-reports/p",
		"summary", "s3://audit-reports/p")
	notThere(t, out)
	f.emptyReports(t)
}

func TestS3WithoutAServer(t *testing.T) {
	setAWS(t, &s3Server{url: "http://127.0.0.1:1"})
	out := filepath.Join(t.TempDir(), "report")
	const refused = "dial tcp 127.0.0.1:1: connect: connection refused"
	fails1(t, "list s3://org-trail/p/: "+refused, "analyze", "s3://org-trail/p", "--date", "all", "--out", out)
	fails1(t, "s3://audit-reports: open: "+refused, "analyze", t.TempDir(), "--out", "s3://audit-reports")
	fails1(t, "s3://audit-reports/_runs/: list: "+refused, "summary", "s3://audit-reports")
	notThere(t, out)
}

func TestS3WithoutCredentials(t *testing.T) {
	newS3(t)
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	out := filepath.Join(t.TempDir(), "report")
	for _, args := range [][]string{
		{"analyze", "s3://org-trail/p", "--date", "all", "--out", out},
		{"analyze", t.TempDir(), "--out", "s3://audit-reports"},
		{"summary", "s3://audit-reports"},
	} {
		got := vpcetrail(t.Context(), args...)
		if got.code != exit.Failed || strings.Count(got.errOut, "\n") != 1 || !strings.Contains(got.errOut, "credentials") {
			t.Errorf("vpcetrail %s\nexit code %d, and it says\n%s", strings.Join(args, " "), got.code, got.errOut)
		}
	}
	notThere(t, out)
}

// A folder that cannot be listed may hide calls: the run ends.
func TestS3FolderThatCannotBeListed(t *testing.T) {
	f := newS3(t)
	f.put(t, generate(t, 1, 1), "")
	f.do(func(w http.ResponseWriter, r *http.Request) bool {
		return strings.Contains(r.URL.Query().Get("prefix"), "/CloudTrail/eu-west-1/2026/") &&
			refuse(w, http.StatusForbidden, "AccessDenied", "Access Denied")
	})
	const want = "list s3://org-trail/AWSLogs/111122223333/CloudTrail/eu-west-1/2026/: AccessDenied: Access Denied: " +
		"allow s3:ListBucket on bucket org-trail for this prefix"
	out := filepath.Join(t.TempDir(), "report")
	fails1(t, want, "analyze", "s3://org-trail", "--date", "all", "--out", out)
	fails1(t, want, "analyze", "s3://org-trail", "--date", "all", "--out", "s3://audit-reports")
	notThere(t, out)
	f.emptyReports(t)
}

func TestS3UploadThatFails(t *testing.T) {
	f := newS3(t)
	local := generate(t, 1, 1)
	f.do(func(w http.ResponseWriter, r *http.Request) bool {
		return isPart(r) && strings.Contains(r.URL.Path, "/endpoints/") && refuse(w, http.StatusForbidden, "AccessDenied", "Access Denied")
	})
	fails1(t, "s3://audit-reports/p/endpoints/dt=2026-11-20/part-00000.parquet: write: AccessDenied: Access Denied",
		"analyze", local, "--out", "s3://audit-reports/p")
	f.emptyReports(t)
}

// remedyToRead ends the message about a file of a report that S3 refuses.
const remedyToRead = ": allow s3:GetObject and s3:ListBucket on the report: without s3:ListBucket S3 says so of files that are not there, too"

// A role that may only write gets the same answer whether a day exists or not: it
// could replace a better day without notice.
func TestS3ReportThatMayOnlyBeWritten(t *testing.T) {
	f := newS3(t)
	f.do(func(w http.ResponseWriter, r *http.Request) bool {
		return isGet(r) && refuse(w, http.StatusForbidden, "AccessDenied", "Access Denied")
	})
	for _, flags := range [][]string{nil, {"--replace-incomplete"}} {
		fails1(t, "s3://audit-reports/p: nothing is published: s3://audit-reports/p/_runs/dt=2026-11-20/run.json: open: AccessDenied: Access Denied"+remedyToRead,
			append([]string{"analyze", generate(t, 1, 1), "--out", "s3://audit-reports/p"}, flags...)...)
	}
	f.emptyReports(t)
}

func TestS3SummaryThatCannotBeRead(t *testing.T) {
	f := newS3(t)
	f.do(func(w http.ResponseWriter, r *http.Request) bool {
		return isGet(r) && strings.Contains(r.URL.Path, "/principals/") && refuse(w, http.StatusForbidden, "AccessDenied", "Access Denied")
	})
	got := mustRun(t, 0, "analyze", generate(t, 1, 1), "--out", "s3://audit-reports/p")
	want := "vpcetrail: the report is published, but not its summary: " +
		"s3://audit-reports/p/principals/dt=2026-11-20/part-00000.parquet: open: AccessDenied: Access Denied" + remedyToRead + "\n"
	if got.out != "" || got.errOut != want {
		t.Errorf("stdout %q, stderr\n%swant\n%s", got.out, got.errOut, want)
	}
}

// unreadable are the ways in which S3 fails to return an object, with what the report
// then says.
var unreadable = []struct {
	answer        func(http.ResponseWriter) bool
	status, error string
}{
	{func(w http.ResponseWriter) bool { return refuse(w, 403, "AccessDenied", "Access Denied") },
		"denied", "open: AccessDenied: Access Denied"},
	{func(w http.ResponseWriter) bool {
		return refuse(w, 404, "NoSuchKey", "The specified key does not exist.")
	},
		"missing", "open: NoSuchKey: The specified key does not exist."},
	{func(w http.ResponseWriter) bool {
		return refuse(w, 503, "SlowDown", "Please reduce your request rate.")
	},
		"unreadable", "open: SlowDown: Please reduce your request rate."},
	{func(w http.ResponseWriter) bool { return refuse(w, 403, "InvalidObjectState", "It is archived.") },
		"unreadable", "open: InvalidObjectState: It is archived."},
	{func(w http.ResponseWriter) bool {
		_, _ = w.Write([]byte("\x1f\x8b")) // without a length: one other than the listed length would be a different error
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}, "unreadable", "read: unexpected EOF"},
}

// Objects that cannot be read are named, none of their records is counted, and the
// rest is published.
func TestS3ObjectsThatCannotBeRead(t *testing.T) {
	f := newS3(t)
	local := generate(t, 1, 1)
	f.put(t, local, "")
	var names, rows, problems []string
	for name := range tree(t, local) {
		if strings.Contains(name, "/CloudTrail/") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	names = names[:len(unreadable)]
	f.do(func(w http.ResponseWriter, r *http.Request) bool {
		i := slices.Index(names, strings.TrimPrefix(r.URL.Path, "/"+trailBucket+"/"))
		return i >= 0 && unreadable[i].answer(w)
	})
	for i, u := range unreadable {
		url := "s3://" + trailBucket + "/" + names[i]
		rows = append(rows, "2026-11-20,"+url+","+u.status+",0,(null),"+url+": "+u.error)
		problems = append(problems, "vpcetrail: "+url+": "+u.error)
	}
	out := t.TempDir()
	got := mustRun(t, exit.Incomplete, "analyze", "s3://org-trail", "--date", "all", "--out", out)
	want := strings.Join(problems, "\n") + "\nvpcetrail: the report is published, but incomplete: 5 of 20 objects could not be read whole\n"
	if got.errOut != want {
		t.Errorf("it says\n%swant\n%s", got.errOut, want)
	}
	if !strings.Contains(got.out, "\nINCOMPLETE: 5 of 20 objects could not be read whole; table objects names each object\n") {
		t.Errorf("the summary does not warn:\n%s", got.out)
	}
	text, err := tableText(out, "objects", "key", "status", "records", "error_offset", "error")
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if !strings.Contains(text, row+"\n") {
			t.Errorf("table objects lacks\n%s", row)
		}
	}
	if n := strings.Count(text, ",ok,"); n != 15 {
		t.Errorf("only %d objects are ok", n)
	}

	for _, name := range names {
		if err := os.Remove(filepath.Join(local, filepath.FromSlash(name))); err != nil {
			t.Fatal(err)
		}
	}
	without := t.TempDir()
	mustRun(t, 0, "analyze", local, "--out", without, "--quiet")
	sameFiles(t, "without the unreadable objects", tables(tree(t, out)), tables(tree(t, without)))
}

// An interrupted run leaves nothing, whether it was reading or writing.
func TestS3Interrupted(t *testing.T) {
	f := newS3(t)
	f.put(t, generate(t, 1, 1), "")
	for _, tc := range []struct {
		name string
		at   func(*http.Request) bool
		n    int
	}{
		{"while listing", func(r *http.Request) bool { return r.URL.Query().Has("list-type") }, 12},
		{"while reading", isGet, 10},
		{"while writing", isPart, 4},
	} {
		t.Run(tc.name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			nth := counted(tc.n)
			f.do(func(_ http.ResponseWriter, r *http.Request) bool {
				if !tc.at(r) || !nth() {
					return false
				}
				_, _ = io.Copy(io.Discard, r.Body)
				cancel()
				<-r.Context().Done() // no answer ever comes
				return true
			})
			got := vpcetrail(ctx, "analyze", "s3://org-trail", "--date", "all", "--out", "s3://audit-reports/p")
			want := finished{exit.Interrupted, "", "vpcetrail: interrupted: nothing is published\n"}
			if got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
			f.emptyReports(t)
		})
	}
}
