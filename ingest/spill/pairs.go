package spill

import (
	"cmp"
	"slices"
	"strings"
	"unsafe"
)

// Pairs sum values by keys of two parts, as Totals do by keys of one. Each part is held once, however many keys it is
// part of, and keys are sorted by the places of their parts: keys that are many and long take a fraction of
// the memory and time that Totals would. It is written by one goroutine at a time.
type Pairs[V any, P Value[V]] struct {
	share        int
	held         int
	heads, tails parts
	sums         []pair[V]
	runs         runs
}

// A pair is a value with the numbers of its key's parts. One key may have several.
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

// sortCost is what sorting takes for each value.
const sortCost = int(unsafe.Sizeof(sortedPair{}))

// Add adds v to the value of the key head, tail. Both parts must be as AppendFields writes them, of as many texts in
// every key. It keeps no reference to any of the three. What goes wrong comes out of the cursor.
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

// Cursor ends the writing and returns the totals, sorted by the bytes of head and tail, one behind the other.
func (p *Pairs[V, P]) Cursor() *TotalsCursor[V, P] {
	if len(p.sums) > 0 && p.runs.levels != nil {
		p.spill()
	}
	c := p.runs.cursor()
	if len(p.sums) > 0 {
		var block []byte
		p.each(func(key, value []byte) { block = appendRecord(block, key, value) })
		p.sums = nil
		c.sources = append(c.sources, &blockRun{block})
	}
	p.heads, p.tails = parts{}, parts{}
	c.start()
	return &TotalsCursor[V, P]{merged: c, more: c.Next()}
}

func (p *Pairs[V, P]) spill() {
	w := p.runs.begin()
	p.each(w.add)
	w.end()
	p.heads.forget()
	p.tails.forget()
	p.sums, p.held = p.sums[:0], 0
}

// A sortedPair is the place of a pair, with those of its parts among all that are held.
type sortedPair struct {
	places uint64 // the head's, then the tail's
	at     uint32
}

// each calls add for every key in order, with its value. It adds the values up where they lie.
func (p *Pairs[V, P]) each(add func(key, value []byte)) {
	heads, tails := p.heads.places(), p.tails.places()
	order := make([]sortedPair, len(p.sums))
	for i := range p.sums {
		s := &p.sums[i]
		order[i] = sortedPair{uint64(heads[s.head])<<32 | uint64(tails[s.tail]), uint32(i)}
	}
	slices.SortFunc(order, func(a, b sortedPair) int { return cmp.Compare(a.places, b.places) })
	var key, text []byte
	for i := 0; i < len(order); {
		s := &p.sums[order[i].at]
		sum := P(&s.value)
		first := i
		for i++; i < len(order) && order[i].places == order[first].places; i++ {
			sum.Add(&p.sums[order[i].at].value)
		}
		key = append(append(key[:0], p.heads.order[s.head]...), p.tails.order[s.tail]...)
		text = sum.Append(text[:0])
		add(key, text)
	}
}

// parts numbers texts.
type parts struct {
	index map[string]uint32
	order []string
	last  uint32 // the number given last: neighbours share parts
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

// places returns the place of each number in the order of the texts.
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

// A blockRun walks the records of a run that is in memory.
type blockRun struct{ block []byte }

func (b *blockRun) next() (key, value []byte, ok bool, err error) {
	if len(b.block) == 0 {
		return nil, nil, false, nil
	}
	key, value, b.block = cutRecord(b.block)
	return key, value, true, nil
}
