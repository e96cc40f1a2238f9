package document

import (
	"bytes"
	"fmt"
	"iter"
)

// A scanner finds the values in a text, which must be valid JSON, and counts lines.
type scanner struct {
	text []byte
	at   int
	line int
}

// next moves to the next value or closing bracket, and returns its first byte.
func (s *scanner) next() byte {
	for {
		switch c := s.text[s.at]; c {
		case '\n':
			s.line++
		case ' ', '\t', '\r', ',', ':':
		default:
			return c
		}
		s.at++
	}
}

// value moves past the next value.
func (s *scanner) value(path string) Value {
	s.next()
	v, start := Value{Line: s.line, Path: path}, s.at
	for depth := 0; ; {
		switch c := s.next(); c {
		case '{', '[':
			depth++
			s.at++
		case '}', ']':
			depth--
			s.at++
		case '"':
			s.quoted()
		default:
			s.at += literal(s.text[s.at:])
		}
		if depth == 0 {
			v.Text = s.text[start:s.at]
			return v
		}
	}
}

// quoted moves past a string.
func (s *scanner) quoted() {
	for s.at++; s.text[s.at] != '"'; s.at++ {
		if s.text[s.at] == '\\' {
			s.at++
		}
	}
	s.at++
}

// literal returns the length of the number, true, false or null that text starts with.
func literal(text []byte) int {
	if end := bytes.IndexAny(text, " \t\r\n,]}"); end >= 0 {
		return end
	}
	return len(text)
}

// Elements returns the elements of a list. Another value has none.
func (v Value) Elements() iter.Seq[Value] {
	return func(yield func(Value) bool) {
		s := scanner{v.Text, 1, v.Line}
		for i := 0; v.Kind() == '[' && s.next() != ']'; i++ {
			if !yield(s.value(fmt.Sprintf("%s[%d]", v.Path, i))) {
				return
			}
		}
	}
}

// Members returns the members of an object. Another value has none.
func (v Value) Members() iter.Seq[Member] {
	return func(yield func(Member) bool) {
		s := scanner{v.Text, 1, v.Line}
		for v.Kind() == '{' && s.next() != '}' {
			name := s.value("")
			m := Member{Name: name.String(), Line: name.Line}
			m.Value = s.value(join(v.Path, m.Name))
			if !yield(m) {
				return
			}
		}
	}
}
