package event

import (
	"bytes"
	"io"
)

// A text is one document or several, one behind the other; each is an object or an array. Which
// container it is shows by its content alone: by the first "Records", "Events" or "logEvents" at
// an object's top level that is an array, or, where the object ends without one, by its shape. Of a
// document only what is not yet decided is held: an object up to such an array, each element of
// an array, or an object that is itself a record.

// state says what comes next.
type state uint8

const (
	atDocument state = iota // a document, or the end of the text
	atFirst                 // the first element of an array, or its closing bracket
	atElement               // a further element
	atMore                  // a comma or the closing bracket
	atKey                   // a key behind the array
	atNext                  // a comma or the closing brace
)

// A list is an array whose elements are walked one at a time, named by what they are.
type list uint8

const (
	alone     list = iota // no array: the document is an object
	bare                  // a document that is an array: records, envelopes or looked-up events
	records               // "Records" of a log: each element counts as a record
	events                // "Events" of lookup-events
	logEvents             // "logEvents" of CloudWatch Logs: each holds its record in "message"
)

// listOf returns the list of that key.
func listOf(key []byte) list {
	switch string(key) {
	case "Records":
		return records
	case "Events":
		return events
	case "logEvents":
		return logEvents
	}
	return alone
}

// maxPrefix bounds what may stand before a document in a line. Names of log groups and streams
// have up to 512 bytes each; the rest is for times and colours.
const maxPrefix = 2048

// step walks the next piece of the text, and reports its end by the rules of scan.go and whether
// it was a record. It leaves r.i where it was: after a refill the piece is walked again.
func (r *Reader) step() (end int, isRecord bool) {
	i := skipSpace(over(r.buf), r.i)
	c := r.buf[i]
	switch r.state {
	case atElement:
		return r.element(i)
	case atMore:
		if c == ',' {
			return r.advance(i, atElement), false
		}
		if c == ']' {
			return r.close(i), false
		}
	case atFirst:
		if c == ']' {
			r.found = true // a container that is empty is no other document
			return r.close(i), false
		}
		return r.element(i)
	case atDocument:
		return r.document(i)
	case atKey:
		return r.key(i), false
	case atNext:
		if c == ',' {
			return r.advance(i, atKey), false
		}
		if c == '}' {
			return r.advance(i, atDocument), false
		}
	}
	return ^i, false
}

func (r *Reader) advance(i int, next state) int {
	r.state = next
	return i + 1
}

// close walks the bracket that ends an array.
func (r *Reader) close(i int) int {
	if r.list == bare {
		return r.advance(i, atDocument)
	}
	return r.advance(i, atNext)
}

// document walks the start of a document up to its first element, or the whole of it where the
// document is an object without a list.
func (r *Reader) document(i int) (end int, isRecord bool) {
	switch c := r.buf[i]; {
	case c == '[':
		r.begun, r.list, r.control = true, bare, false
		return r.advance(i, atFirst), false
	case c != '{' && (!r.begun || bytes.IndexByte(r.buf[r.i:i], '\n') >= 0):
		return r.prefix(i), false
	case c != '{':
		return ^i, false
	}
	end = r.dec.frame(over(r.buf), i, 1, (*decoder).documentField)
	s := &r.dec.shape
	if s.list != alone {
		r.begun, r.list, r.control = true, s.list, s.control
		r.found = r.found || s.list == records
		return r.advance(s.open, atFirst), false
	}
	if end < 0 {
		return end, false
	}
	r.begun, r.list = true, alone
	if s.control {
		r.found = true
		return end, false
	}
	return end, true
}

// prefix walks what may stand before the object in its line: the names of group and stream that
// awslogs writes. A line that holds no object behind a space is refused at its first byte.
func (r *Reader) prefix(i int) int {
	b := over(r.buf)
	for k := i; k < i+maxPrefix; k++ {
		switch b.at(k) {
		case '{':
			if b.at(k-1) == ' ' || b.at(k-1) == '\t' {
				return k
			}
			return ^i
		case 0:
			if k == r.n && (r.err != io.EOF || k == i) {
				return ^r.n
			}
			return ^i
		case '"', '\n':
			return ^i
		}
	}
	return ^i
}

// element walks an element of an array.
func (r *Reader) element(i int) (end int, isRecord bool) {
	if r.list == records {
		return r.record(i), true
	}
	depth := 1 // containers around the element
	if r.list != bare {
		depth = 2
	}
	b, s := over(r.buf), &r.dec.shape
	if b.at(i) != '{' {
		*s = shape{}
		end = r.whole(skipValue(b, i, depth))
	} else {
		end = r.dec.frame(b, i, depth+1, (*decoder).elementField)
	}
	if end >= 0 && (r.control || r.list == logEvents && isControl(b, s.message)) {
		r.found, r.state = true, atMore
		return end, false
	}
	return end, true
}

// isControl reports whether the string at b.at(i) is the one that a control message carries: its
// messageType may also come too late to be known.
func isControl(b buffer, i int) bool {
	return i > 0 && string(b.cut(i+1, i+1+len(controlText))) == controlText
}

// key walks a key behind the array of records, with its value.
func (r *Reader) key(i int) int {
	b := over(r.buf)
	if b.at(i) != '"' {
		return ^i
	}
	end, plain := scanString(b, i+1)
	if end < 0 {
		return end
	}
	name := b.cut(i+1, end-1)
	if !plain {
		name = appendText(nil, name)
	}
	if listOf(name) != alone {
		r.err = errTwice
		return ^r.n
	}
	if end = skipSpace(b, end); b.at(end) != ':' {
		return ^end
	}
	if end = r.whole(skipValue(b, skipSpace(b, end+1), 1)); end >= 0 {
		r.state = atNext
	}
	return end
}

const controlText = "CWL CONTROL MESSAGE: "
