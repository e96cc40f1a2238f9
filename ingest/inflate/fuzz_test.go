package inflate

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// maxFuzzed limits the fuzzed input: it may inflate to a thousand times its size.
const maxFuzzed = 1000

// FuzzInflate compares a Reader with klauspost's reader on any bytes. It tries them as a
// gzip stream and as a deflate stream with a matching trailer. The second form gets
// further and checks more.
func FuzzInflate(f *testing.F) {
	streams, _ := small(f)
	for _, set := range []map[string][]byte{sound(f), unsound(f)} {
		for _, gz := range set {
			streams = append(streams, gz)
		}
	}
	for _, gz := range streams {
		if len(gz) <= maxFuzzed {
			f.Add(gz)
			f.Add(gz[min(len(gz), 10):]) // as a deflate stream
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > maxFuzzed {
			return
		}
		check(t, b)
		check(t, member(b))
		check(t, append(member(b), make([]byte, 40)...)) // far from the end, so the fast loop decodes it
	})
}

// FuzzGenerated does the same with deflate streams that are correct except for a few
// bits.
func FuzzGenerated(f *testing.F) {
	for seed := range uint64(100) {
		f.Add(seed, seed%4)
	}
	f.Fuzz(func(t *testing.T, seed, flips uint64) {
		rnd := rand.New(rand.NewPCG(seed, 0))
		deflated := generated(rnd)
		if !check(t, member(deflated)) {
			t.Error("left to klauspost")
		}
		for range flips % 8 {
			bit := rnd.IntN(8 * len(deflated))
			deflated[bit/8] ^= 1 << (bit % 8)
		}
		check(t, member(deflated))
	})
}

const canary = 0xc5

// backing is a window followed by other bytes.
var backing = make([]byte, maxDistance+window+outSlack+512)

// check compares a Reader with klauspost's reader. The Reader writes to backing.
func check(t *testing.T, gz []byte) (alone bool) {
	t.Helper()
	size := len(backing) - 512
	behind := backing[size:]
	for i := range behind {
		behind[i] = canary
	}
	var r Reader
	r.f.out = backing[:size:size]
	in := append(bytes.Clone(gz), bytes.Repeat([]byte{canary}, 64)...)[:len(gz)]
	alone = agree(t, &r, in)
	if n := bytes.Count(behind, []byte{canary}); n != len(behind) {
		t.Fatalf("%d bytes after the window were written to", len(behind)-n)
	}
	if !bytes.Equal(in, gz) {
		t.Fatal("the stream was written to")
	}
	return alone
}

// generated returns a deflate stream of random blocks.
func generated(rnd *rand.Rand) []byte {
	var d deflater
	text := 0 // bytes so far
	for blocks := 1 + rnd.IntN(4); blocks > 0; blocks-- {
		last := uint(notFinal)
		if blocks == 1 {
			last = final
		}
		switch kind := rnd.IntN(10); {
		case kind == 0:
			stored := make([]byte, rnd.IntN(300))
			for i := range stored {
				stored[i] = byte(rnd.Uint32())
			}
			d.stored(last, string(stored))
			text += len(stored)
		case kind == 1:
			d.begin(last)
			for range rnd.IntN(300) {
				if text > 0 && rnd.IntN(2) == 0 {
					length := 3 + rnd.IntN(256)
					d.match(length, 1+rnd.IntN(min(text, maxDistance)))
					text += length
				} else {
					d.fixed(uint(rnd.IntN(256)))
					text++
				}
			}
			d.fixed(256)
		default:
			text = dynamicBlock(rnd, &d, last, text)
		}
	}
	return d.out
}

// dynamicBlock writes a block of random symbols in random codes. text is the length of
// the text before the block. It returns the length after it.
func dynamicBlock(rnd *rand.Rand, d *deflater, last uint, text int) int {
	lit := assign(someCode(rnd, 257+rnd.IntN(maxLitCodes-256), 2+rnd.IntN(250), 4+rnd.IntN(12)))
	dist := assign(someCode(rnd, 1+rnd.IntN(maxDistCodes), 1+rnd.IntN(maxDistCodes), 5+rnd.IntN(11)))
	if lit.lengths[256] == 0 { // another symbol gives up its code
		for s, n := range lit.lengths {
			if n > 0 {
				lit.lengths[256], lit.lengths[s] = n, 0
				break
			}
		}
		lit = assign(lit.lengths)
	}
	d.dynamic(last, lit.lengths, dist.lengths)
	for range rnd.IntN(600) {
		s := uint(rnd.IntN(len(lit.lengths)))
		switch {
		case lit.lengths[s] == 0 || s == 256:
		case s < 256:
			d.symbol(lit, s)
			text++
		default:
			k := uint(rnd.IntN(len(dist.lengths)))
			if dist.lengths[k] == 0 || int(distances[k]>>valueShift) > text {
				continue
			}
			d.symbol(lit, s)
			extra := uint(literalsAndLengths[s] & 63)
			v := uint(rnd.IntN(1 << extra))
			d.bits(v, extra)
			text += int(literalsAndLengths[s]>>valueShift) + int(v)
			d.symbol(dist, k)
			d.bits(0, uint(distances[k]&63))
		}
	}
	d.symbol(lit, 256)
	return text
}
