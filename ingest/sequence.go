package ingest

import (
	"sync"
)

// A sequencer settles duplicates: of records with one identity, the first in the order of the
// objects counts. Workers finish objects in any order; the sequencer takes them in the order of
// their numbers, so that the choice is the same in every run.
type sequencer struct {
	mu      sync.Mutex
	settled *sync.Cond            // a batch was settled, or the run has failed
	seen    map[identity]struct{} // of all settled batches
	next    int                   // the number of the next object to settle
	waiting map[int]*batch        // handed in, but not yet in turn
	failed  bool
}

// A batch holds the events of one object on their way through the sequencer. Its fields belong to
// the worker that made it before it is submitted and after it is settled.
type batch struct {
	events    Batch // nil where there is nothing to count
	ids       []identity
	duplicate []bool // by event, once settled
	settled   bool   // guarded by the sequencer's mu
}

func newSequencer() *sequencer {
	s := &sequencer{seen: map[identity]struct{}{}, waiting: map[int]*batch{}}
	s.settled = sync.NewCond(&s.mu)
	return s
}

// submit hands in the batch of object number seq. Every number must come once, failed objects' too.
func (s *sequencer) submit(seq int, b *batch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiting[seq] = b
	for {
		b, ok := s.waiting[s.next]
		if !ok {
			return
		}
		delete(s.waiting, s.next)
		s.next++
		s.settle(b)
	}
}

func (s *sequencer) settle(b *batch) {
	b.duplicate = append(b.duplicate[:0], make([]bool, len(b.ids))...)
	for i, id := range b.ids {
		if id == (identity{}) {
			continue
		}
		if _, again := s.seen[id]; again {
			b.duplicate[i] = true
		} else {
			s.seen[id] = struct{}{}
		}
	}
	b.settled = true
	s.settled.Broadcast()
}

// await returns how many of the batches at the front of queue are settled. It waits until at most
// limit of them are not, or until the run has failed.
func (s *sequencer) await(queue []*batch, limit int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		n := 0
		for n < len(queue) && queue[n].settled {
			n++
		}
		if len(queue)-n <= limit || s.failed {
			return n
		}
		s.settled.Wait()
	}
}

// fail lets every await return: a number will never come.
func (s *sequencer) fail() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failed = true
	s.settled.Broadcast()
}
