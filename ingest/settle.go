package ingest

import (
	"cmp"
	"context"
	"io"
	"slices"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"vpcetrail/ingest/spill"
)

// A settler finds, once all objects are read, which events are duplicates and which records a
// correction replaces. Of records with one identity the first in the order of places counts. Of several
// corrections of one record the last one does, each taken at its first delivery.
type settler struct {
	journals []*journal
	void     *objectSet
	share    int // bytes of memory for each partition at work

	next  atomic.Int32 // the partition to be taken next
	mu    sync.Mutex
	marks *spill.Sorter // guarded by mu
}

// leastShare keeps the passes over a partition few where memory is very short.
const leastShare = 64 << 10

// marksShare is the part of a share that marks take: they are written and read in order, which costs little on disk.
const marksShare = 16

// settle works through the partitions with as many goroutines as there are journals.
func settle(ctx context.Context, journals []*journal, void *objectSet, disk *spill.Disk, share int) (*Marks, error) {
	share = max(share/(len(journals)+1), leastShare)
	s := &settler{journals: journals, void: void, share: share, marks: spill.NewSorter(disk, max(share/marksShare, leastShare))}
	var group errgroup.Group
	for range journals {
		group.Go(func() error {
			var t idTable
			for p := s.next.Add(1) - 1; p < partitions; p = s.next.Add(1) - 1 {
				if ctx.Err() != nil {
					return context.Cause(ctx)
				}
				if err := s.partition(int(p), &t); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	s.marks.Sort()
	return &Marks{list: s.marks, void: *void}, s.marks.Err()
}

// partition settles partition p: in one pass or, where its ids take more than the share, in several,
// each over those of the ids that hash to it.
func (s *settler) partition(p int, t *idTable) error {
	var size int64
	for _, j := range s.journals {
		size += j.ids.Size(p) + j.corrections.Size(p)
	}
	passes := uint64(1 + 3*size/int64(s.share+1)) // a table has up to twice as many slots as ids
	for pass := range passes {
		t.reset(int(uint64(size) / idSize / passes))
		chosen := func(id identity) bool { return passes == 1 || id.hash()>>40%passes == pass }
		if err := s.duplicates(p, t, chosen); err != nil {
			return err
		}
		if err := s.corrections(p, t, chosen); err != nil {
			return err
		}
	}
	return nil
}

func (s *settler) duplicates(p int, t *idTable, chosen func(identity) bool) error {
	return s.each(p, idSize, func(j *journal) *spill.Buckets { return j.ids }, func(record []byte) {
		id, place := cutID(record)
		if chosen(id) && !s.void.has(place.object()) {
			if again := t.add(id, place); again != noPlace {
				s.mark(again, Duplicate)
			}
		}
	})
}

// A correction says which record it corrects.
type correction struct {
	original, own identity
	place         Place
}

func (s *settler) corrections(p int, t *idTable, chosen func(identity) bool) error {
	var found []correction
	err := s.each(p, correctionSize, func(j *journal) *spill.Buckets { return j.corrections }, func(record []byte) {
		original, _ := cutID(record)
		own, place := cutID(record[correctionSize-idSize:])
		if chosen(original) && !s.void.has(place.object()) {
			found = append(found, correction{original, own, place})
		}
	})
	slices.SortFunc(found, func(a, b correction) int {
		return cmp.Or(a.original.compare(b.original), a.own.compare(b.own), cmp.Compare(a.place, b.place))
	})
	for i := 0; i < len(found); {
		winner, first := found[i].place, i
		for i++; i < len(found) && found[i].original == found[first].original; i++ {
			if found[i].own != found[i-1].own {
				winner = max(winner, found[i].place)
			}
		}
		if original := t.find(found[first].original); original != noPlace {
			s.mark(original, Corrected)
			s.mark(winner, Replacing)
		}
	}
	return err
}

// each calls fn for every record of size bytes in the buckets of partition p.
func (s *settler) each(p, size int, buckets func(*journal) *spill.Buckets, fn func(record []byte)) error {
	for _, j := range s.journals {
		blocks := buckets(j).Read(p)
		for {
			block, err := blocks.Next()
			if err == io.EOF {
				break
			}
			if err != nil {
				return err
			}
			for ; len(block) > 0; block = block[size:] {
				fn(block[:size])
			}
		}
	}
	return nil
}

func (s *settler) mark(p Place, m Mark) {
	key := markKey(p, m)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.marks.Add(key[:], nil)
}

// noPlace is no event's.
const noPlace = ^Place(0)

// An idTable holds the first place of each identity, by open addressing.
type idTable struct {
	slots []idSlot // a power of two, at most half of them used
	used  int
}

type idSlot struct {
	id    identity
	place Place // noPlace where the slot is free
}

// reset empties the table and makes room for n identities.
func (t *idTable) reset(n int) {
	size := 64
	for size < 2*n {
		size *= 2
	}
	if cap(t.slots) < size {
		t.slots = make([]idSlot, size)
	}
	t.slots, t.used = t.slots[:size], 0
	for i := range t.slots {
		t.slots[i].place = noPlace
	}
}

// slot returns the slot of id, or the free one in which it belongs.
func (t *idTable) slot(id identity) *idSlot {
	mask := uint64(len(t.slots) - 1)
	for i := id.hash() / partitions & mask; ; i = (i + 1) & mask {
		if s := &t.slots[i]; s.place == noPlace || s.id == id {
			return s
		}
	}
}

func (t *idTable) find(id identity) Place { return t.slot(id).place }

// add keeps the first place of id. It returns the later one of the two where there was one already, else noPlace.
func (t *idTable) add(id identity, p Place) (again Place) {
	s := t.slot(id)
	if s.place != noPlace {
		again = max(s.place, p)
		s.place = min(s.place, p)
		return again
	}
	*s = idSlot{id, p}
	if t.used++; 2*t.used > len(t.slots) {
		t.grow()
	}
	return noPlace
}

func (t *idTable) grow() {
	old := t.slots
	t.slots = nil
	t.reset(len(old))
	for _, s := range old {
		if s.place != noPlace {
			*t.slot(s.id) = s
			t.used++
		}
	}
}
