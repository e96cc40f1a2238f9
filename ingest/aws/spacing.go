package aws

import (
	"context"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Spaced returns the retryer of a call. Attempts of all calls that share s keep a
// minimum distance in time.
func (c *Calls) Spaced(s *Spacing) aws.RetryerV2 { return spaced{caller{c.retryer, c}, s} }

type spaced struct {
	caller
	pace *Spacing
}

func (r spaced) GetAttemptToken(ctx context.Context) (func(error) error, error) {
	release, err := r.caller.GetAttemptToken(ctx)
	if err != nil {
		return nil, err
	}
	return release, r.pace.wait(ctx)
}

// A Spacing lets callers through one at a time, with a minimum distance between two of
// them.
type Spacing struct {
	Every time.Duration

	mu   sync.Mutex
	next time.Time // when the next caller may pass
}

func (s *Spacing) wait(ctx context.Context) error {
	s.mu.Lock()
	at := time.Now()
	if at.Before(s.next) {
		at = s.next
	}
	s.next = at.Add(s.Every)
	s.mu.Unlock()
	timer := time.NewTimer(time.Until(at))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
