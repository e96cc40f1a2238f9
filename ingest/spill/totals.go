package spill

import (
	"bytes"
	"slices"
	"strings"
	"unsafe"
)

// A Value can be summed, and can be written to disk if memory is short. Its zero value
// adds nothing.
type Value[V any] interface {
	*V
	// Add adds o.
	Add(o *V)
	// Append appends the value in a form that Parse reads.
	Append(dst []byte) []byte
	// Parse sets the value to what Append wrote. It keeps no reference to text.
	Parse(text []byte)
}

// Totals sum values by key. It is written by one goroutine at a time.
type Totals[V any, P Value[V]] struct {
	share  int
	held   int
	index  map[string]int32 // index in values
	keys   []string         // by that index
	values []V
	runs   runs
}

// NewTotals returns Totals that take about share bytes of memory.
func NewTotals[V any, P Value[V]](disk *Disk, share int) *Totals[V, P] {
	return &Totals[V, P]{share: share, index: map[string]int32{}, runs: runs{file: blockFile{disk: disk}}}
}

// keyCost is the memory of a key besides its text: its headers and the map's slot.
const keyCost = 64

// At returns the value of key, for the caller to add to. The pointer is valid until the
// next call. At keeps no reference to key. The cursor returns any error.
func (t *Totals[V, P]) At(key []byte) *V {
	if i, ok := t.index[string(key)]; ok {
		return &t.values[i]
	}
	var zero V
	if t.held > t.share {
		t.spill()
	}
	t.held += len(key) + keyCost + int(unsafe.Sizeof(zero))
	k := string(key)
	t.index[k] = int32(len(t.values))
	t.keys = append(t.keys, k)
	t.values = append(t.values, zero)
	return &t.values[len(t.values)-1]
}

// order returns the indexes of the values in the order of their keys.
func (t *Totals[V, P]) order() []int32 {
	order := make([]int32, len(t.keys))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int { return strings.Compare(t.keys[a], t.keys[b]) })
	return order
}

func (t *Totals[V, P]) spill() {
	w, r := t.runs.begin(), totalsRun[V, P]{of: t, order: t.order()}
	for key, value, ok, _ := r.next(); ok; key, value, ok, _ = r.next() {
		w.add(key, value)
	}
	w.end()
	t.Reset()
}

// Reset drops the totals in memory. If the Totals have not spilled, they can be used
// again.
func (t *Totals[V, P]) Reset() {
	clear(t.index)
	clear(t.keys)
	t.keys, t.values = t.keys[:0], t.values[:0]
	t.held = 0
}

// Cursor ends the writing and returns the totals, sorted by the bytes of their keys.
func (t *Totals[V, P]) Cursor() *TotalsCursor[V, P] {
	if t.runs.levels == nil {
		return &TotalsCursor[V, P]{of: t, order: t.order()}
	}
	if len(t.keys) > 0 {
		t.spill()
	}
	c := new(Cursor)
	t.runs.into(c)
	c.start()
	return &TotalsCursor[V, P]{merged: c, more: c.Next()}
}

// A totalsRun iterates over the totals in memory in the order of their keys.
type totalsRun[V any, P Value[V]] struct {
	of         *Totals[V, P]
	order      []int32 // the remaining indexes
	key, value []byte  // scratch
}

func (r *totalsRun[V, P]) next() (key, value []byte, ok bool, err error) {
	if len(r.order) == 0 {
		return nil, nil, false, nil
	}
	i := r.order[0]
	r.order = r.order[1:]
	r.key, r.value = append(r.key[:0], r.of.keys[i]...), P(&r.of.values[i]).Append(r.value[:0])
	return r.key, r.value, true, nil
}

// A TotalsCursor iterates over totals in the order of their keys. It is for one
// goroutine.
type TotalsCursor[V any, P Value[V]] struct {
	Key   []byte // valid until the next call of Next
	Value V

	of    *Totals[V, P] // set if everything is in memory
	order []int32

	merged *Cursor // set otherwise
	more   bool    // merged has a current record
	part   V       // scratch
}

// Next moves to the next key. It returns false after the last one and after an error.
func (c *TotalsCursor[V, P]) Next() bool {
	if c.of != nil {
		if len(c.order) == 0 {
			return false
		}
		i := c.order[0]
		c.order = c.order[1:]
		c.Key, c.Value = append(c.Key[:0], c.of.keys[i]...), c.of.values[i]
		return true
	}
	if !c.more {
		return false
	}
	c.Key = append(c.Key[:0], c.merged.Key...)
	P(&c.Value).Parse(c.merged.Value)
	for c.more = c.merged.Next(); c.more && bytes.Equal(c.merged.Key, c.Key); c.more = c.merged.Next() {
		P(&c.part).Parse(c.merged.Value)
		P(&c.Value).Add(&c.part)
	}
	return true
}

// Err returns the error that ended the iteration early, or nil.
func (c *TotalsCursor[V, P]) Err() error {
	if c.merged == nil {
		return nil
	}
	return c.merged.Err()
}
