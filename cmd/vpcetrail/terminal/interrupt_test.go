package terminal

import (
	"context"
	"errors"
	"testing"
	"time"
)

// The program waits for a report that is becoming visible, however long that takes,
// and the command says that it is published.
func TestInterruptedWhilePublishing(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	begun, end := make(chan struct{}), make(chan struct{})
	ended := make(chan error, 1)
	go func() {
		ended <- UntilInterrupted(ctx, func(ctx context.Context) error {
			IfInterrupted(ctx, ErrNothingPublished)
			err := Unbroken(ctx, ErrPublished, func(ctx context.Context) error {
				close(begun)
				<-end
				return ctx.Err()
			})
			return errors.Join(err, ctx.Err())
		})
	}()
	<-begun
	stop()
	select {
	case err := <-ended:
		t.Fatalf("it ends with %v before the report is there", err)
	case <-time.After(2 * patience):
	}
	close(end)
	if err := <-ended; err != ErrPublished {
		t.Errorf("it ends with %v, want %v", err, ErrPublished)
	}
}
