package inflate

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// unsound returns streams that a Reader leaves to klauspost's reader, whether that
// accepts them or not.
func unsound(tb testing.TB) map[string][]byte {
	all := make(map[string][]byte)
	plain := gzipped(tb, someJSON(5_000))
	body := plain[10:]
	with := func(head string, body []byte) []byte { return append([]byte(head), body...) }
	changed := func(at int, xor byte) []byte {
		gz := bytes.Clone(plain)
		gz[(at+len(gz))%len(gz)] ^= xor
		return gz
	}

	all["nothing"] = nil
	all["no header"] = []byte("{}")
	all["a header alone"] = plain[:10]
	all["another magic number"] = changed(1, 1)
	all["another method"] = changed(2, 1)
	all["a reserved flag"] = changed(3, 0x20)
	all["header checksum wrong"] = with("\x1f\x8b\x08\x02\x00\x00\x00\x00\x00\xff\x00\x00", body)
	all["name too long"] = with("\x1f\x8b\x08\x08\x00\x00\x00\x00\x00\xff"+strings.Repeat("n", 512)+"\x00", body)
	all["checksum wrong"] = changed(-5, 1)
	all["length wrong"] = changed(-1, 1)
	all["bytes after the end"] = with(string(plain), []byte("after"))
	all["zeros after the end"] = with(string(plain), make([]byte, 512))
	all["second member broken"] = with(string(plain), changed(300, 4))
	all["second member of another method"] = with(string(plain), changed(2, 1))
	all["first of two members with a wrong checksum"] = with(string(changed(-5, 1)), plain)
	for name, head := range headers(4|8|16|2, "extra", "name", "comment") {
		for n := range head {
			all[fmt.Sprintf("header with %s, cut at %d", name, n)] = head[:n]
			if n > 0 {
				all[fmt.Sprintf("second header with %s, cut at %d", name, n)] = with(string(plain), head[:n])
			}
		}
	}

	deflated := map[string]func(d *deflater){
		"a block of type 3": func(d *deflater) { d.stored(notFinal, "abc"); d.bits(7, 3) },
		"stored length unlike its complement": func(d *deflater) {
			d.stored(final, "abc")
			d.out[1]++
		},
		"a stored block cut":       func(d *deflater) { d.stored(final, "abc"); d.out = d.out[:6] },
		"no end of the block":      func(d *deflater) { d.begin(final); d.fixed('a') },
		"no final block":           func(d *deflater) { d.stored(notFinal, "abc") },
		"literal symbol 286":       func(d *deflater) { d.begin(final); d.fixed('a'); d.fixed(286) },
		"literal symbol 287":       func(d *deflater) { d.begin(final); d.fixed('a'); d.fixed(287) },
		"a match at the beginning": func(d *deflater) { d.begin(final); d.match(3, 1); d.fixed(256) },
		"a match from before the beginning": func(d *deflater) {
			d.begin(final)
			d.fixed('a')
			d.match(3, 2)
			d.fixed(256)
		},
		"287 literal codes":                func(d *deflater) { d.dynamic(final, lengths(287, 256, 1), lengths(1)) },
		"31 distance codes":                func(d *deflater) { d.dynamic(final, lengths(257, 256, 1), lengths(31)) },
		"literal codes of too many":        func(d *deflater) { d.dynamic(final, lengths(257, 1, 1, 2, 1, 256, 1), lengths(1)) },
		"literal codes of too few":         func(d *deflater) { d.dynamic(final, lengths(257, 1, 2, 256, 2), lengths(1)) },
		"a literal code of two bits alone": func(d *deflater) { d.dynamic(final, lengths(257, 256, 2), lengths(1)) },
		"no literal code":                  func(d *deflater) { d.dynamic(final, lengths(257), lengths(1)) },
		"distance codes of too many":       func(d *deflater) { d.dynamic(final, lengths(257, 256, 1), lengths(3, 0, 1, 1, 1, 2, 1)) },
		"distance codes of too few":        func(d *deflater) { d.dynamic(final, lengths(257, 256, 1), lengths(3, 0, 2, 1, 2, 2, 2)) },
		"no code for the end of the block": func(d *deflater) { d.dynamic(final, lengths(257, 'a', 1, 'b', 1), lengths(1)); d.bits(0, 64) },
		"bits that are no literal code":    func(d *deflater) { d.dynamic(final, lengths(257, 256, 1), lengths(1)); d.code(1, 1) },
		"a distance without any code": func(d *deflater) {
			d.dynamic(final, lengths(258, 'a', 2, 256, 2, 257, 1), lengths(1))
			d.code(2, 2)
			d.code(0, 1)
			d.bits(0, 32)
		},
		"a distance without any code, after a block that had one": func(d *deflater) { // klauspost uses that code
			l := lengths(258, 'a', 2, 256, 2, 257, 1)
			d.dynamic(notFinal, l, lengths(1, 0, 1))
			d.code(2, 2)
			d.code(3, 2)
			d.dynamic(final, l, lengths(1))
			d.bits(0, 2)
			d.code(3, 2)
		},
		"bits that are no distance code": func(d *deflater) {
			d.dynamic(final, lengths(258, 'a', 2, 256, 2, 257, 1), lengths(1, 0, 1))
			d.code(2, 2)
			d.code(0, 1)
			d.code(1, 1)
		},
		"length codes of too many": func(d *deflater) { d.bits(final|2<<1, 3); d.bits(0, 14); d.bits(1<<9|1<<6|1<<3|1, 12) },
		"length codes of too few":  func(d *deflater) { d.bits(final|2<<1, 3); d.bits(0, 14); d.bits(2, 12) },
		"a repetition of nothing": func(d *deflater) {
			d.bits(final|2<<1, 3)
			d.bits(0, 14)
			d.bits(1|1<<3, 12) // 16 and 17 have codes
			d.code(0, 1)
		},
		"a repetition beyond the last code": func(d *deflater) {
			d.bits(final|2<<1, 3)
			d.bits(0, 14)
			d.bits(1<<6|1<<9, 12) // 0 and 18 have codes
			for range 2 {
				d.code(1, 1)
				d.bits(127, 7) // 138 zeros
			}
		},
	}
	for name, symbol := range map[string]uint{"distance symbol 30": 30, "distance symbol 31": 31} {
		deflated[name] = func(d *deflater) { d.begin(final); d.fixed('a'); d.fixed(257); d.code(symbol, 5); d.fixed(256) }
	}
	for name, write := range deflated {
		all[name] = handmade(write)
		// The same with more bytes after it. They keep the end of the input away, so that
		// the fast loop decodes the stream.
		all[name+", far from the end"] = append(all[name], make([]byte, 100)...)
	}
	return all
}

