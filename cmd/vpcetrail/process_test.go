//go:build unix

package main

import (
	"bytes"
	"errors"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"vpcetrail/cmd/vpcetrail/exit"
)

// A killed run leaves no half-written file, and nothing that blocks the next run.
func TestKilledAtAnyMoment(t *testing.T) {
	t.Parallel()
	trails := [2]string{generate(t, 1, 1), generate(t, 2, 1)}
	report := filepath.Join(t.TempDir(), "report")
	var clean [2]map[string]string
	var took time.Duration
	for i := range trails {
		out := t.TempDir()
		start := time.Now()
		if text, err := exec.Command("vpcetrail", "analyze", trails[i], "--out", out, "--quiet").CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		took = time.Since(start)
		clean[i] = unrevised(t, tree(t, out))
	}
	for n := range 5 {
		moment := time.Duration(rand.Int64N(int64(took)))
		now := n % 2 // the trail for the report that replaces the other one
		cmd := exec.Command("vpcetrail", "analyze", trails[now], "--out", report, "--quiet")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(moment)
		_ = cmd.Process.Kill() // it may have ended
		err := cmd.Wait()
		staged := 0
		for name, text := range unrevised(t, visible(t, report, &staged)) {
			if text != clean[0][name] && text != clean[1][name] {
				t.Errorf("killed after %v: %s is neither the old file nor the new one", moment, name)
			}
		}
		t.Logf("killed after %v of %v: %v, %d files left staged", moment, took, err, staged)
		mustRun(t, 0, "analyze", trails[now], "--out", report, "--quiet")
		sameFiles(t, "run again", unrevised(t, tree(t, report)), clean[now])
	}
}

// visible returns the files of a report that a reader sees, and counts the staged
// ones.
func visible(t *testing.T, report string, staged *int) map[string]string {
	t.Helper()
	if _, err := os.Stat(report); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	files := tree(t, report)
	maps.DeleteFunc(files, func(name, _ string) bool {
		hidden := strings.HasPrefix(name, ".")
		if hidden {
			*staged++
		}
		return hidden
	})
	return files
}

// Ctrl-C and TERM end a run at once, even one that waits for standard input, and leave
// nothing. Where the system limits memory, two processes run: the signal may reach the
// first one alone, or both.
func TestSignals(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name    string
		sig     syscall.Signal
		limited bool
		group   bool
	}{
		{"interrupt", syscall.SIGINT, false, false},
		{"terminated", syscall.SIGTERM, false, false},
		{"interrupt of the supervisor", syscall.SIGINT, true, false},
		{"terminated supervisor", syscall.SIGTERM, true, false},
		{"interrupt of both", syscall.SIGINT, true, true},
		{"both terminated", syscall.SIGTERM, true, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if tc.limited && (runtime.GOOS != "linux" || slow) {
				t.Skip("needs ulimit -d, and a process without the race detector's own memory")
			}
			report := filepath.Join(t.TempDir(), "report")
			cmd := exec.Command("vpcetrail", "analyze", "-", "--out", report)
			if tc.limited {
				cmd = exec.Command("sh", append([]string{"-c", `ulimit -d 4000000; exec "$@"`, "sh"}, cmd.Args...)...)
			}
			cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
			in, err := cmd.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			defer in.Close()
			var errOut bytes.Buffer
			cmd.Stderr = &errOut
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			if _, err := in.Write([]byte(`{"Records": [`)); err != nil {
				t.Error(err)
			}
			waitFor(t, filepath.Join(report, ".staging"))
			to := cmd.Process.Pid
			if tc.group {
				to = -to
			}
			if err := syscall.Kill(to, tc.sig); err != nil {
				t.Error(err)
			}
			hung := time.AfterFunc(10*time.Second, func() { _ = cmd.Process.Kill() })
			defer hung.Stop()
			var status *exec.ExitError
			if err := cmd.Wait(); !errors.As(err, &status) || status.ExitCode() != exit.Interrupted {
				t.Errorf("it ends with %v, want exit code %d", err, exit.Interrupted)
			}
			if want := "vpcetrail: interrupted: nothing is published\n"; errOut.String() != want {
				t.Errorf("it says %q, want %q", errOut.String(), want)
			}
			notThere(t, report)
		})
	}
}
