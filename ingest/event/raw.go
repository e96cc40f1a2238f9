package event

import (
	"bytes"
	"unicode/utf8"

	"vpcetrail/ingest/event/walk"
)

// Members iterates over the members of an object that an Event holds as raw JSON, such as
// Event.Request, or over the elements of an array. Use MembersOf.
//
// A Reader must have checked the text. On text that is not JSON, Members may fail.
type Members struct {
	// Name is the member's name with escapes resolved. It is empty for an element of an
	// array.
	Name []byte
	// Value is the member's value as raw JSON.
	Value []byte

	rest  []byte
	close byte
}

// MembersOf returns the members of raw. There are none if raw is neither object nor
// array. Names and values are borrowed from raw, except names with escapes.
func MembersOf(raw []byte) Members {
	switch {
	case len(raw) > 0 && raw[0] == '{':
		return Members{rest: raw[1:], close: '}'}
	case len(raw) > 0 && raw[0] == '[':
		return Members{rest: raw[1:], close: ']'}
	}
	return Members{}
}

// Next moves to the next member. It returns false after the last one. A duplicate name is
// returned twice. The last one counts.
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

// skipBetween removes what separates values: white space, a comma, a colon.
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

// TextOf returns the text of the string in raw, and whether raw is a string. The text is
// borrowed from raw if it has no escapes or other bytes to resolve.
func TextOf(raw []byte) ([]byte, bool) {
	if len(raw) < 2 || raw[0] != '"' || raw[len(raw)-1] != '"' {
		return nil, false
	}
	lit := raw[1 : len(raw)-1]
	if bytes.IndexByte(lit, '\\') >= 0 || !utf8.Valid(lit) {
		return walk.AppendText(nil, lit), true
	}
	return lit, true
}

// CutText finds the first member in raw, at any depth, with a string value that starts
// with prefix. It returns the member's name as written, the string's text, and the rest
// of raw. It returns nil if there is none. It skips other strings with that prefix, such
// as elements of arrays.
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

// nameBefore returns the name at the end of raw that a value may follow. It returns nil
// for anything else.
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

// rawEnd returns the length of the value at the start of raw.
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
				return i + 1 + min(depth, 0) // if the value is a number, this bracket closes its container
			}
		case ',', ':', ' ', '\n', '\t', '\r':
			if depth == 0 {
				return i
			}
		}
	}
	return len(raw)
}

// rawStringEnd returns the index of the closing quote of the string that starts at
// raw[i].
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
