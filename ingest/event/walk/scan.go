// Package walk walks JSON text in a buffer that ends in Pad zero bytes.
//
// Each function that walks takes the place where a value starts and returns the place after it.
// On failure it returns the complement (^i, negative) of the place of the first wrong
// byte. JSON contains no zero byte, so every walk stops at the padding. A failure at or
// after the end of the text means that more text is needed. A failure before the end
// means that the text is not JSON. So no bounds checks are needed on the way.
package walk

import "math/bits"

// Pad is the number of zero bytes that must follow the text. A walk looks at most 100
// bytes past a byte that it knows to be text. callers.go looks farthest.
const Pad = 128

// MaxDepth is the deepest nesting of values, the same as in encoding/json.
const MaxDepth = 10000

// Masks of eight bytes, for Hop. As constants each would cost an instruction at every
// use. As variables they are operands, which saves 3 to 4 % of the time of decoding.
var (
	bytes02 uint64 = 0x0202020202020202
	bytes21 uint64 = 0x2121212121212121
	slashes uint64 = 0x5c5c5c5c5c5c5c5c
	bytes01 uint64 = 0x0101010101010101
	highs   uint64 = 0x8080808080808080
)

// Hop returns the place of the first byte at or after i at which a string ends or needs a
// closer look: a quote, a backslash or a control character.
//
// It takes eight bytes at a time. Subtracting n from a byte below 0x80 sets its high bit
// if the byte is below n. That finds the backslash, which becomes 0 and is below 1. It
// also finds control characters and the quote at once: the quote swaps places with the
// space, and then all of them are below 0x21. A byte that is found borrows from the byte
// above, so only the lowest set bit counts.
func Hop(b Buffer, i int) int {
	for {
		x := b.Load(i)
		if m := ((x ^ bytes02 - bytes21) | (x ^ slashes - bytes01)) &^ x & highs; m != 0 {
			return i + bits.TrailingZeros64(m)>>3
		}
		i += 8
	}
}

// HopASCII is Hop that also stops at bytes outside ASCII.
func HopASCII(b Buffer, i int) int {
	for {
		x := b.Load(i)
		if m := ((x ^ bytes02 - bytes21) | (x ^ slashes - bytes01) | x) & highs; m != 0 {
			return i + bits.TrailingZeros64(m)>>3
		}
		i += 8
	}
}

// SkipSpace returns the place of the first byte at or after i that is not white space.
func SkipSpace(b Buffer, i int) int {
	for {
		switch b.At(i) {
		case ' ', '\n', '\t', '\r':
			i++
		default:
			return i
		}
	}
}

// SkipString walks a string from after its opening quote, or from anywhere inside it, to
// after its closing quote. It checks escapes and control characters, but not UTF-8.
func SkipString(b Buffer, i int) int {
	for {
		i = Hop(b, i)
		switch b.At(i) {
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

// ScanString is SkipString for a string that is kept. It also reports whether the text is
// plain: free of escapes and of bytes outside ASCII.
func ScanString(b Buffer, i int) (end int, plain bool) {
	if i = HopASCII(b, i); b.At(i) == '"' {
		return i + 1, true
	}
	return SkipString(b, i), false
}

// skipEscape walks an escape sequence from after its backslash.
func skipEscape(b Buffer, i int) int {
	switch b.At(i) {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 1
	case 'u':
		for range 4 {
			i++
			if !isHex(b.At(i)) {
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

// IsTrue reports whether the eight bytes start with true.
func IsTrue(w uint64) bool { return uint32(w) == wordTrue }

// IsFalse reports whether the eight bytes start with false.
func IsFalse(w uint64) bool { return byte(w) == 'f' && uint32(w>>8) == wordAlse }

// IsNull reports whether the eight bytes start with null.
func IsNull(w uint64) bool { return uint32(w) == wordNull }

// SkipScalar walks true, false, null or a number.
func SkipScalar(b Buffer, i int) int {
	switch w := b.Load(i); {
	case IsTrue(w), IsNull(w):
		return i + len("true")
	case IsFalse(w):
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
func skipWord(b Buffer, i int, word string) int {
	for k := range len(word) {
		if b.At(i+k) != word[k] {
			return ^(i + k)
		}
	}
	return i + len(word)
}

// skipNumber walks a number by the grammar of RFC 8259.
func skipNumber(b Buffer, i int) int {
	if b.At(i) == '-' {
		i++
	}
	switch c := b.At(i); {
	case c == '0':
		i++
	case IsDigit(c):
		i = skipDigits(b, i)
	default:
		return ^i
	}
	if b.At(i) == '.' {
		if i++; !IsDigit(b.At(i)) {
			return ^i
		}
		i = skipDigits(b, i)
	}
	if b.At(i)|0x20 == 'e' {
		if i++; b.At(i) == '+' || b.At(i) == '-' {
			i++
		}
		if !IsDigit(b.At(i)) {
			return ^i
		}
		i = skipDigits(b, i)
	}
	return i
}

func skipDigits(b Buffer, i int) int {
	for IsDigit(b.At(i)) {
		i++
	}
	return i
}

// IsDigit reports whether c is a decimal digit.
func IsDigit(c byte) bool { return '0' <= c && c <= '9' }
