package spill

import (
	"cmp"
	"slices"
	"strings"
	"unsafe"
)

// Pairs sum values by two-part keys, as Totals do by one-part keys. Each part is stored
// once, however many keys contain it. Keys sort by the rank of their parts. For many long
// keys this takes a fraction of the memory and time of Totals. It is written by one
// goroutine at a time.
type Pairs[V any, P Value[V]] struct {
	share        int
	held         int
	heads, tails parts
	sums         []pair[V]
	runs         runs
}

// A pair is a value with the numbers of its key's two parts. One key may have several
// pairs.
type pair[V any] struct {
	head, tail uint32
	value      V
}

// NewPairs returns Pairs that take about share bytes of memory.
func NewPairs[V any, P Value[V]](disk *Disk, share int) *Pairs[V, P] {
	return &Pairs[V, P]{
		share: share, heads: parts{index: map[string]uint32{}}, tails: parts{index: map[string]uint32{}},
		runs: runs{file: blockFile{disk: disk}},
	}
}

// sortCost is the memory that sorting takes for each value.
const sortCost = int(unsafe.Sizeof(sortedPair{}))

// Add adds v to the value of the key head, tail. AppendFields must have written both
// parts, with the same number of texts in every key. Add keeps no reference to its
// arguments. The cursor returns any error.
func (p *Pairs[V, P]) Add(head, tail []byte, v *V) {
	if p.held > p.share {
		p.spill()
	}
	h, isNew := p.heads.place(head)
	if isNew {
		p.held += len(head) + keyCost
	}
	t, isNew := p.tails.place(tail)
	if isNew {
		p.held += len(tail) + keyCost
	}
	p.held += int(unsafe.Sizeof(pair[V]{})) + sortCost
	p.sums = append(p.sums, pair[V]{h, t, *v})
}

// Cursor ends the writing and returns the totals, sorted by the bytes of head followed by
// tail.
func (p *Pairs[V, P]) Cursor() *TotalsCursor[V, P] { return MergePairs(p) }

// MergePairs ends the writing of several Pairs and returns their combined totals in the
// same order.
func MergePairs[V any, P Value[V]](all ...*Pairs[V, P]) *TotalsCursor[V, P] {
	c := new(Cursor)
	for _, p := range all {
		if len(p.sums) > 0 && p.runs.levels != nil {
			p.spill()
		}
		p.runs.into(c)
		if len(p.sums) > 0 {
			c.sources = append(c.sources, p.run())
			p.heads.index, p.tails.index = nil, nil
		}
	}
	c.start()
	return &TotalsCursor[V, P]{merged: c, more: c.Next()}
}

func (p *Pairs[V, P]) spill() {
	w, r := p.runs.begin(), p.run()
	for key, value, ok, _ := r.next(); ok; key, value, ok, _ = r.next() {
		w.add(key, value)
	}
	w.end()
	p.heads.forget()
	p.tails.forget()
	p.sums, p.held = p.sums[:0], 0
}

// A pairRun iterates over the pairs in memory in the order of their keys, each key once.
// It builds each key on demand: all keys together would take many times the memory of the
// pairs.
type pairRun[V any, P Value[V]] struct {
	of         *Pairs[V, P]
	order      []sortedPair // the remaining pairs
	key, value []byte       // scratch
}

// A sortedPair is the index of a pair, with the ranks of its two parts.
type sortedPair struct {
	places uint64 // the head's rank, then the tail's
	at     uint32
}

// run returns an iterator over the pairs. It adds up equal keys on the way.
func (p *Pairs[V, P]) run() *pairRun[V, P] {
	heads, tails := p.heads.places(), p.tails.places()
	order := make([]sortedPair, len(p.sums))
	for i := range p.sums {
		s := &p.sums[i]
		order[i] = sortedPair{uint64(heads[s.head])<<32 | uint64(tails[s.tail]), uint32(i)}
	}
	slices.SortFunc(order, func(a, b sortedPair) int { return cmp.Compare(a.places, b.places) })
	return &pairRun[V, P]{of: p, order: order}
}

func (r *pairRun[V, P]) next() (key, value []byte, ok bool, err error) {
	if len(r.order) == 0 {
		return nil, nil, false, nil
	}
	first := r.order[0]
	s := &r.of.sums[first.at]
	sum := P(&s.value)
	for r.order = r.order[1:]; len(r.order) > 0 && r.order[0].places == first.places; r.order = r.order[1:] {
		sum.Add(&r.of.sums[r.order[0].at].value)
	}
	r.key = append(append(r.key[:0], r.of.heads.order[s.head]...), r.of.tails.order[s.tail]...)
	r.value = sum.Append(r.value[:0])
	return r.key, r.value, true, nil
}

// parts assigns numbers to texts.
type parts struct {
	index map[string]uint32
	order []string
	last  uint32 // the last number assigned or found: neighbouring pairs often share parts
}

func (p *parts) place(text []byte) (number uint32, isNew bool) {
	if len(p.order) > 0 && p.order[p.last] == string(text) {
		return p.last, false
	}
	number, known := p.index[string(text)]
	if !known {
		number = uint32(len(p.order))
		own := string(text)
		p.index[own] = number
		p.order = append(p.order, own)
	}
	p.last = number
	return number, !known
}

// places returns the rank of each number in the order of the texts.
func (p *parts) places() []uint32 {
	numbers := make([]uint32, len(p.order))
	for i := range numbers {
		numbers[i] = uint32(i)
	}
	slices.SortFunc(numbers, func(a, b uint32) int { return strings.Compare(p.order[a], p.order[b]) })
	places := make([]uint32, len(numbers))
	for place, number := range numbers {
		places[number] = uint32(place)
	}
	return places
}

func (p *parts) forget() {
	clear(p.index)
	clear(p.order)
	p.order, p.last = p.order[:0], 0
}
