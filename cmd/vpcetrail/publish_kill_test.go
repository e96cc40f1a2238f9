//go:build unix

package main

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"vpcetrail/cmd/vpcetrail/exit"
	"vpcetrail/cmd/vpcetrail/flags"
)

// daysOf returns the days of files, in order.
func daysOf(files map[string]string) []string {
	days := map[string]bool{}
	for name := range files {
		if _, rest, ok := strings.Cut(name, "/dt="); ok {
			days[rest[:len("2026-11-20")]] = true
		}
	}
	return slices.Sorted(maps.Keys(days))
}

// A killing is a test that kills a run while it publishes over an existing report.
type killing struct {
	old, newer map[string]string // the files before, and those of the other run alone
	said       []finished        // the summary of each day before
	files      func() map[string]string
	run        func(args ...string) finished
	dest       string
	wait       time.Duration // until the killed run counts as dead
}

// before records the report before the other run.
func (k *killing) before(t *testing.T) {
	t.Helper()
	k.old = unrevised(t, k.files())
	for _, day := range daysOf(k.old) {
		k.said = append(k.said, k.summary(day))
	}
}

func (k *killing) summary(day string) finished {
	return k.run("summary", k.dest, "--from", day, "--to", day)
}

// revision says which publication the files of a day belong to: "old", "new", or
// "mixed" if some are of each.
func (k *killing) revision(t *testing.T, day string) string {
	t.Helper()
	found := map[string]bool{}
	for name, text := range unrevised(t, of("/dt="+day+"/", k.files())) {
		switch old, newer := text == k.old[name], text == k.newer[name]; {
		case old != newer:
			found[map[bool]string{true: "old", false: "new"}[old]] = true
		case !old:
			t.Errorf("%s is neither the old file nor the new one", name)
		}
	}
	if len(found) == 2 {
		return "mixed"
	}
	return slices.Collect(maps.Keys(found))[0]
}

// check checks a report after its publication was killed. All files are complete. A
// day with some new and some old files is reported as between revisions, unless only
// old files are read. The next run, for another day, leaves no such day. check returns
// how many there were.
func (k *killing) check(t *testing.T) (mixed int) {
	t.Helper()
	days := daysOf(k.old)
	for i, day := range days {
		got, now := k.summary(day), k.revision(t, day)
		says := got.code == exit.Failed && strings.Contains(got.errOut, day+" is between revisions: ")
		if now == "mixed" {
			mixed++
		}
		if got != k.said[i] && (now == "old" || now == "mixed" && !says || now == "new" && got.code != 0) {
			t.Errorf("%s: summary of %s ends with %d and says %s%s", now, day, got.code, got.out, got.errOut)
		}
	}
	time.Sleep(k.wait)
	if got := k.run("analyze", generate(t, 9, 1), "--date", days[0], "--out", k.dest, "--quiet"); got.code != 0 {
		t.Errorf("the next run ends with %d and says %s", got.code, got.errOut)
	}
	for _, day := range days[1:] {
		if r := k.revision(t, day); r == "mixed" {
			t.Errorf("%s is %s after the next run", day, r)
		}
		if got := k.summary(day); got.code != 0 {
			t.Errorf("summary of %s ends with %d and says %s", day, got.code, got.errOut)
		}
	}
	return mixed
}

const daysKilled = 3

// In a directory, a run is killed at random moments while it makes days visible.
func TestKilledWhilePublishing(t *testing.T) {
	t.Parallel()
	trails := [2]string{generate(t, 1, daysKilled), generate(t, 2, daysKilled)}
	dir, mixed := t.TempDir(), 0
	mustRun(t, 0, "analyze", trails[1], "--out", dir+"/newer", "--quiet")
	newer := unrevised(t, tree(t, dir+"/newer"))
	for n := range 6 {
		report := fmt.Sprint(dir, "/", n)
		mustRun(t, 0, "analyze", trails[0], "--out", report, "--quiet")
		k := killing{
			newer: newer, dest: report,
			files: func() map[string]string { return visible(t, report, new(int)) },
			run:   func(args ...string) finished { return vpcetrail(t.Context(), args...) },
		}
		k.before(t)
		cmd := exec.Command("vpcetrail", "analyze", trails[1], "--out", report, "--quiet")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		staged := fmt.Sprintf("%s/.staging/dt=2026-11-%d/*/_runs/*/run.json", report, 20+daysKilled-1)
		for range 60_000 {
			if found, err := filepath.Glob(staged); err != nil || len(found) > 0 {
				break
			}
			time.Sleep(time.Millisecond)
		}
		time.Sleep(time.Duration(rand.Int64N(int64(20 * time.Millisecond))))
		_ = cmd.Process.Kill() // it may have ended
		_ = cmd.Wait()
		mixed += k.check(t)
	}
	t.Logf("%d of %d days were between revisions", mixed, 6*daysKilled)
}

// started hands out the process of a command that is running. The zero value has none yet.
type started struct {
	process atomic.Pointer[os.Process]
}

// run runs cmd to its end.
func (s *started) run(cmd *exec.Cmd) error {
	if err := cmd.Start(); err != nil {
		return err
	}
	s.process.Store(cmd.Process)
	return cmd.Wait()
}

