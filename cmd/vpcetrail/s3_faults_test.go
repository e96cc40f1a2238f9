package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"vpcetrail/cmd/vpcetrail/exit"
)

const (
	wholeTrail = "s3://" + trailBucket
	reports    = "s3://" + reportBucket + "/"
)

// Temporary faults change no byte of the report.
func TestS3FaultsThatPass(t *testing.T) {
	t.Parallel()
	eachServerAtOnce(t, func(t *testing.T, s *s3Server) {
		s.put(t, generate(t, 1, 1), "")
		p := newProxy(t, s, 4, nil)
		for out, server := range map[string]*s3Server{"calm": s, "stormy": &p.s3Server} {
			got := server.run(t, 10, "analyze", wholeTrail, "--date", "all", "--out", reports+out, "--quiet")
			if got != (finished{}) {
				t.Errorf("%s: exit code %d, and it says\n%s%s", out, got.code, got.out, got.errOut)
			}
		}
		sameFiles(t, "through faults", s.report(t, "stormy/"), s.report(t, "calm/"))
		for _, step := range []string{"list", "get", "create", "part", "complete", "complete lost", "complete error in a 200", "get slow down", "list html", "list nothing"} {
			if p.count(step) == 0 {
				t.Errorf("no fault at %s: choose another seed", step)
			}
		}
		// If the answer to the start of an upload was lost, nobody knows the upload.
		// It holds nothing.
		if got, most := s.uploads(t), p.count("create lost")+p.count("create cut"); got > most {
			t.Errorf("%d uploads are left, want at most %d", got, most)
		}
	})
}

// An object that always fails is named and not counted. The others are counted.
func TestS3FaultsThatStayAtObjects(t *testing.T) {
	t.Parallel()
	s, local := startFake(t), generate(t, 1, 1)
	s.put(t, local, "")
	bad := map[string]*fault{} // by path
	var said, rows []string
	for name := range tree(t, local) {
		flt, text := &internalError, "open: InternalError: We encountered an internal error., tried 3 times"
		switch {
		case strings.Contains(name, "/111122223333/CloudTrail/eu-west-1/"):
		case strings.Contains(name, "/444455556666/CloudTrail/us-east-1/"):
			flt, text = &cut, "read: unexpected EOF, tried 3 times"
		default:
			continue
		}
		url := wholeTrail + "/" + name
		bad["/"+trailBucket+"/"+name] = flt
		said = append(said, "vpcetrail: "+url+": "+text+"\n")
		rows = append(rows, fmt.Sprintf("2026-11-20,%s,unreadable,0,\"%s: %s\"\n", url, url, text))
		if err := os.Remove(filepath.Join(local, filepath.FromSlash(name))); err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(said)
	p := newProxy(t, s, 0, func(r *http.Request) *fault { return bad[r.URL.Path] })
	got := p.run(t, 3, "analyze", wholeTrail, "--date", "all", "--out", reports+"p", "--quiet")
	want := finished{exit.Incomplete, "", strings.Join(said, "") + fmt.Sprintf(
		"vpcetrail: the report is published, but incomplete: %d of 20 objects could not be read whole\n", len(bad))}
	if len(bad) != 8 || got != want {
		t.Errorf("exit code %d, and it says\n%s%swant\n%s", got.code, got.out, got.errOut, want.errOut)
	}
	out := download(t, s.report(t, "p/"))
	text, err := tableText(out, "objects", "key", "status", "records", "error")
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if !strings.Contains(text, row) {
			t.Errorf("table objects lacks\n%sit holds\n%s", row, text)
		}
	}
	without := t.TempDir()
	mustRun(t, 0, "analyze", local, "--out", without, "--quiet")
	sameFiles(t, "without the objects that fail", tables(tree(t, out)), tables(tree(t, without)))
}

// download writes files into a directory.
func download(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// A permanent fault anywhere else ends the run, which leaves nothing.
func TestS3FaultsThatStay(t *testing.T) {
	t.Parallel()
	const first = "audit-reports/p/objects/dt=2026-11-20/part-00000.parquet"
	const folder = "AWSLogs/444455556666/CloudTrail/us-east-1/2026/11/"
	for _, tc := range []struct {
		name, want string
		fails      func(*http.Request) bool
		fault      fault
	}{
		{"listing", "list s3://org-trail/" + folder + ": InternalError: We encountered an internal error., tried 3 times",
			func(r *http.Request) bool { return r.URL.Query().Get("prefix") == folder }, internalError},
		{"listing that is none", "list s3://org-trail/" + folder + `: the answer is no listing: its root is "html", tried 3 times: check AWS_ENDPOINT_URL and any proxy on the way`,
			func(r *http.Request) bool { return r.URL.Query().Get("prefix") == folder }, html},
		{"listing of nothing", "list s3://org-trail/" + folder + ": the answer is no listing: it is empty, tried 3 times: check AWS_ENDPOINT_URL and any proxy on the way",
			func(r *http.Request) bool { return r.URL.Query().Get("prefix") == folder }, nothing},
		{"begin", "s3://audit-reports/p: open: InternalServerError: Internal Server Error, tried 3 times",
			func(r *http.Request) bool { return r.Method == http.MethodHead }, internalError},
		{"upload", "s3://" + first + ": write: InternalError: We encountered an internal error., tried 3 times", isPart, internalError},
		{"publish", "s3://" + first + ": write: InternalError: We encountered an internal error., tried 3 times" +
			": the report may be published in part: run again", func(r *http.Request) bool { return stepOf(r) == "complete" }, internalError},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := startFake(t)
			s.put(t, generate(t, 1, 1), "")
			p := newProxy(t, s, 0, func(r *http.Request) *fault {
				if tc.fails(r) {
					return &tc.fault
				}
				return nil
			})
			got := p.run(t, 3, "analyze", wholeTrail, "--date", "all", "--out", reports+"p", "--quiet")
			if want := (finished{exit.Failed, "", "vpcetrail: " + tc.want + "\n"}); got != want {
				t.Errorf("exit code %d, and it says\n%s%swant\n%s", got.code, got.out, got.errOut, want.errOut)
			}
			if tc.name != "publish" {
				s.emptyReports(t)
				return
			}
			again := s.run(t, 3, "analyze", wholeTrail, "--date", "all", "--out", reports+"p", "--quiet")
			if want := "vpcetrail: s3://audit-reports/p: a run was stopped while it published 2026-11-20: this is finished now\n"; again != (finished{0, "", want}) {
				t.Errorf("run again: exit code %d, and it says\n%s%swant\n%s", again.code, again.out, again.errOut, want)
			}
			if n := s.uploads(t); n > 0 {
				t.Errorf("%d uploads are left", n)
			}
			for name := range s.report(t, "") {
				if strings.Contains(name, ".staging") {
					t.Errorf("%s is left", name)
				}
			}
		})
	}
}
