package aws

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// However many callers there are, no two pass within the minimum distance.
func TestSpacing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := Spacing{Every: time.Second / 2}
		start := time.Now()
		var mu sync.Mutex
		passed := map[time.Duration]int{}
		var callers sync.WaitGroup
		for range 5 {
			callers.Go(func() {
				for range 2 {
					if err := s.wait(t.Context()); err != nil {
						t.Error(err)
					}
					mu.Lock()
					passed[time.Since(start)]++
					mu.Unlock()
				}
			})
		}
		callers.Wait()
		time.Sleep(time.Hour) // a pause is not credited later
		for range 2 {
			if err := s.wait(t.Context()); err != nil {
				t.Error(err)
			}
		}
		if took := time.Since(start) - time.Hour; took != 5*time.Second {
			t.Errorf("12 callers pass within %v and a rest, want 5s", took)
		}
		for i := range 10 {
			if at := time.Duration(i) * s.Every; passed[at] != 1 {
				t.Errorf("%d callers pass at %v, want 1", passed[at], at)
			}
		}
	})
}
