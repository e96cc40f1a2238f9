package event

import (
	"encoding/binary"
	"math/bits"
)

// The functions of this file walk JSON text in a buffer that ends in pad zero bytes. Each takes the
// place where a value starts and returns the place behind it, or the complement (^i, negative) of
// the place of the first byte that cannot stand there. A zero byte can stand nowhere in JSON, so
// every walk stops at the padding: a failure at or behind the end of the text means that more text
// is needed, a failure before it that the text is not JSON. No bounds need be checked on the way.

// pad is the number of zero bytes that must follow the text: one word load past its end.
const pad = 8

// maxDepth is how deep values may nest, the same as encoding/json's limit.
const maxDepth = 10000

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// stops returns a word whose lowest set high bit marks the first byte of x that is a quote, a
// backslash or a control character. Bits above that one may be wrong.
func stops(x uint64) uint64 {
	quote := x ^ (ones * '"')
	slash := x ^ (ones * '\\')
	return ((quote-ones)&^quote | (slash-ones)&^slash | (x-ones*0x20)&^x) & highs
}

// skipSpace returns the place of the first byte at or after i that is not white space.
func skipSpace(b []byte, i int) int {
	for b[i] == ' ' || b[i] == '\n' || b[i] == '\t' || b[i] == '\r' {
		i++
	}
	return i
}

// skipString walks a string from behind its opening quote to behind its closing one. Escapes and
// control characters are checked; UTF-8 is not.
func skipString(b []byte, i int) int {
	for {
		m := stops(binary.LittleEndian.Uint64(b[i:]))
		if m == 0 {
			i += 8
			continue
		}
		i += bits.TrailingZeros64(m) >> 3
		switch b[i] {
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

// scanString is skipString for a string that is kept: it also reports whether the text is plain,
// free of escapes and of bytes outside ASCII.
func scanString(b []byte, i int) (end int, plain bool) {
	var high uint64
	plain = true
	for {
		x := binary.LittleEndian.Uint64(b[i:])
		m := stops(x)
		if m == 0 {
			high |= x
			i += 8
			continue
		}
		n := bits.TrailingZeros64(m) >> 3
		high |= x & (1<<(8*n) - 1)
		i += n
		switch b[i] {
		case '"':
			return i + 1, plain && high&highs == 0
		case '\\':
			plain = false
			if i = skipEscape(b, i+1); i < 0 {
				return i, false
			}
		default:
			return ^i, false
		}
	}
}

// skipEscape walks an escape sequence from behind its backslash.
func skipEscape(b []byte, i int) int {
	switch b[i] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 1
	case 'u':
		for range 4 {
			i++
			if !isHex(b[i]) {
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

// skipValue walks any value. depth counts the containers around it.
func skipValue(b []byte, i, depth int) int {
	switch c := b[i]; c {
	case '"':
		return skipString(b, i+1)
	case '{':
		return skipObject(b, i, depth+1)
	case '[':
		return skipArray(b, i, depth+1)
	case 't':
		return skipWord(b, i, "true")
	case 'f':
		return skipWord(b, i, "false")
	case 'n':
		return skipWord(b, i, "null")
	default:
		return skipNumber(b, i)
	}
}

func skipObject(b []byte, i, depth int) int {
	if depth > maxDepth {
		return ^i
	}
	if i = skipSpace(b, i+1); b[i] == '}' {
		return i + 1
	}
	for {
		if b[i] != '"' {
			return ^i
		}
		if i = skipString(b, i+1); i < 0 {
			return i
		}
		if i = skipSpace(b, i); b[i] != ':' {
			return ^i
		}
		if i = skipValue(b, skipSpace(b, i+1), depth); i < 0 {
			return i
		}
		i = skipSpace(b, i)
		switch b[i] {
		case ',':
			i = skipSpace(b, i+1)
		case '}':
			return i + 1
		default:
			return ^i
		}
	}
}

func skipArray(b []byte, i, depth int) int {
	if depth > maxDepth {
		return ^i
	}
	if i = skipSpace(b, i+1); b[i] == ']' {
		return i + 1
	}
	for {
		if i = skipValue(b, i, depth); i < 0 {
			return i
		}
		i = skipSpace(b, i)
		switch b[i] {
		case ',':
			i = skipSpace(b, i+1)
		case ']':
			return i + 1
		default:
			return ^i
		}
	}
}

func skipWord(b []byte, i int, word string) int {
	for k := range len(word) {
		if b[i+k] != word[k] {
			return ^(i + k)
		}
	}
	return i + len(word)
}

// skipNumber walks a number by the grammar of RFC 8259.
func skipNumber(b []byte, i int) int {
	if b[i] == '-' {
		i++
	}
	switch {
	case b[i] == '0':
		i++
	case '1' <= b[i] && b[i] <= '9':
		i = skipDigits(b, i)
	default:
		return ^i
	}
	if b[i] == '.' {
		if i++; !isDigit(b[i]) {
			return ^i
		}
		i = skipDigits(b, i)
	}
	if b[i]|0x20 == 'e' {
		if i++; b[i] == '+' || b[i] == '-' {
			i++
		}
		if !isDigit(b[i]) {
			return ^i
		}
		i = skipDigits(b, i)
	}
	return i
}

func skipDigits(b []byte, i int) int {
	for isDigit(b[i]) {
		i++
	}
	return i
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
