package table

import (
	"math"
	"math/bits"
	"slices"
)

// ordered maps a real to a number, and keeps the order.
func ordered(real float64) int64 {
	b := int64(math.Float64bits(real))
	return b ^ int64(uint64(b>>63)>>1)
}

// bitsOf returns the bits of the number in a page.
func bitsOf(n int64, t Type) uint64 {
	if t == Real {
		n ^= int64(uint64(n>>63) >> 1)
	}
	return uint64(n)
}

// smallSpan is the largest span of numbers that is sorted by a lookup table. Its 64 KiB of ranks
// stay in the cache.
const smallSpan = 1 << 14

// rank sets distinct to the sorted distinct numbers, and ranks to the index of each number in it.
func (e *encoder) rank() {
	least, most := slices.Min(e.numbers), slices.Max(e.numbers)
	e.ranks = slices.Grow(e.ranks[:0], len(e.numbers))[:len(e.numbers)]
	e.distinct = e.distinct[:0]
	span := uint64(most) - uint64(least)
	if span < smallSpan {
		e.rankByTable(least, int(span)+1)
		return
	}
	e.rankBySorting(least, span)
}

func (e *encoder) rankByTable(least int64, span int) {
	e.clearSeen(span)
	for _, n := range e.numbers {
		at := uint64(n - least)
		e.seen[at/64] |= 1 << (at % 64)
	}
	e.subset = slices.Grow(e.subset[:0], span)[:span]
	for at, word := range e.seen {
		for ; word != 0; word &= word - 1 {
			n := 64*at + bits.TrailingZeros64(word)
			e.subset[n] = uint32(len(e.distinct))
			e.distinct = append(e.distinct, least+int64(n))
		}
	}
	for i, n := range e.numbers {
		e.ranks[i] = e.subset[n-least]
	}
}

// rankBySorting sorts the numbers. If a number and its row fit into 64 bits, it sorts both as one
// integer, with the row in the low bits.
func (e *encoder) rankBySorting(least int64, span uint64) {
	low := bits.Len(uint(len(e.numbers) - 1))
	if bits.Len64(span)+low > 64 {
		e.rankBySearching()
		return
	}
	e.packed = e.packed[:0]
	for i, n := range e.numbers {
		e.packed = append(e.packed, uint64(n-least)<<low|uint64(i))
	}
	e.sortPacked(low, low+bits.Len64(span))
	for _, p := range e.packed {
		if n := least + int64(p>>low); len(e.distinct) == 0 || e.distinct[len(e.distinct)-1] != n {
			e.distinct = append(e.distinct, n)
		}
		e.ranks[p&(1<<low-1)] = uint32(len(e.distinct) - 1)
	}
}

// sortPacked sorts packed by its bits from low to high, 9 bits at a time (a radix sort).
func (e *encoder) sortPacked(low, high int) {
	const radix = 9
	e.spare = slices.Grow(e.spare[:0], len(e.packed))[:len(e.packed)]
	for ; low < high; low += radix {
		var starts [1 << radix]int
		for _, p := range e.packed {
			starts[p>>low%(1<<radix)]++
		}
		at := 0
		for i, n := range starts {
			starts[i] = at
			at += n
		}
		for _, p := range e.packed {
			digit := p >> low % (1 << radix)
			e.spare[starts[digit]] = p
			starts[digit]++
		}
		e.packed, e.spare = e.spare, e.packed
	}
}

func (e *encoder) rankBySearching() {
	e.distinct = append(e.distinct, e.numbers...)
	slices.Sort(e.distinct)
	e.distinct = slices.Compact(e.distinct)
	for i, n := range e.numbers {
		rank, _ := slices.BinarySearch(e.distinct, n)
		e.ranks[i] = uint32(rank)
	}
}
