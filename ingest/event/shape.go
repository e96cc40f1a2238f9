package event

import "vpcetrail/ingest/event/walk"

// A shape is what the keys at an object's top level show about it. If a key comes twice,
// the last value counts.
type shape struct {
	own    mark // of the object itself
	inner  mark // of the object at detail
	detail int  // place of the value of detail, the record of an EventBridge envelope; 0 if it is no object

	event   int // place of CloudTrailEvent, the record as a string in lookup-events; 0 if it is no string
	message int // place of message, the record as a string in CloudWatch Logs; 0 if it is no string

	control bool // messageType is CONTROL_MESSAGE: a test by CloudWatch Logs of the subscription

	list list // the array of records, not walked, and the place of its opening bracket
	open int

	isText, isRow bool // no object, but a line of text, or a row without a record
}

// A mark distinguishes records from other objects. Records have eventVersion or
// eventTime, as strings. (At the top level of these there is neither: digests, Config's
// snapshots, other events of EventBridge, envelopes and looked-up events.)
type mark struct{ version, time bool }

func (m mark) isRecord() bool { return m.version || m.time }

// note records a key with a value that starts with c.
func (m *mark) note(key []byte, c byte) {
	switch string(key) {
	case "eventVersion":
		m.version = c == '"'
	case "eventTime":
		m.time = c == '"'
	}
}

// frame walks the object at b.At(i) by the rules of scan.go and stores its shape in
// d.shape. depth is as in record.
func (d *decoder) frame(b walk.Buffer, i, depth int, look field) int {
	d.scratch = d.scratch[:0]
	d.shape = shape{}
	d.depth = depth
	return d.walk(b, i, depth, look)
}

// documentField is elementField, but stops at the start of an array of records.
func (d *decoder) documentField(key []byte, b walk.Buffer, i, depth int) int {
	if b.At(i) == '[' {
		if l := listOf(key); l != alone {
			d.shape.list, d.shape.open = l, i
			return ^i
		}
	}
	return d.elementField(key, b, i, depth)
}

func (d *decoder) elementField(key []byte, b walk.Buffer, i, depth int) int {
	s := &d.shape
	switch string(key) {
	case "detail":
		s.detail, s.inner = placeOf(b, i, '{'), mark{}
		if b.At(i) == '{' {
			return d.walk(b, i, depth+1, (*decoder).detailField)
		}
	case "CloudTrailEvent":
		s.event = placeOf(b, i, '"')
	case "message":
		s.message = placeOf(b, i, '"')
	case "messageType":
		var text []byte
		i = d.text(b, i, &text)
		s.control = string(text) == "CONTROL_MESSAGE"
		return i
	default:
		s.own.note(key, b.At(i))
	}
	return walk.SkipValue(b, i, depth)
}

func (d *decoder) detailField(key []byte, b walk.Buffer, i, depth int) int {
	d.shape.inner.note(key, b.At(i))
	return walk.SkipValue(b, i, depth)
}

// A field looks at the value of a key at b.At(i) and returns the place after it.
type field func(d *decoder, key []byte, b walk.Buffer, i, depth int) int

// walk walks the object at b.At(i) and passes each member to look.
func (d *decoder) walk(b walk.Buffer, i, depth int, look field) int {
	if i = walk.SkipSpace(b, i+1); b.At(i) == '}' {
		return i + 1
	}
	for {
		if b.At(i) != '"' {
			return ^i
		}
		start := i + 1
		end, plain := walk.ScanString(b, start)
		if end < 0 {
			return end
		}
		key := b.Cut(start, end-1)
		if !plain {
			key = d.unescaped(key)
		}
		if i = walk.SkipSpace(b, end); b.At(i) != ':' {
			return ^i
		}
		if i = look(d, key, b, walk.SkipSpace(b, i+1), depth); i < 0 {
			return i
		}
		i = walk.SkipSpace(b, i)
		switch b.At(i) {
		case ',':
			i = walk.SkipSpace(b, i+1)
		case '}':
			return i + 1
		default:
			return ^i
		}
	}
}

// placeOf returns i if a value that starts with c is there, else 0.
func placeOf(b walk.Buffer, i int, c byte) int {
	if b.At(i) != c {
		return 0
	}
	return i
}

// settle decodes the record in the document or element at r.buf[start:end], which was
// walked last.
func (r *Reader) settle(start, end int) {
	d, s := &r.dec, &r.dec.shape
	d.ev = Event{}
	if r.list == alone {
		r.state = atDocument
	}
	text, inText := 0, false // the string that holds the record
	switch c := r.buf[start]; {
	case c == '"':
		text, inText = start, !s.isText
	case r.list == logEvents:
		text, inText = s.message, s.message > 0
	case !s.own.isRecord():
		text, inText = s.event, s.event > 0
	}
	problem := notRecord
	switch {
	case inText:
		start = text
		end, problem = r.unquote(text)
	case s.isText:
		problem = notLine
	case s.isRow:
		start = int(r.rowAt - r.base)
	case r.buf[start] != '{':
		problem = notObject
	case r.list != logEvents:
		start, end, problem = d.unwrap(walk.Over(r.buf), r.n, start, end)
	}
	ev := &d.ev
	ev.Offset, ev.Length = r.base+int64(start), end-start
	if ev.Problem = problem; problem == "" {
		ev.check()
	}
	r.found = r.found || ev.Problem == "" || ev.Problem == notTime
}

// unwrap decodes the object at b.cut(start, end), which frame walked last. If it is no
// record, unwrap decodes its detail. It returns where the record is.
func (d *decoder) unwrap(b walk.Buffer, n, start, end int) (from, to int, problem string) {
	switch s := &d.shape; {
	case s.own.isRecord():
		return start, d.record(b, start, n, 1), ""
	case s.detail > 0 && s.inner.isRecord():
		return s.detail, d.record(b, s.detail, n, 1), ""
	}
	return start, end, notRecord
}

// unquote decodes the record in the string at r.buf[i], including an envelope around it,
// and returns the end of the string. It copies the text: the Event borrows from r.quoted.
func (r *Reader) unquote(i int) (end int, problem string) {
	end = walk.SkipString(walk.Over(r.buf), i+1)
	r.quoted = walk.AppendText(r.quoted[:0], r.buf[i+1:end-1])
	n := len(r.quoted)
	r.quoted = append(r.quoted, make([]byte, walk.Pad)...)
	b := walk.Over(r.quoted)
	start := walk.SkipSpace(b, 0)
	if b.At(start) != '{' {
		return end, notJSON
	}
	to := r.dec.frame(b, start, 1, (*decoder).elementField)
	if to < 0 || walk.SkipSpace(b, to) != n {
		return end, notJSON
	}
	start, to, problem = r.dec.unwrap(b, n, start, to)
	r.inner = r.quoted[start:to]
	return end, problem
}
