//go:build unix

package main

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"vpcetrail/cmd/vpcetrail/exit"
)

// soon is how long an interrupted command may take: one second, and one more for a
// busy machine.
const soon = 2 * time.Second

// interrupt runs a command line in its own process, interrupts it after a time, and
// checks how it ends. On a busy machine, where processes take long to start, it waits
// longer.
func interrupt(t *testing.T, after time.Duration, want string, args ...string) {
	t.Helper()
	begun := time.Now()
	if err := exec.Command("vpcetrail", "--version").Run(); err != nil {
		t.Fatal(err)
	}
	after += 3 * time.Since(begun)
	cmd := exec.Command("vpcetrail", args...)
	var errOut bytes.Buffer
	cmd.Stderr = &errOut
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	hung := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() })
	defer hung.Stop()
	time.Sleep(after)
	sig := []os.Signal{os.Interrupt, syscall.SIGTERM}[rand.N(2)]
	start := time.Now()
	if err := cmd.Process.Signal(sig); err != nil {
		t.Error(err)
	}
	err := cmd.Wait()
	if took := time.Since(start); took > soon {
		t.Errorf("%v: it ends %v after %v, which came after %v", args, took, sig, after)
	}
	var status *exec.ExitError
	if !errors.As(err, &status) || status.ExitCode() != exit.Interrupted {
		t.Errorf("%v: %v after %v it ends with %v, want exit code %d\n%s", args, sig, after, err, exit.Interrupted, errOut.String())
	}
	if got := errOut.String(); got != "vpcetrail: "+want {
		t.Errorf("%v: %v after %v: it says %q, want %q", args, sig, after, got, want)
	}
}

// An interrupted command ends soon, with one line, or as if it had not been
// interrupted.
func TestInterruptedAtAnyMoment(t *testing.T) {
	t.Parallel()
	trail := generate(t, 1, 3)
	dir := t.TempDir()
	out, rules := filepath.Join(dir, "report"), filepath.Join(dir, "rules.yaml")
	mustRun(t, 0, "analyze", trail, "--out", out, "--quiet")
	if err := os.WriteFile(rules, []byte(mustRun(t, 0, "audit", "--example", "sensitive-resources").out), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ line, want string }{
		{"summary OUT", "interrupted"},
		{"summary OUT --by resource --format json", "interrupted"},
		{"html OUT -o -", "interrupted"},
		{"audit OUT --policy RULES", "interrupted"},
		{"readiness OUT --resource arn:aws:s3:::acme-orders-prod", "interrupted"},
		{"diff OUT --day 2026-11-20 --day 2026-11-21", "interrupted"},
		{"athena OUT --engine duckdb", "interrupted"},
		{"explain TRAIL", "interrupted"},
		{"endpoints TRAIL --quiet", "interrupted"},
		{"analyze TRAIL --out NEW --quiet", "interrupted: nothing is published"},
	} {
		args := strings.Fields(strings.NewReplacer("OUT", out, "RULES", rules, "TRAIL", trail, "NEW", filepath.Join(dir, "new")).Replace(tc.line))
		start := time.Now()
		whole := vpcetrail(t.Context(), args...)
		took := time.Since(start)
		for n := range 12 {
			after := took * time.Duration(n) / 12
			ctx, stop := context.WithCancel(t.Context())
			time.AfterFunc(after, stop)
			got := vpcetrail(ctx, args...)
			if got != whole && (got.code != exit.Interrupted || got.errOut != "vpcetrail: "+tc.want+"\n") {
				t.Errorf("%s: interrupted after %v of %v: exit code %d, want %d or %d\n%s", tc.line, after, took, got.code, exit.Interrupted, whole.code, got.errOut)
			}
			stop()
		}
	}
}

// A command that waits for something that no context ends is left running.
func TestInterruptedWhileItWaits(t *testing.T) {
	t.Parallel()
	trail := generate(t, 1, 1)
	dir := t.TempDir()
	out := filepath.Join(dir, "report")
	mustRun(t, 0, "analyze", trail, "--out", out, "--quiet")
	for _, tc := range []struct{ line, want string }{
		{"analyze PIPE --out NEW", "interrupted: nothing is published\n"},
		{"analyze TRAIL --endpoints PIPE --out NEW", "interrupted: nothing is published\n"},
		{"explain PIPE", "interrupted\n"},
		{"explain TRAIL --ip-ranges PIPE", "interrupted\n"},
		{"endpoints PIPE", "interrupted\n"},
		{"audit OUT --policy PIPE", "interrupted\n"},
		{"html OUT -o PIPE", "interrupted\n"},
	} {
		t.Run(tc.line, func(t *testing.T) {
			t.Parallel()
			own := t.TempDir()
			pipe, report := filepath.Join(own, "pipe"), filepath.Join(own, "new")
			if err := syscall.Mkfifo(pipe, 0o666); err != nil {
				t.Fatal(err)
			}
			line := strings.NewReplacer("OUT", out, "TRAIL", trail, "PIPE", pipe, "NEW", report).Replace(tc.line)
			interrupt(t, time.Second, tc.want, strings.Fields(line)...)
			notThere(t, report)
		})
	}
}

// Many days without a record take long to stage: each has its files.
func TestInterruptedWhileManyDaysAreStaged(t *testing.T) {
	t.Parallel()
	interrupt(t, 2*time.Second, "interrupted: nothing is published\n", "analyze", generate(t, 1, 1),
		"--date", "1972-01-01..2026-11-20", "--out", filepath.Join(t.TempDir(), "report"), "--quiet")
}
