package inflate

import (
	"encoding/binary"
	"hash/crc32"
)

const (
	// window is the room for text after the last 32 KiB. From 32 to 256 KiB the speed is
	// the same. A window that fits a core's own cache leaves the text there for the code
	// that reads it.
	window = 128 << 10
	// sumSize is the length of text that is decoded before its checksum is computed,
	// while the text is still in the first-level cache.
	sumSize = 16 << 10
	// trailerSize is the size of a member's trailer: the CRC-32 and length of its text.
	trailerSize = 8
)

// A state says what comes next in the stream.
type state uint8

const (
	atHeader state = iota
	atBlock
	inStored  // a stored block's text
	inSymbols // a block's symbols
	atTrailer
	ended
)

// An inflater decodes a gzip stream into its window until it meets something irregular.
//
// It takes no bits from the last trailerSize bytes of the stream. In a whole stream they
// are the last member's trailer. So it stops earlier on a truncated stream than
// klauspost's reader, which wants up to 25 bits for a shorter symbol.
type inflater struct {
	state state
	in    []byte
	i     int    // index of the next byte of in that is not in b
	b     uint64 // the stream's next n bits, the lowest first; the bits above n are correct or zero
	n     uint

	out  []byte
	o    int   // end of the text
	from int   // start of the member's text, or of the window
	gone int64 // length of the text that has left the window

	final  bool   // this is the member's last block
	stored int    // bytes of the block still to copy
	sum    uint32 // CRC-32 of the member's text
	size   uint32 // length of the member's text

	members int // begun

	tables
	isFixed   bool // the tables are those of fixed blocks
	lengthTab [1 << preBits]entry
	litCode   code
	distCode  code
}

// tables decode the symbols of a block.
type tables struct {
	lit  [litSize]entry
	dist [distSize]entry
}

// reset prepares f to decode gz.
func (f *inflater) reset(gz []byte) {
	if len(f.out) != maxDistance+window+outSlack { // first use, or grown
		f.out = make([]byte, maxDistance+window+outSlack)
	}
	f.state, f.in, f.i = atHeader, gz, 0
	f.o, f.gone, f.members = 0, 0, 0
}

// length returns the length of all text so far.
func (f *inflater) length() int64 { return f.gone + int64(f.o) }

// makeRoom moves the last keep bytes of text, and what matches may refer to, to the start
// of the window. If they would nearly fill the window, it grows, so that moving stays
// cheap.
func (f *inflater) makeRoom(keep int) {
	start := f.o - max(keep, min(f.o, maxDistance))
	out := f.out
	if len(out) < f.o-start+window+outSlack {
		out = make([]byte, 2*(f.o-start)+window+outSlack)
	}
	copy(out, f.out[start:f.o])
	f.out = out
	f.o -= start
	f.from = max(0, f.from-start)
	f.gone += int64(start)
}

// run decodes until the text ends at stop or a little after it, or until the stream ends.
// It returns false at something irregular. The text before that is correct. It requires
// stop+outSlack <= len(f.out).
func (f *inflater) run(stop int) bool {
	for f.o < stop {
		ok := true
		switch f.state {
		case atHeader:
			ok = f.header()
		case atBlock:
			ok = f.block()
		case inStored:
			ok = f.copyStored(stop)
		case inSymbols:
			ok = f.decode(min(stop, f.o+sumSize))
		case atTrailer:
			ok = f.trailer()
		case ended:
			return true
		}
		if !ok {
			return false
		}
	}
	return true
}

// copyStored copies text of a stored block, up to stop.
func (f *inflater) copyStored(stop int) bool {
	start := f.o
	n := min(f.stored, stop-f.o, len(f.in)-trailerSize-f.i)
	f.o += copy(f.out[f.o:], f.in[f.i:f.i+n])
	f.i += n
	f.stored -= n
	f.count(start)
	if f.stored == 0 {
		f.endBlock()
		return true
	}
	return n > 0
}

// decode decodes symbols until the text ends at stop or a little after it.
func (f *inflater) decode(stop int) bool {
	start := f.o
	res := f.symbols(stop)
	f.count(start)
	if res == blockEnds {
		f.endBlock()
	}
	return res != irregular
}

// count adds the text from start to the member's checksum and length.
func (f *inflater) count(start int) {
	f.sum = crc32.Update(f.sum, crc32.IEEETable, f.out[start:f.o])
	f.size += uint32(f.o - start)
}

func (f *inflater) endBlock() {
	f.state = atBlock
	if f.final {
		f.state = atTrailer
	}
}

// trailer checks the member's text. After the trailer, the stream ends or the next member
// begins.
func (f *inflater) trailer() bool {
	f.align()
	t := f.in[f.i : f.i+trailerSize]
	if binary.LittleEndian.Uint32(t) != f.sum || binary.LittleEndian.Uint32(t[4:]) != f.size {
		return false
	}
	f.i += trailerSize
	f.state = atHeader
	if f.i == len(f.in) {
		f.state = ended
	}
	return true
}
