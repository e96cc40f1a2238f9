package event

import "math/bits"

// The functions of this file and of skip.go walk JSON text in a buffer that ends in pad
// zero bytes. Each takes the place where a value starts and returns the place after it.
// On failure it returns the complement (^i, negative) of the place of the first wrong
// byte. JSON contains no zero byte, so every walk stops at the padding. A failure at or
// after the end of the text means that more text is needed. A failure before the end
// means that the text is not JSON. So no bounds checks are needed on the way.

// pad is the number of zero bytes that must follow the text. A walk looks at most 100
// bytes past a byte that it knows to be text. callers.go looks farthest.
const pad = 128

// maxDepth is the deepest nesting of values, the same as in encoding/json.
const maxDepth = 10000

// Masks of eight bytes, for hop. As constants each would cost an instruction at every
// use. As variables they are operands, which saves 3 to 4 % of the time of decoding.
var (
	bytes02 uint64 = 0x0202020202020202
	bytes21 uint64 = 0x2121212121212121
	slashes uint64 = 0x5c5c5c5c5c5c5c5c
	bytes01 uint64 = 0x0101010101010101
	highs   uint64 = 0x8080808080808080
)

// hop returns the place of the first byte at or after i at which a string ends or needs a
// closer look: a quote, a backslash or a control character.
//
// It takes eight bytes at a time. Subtracting n from a byte below 0x80 sets its high bit
// if the byte is below n. That finds the backslash, which becomes 0 and is below 1. It
// also finds control characters and the quote at once: the quote swaps places with the
// space, and then all of them are below 0x21. A byte that is found borrows from the byte
// above, so only the lowest set bit counts.
func hop(b buffer, i int) int {
	for {
		x := b.load(i)
		if m := ((x ^ bytes02 - bytes21) | (x ^ slashes - bytes01)) &^ x & highs; m != 0 {
			return i + bits.TrailingZeros64(m)>>3
		}
		i += 8
	}
}

// hopASCII is hop that also stops at bytes outside ASCII.
func hopASCII(b buffer, i int) int {
	for {
		x := b.load(i)
		if m := ((x ^ bytes02 - bytes21) | (x ^ slashes - bytes01) | x) & highs; m != 0 {
			return i + bits.TrailingZeros64(m)>>3
		}
		i += 8
	}
}

// skipSpace returns the place of the first byte at or after i that is not white space.
func skipSpace(b buffer, i int) int {
	for {
		switch b.at(i) {
		case ' ', '\n', '\t', '\r':
			i++
		default:
			return i
		}
	}
}

// skipString walks a string from after its opening quote, or from anywhere inside it, to
// after its closing quote. It checks escapes and control characters, but not UTF-8.
func skipString(b buffer, i int) int {
	for {
		i = hop(b, i)
		switch b.at(i) {
		case '"':
			return i + 1
		case '\\':
			if i = skipEscape(b, i+1); i < 0 {
				return i
			}
		default:
			return ^i
		}
	}
}

// scanString is skipString for a string that is kept. It also reports whether the text is
// plain: free of escapes and of bytes outside ASCII.
func scanString(b buffer, i int) (end int, plain bool) {
	if i = hopASCII(b, i); b.at(i) == '"' {
		return i + 1, true
	}
	return skipString(b, i), false
}

// skipEscape walks an escape sequence from after its backslash.
func skipEscape(b buffer, i int) int {
	switch b.at(i) {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 1
	case 'u':
		for range 4 {
			i++
			if !isHex(b.at(i)) {
				return ^i
			}
		}
		return i + 1
	}
	return ^i
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f'
}

// The words as eight bytes hold them.
const (
	wordTrue = 'e'<<24 | 'u'<<16 | 'r'<<8 | 't'
	wordAlse = 'e'<<24 | 's'<<16 | 'l'<<8 | 'a' // after an f
	wordNull = 'l'<<24 | 'l'<<16 | 'u'<<8 | 'n'
)

// isTrue, isFalse and isNull report whether the eight bytes start with the word.
func isTrue(w uint64) bool  { return uint32(w) == wordTrue }
func isFalse(w uint64) bool { return byte(w) == 'f' && uint32(w>>8) == wordAlse }
func isNull(w uint64) bool  { return uint32(w) == wordNull }

// skipScalar walks true, false, null or a number.
func skipScalar(b buffer, i int) int {
	switch w := b.load(i); {
	case isTrue(w), isNull(w):
		return i + len("true")
	case isFalse(w):
		return i + len("false")
	case byte(w) == 't':
		return skipWord(b, i, "true")
	case byte(w) == 'f':
		return skipWord(b, i, "false")
	case byte(w) == 'n':
		return skipWord(b, i, "null")
	}
	return skipNumber(b, i)
}

// skipWord finds the first byte at which the text is not word.
func skipWord(b buffer, i int, word string) int {
	for k := range len(word) {
		if b.at(i+k) != word[k] {
			return ^(i + k)
		}
	}
	return i + len(word)
}

// skipNumber walks a number by the grammar of RFC 8259.
func skipNumber(b buffer, i int) int {
	if b.at(i) == '-' {
		i++
	}
	switch c := b.at(i); {
	case c == '0':
		i++
	case isDigit(c):
		i = skipDigits(b, i)
	default:
		return ^i
	}
	if b.at(i) == '.' {
		if i++; !isDigit(b.at(i)) {
			return ^i
		}
		i = skipDigits(b, i)
	}
	if b.at(i)|0x20 == 'e' {
		if i++; b.at(i) == '+' || b.at(i) == '-' {
			i++
		}
		if !isDigit(b.at(i)) {
			return ^i
		}
		i = skipDigits(b, i)
	}
	return i
}

func skipDigits(b buffer, i int) int {
	for isDigit(b.at(i)) {
		i++
	}
	return i
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
