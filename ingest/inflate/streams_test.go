package inflate

import (
	"bytes"
	stdgzip "compress/gzip"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"math/bits"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
)

// A deflater writes deflate streams by hand, sound ones and broken ones.
type deflater struct {
	out []byte
	n   uint // used bits of the last byte; 0 means all
}

// bits writes the n lowest bits of v, the lowest first.
func (d *deflater) bits(v, n uint) {
	for i := range n {
		if d.n == 0 {
			d.out = append(d.out, 0)
		}
		d.out[len(d.out)-1] |= byte(v>>i&1) << d.n
		d.n = (d.n + 1) % 8
	}
}

// code writes a code of n bits, the highest first.
func (d *deflater) code(v, n uint) { d.bits(uint(bits.Reverse16(uint16(v))>>(16-n)), n) }

const final, notFinal = 1, 0

func (d *deflater) stored(final uint, text string) {
	d.bits(final, 1)
	d.bits(0, 2)
	d.n = 0
	d.out = binary.LittleEndian.AppendUint16(d.out, uint16(len(text)))
	d.out = binary.LittleEndian.AppendUint16(d.out, ^uint16(len(text)))
	d.out = append(d.out, text...)
}

// begin writes the header of a fixed block.
func (d *deflater) begin(final uint) { d.bits(final, 1); d.bits(1, 2) }

// fixed writes a symbol of a fixed block.
func (d *deflater) fixed(symbol uint) {
	switch {
	case symbol < 144:
		d.code(0x30+symbol, 8)
	case symbol < 256:
		d.code(0x190+symbol-144, 9)
	case symbol < 280:
		d.code(symbol-256, 7)
	default:
		d.code(0xc0+symbol-280, 8)
	}
}

// match writes a match of a fixed block.
func (d *deflater) match(length, distance int) {
	s, extra, n := symbolOf(literalsAndLengths[257:286], length)
	d.fixed(257 + s)
	d.bits(extra, n)
	s, extra, n = symbolOf(distances[:30], distance)
	d.code(s, 5)
	d.bits(extra, n)
}

// symbolOf returns the symbol for v, its extra bits, and their number.
func symbolOf(meaning []entry, v int) (symbol, extra, n uint) {
	for s := len(meaning) - 1; ; s-- {
		if least := int(meaning[s] >> valueShift); least <= v {
			return uint(s), uint(v - least), uint(meaning[s] & 63)
		}
	}
}

// dynamic writes the header of a dynamic block: its code lengths one by one, in four bits
// each.
func (d *deflater) dynamic(final uint, literals, distances []uint) {
	d.bits(final, 1)
	d.bits(2, 2)
	d.bits(uint(len(literals)-257), 5)
	d.bits(uint(len(distances)-1), 5)
	d.bits(uint(len(lengthOrder)-4), 4)
	for _, s := range lengthOrder {
		if s < 16 {
			d.bits(4, 3)
		} else {
			d.bits(0, 3)
		}
	}
	for _, n := range append(literals[:len(literals):len(literals)], distances...) {
		d.code(n, 4)
	}
}

// A huffman is a Huffman code: the code and the length of each symbol.
type huffman struct{ codes, lengths []uint }

// assign assigns codes by RFC 1951, section 3.2.2.
func assign(lengths []uint) huffman {
	h := huffman{make([]uint, len(lengths)), lengths}
	code := uint(0)
	for n := uint(1); n <= maxBits; n++ {
		code <<= 1
		for s, l := range lengths {
			if l == n {
				h.codes[s] = code
				code++
			}
		}
	}
	return h
}

// symbol writes a symbol of a dynamic block.
func (d *deflater) symbol(h huffman, s uint) { d.code(h.codes[s], h.lengths[s]) }

// lengths returns count code lengths. They are 0 except for the given pairs of symbol and
// length.
func lengths(count int, pairs ...uint) []uint {
	l := make([]uint, count)
	for i := 0; i < len(pairs); i += 2 {
		l[pairs[i]] = pairs[i+1]
	}
	return l
}

// member adds a plain header and a matching trailer to a deflate stream.
func member(deflated []byte) []byte {
	text, _ := io.ReadAll(flate.NewReader(bytes.NewReader(deflated)))
	gz := append([]byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"), deflated...)
	gz = binary.LittleEndian.AppendUint32(gz, crc32.ChecksumIEEE(text))
	return binary.LittleEndian.AppendUint32(gz, uint32(len(text)))
}

// handmade returns the member that write writes.
func handmade(write func(d *deflater)) []byte {
	var d deflater
	write(&d)
	return member(d.out)
}

// compressed returns text as compressed by klauspost and by the standard library, by
// name.
func compressed(tb testing.TB, text string) map[string][]byte {
	all := make(map[string][]byte)
	for level := gzip.StatelessCompression; level <= gzip.BestCompression; level++ {
		var buf, std bytes.Buffer
		w, err := gzip.NewWriterLevel(&buf, level)
		if err != nil {
			tb.Fatal(err)
		}
		pack(tb, w, text)
		all[fmt.Sprintf("klauspost level %d", level)] = buf.Bytes()
		if level >= stdgzip.HuffmanOnly {
			sw, err := stdgzip.NewWriterLevel(&std, level)
			if err != nil {
				tb.Fatal(err)
			}
			pack(tb, sw, text)
			all[fmt.Sprintf("standard library level %d", level)] = std.Bytes()
		}
	}
	return all
}

// gzipped returns text as compressed by klauspost with its defaults.
func gzipped(tb testing.TB, text string) []byte {
	var buf bytes.Buffer
	pack(tb, gzip.NewWriter(&buf), text)
	return buf.Bytes()
}

func pack(tb testing.TB, w io.WriteCloser, text string) {
	if _, err := io.WriteString(w, text); err != nil {
		tb.Fatal(err)
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
}

// someJSON returns about size bytes that compress like a trail: repeated keys and names,
// with identifiers between them.
func someJSON(size int) string {
	rnd := rand.New(rand.NewPCG(1, 2))
	var b strings.Builder
	b.WriteString(`{"Records":[`)
	for b.Len() < size {
		fmt.Fprintf(&b, `{"eventVersion":"1.08","userIdentity":{"type":"AssumedRole","principalId":"AROA%016X:i-%017x",`+
			`"arn":"arn:aws:sts::%012d:assumed-role/worker/i-%017x"},"eventTime":"2026-11-20T%02d:%02d:%02dZ","eventSource":"s3.amazonaws.com",`+
			`"eventName":"GetObject","requestParameters":{"key":"%s"},"eventID":"%016x"},`,
			rnd.Uint64(), rnd.Uint64(), rnd.IntN(1e9), rnd.Uint64(), rnd.IntN(24), rnd.IntN(60), rnd.IntN(60),
			strings.Repeat("a/", rnd.IntN(200)), rnd.Uint64())
	}
	return b.String() + `{}]}`
}
