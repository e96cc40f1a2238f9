package terminal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"vpcetrail/cmd/vpcetrail/exit"
	"vpcetrail/cmd/vpcetrail/memory"
)

// patience is how long an interrupted command may take to end by itself and remove its
// staged files. No context ends some waits: for a pipe without a writer, a terminal
// that takes no output, a disk that does not answer.
const patience = 800 * time.Millisecond

// ErrStopped says that a command that publishes nothing was interrupted.
var ErrStopped = exit.New(exit.Interrupted, "interrupted")

// ErrNothingPublished says that a command was interrupted before anything became visible.
var ErrNothingPublished = exit.New(exit.Interrupted, "interrupted: nothing is published")

// ErrPublished says that a command was interrupted after it published its report.
var ErrPublished = exit.New(exit.Interrupted, "interrupted: the report is published")

// An interruption holds the error for a command that is interrupted now.
type interruption struct {
	mu   sync.Mutex // held while the command must not be interrupted
	says error
}

type interruptionKey struct{}

func interruptionOf(ctx context.Context) *interruption {
	if i, ok := ctx.Value(interruptionKey{}).(*interruption); ok {
		return i
	}
	return new(interruption) // nobody reads it
}

// IfInterrupted sets the error that the command of ctx returns if it is interrupted from now on.
func IfInterrupted(ctx context.Context, says error) {
	i := interruptionOf(ctx)
	i.mu.Lock()
	defer i.mu.Unlock()
	i.says = says
}

// UntilInterrupted runs a command. It returns soon after ctx ends, even if the command
// does not return. The command is then left running, and the program must end. It
// waits only while a report becomes visible.
func UntilInterrupted(ctx context.Context, command func(context.Context) error) error {
	i := &interruption{says: ErrStopped}
	ended := make(chan error, 1)
	go func() {
		err := command(context.WithValue(ctx, interruptionKey{}, i))
		if ctx.Err() != nil && (errors.Is(err, context.Canceled) || errors.Is(err, context.Cause(ctx))) {
			err = i.because(context.Cause(ctx))
		}
		ended <- err
	}()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case err := <-ended:
		return err
	case <-late.C:
	}
	i.mu.Lock() // never unlocked: nothing more becomes visible
	return i.because(context.Cause(ctx))
}

// because returns the error of a command that cause has ended.
func (i *interruption) because(cause error) error {
	if !errors.Is(cause, memory.ErrOut) {
		return i.says
	}
	state, _ := strings.CutPrefix(i.says.Error(), ErrStopped.Error()+": ")
	return fmt.Errorf("%w: %s", cause, state)
}

// SayLast calls say, which writes the last line. After ctx has ended it waits only a
// moment: nobody may be reading standard error.
func SayLast(ctx context.Context, say func()) {
	said := make(chan struct{})
	go func() {
		defer close(said)
		say()
	}()
	select {
	case <-said:
		return
	case <-ctx.Done():
	}
	select {
	case <-said:
	case <-time.After(patience / 8):
	}
}

// Unbroken calls commit, which makes a report visible, unless its context has already
// ended. From then on the command is not interrupted: the context that commit gets
// does not end. after is the error of a later interruption.
func Unbroken(ctx context.Context, after error, commit func(context.Context) error) error {
	i := interruptionOf(ctx)
	i.mu.Lock()
	defer i.mu.Unlock()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	err := commit(context.WithoutCancel(ctx))
	if i.says = after; err != nil {
		i.says = err // the report may be visible in part: that matters more
	}
	return err
}

// Interruptible returns a reader of in that fails once ctx has ended, even while in
// waits for data. The goroutine that reads in then ends with that wait, or with the
// program.
func Interruptible(ctx context.Context, in io.Reader) io.Reader {
	r, w := io.Pipe()
	go func() {
		_, err := io.Copy(w, in)
		_ = w.CloseWithError(err) // nil means the end; it never fails
	}()
	context.AfterFunc(ctx, func() { _ = r.CloseWithError(context.Cause(ctx)) })
	return r
}
