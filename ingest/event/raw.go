package event

import (
	"bytes"
	"unicode/utf8"
)

// Members walks the members of an object that an Event holds as it stands, such as Event.Request, or the
// elements of an array. Use MembersOf.
//
// The text must be one that a Reader has checked: of text that is not JSON it may fail.
type Members struct {
	// Name is the member's name, escapes resolved; empty for an element of an array.
	Name []byte
	// Value is the member's value as it stands.
	Value []byte

	rest  []byte
	close byte
}

// MembersOf returns the members of raw, none where it is neither object nor array. What the walk returns
// is borrowed from raw, but for names with escapes.
func MembersOf(raw []byte) Members {
	switch {
	case len(raw) > 0 && raw[0] == '{':
		return Members{rest: raw[1:], close: '}'}
	case len(raw) > 0 && raw[0] == '[':
		return Members{rest: raw[1:], close: ']'}
	}
	return Members{}
}

// Next goes on to the next member. It reports false after the last one. A name that comes twice comes
// twice; of the two the last one counts.
func (m *Members) Next() bool {
	m.rest = skipBetween(m.rest)
	if len(m.rest) == 0 || m.rest[0] == m.close {
		m.rest = nil
		return false
	}
	if m.close == '}' {
		end := rawEnd(m.rest)
		m.Name, _ = TextOf(m.rest[:end])
		m.rest = skipBetween(m.rest[end:])
	}
	end := rawEnd(m.rest)
	m.Value, m.rest = m.rest[:end], m.rest[end:]
	return end > 0
}

// skipBetween cuts off what stands between values: white space, a comma, a colon.
func skipBetween(raw []byte) []byte {
	for i, c := range raw {
		switch c {
		case ' ', '\n', '\t', '\r', ',', ':':
		default:
			return raw[i:]
		}
	}
	return nil
}

// TextOf returns the text of a string that stands in raw, and whether it is one. It is borrowed from raw
// where nothing in it needs resolving.
func TextOf(raw []byte) ([]byte, bool) {
	if len(raw) < 2 || raw[0] != '"' || raw[len(raw)-1] != '"' {
		return nil, false
	}
	lit := raw[1 : len(raw)-1]
	if bytes.IndexByte(lit, '\\') >= 0 || !utf8.Valid(lit) {
		return appendText(nil, lit), true
	}
	return lit, true
}

// CutText finds the first member in raw, at whatever depth, whose value is a string that starts with prefix. It
// returns the member's name as it stands, the string's text, and what follows in raw; nil where there is none.
// Other strings that start so, elements of arrays for one, are passed over.
func CutText(raw []byte, prefix string) (name, text, rest []byte) {
	for {
		at := bytes.Index(raw, []byte(prefix))
		if at < 1 {
			return nil, nil, nil
		}
		if raw[at-1] != '"' {
			raw = raw[at+len(prefix):]
			continue
		}
		at--
		end := min(rawStringEnd(raw, at)+1, len(raw))
		if name = nameBefore(raw[:at]); name != nil {
			text, _ = TextOf(raw[at:end])
			return name, text, raw[end:]
		}
		raw = raw[end:]
	}
}

// nameBefore returns the name at the end of raw, behind which a value may stand; nil for anything else.
func nameBefore(raw []byte) []byte {
	i, colon := len(raw)-1, false
	for ; i >= 0 && (raw[i] <= ' ' || raw[i] == ':'); i-- {
		colon = colon || raw[i] == ':'
	}
	if !colon || i < 1 || raw[i] != '"' {
		return nil
	}
	raw = raw[:i]
	for i--; i >= 0 && raw[i] != '"'; i-- {
	}
	return raw[i+1:]
}

// rawEnd returns the length of the value that raw starts with.
func rawEnd(raw []byte) int {
	if len(raw) > 0 && raw[0] == '"' {
		return min(rawStringEnd(raw, 0)+1, len(raw))
	}
	depth := 0
	for i := 0; i < len(raw); i++ {
		switch raw[i] {
		case '"':
			if depth == 0 {
				return i
			}
			i = rawStringEnd(raw, i)
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth <= 0 {
				return i + 1 + min(depth, 0) // of what holds the value, where the value is a number
			}
		case ',', ':', ' ', '\n', '\t', '\r':
			if depth == 0 {
				return i
			}
		}
	}
	return len(raw)
}

// rawStringEnd returns the place of the quote that ends the string that starts at raw[i].
func rawStringEnd(raw []byte, i int) int {
	for i++; i < len(raw); i++ {
		n := bytes.IndexByte(raw[i:], '"')
		if n < 0 {
			return len(raw)
		}
		i += n
		escapes := 0
		for raw[i-1-escapes] == '\\' {
			escapes++
		}
		if escapes%2 == 0 {
			return i
		}
	}
	return i
}
