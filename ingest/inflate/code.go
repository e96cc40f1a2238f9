package inflate

import "math/bits"

const (
	maxBits = 15 // of a code

	// How many bits index the tables. 10 and 8 measure as 11 and 9 do, and leave more of a core's nearest cache to
	// others; with 12 a tenth is lost to the time it takes to fill the tables.
	litBits  = 10
	distBits = 8
	preBits  = 7 // all that the codes of code lengths can have

	// The sub-tables' room. A sub-table of 2^k entries serves a subtree of codes of depth k, which has at least k+1
	// codes; so sub-tables hold at most 2^k/(k+1) entries for each of their codes, which grows with k. The depth is
	// at most 15 less the bits that index the main table: 5 and 7.
	litSize  = 1<<litBits + 288*32/6
	distSize = 1<<distBits + 32*128/8
)

// A code is a Huffman code in the making: which symbols have codes of how many bits. The zero value has none.
type code struct {
	symbols int                 // that have a code
	count   [maxBits + 1]uint16 // of them by bits
	added   [288]uint16         // symbol<<4 + bits, in the order of symbols

	// scratch memory of fill
	sorted   [288]uint16      // the symbols by bits, then in their order
	literals [256]uint32      // of the literals in that order, reversed code<<16 + literal
	first    [litBits + 2]int // by bits, in literals
}

func (c *code) reset() {
	c.symbols = 0
	c.count = [maxBits + 1]uint16{}
}

// add gives a symbol, greater than the one before, a code of 1 to 15 bits.
func (c *code) add(symbol int, n uint) {
	c.added[c.symbols] = uint16(symbol<<4 | int(n))
	c.symbols++
	c.count[n]++
}

// build fills table, whose first 1<<width entries are indexed by bits of the stream, the first one lowest, and whose
// rest is for sub-tables. It reports whether the code is complete: has a meaning for whatever bits come. It may also
// be empty, or have a single symbol of one bit, and the bits without a meaning are then special.
func (c *code) build(table []entry, width int, meaning []entry) bool {
	left := 1 // codes of the bits at hand that are not used up
	for _, n := range c.count[1:] {
		if left = left<<1 - int(n); left < 0 {
			return false
		}
	}
	switch {
	case left == 0:
		c.sort()
		c.fill(table, width, meaning)
		return true
	case c.symbols == 0 || c.symbols == 1 && c.count[1] == 1:
		e := special
		if c.symbols == 1 {
			e = coded(meaning[c.added[0]>>4], 1)
		}
		for i := 0; i < 1<<width; i += 2 {
			table[i], table[i+1] = e, special
		}
		return true
	}
	return false
}

func (c *code) sort() {
	var next [maxBits + 1]uint16
	for n := 1; n < maxBits; n++ {
		next[n+1] = next[n] + c.count[n]
	}
	for _, a := range c.added[:c.symbols] {
		c.sorted[next[a&15]] = a >> 4
		next[a&15]++
	}
}

// coded returns the entry of a symbol whose code has n bits.
func coded(meaning entry, n int) entry { return meaning + entry(n)<<codeShift + entry(n) }

// reversed returns the lowest n bits of code, the last one first, as they come in the stream.
func reversed(code uint16, n int) int { return int(bits.Reverse16(code) >> (16 - n)) }

// fill writes the table of a complete code.
func (c *code) fill(table []entry, width int, meaning []entry) {
	var code uint16 // the next one: they are given out by bits, then by symbols, counting up
	next, nlit := 0, 0
	for n := 1; n <= width; n++ {
		code <<= 1
		copy(table[1<<(n-1):1<<n], table[:1<<(n-1)]) // what is known of n-1 bits holds whatever the next one is
		c.first[n] = nlit
		for range c.count[n] {
			s, rev := c.sorted[next], reversed(code, n)
			table[rev] = coded(meaning[s], n)
			if s < 256 {
				c.literals[nlit] = uint32(rev)<<16 | uint32(s)
				nlit++
			}
			code++
			next++
		}
		if width == litBits {
			c.first[n+1] = nlit
			c.fillPairs(table, n)
		}
	}
	if next < c.symbols {
		c.fillLong(table, width, meaning, code, next)
	}
}

// fillPairs writes the pairs of literals whose codes have n bits together, over entries of the first literal alone.
func (c *code) fillPairs(table []entry, n int) {
	for n1 := 1; n1 < n; n1++ {
		second := c.literals[c.first[n-n1]:c.first[n-n1+1]]
		if len(second) == 0 {
			continue
		}
		for _, l1 := range c.literals[c.first[n1]:c.first[n1+1]] {
			for _, l2 := range second {
				table[l1>>16|l2>>16<<n1] = 2<<countShift | entry(n) | (l1&0xff|l2&0xff<<8)<<valueShift
			}
		}
	}
}

// fillLong writes the codes of more than width bits, which begin with code and sorted[next], into sub-tables.
func (c *code) fillLong(table []entry, width int, meaning []entry, code uint16, next int) {
	prefix, start, depth := -1, 0, 0 // of the sub-table at hand
	end := 1 << width
	for n := width + 1; n <= maxBits; n++ {
		code <<= 1
		for k := range c.count[n] {
			rev := reversed(code, n)
			if low := rev & (1<<width - 1); low != prefix {
				prefix, start, depth = low, end, c.depth(n, width, int(c.count[n]-k))
				end += 1 << depth
				table[prefix] = entry(start)<<valueShift | special | link | entry(depth)<<codeShift | entry(width)
			}
			e := coded(meaning[c.sorted[next]], n-width)
			for i := rev >> width; i < 1<<depth; i += 1 << (n - width) {
				table[start+i] = e
			}
			code++
			next++
		}
	}
}

// depth returns how many bits index the sub-table that begins with codes of n bits, of which count are left: those of
// the first size with which it is full.
func (c *code) depth(n, width, count int) int {
	room := 1<<(n-width) - count
	for room > 0 {
		n++
		room = room<<1 - int(c.count[n])
	}
	return n - width
}
