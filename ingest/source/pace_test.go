package source

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"vpcetrail/ingest/source/store"
)

// A model is a store that answers after latency. It serves at most as many objects a
// second as most says.
type model struct {
	latency time.Duration
	most    float64
}

// run makes p fetch objects of size from m for a while. It returns the limits of p,
// the last one at the end of each round time.
func (m model) run(p *pace, clock *time.Time, size int64, length time.Duration) (limits []int) {
	for end := clock.Add(length); clock.Before(end); {
		rate := min(float64(p.limit)/m.latency.Seconds(), m.most)
		gap := time.Duration(float64(time.Second) / rate)
		*clock = clock.Add(gap)
		p.used++
		p.leave(size, gap*time.Duration(p.limit))
		limits = append(limits, p.limit)
	}
	return limits
}

func newClock(p *pace) *time.Time {
	clock := time.Unix(1_800_000_000, 0)
	p.now, p.began = func() time.Time { return clock }, clock
	return &clock
}

func TestPaceGrowsWhileItPays(t *testing.T) {
	for _, tc := range []struct {
		name         string
		store        model
		least, most  int // the limit settles between them
		bound, first int
	}{
		{"up to its bound", model{30 * time.Millisecond, 1e9}, 256, 256, 256, 32},
		{"up to a bound that is no double", model{30 * time.Millisecond, 1e9}, 100, 100, 100, 32},
		{"up to what the store brings", model{30 * time.Millisecond, 3000}, 80, 140, 256, 32},
		{"not where nothing is gained", model{30 * time.Millisecond, 500}, 24, 40, 256, 32},
		{"not beyond a low bound", model{30 * time.Millisecond, 1e9}, 3, 3, 3, 3},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := newPace(minPace, tc.bound)
			clock := newClock(p)
			if p.limit != tc.first {
				t.Errorf("it starts with %d, want %d", p.limit, tc.first)
			}
			limits := tc.store.run(p, clock, 2000, 5*time.Second)
			for _, limit := range limits[len(limits)*3/4:] {
				if limit < tc.least || limit > tc.most {
					t.Fatalf("%d at last, want %d to %d", limit, tc.least, tc.most)
				}
			}
		})
	}
}

func TestPaceReachesItsBoundSoon(t *testing.T) {
	p := newPace(minPace, 256)
	model{30 * time.Millisecond, 1e9}.run(p, newClock(p), 2000, 5*roundTime)
	if p.limit != 256 {
		t.Errorf("%d after %v", p.limit, 5*roundTime)
	}
}

func TestPaceHalvesWhenAskedToSlowDown(t *testing.T) {
	p := newPace(minPace, 256)
	clock := newClock(p)
	fast := model{30 * time.Millisecond, 1e9}
	fast.run(p, clock, 2000, time.Second)
	for _, want := range []int{128, 64, 32, 16, 8, 4, 4} {
		for range 100 { // answers to earlier requests: one halving
			p.slow()
		}
		if p.limit != want {
			t.Errorf("%d, want %d", p.limit, want)
		}
		before := p.limit
		fast.run(p, clock, 2000, calmTime-20*time.Millisecond)
		if p.limit != before {
			t.Errorf("%d while it is to be calm, want %d", p.limit, before)
		}
		*clock = clock.Add(20 * time.Millisecond)
	}
	limits := fast.run(p, clock, 2000, 2*time.Second)
	for i, limit := range limits {
		if i > 0 && limit > limits[i-1]+paceStep {
			t.Fatalf("it grows from %d to %d", limits[i-1], limit)
		}
	}
	if p.limit <= minPace {
		t.Error("it grows no more")
	}
	fast.run(p, clock, 2000, 40*time.Second)
	if p.limit != 256 {
		t.Errorf("%d in the end, want 256", p.limit)
	}
}

// A store that throttles at a rate keeps the pace near that rate: the limit neither
// stays at the bottom nor stays above.
func TestPaceFollowsAThrottledStore(t *testing.T) {
	p := newPace(minPace, 256)
	clock := newClock(p)
	const allowed = 2000.0 // a second: 60 in flight at 30 ms
	objects, start := 0, *clock
	for clock.Sub(start) < 60*time.Second {
		rate := float64(p.limit) / 0.030
		*clock = clock.Add(time.Duration(float64(time.Second) / rate))
		p.used++
		if rate > allowed*1.05 {
			p.slow()
		}
		p.leave(2000, 30*time.Millisecond)
		objects++
	}
	if mean := float64(objects) / 60; mean < allowed*0.6 || mean > allowed*1.3 {
		t.Errorf("%.0f objects a second where %.0f are allowed", mean, allowed)
	}
}

