package inflate

const (
	maxLength   = 258      // of a match
	maxDistance = 32 << 10 // of a match

	// symbolsFast stops inSlack bytes before the end of the input. It may write up to
	// outSlack bytes after its stop. Its comment gives the reasons for these numbers.
	inSlack  = 24
	outSlack = 4 + maxLength + Slack
)

// The assumptions of that comment, for the compiler to check: none of these may be
// negative.
const (
	_ uint = 56 - (3*litBits + litBits)           // bits for three look-ups and the next one
	_ uint = 56 - (2*litBits + maxBits + litBits) // with a literal from a sub-table
	_ uint = 56 - (2*litBits + maxBits + 5)       // for two look-ups and a length
	_ uint = 28 - (maxBits + 13)                  // for a distance
	_ uint = inSlack - 7 - 8                      // bytes for the second load of a pass
	_ uint = inSlack - 14 - trailerSize           // and for the trailer
	_ uint = outSlack - (3 + maxLength) - Slack   // and after the text
)

// An outcome says why decoding of symbols stopped.
type outcome uint8

const (
	stopped   outcome = iota // no room, or no input that symbolsFast may read
	blockEnds                // the end-of-block symbol was read
	irregular                // the next symbol is broken or truncated
)

// symbols decodes literals and matches until the block ends, or until the text ends at
// stop or up to 3+maxLength bytes after it. It requires stop+outSlack <= len(f.out).
func (f *inflater) symbols(stop int) outcome {
	res := f.symbolsFast(stop)
	for res == stopped && f.o < stop {
		res = f.symbol()
	}
	return res
}

// symbolsFast decodes symbols while neither end is near. It does not check that there are
// enough bits and enough room, for these reasons:
//
// Bits: b holds the stream's next bits, the lowest first. The lower six bits of n say how
// many. The other bits of n have no meaning. The bits of b above n are correct too, and
// the next refill writes the same bits again. A refill makes n at least 56. A look-up
// needs 10 bits. Three in a row take 30, so the next one, before the refill, finds 26.
// Two and a literal from a sub-table take at most 35, so again there are enough. Two and
// a length take at most 20+10+5+5. If they leave fewer than 38, there is a refill. A
// distance takes at most 15+13, so that the next look-up finds 10.
//
// Input: a pass begins with i < len(in)-24 and has at most two refills. Each adds at most
// 7 to i. So the second refill's load is at i < len(in)-24+7 and ends below len(in). The
// refill before the loop is at i < len(in)-24. After a pass i < len(in)-24+14, so no bits
// are taken from the last trailerSize bytes.
//
// Output: a pass begins with o < stop. Up to three times, it writes two bytes of literals
// and adds at most two to o; or up to twice, and then it writes a match. So literals end
// at or below stop+5, and a match begins at or below stop+3. The copies of a match write
// below the end of the match plus 64 (see there), and so below stop+3+258+64, which is
// less than stop+outSlack <= len(out). They read below the place where they write, and
// not below f.from, which is not negative: the distance is checked.
func (f *inflater) symbolsFast(stop int) outcome {
	in, out := f.in, f.out
	i, o := f.i, f.o
	b, n := f.b, f.n
	inStop := len(in) - inSlack
	if i < 0 || o < 0 || stop > len(out)-outSlack {
		panic("BUG: inflate: no slack")
	}
	if i >= inStop || o >= stop {
		return stopped
	}
	b |= load64(in, i) << (n & 63) // i < inStop
	i += 7 - int(n>>3&7)
	n |= 56
	e := f.lit[b&(1<<litBits-1)]
	for i < inStop && o < stop {
		s := b
		b >>= e & 63
		n -= uint(e)
		if e&literal != 0 {
			store16(out, o, uint16(e>>valueShift)) // o < stop
			o += int(e >> countShift & 3)
			e = f.lit[b&(1<<litBits-1)]
			s = b
			b >>= e & 63
			n -= uint(e)
			if e&literal != 0 {
				store16(out, o, uint16(e>>valueShift)) // o < stop+2
				o += int(e >> countShift & 3)
				e = f.lit[b&(1<<litBits-1)]
				s = b
				b >>= e & 63
				n -= uint(e)
				if e&literal != 0 {
					store16(out, o, uint16(e>>valueShift)) // o < stop+4
					o += int(e >> countShift & 3)
					e = f.lit[b&(1<<litBits-1)]
					b |= load64(in, i) << (n & 63) // i < inStop
					i += 7 - int(n>>3&7)
					n |= 56
					continue
				}
			}
		}
		if e&special != 0 {
			if e&link != 0 {
				e = f.lit[linked(e, b)]
				s = b
				b >>= e & 63
				n -= uint(e)
				if e&literal != 0 {
					store16(out, o, uint16(e>>valueShift)) // o < stop+4
					o++
					e = f.lit[b&(1<<litBits-1)]
					b |= load64(in, i) << (n & 63) // i < inStop
					i += 7 - int(n>>3&7)
					n |= 56
					continue
				}
			}
			if e&special != 0 {
				f.keep(i, o, b, n)
				if e&endOfBlock != 0 {
					return blockEnds
				}
				return irregular
			}
		}
		length := plus(e, s)
		if n&63 < 28+litBits {
			b |= load64(in, i) << (n & 63) // i < inStop
			i += 7 - int(n>>3&7)
			n |= 56
		}
		e = f.dist[b&(1<<distBits-1)]
		if e&special != 0 {
			if e&link == 0 {
				f.keep(i, o, b, n)
				return irregular
			}
			b >>= e & 63
			n -= uint(e)
			// Never special: only bits that are no code are special, and those need no
			// sub-table.
			e = f.dist[linked(e, b)]
		}
		s = b
		b >>= e & 63
		n -= uint(e)
		dist := plus(e, s)
		if dist > o-f.from {
			f.keep(i, o, b, n)
			return irregular
		}
		e = f.lit[b&(1<<litBits-1)]
		b |= load64(in, i) << (n & 63) // i < inStop+7
		i += 7 - int(n>>3&7)
		n |= 56

		// Each copy takes sixteen bytes. That is at most dist, so the bytes that it reads
		// are written. Two thirds of the matches end within 32 bytes, and most others
		// within 96. The first two copies end at most 21+32 bytes after the start of the
		// match, and so below end+64. Those of the loop begin below end, and their pass
		// ends below end+64.
		end := o + length // o < stop+4
		if dist < 16 {
			o, dist = spread(out, o, dist)
		}
		copy16(out, o, o-dist)
		copy16(out, o+16, o+16-dist) // ends at o+32 < end+64
		for o += 32; o < end; o += 64 {
			copy16(out, o, o-dist)
			copy16(out, o+16, o+16-dist)
			copy16(out, o+32, o+32-dist)
			copy16(out, o+48, o+48-dist) // ends at o+64 < end+64
		}
		o = end
	}
	f.keep(i, o, b, n)
	return stopped
}

// keep stores the place where symbolsFast stopped.
func (f *inflater) keep(i, o int, b uint64, n uint) { f.i, f.o, f.b, f.n = i, o, b, n&63 }

// spread repeats the dist bytes before o. It returns a new o and a new distance: a
// multiple of dist that is at least 16. The bytes before the new o repeat with that
// distance, so the rest can be copied from there. It writes up to 21 bytes, and 16 bytes
// of garbage after them.
func spread(out []byte, o, dist int) (int, int) {
	for dist < 16 {
		copy16(out, o, o-dist)
		o += dist
		dist += dist
	}
	return o, dist
}
