package inflate

import "math/bits"

const (
	maxBits = 15 // of a code

	// The number of bits that index the tables. 10 and 8 are as fast as 11 and 9, and
	// leave more of the first-level cache to others. 12 costs a tenth of the speed:
	// filling the tables takes longer.
	litBits  = 10
	distBits = 8
	preBits  = 7 // the longest code of the code lengths

	// The sizes include room for sub-tables. A sub-table of 2^k entries serves a subtree
	// of codes of depth k. That subtree has at least k+1 codes. So sub-tables hold at
	// most 2^k/(k+1) entries for each of their codes, and this grows with k. The depth is
	// at most 15 minus the index bits of the main table: 5 and 7.
	litSize  = 1<<litBits + 288*32/6
	distSize = 1<<distBits + 32*128/8
)

// A code is a Huffman code under construction: which symbols have codes, and of how many
// bits. The zero value has no symbols.
type code struct {
	symbols int                 // symbols that have a code
	count   [maxBits + 1]uint16 // number of symbols by bits
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

// add gives a symbol a code of 1 to 15 bits. Symbols must come in ascending order.
func (c *code) add(symbol int, n uint) {
	c.added[c.symbols] = uint16(symbol<<4 | int(n))
	c.symbols++
	c.count[n]++
}

// build fills table. The stream's next bits, the first one lowest, index the first
// 1<<width entries. The rest of table is for sub-tables. build reports whether the code
// is complete: every sequence of bits has a meaning. The code may also be empty, or have
// a single symbol of one bit. Then the entries for the other bits are special.
func (c *code) build(table []entry, width int, meaning []entry) bool {
	left := 1 // unused codes of the current length
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

// coded returns the entry of a symbol that has a code of n bits.
func coded(meaning entry, n int) entry { return meaning + entry(n)<<codeShift + entry(n) }

// reversed returns the lowest n bits of code in reverse order, as the stream has them.
func reversed(code uint16, n int) int { return int(bits.Reverse16(code) >> (16 - n)) }

// fill writes the table of a complete code.
func (c *code) fill(table []entry, width int, meaning []entry) {
	var code uint16 // the next code: codes count up by bits, then by symbol
	next, nlit := 0, 0
	for n := 1; n <= width; n++ {
		code <<= 1
		copy(table[1<<(n-1):1<<n], table[:1<<(n-1)]) // entries for n-1 bits hold whatever the next bit is
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

// fillPairs writes the pairs of literals that have n bits in total. They replace entries
// of the first literal alone.
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

// fillLong writes the codes of more than width bits into sub-tables. The first of them is
// code, for sorted[next].
func (c *code) fillLong(table []entry, width int, meaning []entry, code uint16, next int) {
	prefix, start, depth := -1, 0, 0 // of the current sub-table
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

// depth returns the number of bits that index the sub-table for codes of n bits and more.
// count is the number of remaining codes of n bits. It is the smallest depth that the
// codes fill.
func (c *code) depth(n, width, count int) int {
	room := 1<<(n-width) - count
	for room > 0 {
		n++
		room = room<<1 - int(c.count[n])
	}
	return n - width
}
