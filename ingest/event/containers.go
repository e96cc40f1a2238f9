package event

import "vpcetrail/ingest/event/walk"

// A text is one document or several, one after another. A document is an object, an
// array, or a string that holds a record. The content alone shows the type of container:
// the first key at an object's top level that listOf knows and that has an array, or,
// without one, the object's shape. The Reader holds only the part of a document that it
// has not classified: an object up to such an array, one element of an array, or an
// object that is itself a record. lines.go handles lines of text between documents, and
// byte order marks before them. rows.go handles arrays inside arrays.

// A state says what comes next.
type state uint8

const (
	atDocument state = iota // a document, or the end of the text
	atFirst                 // the first element of an array, or its closing bracket
	atElement               // a further element
	atMore                  // a comma or the closing bracket
	atKey                   // a key after the array
	atNext                  // a comma or the closing brace
)

// A list is an array that is walked one element at a time. Its name says what the
// elements are.
type list uint8

const (
	alone     list = iota // no array: the document is an object, a string or a line of text
	bare                  // a document that is an array: records, envelopes or looked-up events
	records               // "Records" of a log: each element counts as a record
	events                // "Events" of lookup-events
	logEvents             // from CloudWatch Logs, delivered or filtered: each holds its record in "message"
)

// listOf returns the list that a key names.
func listOf(key []byte) list {
	switch string(key) {
	case "Records":
		return records
	case "Events":
		return events
	case "logEvents", "events":
		return logEvents
	}
	return alone
}

// step walks the next piece of the text. It returns the end of the piece by the rules of
// scan.go, and whether the piece was a record. It does not change r.i: after a refill the
// piece is walked again.
func (r *Reader) step() (end int, isRecord bool) {
	i := walk.SkipSpace(walk.Over(r.buf), r.i)
	c := r.buf[i]
	switch r.state {
	case atElement:
		return r.element(i)
	case atMore:
		if c == ',' {
			return r.advance(i, atElement), false
		}
		if c == ']' {
			return r.close(i)
		}
	case atFirst:
		if c == ']' {
			return r.closeEmpty(i)
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

// document walks the start of a document up to its first element. It walks the whole
// document if that is a string, or an object without a list. A byte order mark before a
// document is walked alone, and so is a line that is no document.
func (r *Reader) document(i int) (end int, isRecord bool) {
	if end, done := r.encoding(i); done {
		return end, false
	}
	isLine := r.beginsLine(i)
	opens, isCut := r.opens(i, isLine)
	switch c := r.buf[i]; {
	case isCut && r.err == nil, i == r.n:
		return ^r.n, false
	case !opens && isLine:
		return r.line(i)
	case !opens:
		return ^i, false
	case c == '{':
		return r.object(i)
	case c == '"':
		r.enter(alone, false)
		r.dec.shape = shape{}
		return walk.SkipString(walk.Over(r.buf), i+1), true
	}
	r.enter(bare, false)
	return r.advance(i, atFirst), false
}

// object walks a document that is an object.
func (r *Reader) object(i int) (end int, isRecord bool) {
	end = r.dec.frame(walk.Over(r.buf), i, 1, (*decoder).documentField)
	s := &r.dec.shape
	switch {
	case s.list == records && r.refused != nil:
		return r.refuse(), false
	case s.list != alone:
		r.enter(s.list, s.control)
		return r.advance(s.open, atFirst), false
	case end < 0:
		return end, false
	}
	r.enter(alone, false)
	r.found = r.found || s.control
	return end, !s.control
}

// enter records that a document was met, and which list the walk is in now.
func (r *Reader) enter(l list, control bool) {
	r.begun, r.marked = true, false
	r.list, r.control = l, control
}

// around returns the number of containers around an element of the list.
func (r *Reader) around() int {
	if r.list == bare {
		return 1 + r.rows
	}
	return 2 + r.rows
}

// element walks an element of an array.
func (r *Reader) element(i int) (end int, isRecord bool) {
	if r.list == records {
		return r.record(i), true
	}
	b, s := walk.Over(r.buf), &r.dec.shape
	switch c := b.At(i); {
	case c == '[' && !r.control:
		return r.openRow(i), false
	case c == '{':
		end = r.dec.frame(b, i, r.around()+1, (*decoder).elementField)
	default:
		*s = shape{}
		end = r.whole(walk.SkipValue(b, i, r.around()))
	}
	if end < 0 {
		return end, false
	}
	isRecord = r.rows == 0 || r.inRow(i)
	if r.control || r.list == logEvents && isControl(b, s.message) {
		r.found, isRecord = true, false
	}
	if !isRecord {
		r.state = atMore
	}
	return end, isRecord
}

// isControl reports whether the string at b.At(i) is the message of a control message.
// messageType alone is not enough, because it may come too late.
func isControl(b walk.Buffer, i int) bool {
	return i > 0 && string(b.Cut(i+1, i+1+len(controlText))) == controlText
}

// key walks a key after the array of records, and its value.
func (r *Reader) key(i int) int {
	b := walk.Over(r.buf)
	if b.At(i) != '"' {
		return ^i
	}
	end, plain := walk.ScanString(b, i+1)
	if end < 0 {
		return end
	}
	name := b.Cut(i+1, end-1)
	if !plain {
		name = walk.AppendText(nil, name)
	}
	if listOf(name) != alone {
		r.err = errTwice
		return ^r.n
	}
	if end = walk.SkipSpace(b, end); b.At(end) != ':' {
		return ^end
	}
	if end = r.whole(walk.SkipValue(b, walk.SkipSpace(b, end+1), 1)); end >= 0 {
		r.state = atNext
	}
	return end
}

const controlText = "CWL CONTROL MESSAGE: "
