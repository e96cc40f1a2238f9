package report

// A pairIndex finds numbers by two others and a few bits, by open addressing. The zero value is ready.
type pairIndex struct {
	slots []pairSlot // a power of two, at most half of them used
	used  int
}

type pairSlot struct {
	pair
	number uint32 // one too high; 0 where the slot is free
}

// A pair is what a number is found by.
type pair struct{ first, second, bits uint32 }

func (p pair) hash() uint64 {
	h := (uint64(p.first)<<32|uint64(p.second))*0x9e3779b97f4a7c15 + uint64(p.bits)*0xc2b2ae3d27d4eb4f
	return h ^ h>>32
}

// find returns the number of p, if it has one.
func (x *pairIndex) find(p pair) (number int, ok bool) {
	if x.used == 0 {
		return 0, false
	}
	s := x.slot(p)
	return int(s.number) - 1, s.number > 0
}

// add gives p, which has none, a number.
func (x *pairIndex) add(p pair, number int) {
	if 2*x.used >= len(x.slots) {
		old := x.slots
		x.slots = make([]pairSlot, max(64, 2*len(old)))
		for _, s := range old {
			if s.number > 0 {
				*x.slot(s.pair) = s
			}
		}
	}
	x.used++
	*x.slot(p) = pairSlot{p, uint32(number) + 1}
}

// slot returns the slot of p, or the free one in which it belongs.
func (x *pairIndex) slot(p pair) *pairSlot {
	mask := uint64(len(x.slots) - 1)
	for at := p.hash(); ; at++ {
		if s := &x.slots[at&mask]; s.number == 0 || s.pair == p {
			return s
		}
	}
}

func (x *pairIndex) clear() {
	clear(x.slots)
	x.used = 0
}
