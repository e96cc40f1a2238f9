package inflate

import (
	"encoding/binary"
	"sync"
)

// Limits of RFC 1951, section 3.2.7. Symbols above them have no meaning.
const (
	maxLitCodes  = 286
	maxDistCodes = 30
)

// block reads a block's header.
func (f *inflater) block() bool {
	head, ok := f.take(3)
	if !ok {
		return false
	}
	f.final = head&1 != 0
	switch head >> 1 {
	case 0:
		f.state = inStored
		return f.storedSize()
	case 1:
		f.state = inSymbols
		if !f.isFixed {
			f.tables, f.isFixed = *fixed(), true
		}
		return true
	case 2:
		f.state = inSymbols
		f.isFixed = false
		return f.codes()
	}
	return false
}

// storedSize reads the size of a stored block and its complement.
func (f *inflater) storedSize() bool {
	f.align()
	if len(f.in)-trailerSize-f.i < 4 {
		return false
	}
	n := binary.LittleEndian.Uint32(f.in[f.i:])
	f.i += 4
	f.stored = int(n & 0xffff)
	return n>>16 == ^n&0xffff
}

// codes reads the codes of a dynamic block and builds their tables.
func (f *inflater) codes() bool {
	head, ok := f.take(5 + 5 + 4)
	if !ok {
		return false
	}
	literals := 257 + int(head&31)
	all := literals + 1 + int(head>>5&31)
	if literals > maxLitCodes || all-literals > maxDistCodes || !f.lengthCode(4+int(head>>10)) {
		return false
	}
	f.litCode.reset()
	f.distCode.reset()
	n, times := uint(noLength), 0
	for s := 0; s < all; {
		if n, times = f.takeLengths(n); s+times > all {
			return false
		}
		switch {
		case n == noLength:
			return false
		case n == 0:
			s += times
			continue
		}
		for range times {
			if s < literals {
				f.litCode.add(s, n)
			} else {
				f.distCode.add(s-literals, n)
			}
			s++
		}
	}
	return f.litCode.build(f.lit[:], litBits, literalsAndLengths[:]) &&
		f.distCode.build(f.dist[:], distBits, distances[:])
}

const noLength = maxBits + 1

// takeLengths reads a code length and the number of consecutive symbols that have it.
// before is the previous length. It returns noLength if there is none to read.
func (f *inflater) takeLengths(before uint) (n uint, times int) {
	if f.n < preBits {
		f.refill()
	}
	e := f.lengthTab[f.b&(1<<preBits-1)]
	used := uint(e & 63)
	if e&special != 0 || used > f.n {
		return noLength, 0
	}
	f.b, f.n = f.b>>used, f.n-used
	var extra uint
	var ok bool
	switch s := uint(e >> valueShift); s {
	default:
		return s, 1
	case 16:
		extra, ok = f.take(2)
		n, times = before, 3
	case 17:
		extra, ok = f.take(3)
		times = 3
	case 18:
		extra, ok = f.take(7)
		times = 11
	}
	if !ok {
		return noLength, 0
	}
	return n, times + int(extra)
}

// lengthOrder is the order of the code lengths' own codes in the stream. Those that are
// often missing come last.
var lengthOrder = [19]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// lengthCode reads the code of the code lengths, which has count lengths, and builds its
// table.
func (f *inflater) lengthCode(count int) bool {
	var lengths [len(lengthOrder)]uint
	for _, s := range lengthOrder[:count] {
		var ok bool
		if lengths[s], ok = f.take(3); !ok {
			return false
		}
	}
	f.litCode.reset()
	for s, n := range lengths {
		if n > 0 {
			f.litCode.add(s, n)
		}
	}
	return f.litCode.build(f.lengthTab[:], preBits, codeLengths[:])
}

// fixed returns the tables of fixed blocks.
var fixed = sync.OnceValue(func() *tables {
	t := new(tables)
	var lit, dist code
	for s := range 288 {
		n := uint(8)
		if 144 <= s && s < 256 {
			n = 9
		} else if 256 <= s && s < 280 {
			n = 7
		}
		lit.add(s, n)
	}
	for s := range 32 {
		dist.add(s, 5)
	}
	lit.build(t.lit[:], litBits, literalsAndLengths[:])
	dist.build(t.dist[:], distBits, distances[:])
	return t
})
