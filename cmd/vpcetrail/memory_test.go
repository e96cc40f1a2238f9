package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"vpcetrail/cmd/vpcetrail/exit"
	"vpcetrail/cmd/vpcetrail/memory"
	"vpcetrail/cmd/vpcetrail/terminal"
)

// A command that takes more memory than it may ends with one line, which says what is
// published. The guard of a process that others share does nothing.
func TestOutOfMemory(t *testing.T) {
	t.Parallel()
	for _, state := range []struct{ says, want error }{
		{terminal.ErrNothingPublished, errors.New(": nothing is published")}, {terminal.ErrPublished, errors.New(": the report is published")},
	} {
		ctx, end := context.WithCancelCause(t.Context())
		ctx = memory.WithEnding(ctx, end)
		for _, command := range []func(context.Context) error{
			func(ctx context.Context) error { <-ctx.Done(); return context.Cause(ctx) },
			func(ctx context.Context) error { <-ctx.Done(); return fmt.Errorf("read: %w", ctx.Err()) },
			func(context.Context) error { select {} }, // looks at no context
		} {
			err := terminal.UntilInterrupted(ctx, func(ctx context.Context) error {
				terminal.IfInterrupted(ctx, state.says)
				defer memory.Plan{}.Guard(ctx)()
				return command(ctx)
			})
			if exit.Code(err) != exit.Failed || !strings.HasPrefix(err.Error(), "out of memory: the process takes ") || !strings.HasSuffix(err.Error(), state.want.Error()) {
				t.Errorf("exit code %d, %v", exit.Code(err), err)
			}
		}
	}
	memory.Plan{}.Guard(t.Context())()
}

// Where the system limits the memory of a process, a run is done, or ends with one line
// and status 1: no trace of Go's runtime, whichever allocation is refused.
func TestLimitedMemory(t *testing.T) {
	if runtime.GOOS != "linux" || slow {
		t.Skip("needs ulimit -d, and a process without the race detector's own memory")
	}
	t.Parallel()
	trail, refused := generate(t, 1, 1), 0
	for kilobytes := 180_000; kilobytes < 260_000; kilobytes += 10_000 { // the least that the program starts with, and more
		out := filepath.Join(t.TempDir(), "report")
		cmd := exec.Command("sh", "-c", fmt.Sprintf(`ulimit -d %d; exec vpcetrail "$@"`, kilobytes), "sh", "analyze", trail, "--out", out, "--quiet", "--workers", "200")
		var errOut bytes.Buffer
		cmd.Stderr = &errOut
		err := cmd.Run()
		var status *exec.ExitError
		switch {
		case err == nil && errOut.Len() == 0:
		case errors.As(err, &status) && status.ExitCode() == exit.Failed && errOut.String() == "vpcetrail: "+memory.ErrRefused.Error()+"\n":
			refused++
		default:
			t.Errorf("%d KB: %v\n%s", kilobytes, err, errOut.String())
		}
	}
	t.Logf("%d runs were refused memory", refused)
	if refused == 0 {
		t.Error("no limit was too low")
	}
}