// get waits for the process.
func (s *started) get() *os.Process {
	for {
		if p := s.process.Load(); p != nil {
			return p
		}
		time.Sleep(time.Millisecond)
	}
}

// In S3, a run is killed before or after one of the requests that make its days
// visible.
func TestKilledWhilePublishingInS3(t *testing.T) {
	t.Parallel()
	trails := [2]string{generate(t, 1, daysKilled), generate(t, 2, daysKilled)}
	newer := t.TempDir()
	mustRun(t, 0, "analyze", trails[1], "--out", newer, "--quiet")
	eachServerAtOnce(t, func(t *testing.T, s *s3Server) {
		var mixed atomic.Int64
		kill := func(t *testing.T, n int) {
			out := fmt.Sprint("report", n)
			if got := s.run(t, 3, "analyze", trails[0], "--out", reports+out, "--quiet"); got.code != 0 {
				t.Fatal(got)
			}
			k := killing{
				newer: unrevised(t, tree(t, newer)), dest: reports + out, wait: flags.Lease + 2*time.Second,
				files: func() map[string]string {
					files := s.report(t, out+"/")
					maps.DeleteFunc(files, func(name, _ string) bool { return strings.HasPrefix(name, ".") })
					return files
				},
				run: func(args ...string) finished { return s.run(t, 3, args...) },
			}
			k.before(t)
			var process started
			var completes atomic.Int32
			last, done := int32(1+rand.IntN(8*daysKilled)), n%2 == 0
			p := newProxy(t, s, 0, func(r *http.Request) *fault {
				if stepOf(r) != "complete" || completes.Add(1) != last {
					return nil
				}
				return &fault{"killed", func(w http.ResponseWriter, do func() *httptest.ResponseRecorder) {
					if done {
						do()
					}
					_ = process.get().Kill() // it is waiting for the answer
					reset(w)
				}}
			})
			_ = process.run(p.command(t, 3, "analyze", trails[1], "--out", reports+out, "--quiet"))
			if completes.Load() != last {
				t.Errorf("killed at the %dth of %d requests", last, completes.Load())
			}
			mixed.Add(int64(k.check(t)))
		}
		t.Cleanup(func() { t.Logf("%d of %d days were between revisions", mixed.Load(), 3*daysKilled) })
		for n := range 3 {
			t.Run(fmt.Sprint(n), func(t *testing.T) {
				t.Parallel() // most of the time each waits for a lease
				kill(t, n)
			})
		}
	})
}

// A run is suspended in the middle of its publication, for longer than a lease.
// Another run finishes that publication, and publishes the day again. Then the first
// run continues: it changes nothing.
func TestS3RunThatStandsStill(t *testing.T) {
	t.Parallel()
	trails := [2]string{generate(t, 1, 1), generate(t, 2, 1)}
	eachServerAtOnce(t, func(t *testing.T, s *s3Server) {
		stopAt := func(t *testing.T, at int32) {
			out := fmt.Sprint("still", at)
			want := fmt.Sprint("alone", at)
			if got := s.run(t, 3, "analyze", trails[1], "--out", reports+want, "--quiet"); got != (finished{}) {
				t.Fatal(got)
			}
			var process started
			var second finished
			var completes atomic.Int32
			p := newProxy(t, s, 0, func(r *http.Request) *fault {
				if stepOf(r) != "complete" || completes.Add(1) != at {
					return nil
				}
				return &fault{"stands still", func(w http.ResponseWriter, do func() *httptest.ResponseRecorder) {
					first := process.get()
					defer func() { _ = first.Signal(syscall.SIGCONT) }()
					body, _ := io.ReadAll(r.Body) // the request is complete before its sender is suspended
					r.Body = io.NopCloser(bytes.NewReader(body))
					_ = first.Signal(syscall.SIGSTOP)
					second = s.run(t, 3, "analyze", trails[1], "--out", reports+out, "--quiet", "--date", "2026-11-20")
					late.answer(w, do)
				}}
			})
			first := p.command(t, 1, "analyze", trails[0], "--out", reports+out, "--quiet", "--date", "2026-11-20")
			_ = process.run(first)
			const says = "vpcetrail: s3://audit-reports/still%d: a run was stopped while it published 2026-11-20: this is finished now\n"
			if second != (finished{0, "", fmt.Sprintf(says, at)}) {
				t.Errorf("the second run ends with %d and says %s", second.code, second.errOut)
			}
			if code := first.ProcessState.ExitCode(); code == 0 && at < 8 { // the last step may already be done
				t.Errorf("stopped at step %d, the first run ends well", at)
			}
			sameFiles(t, fmt.Sprint("stopped at step ", at), tables(s.report(t, out+"/")), tables(s.report(t, want+"/")))
		}
		t.Run("stopped", func(t *testing.T) {
			for _, at := range []int32{1, 5, 8} {
				t.Run(fmt.Sprint("at step ", at), func(t *testing.T) {
					t.Parallel() // most of the time each waits for a lease
					stopAt(t, at)
				})
			}
		})
		if n := s.uploads(t); n > 0 {
			t.Errorf("%d uploads are left", n)
		}
	})
}
