package spill

import (
	"bytes"
	"encoding/binary"
	"slices"
)

const (
	runBlock = 32 << 10 // bytes of a block of a run: the memory that each run needs during a merge
	maxRuns  = 64       // runs of one level: this many are merged into one of the next
)

// A Sorter returns records in the order of their keys' bytes, then of their values'
// bytes. It keeps all of several equal records. It is written by one goroutine at a time.
type Sorter struct {
	share  int
	text   []byte // the keys and values in memory
	refs   []ref
	sorted bool
	runs   runs
}

// A ref is a record in Sorter.text.
type ref struct{ at, key, value int }

const refSize = 24

// NewSorter returns an empty Sorter that takes about share bytes of memory.
func NewSorter(disk *Disk, share int) *Sorter {
	return &Sorter{share: share, runs: runs{file: blockFile{disk: disk}}}
}

// Add adds a record. It keeps no reference to key and value. Every Cursor returns any
// error.
func (s *Sorter) Add(key, value []byte) {
	if len(s.text)+len(s.refs)*refSize+len(key)+len(value) > s.share && len(s.refs) > 0 {
		s.spill()
	}
	s.refs = append(s.refs, ref{len(s.text), len(key), len(value)})
	s.text = append(append(s.text, key...), value...)
	s.sorted = false
}

func (s *Sorter) key(r ref) []byte   { return s.text[r.at : r.at+r.key] }
func (s *Sorter) value(r ref) []byte { return s.text[r.at+r.key : r.at+r.key+r.value] }

func (s *Sorter) sort() {
	if s.sorted {
		return
	}
	slices.SortFunc(s.refs, func(a, b ref) int {
		if c := bytes.Compare(s.key(a), s.key(b)); c != 0 {
			return c
		}
		return bytes.Compare(s.value(a), s.value(b))
	})
	s.sorted = true
}

func (s *Sorter) spill() {
	s.sort()
	w := s.runs.begin()
	for _, r := range s.refs {
		w.add(s.key(r), s.value(r))
	}
	w.end()
	s.text, s.refs = s.text[:0], s.refs[:0]
}

// Err returns the first error of writing.
func (s *Sorter) Err() error { return s.runs.err }

// Sort ends the writing. After that, any number of goroutines may call Cursor.
func (s *Sorter) Sort() { s.sort() }

// Cursor returns the records from the first one.
func (s *Sorter) Cursor() *Cursor { return Merge(s) }

// A memoryRun iterates over the records in memory.
type memoryRun struct {
	s  *Sorter
	at int
}

func (m *memoryRun) next() (key, value []byte, ok bool, err error) {
	if m.at == len(m.s.refs) {
		return nil, nil, false, nil
	}
	r := m.s.refs[m.at]
	m.at++
	return m.s.key(r), m.s.value(r), true, nil
}

// appendRecord appends a record in the form that runs hold.
func appendRecord(dst, key, value []byte) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(key)))
	dst = binary.AppendUvarint(dst, uint64(len(value)))
	return append(append(dst, key...), value...)
}

// cutRecord removes a record from the front of block.
func cutRecord(block []byte) (key, value, rest []byte) {
	k, n := binary.Uvarint(block)
	v, m := binary.Uvarint(block[n:])
	block = block[n+m:]
	return block[:k], block[k : k+v], block[k+v:]
}
