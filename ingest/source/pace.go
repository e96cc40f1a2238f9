package source

import (
	"sync"
	"time"
)

const (
	minPace   = 4  // objects in flight, however often S3 asks to slow down
	firstPace = 32 // objects in flight at the start; for small objects, at 30 ms to the first byte, ten times as many pay off
	paceStep  = 8  // how many objects are added at a time, once doubling has ended

	roundTime = 100 * time.Millisecond // the shortest time over which throughput is measured
	calmTime  = 300 * time.Millisecond // after a halving: answers to earlier requests are ignored
	stepHold  = 5                      // rounds between two steps
	backHold  = 20                     // rounds at the best limit before a higher one is tried again

	// objectWork is an object's cost beyond its bytes, in bytes. A connection of 2
	// MB/s brings as much in the 30 ms that S3 takes to answer.
	objectWork = 64 << 10
)

// A pace bounds the objects in flight and finds the bound by additive increase and
// multiplicative decrease. It measures in rounds, in which every slot is used about
// once. It counts what the slots bring while they are in use. Slots that wait for the
// listing, or for room, say nothing about S3. A round in which they mostly waited is
// not counted.
//
// A higher limit stays if it brings at least a quarter of a proportional gain.
// Otherwise the earlier limit returns for a while. At first the limit doubles every
// round. After two failures it grows by steps, which double as long as they pay. When
// S3 asks to slow down, the limit halves, and the steps stay small from then on. A
// pace with equal least and most never changes.
type pace struct {
	least, most int
	now         func() time.Time

	mu      sync.Mutex
	free    sync.Cond // with mu: a slot was returned, the limit grew, or stop was called
	stopped bool
	limit   int
	used    int

	began time.Time     // of this round
	done  int           // objects in this round
	work  int64         // bytes in this round, with each object's own cost
	busy  time.Duration // the total time they took

	before    int     // the limit before the one on trial; 0: no trial
	best      float64 // bytes a second at before
	hold      int     // rounds left before the next trial
	failed    bool    // doubling has failed once, perhaps for another reason
	steady    bool    // doubling is over
	step      int     // how far the next trial goes then
	slowed    bool    // S3 has asked to slow down
	calmUntil time.Time
}

func newPace(least, most int) *pace {
	p := &pace{least: min(least, most), most: most, step: paceStep, now: time.Now}
	p.limit = max(p.least, min(firstPace, most))
	p.free.L = &p.mu
	return p
}

// enter waits for a slot. After stop it does not wait.
func (p *pace) enter() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.used >= p.limit && !p.stopped {
		p.free.Wait()
	}
	if p.began.IsZero() {
		p.began = p.now()
	}
	p.used++
}

// leave returns a slot after an object of size bytes that took the given time; size <
// 0: there was no object.
func (p *pace) leave(size int64, took time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.used--
	if size >= 0 {
		p.done++
		p.work += size + objectWork
		p.busy += took
		p.judge()
	}
	p.free.Signal()
}

// slow halves the limit: S3 asked for fewer requests. Answers that come soon after are
// ignored.
func (p *pace) slow() {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	if now.Before(p.calmUntil) {
		return
	}
	p.calmUntil = now.Add(calmTime)
	p.limit = max(p.least, p.limit/2)
	p.slowed, p.steady, p.step, p.before, p.hold = true, true, paceStep, 0, 0
	p.restart(now)
}

// stop lets everyone in.
func (p *pace) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stopped = true
	p.free.Broadcast()
}

// restart begins a round.
func (p *pace) restart(now time.Time) { p.began, p.done, p.work, p.busy = now, 0, 0, 0 }

// judge ends the round if it is long enough, and evaluates it.
func (p *pace) judge() {
	now := p.now()
	elapsed := now.Sub(p.began)
	if now.Before(p.calmUntil) {
		p.restart(now)
		return
	}
	if p.done < p.limit || elapsed < roundTime {
		return
	}
	rate := float64(p.work) / (p.busy.Seconds() / float64(p.limit))
	idle := p.busy < elapsed*time.Duration(p.limit)/2
	p.restart(now)
	if idle {
		return
	}
	if p.before > 0 {
		gain := float64(p.limit-p.before) / float64(p.before)
		p.conclude(rate >= p.best*(1+gain/4))
	}
	if p.hold > 0 {
		p.hold--
		return
	}
	p.grow(rate)
}

// conclude ends a trial.
func (p *pace) conclude(pays bool) {
	switch {
	case pays && p.steady:
		p.hold = stepHold
		if !p.slowed {
			p.step *= 2
		}
	case pays:
		p.failed = false
	case !p.steady && !p.failed:
		p.limit, p.failed, p.hold = p.before, true, stepHold
	default:
		p.limit, p.steady, p.step, p.hold = p.before, true, paceStep, backHold
	}
	p.before = 0
}

// grow tries a higher limit than the present one, which brought rate.
func (p *pace) grow(rate float64) {
	step := p.limit
	if p.steady {
		step = min(p.limit, p.step)
	}
	p.before, p.best = p.limit, rate
	if p.limit = min(p.most, p.limit+step); p.limit == p.before {
		p.before = 0
	}
	p.free.Broadcast() // one leaves, several may enter
}
