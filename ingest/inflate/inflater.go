package inflate

import (
	"encoding/binary"
	"hash/crc32"
)

const (
	// window is how much text there is room for behind the last 32 KiB. From 32 to 256 KiB the speed is the same; one
	// that stays in a core's own cache leaves the text there for its reader.
	window = 128 << 10
	// sumSize is how much text is decoded before its checksum is taken, while it is still in the nearest cache.
	sumSize = 16 << 10
	// trailerSize is what ends a member: CRC-32 and length of its text.
	trailerSize = 8
)

// A state is what comes next in the stream.
type state uint8

const (
	atHeader state = iota
	atBlock
	inStored  // a stored block's text
	inSymbols // a block's symbols
	atTrailer
	ended
)

// An inflater decodes a gzip stream into its window, as long as nothing is irregular.
//
// Of the last trailerSize bytes of the stream it takes no bits: they are the last member's trailer, if the stream is
// whole. That makes it give up on a cut stream before klauspost's reader does, which wants up to 25 bits for a symbol
// of fewer.
type inflater struct {
	state state
	in    []byte
	i     int    // the next byte of in that is not in b
	b     uint64 // the stream's next bits, the lowest first: n of them; those above are right, or zero
	n     uint

	out  []byte
	o    int   // end of the text
	from int   // start of the member's text, or of the window
	gone int64 // length of the text that has left the window

	final  bool   // the block is its member's last one
	stored int    // bytes of the block that are still to be copied
	sum    uint32 // CRC-32 of the member's text
	size   uint32 // its length

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

// reset makes f decode gz.
func (f *inflater) reset(gz []byte) {
	if len(f.out) != maxDistance+window+outSlack { // the first use, or grown
		f.out = make([]byte, maxDistance+window+outSlack)
	}
	f.state, f.in, f.i = atHeader, gz, 0
	f.o, f.gone = 0, 0
}

// length returns how much text there was so far.
func (f *inflater) length() int64 { return f.gone + int64(f.o) }

// makeRoom moves the last keep bytes of text, and what matches may refer to, to the window's start. A window that
// they would all but fill grows, so that moving stays cheap.
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

// run decodes until the text ends at stop or a little behind it, or the stream ends. It reports false where something
// irregular comes, behind text that is right. It demands stop+outSlack <= len(f.out).
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

// decode decodes symbols until the text ends at stop or a little behind it.
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

// trailer checks the member's text. Behind it the stream ends, or the next member begins.
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
