package store

import (
	"context"
	"sync"
	"time"
)

// spaced is a caller whose attempts keep a distance in time.
type spaced struct {
	caller
	pace *spacing
}

func (r spaced) GetAttemptToken(ctx context.Context) (func(error) error, error) {
	release, err := r.caller.GetAttemptToken(ctx)
	if err != nil {
		return nil, err
	}
	return release, r.pace.wait(ctx)
}

// A spacing lets no two callers through within a time.
type spacing struct {
	every time.Duration

	mu   sync.Mutex
	next time.Time // when the next caller may pass
}

func (s *spacing) wait(ctx context.Context) error {
	s.mu.Lock()
	at := time.Now()
	if at.Before(s.next) {
		at = s.next
	}
	s.next = at.Add(s.every)
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