func TestPaceGivesUpWhatDoesNotPayAnyMore(t *testing.T) {
	p := newPace(minPace, 256)
	clock := newClock(p)
	model{30 * time.Millisecond, 2000}.run(p, clock, 2000, 10*time.Second)
	if p.limit > 100 {
		t.Errorf("%d for a store that 60 keep busy", p.limit)
	}
	model{30 * time.Millisecond, 1e9}.run(p, clock, 2000, 100*time.Second) // it has become faster
	if p.limit != 256 {
		t.Errorf("%d after the store has become faster", p.limit)
	}
}

// Slots that wait for the listing say nothing about the store: the limit does not
// grow, and no trial of a higher limit fails.
func TestPaceIsNotJudgedByIdleSlots(t *testing.T) {
	p := newPace(minPace, 256)
	clock := newClock(p)
	fast := model{30 * time.Millisecond, 1e9}
	fast.run(p, clock, 2000, 2*roundTime)
	limit := 0
	for i := range 4000 {
		*clock = clock.Add(time.Millisecond) // so that 30 slots are in use
		p.used++
		p.leave(2000, 30*time.Millisecond)
		if i == 1000 { // the round that had already begun is over
			limit = p.limit
		}
	}
	if p.limit != limit || limit == 256 {
		t.Errorf("%d with idle slots, %d before", p.limit, limit)
	}
	fast.run(p, clock, 2000, 5*roundTime)
	if p.limit != 256 {
		t.Errorf("%d once they are used, want 256", p.limit)
	}
}

// A machine or a network that hangs for a moment looks like a store that has reached
// its limit.
func TestPaceSoonForgetsAHiccup(t *testing.T) {
	for hiccups := range 4 {
		p := newPace(minPace, 512)
		clock := newClock(p)
		fast := model{100 * time.Millisecond, 1e9}
		fast.run(p, clock, 2000, 150*time.Millisecond)
		for range hiccups {
			for before := p.limit; p.limit == before; { // a trial that fails
				*clock = clock.Add(300 * time.Millisecond / time.Duration(p.limit))
				p.used++
				p.leave(2000, 300*time.Millisecond)
			}
		}
		fast.run(p, clock, 2000, 15*time.Second)
		if p.limit != 512 {
			t.Errorf("%d after %d hiccups, want 512", p.limit, hiccups)
		}
	}
}

func TestPaceLetsInNoMoreThanItsLimit(t *testing.T) {
	p := newPace(4, 4)
	for range 4 {
		p.enter()
	}
	entered := make(chan struct{})
	enter := func() { p.enter(); entered <- struct{}{} }
	go enter()
	select {
	case <-entered:
		t.Fatal("a fifth got in")
	case <-time.After(20 * time.Millisecond):
	}
	p.leave(1, 0)
	<-entered
	go enter()
	p.stop() // now nobody waits
	<-entered
}

// A latent listing, which is also a store, returns objects that take time to answer,
// like pages of a listing.
type latent struct {
	given
	left int
}

const latency = 30 * time.Millisecond

func (l *latent) Take() (store.Object, store.Store, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.left == 0 {
		return store.Object{}, nil, io.EOF
	}
	if l.left--; l.left%store.PageSize == 0 {
		time.Sleep(latency)
	}
	return store.Object{Name: fmt.Sprintf("%09d.json", 1_000_000-l.left), Size: 2}, l, nil
}

func (l *latent) Wake() {}

func (l *latent) List(string) store.Pager { return nil }

func (l *latent) Open(_ context.Context, obj store.Object) (io.ReadCloser, store.Object, error) {
	time.Sleep(latency)
	return io.NopCloser(strings.NewReader("{}")), obj, nil
}

// With 30 ms to the first byte, 32 in flight bring 1,067 objects a second, 256 up to 8,533.
func TestPaceHidesTheLatency(t *testing.T) {
	rate := func(most, objects int) float64 {
		began := time.Now()
		trail := start(t.Context(), newPace(minPace, most), defaultMaxBytes, func(*Trail) listing { return &latent{left: objects} })
		defer trail.Close()
		for f := range fetches(t, trail) {
			if _, err := f.Open(t.Context()); err != nil {
				t.Fatal(err)
			}
			f.Close()
		}
		return float64(objects) / time.Since(began).Seconds()
	}
	few, many := rate(firstPace, 1000), rate(s3Fetchers, 8000)
	t.Logf("up to %d in flight %.0f objects/s, up to %d %.0f", firstPace, few, s3Fetchers, many)
	if many < 2*few {
		t.Error("that is not twice as many")
	}
}