func TestReaderLeavesTheRestToKlauspost(t *testing.T) {
	for name, gz := range unsound(t) {
		t.Run(name, func(t *testing.T) {
			var r Reader
			if agree(t, &r, gz) {
				t.Error("was not")
			}
			first := r.err
			if _, err := r.Next(0); err != first {
				t.Errorf("the second time %v, at first %v", err, first)
			}
		})
	}
}

// small returns short streams that contain all kinds of blocks and headers, and the ends
// of their members.
func small(tb testing.TB) (streams [][]byte, ends [][]int) {
	text := someJSON(400)
	add := func(members ...[]byte) {
		var stream []byte
		var end []int
		for _, m := range members {
			stream = append(stream, m...)
			end = append(end, len(stream))
		}
		streams, ends = append(streams, stream), append(ends, end)
	}
	short := handmade(func(d *deflater) { d.begin(final); d.fixed('a'); d.match(20, 1); d.fixed(256) })
	add(gzipped(tb, text))
	add(short, short)
	add(append(headers(4|8|16|2, "extra", "name", "comment")["everything"], short[10:]...))
	add(handmade(func(d *deflater) {
		d.stored(notFinal, text[:100])
		d.begin(notFinal)
		for length := 3; length < 40; length++ {
			d.fixed(uint(text[length]))
			d.match(length, length*2)
		}
		d.fixed(256)
		longCodes(d)
	}))
	return streams, ends
}

// longCodes writes a final block with codes of up to 15 bits.
func longCodes(d *deflater) {
	literals, distances := lengths(272), lengths(17)
	for k := range uint(12) {
		literals['a'+k] = 3 + k
		distances[k] = 1 + k
	}
	literals['m'], literals['n'] = 15, 15
	literals[256], literals[270], literals[271] = 2, 2, 2
	distances[12], distances[13], distances[14], distances[15], distances[16] = 13, 14, 15, 15, 0
	d.dynamic(final, literals, distances)
	lit, dist := assign(literals), assign(distances)
	for k := range uint(14) {
		d.symbol(lit, 'a'+k)
		d.symbol(lit, 'n'-k)
		d.symbol(lit, 270+k%2)
		d.bits(k, 2) // a length's extra bits
		d.symbol(dist, k)
		d.bits(k%3, uint(max(0, int(k)/2-1)))
	}
	d.symbol(lit, 256)
}

func TestReaderAgreesOnEveryTruncation(t *testing.T) {
	var r Reader
	streams, ends := small(t)
	for k, gz := range streams {
		for n := range gz {
			if alone := agree(t, &r, gz[:n:n]); alone != slices.Contains(ends[k], n) {
				t.Errorf("stream %d, cut to %d of %d bytes: alone %t", k, n, len(gz), alone)
			}
		}
	}
}

func TestReaderAgreesOnEveryFlippedBit(t *testing.T) {
	var r Reader
	streams, _ := small(t)
	for k, gz := range streams {
		if !agree(t, &r, gz) {
			t.Errorf("stream %d is left to klauspost as it is", k)
		}
		for bit := range 8 * len(gz) {
			gz[bit/8] ^= 1 << (bit % 8)
			agree(t, &r, gz)
			gz[bit/8] ^= 1 << (bit % 8)
		}
	}
}
