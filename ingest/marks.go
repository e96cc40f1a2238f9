package ingest

import (
	"encoding/binary"

	"vpcetrail/ingest/spill"
)

// A Place says where an event stands: the number of its object in canonical order, and its own number
// among the events that the object's Sink was offered. Places compare as the events come in the trail.
type Place uint64

const (
	indexBits = 28
	maxEvents = 1 << indexBits // of one object
)

// PlaceOf returns the place of event number index of object number seq, both from 0.
func PlaceOf(seq, index int) Place { return Place(seq)<<indexBits | Place(index) }

func (p Place) object() int { return int(p >> indexBits) }

// A Mark says how an event counts that does not count as it stands.
type Mark uint8

// The marks.
const (
	Unmarked  Mark = iota // counts as what it is
	Duplicate             // was delivered before
	Corrected             // a later record replaces it
	Replacing             // a correction that counts in the place of the record that it corrects
)

// Marks hold what only the whole window tells of its events. They may be read concurrently.
type Marks struct {
	list *spill.Sorter // of markKey; nil is empty
	void objectSet
}

// markKey is a mark as it is sorted: by place.
func markKey(p Place, m Mark) [8]byte {
	var key [8]byte
	binary.BigEndian.PutUint64(key[:], uint64(p)<<2|uint64(m))
	return key
}

// Void reports whether object number seq counts nothing, for it could not be read whole.
func (m *Marks) Void(seq int) bool { return m.void.has(seq) }

// Cursor returns a cursor before the first place.
func (m *Marks) Cursor() *MarkCursor {
	c := &MarkCursor{}
	if m.list != nil {
		c.list = m.list.Cursor()
		c.next()
	}
	return c
}

// A MarkCursor tells the marks of events in the order of their places. It is for one goroutine.
type MarkCursor struct {
	list *spill.Cursor
	at   Place
	mark Mark // of at; Unmarked behind the last one
}

func (c *MarkCursor) next() {
	if !c.list.Next() {
		c.at, c.mark = ^Place(0), Unmarked
		return
	}
	key := binary.BigEndian.Uint64(c.list.Key)
	c.at, c.mark = Place(key>>2), Mark(key&3)
}

// Of returns the mark of the event at p. Each call's place lies behind that of the call before.
func (c *MarkCursor) Of(p Place) Mark {
	if c.list == nil {
		return Unmarked
	}
	for c.at < p {
		c.next()
	}
	if c.at > p {
		return Unmarked
	}
	return c.mark
}

// Err returns what kept marks from being read. Where it is not nil, what Of returned must not be used.
func (c *MarkCursor) Err() error {
	if c.list == nil {
		return nil
	}
	return c.list.Err()
}

// An objectSet is a set of objects, by their numbers: one bit each up to the largest.
type objectSet struct{ bits []uint64 }

func (s *objectSet) add(seq int) {
	for len(s.bits) <= seq/64 {
		s.bits = append(s.bits, 0)
	}
	s.bits[seq/64] |= 1 << (seq % 64)
}

func (s *objectSet) has(seq int) bool {
	return seq/64 < len(s.bits) && s.bits[seq/64]>>(seq%64)&1 == 1
}
