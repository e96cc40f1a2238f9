package event

import (
	"io"

	"vpcetrail/ingest/event/walk"
)

const (
	// windowSize is the size of the text held at a time. It is large enough that few
	// records cross two windows. It is small enough to stay in a core's own cache between
	// inflating and decoding.
	windowSize = 256 << 10
	// MaxRecord is the longest record in bytes. CloudTrail's own limit is 256 KB. A
	// longer record makes its object corrupt and does not take all memory.
	MaxRecord = 64 << 20
)

// Text is a source that a Reader reads in place, piece by piece. An inflate.Reader is
// one.
type Text interface {
	// Next returns the last keep bytes of what it returned before, followed by more text.
	// After the text, in the capacity, there are Padding bytes that may be overwritten.
	// An error comes without more text and is repeated at every further call. After the
	// last piece the error is io.EOF.
	//
	// The Reader changes nothing but the padding. When it calls Next again, it no longer
	// uses the previous piece.
	Next(keep int) ([]byte, error)
}

// A Reader decodes the records of one object after another. The zero value is ready for
// Reset, ResetText and ResetBytes. They can be used after a failure too. A Reader must
// not be copied after its first use. It is not safe for concurrent use.
//
// From one object to the next it keeps its buffers, the order of keys, and the callers it
// has met. They take about half a megabyte, plus the largest record while there is one.
type Reader struct {
	dec     decoder
	src     io.Reader // nil if the text is not copied
	text    Text      // nil if the text is copied, or is whole in buf
	window  []byte    // for texts that are copied; nil until the first one
	buf     []byte    // text[:n], then pad zeros
	n, i    int       // end of the text, and the position of the walk
	base    int64     // offset of buf[0] in the object
	state   state
	list    list         // the current array
	control bool         // the array belongs to a control message: its elements are not records
	begun   bool         // a document was met
	found   bool         // a CloudTrail document or record was met
	marked  bool         // a byte order mark was met after the last document
	refused *SyntaxError // error at the first line of text, if no document came before it

	rows     int   // open arrays inside the list's array
	rowAt    int64 // offset of the innermost row that contains no other row
	rowHolds bool  // it contains a record or a row

	quoted []byte // text of the string that holds the current record, then pad zeros; reused
	inner  []byte // the record in quoted
	err    error  // what ended src or text, including io.EOF; nil while there is more
}

// Reset makes r read the text of src from its start. Earlier results of Next are no
// longer valid.
func (r *Reader) Reset(src io.Reader) {
	if r.window == nil {
		r.window = make([]byte, windowSize+walk.Pad)
	}
	clear(r.window[:walk.Pad])
	r.buf, r.n = r.window, 0
	r.src, r.text, r.err = src, nil, nil
	r.begin()
}

// ResetText makes r decode text in place. Earlier results of Next are no longer valid.
// Events borrow from text.
//
// Records, errors and offsets are the same as from Reset with a reader of the same text
// that ends with the same error.
func (r *Reader) ResetText(text Text) {
	r.buf, r.n = nothing[:], 0
	r.src, r.text, r.err = nil, text, nil
	r.begin()
}

var nothing [walk.Pad]byte // only read

// Padding is the spare capacity that ResetBytes needs after a text.
const Padding = walk.Pad

// ResetBytes makes r decode text, which is a whole object, in place. Earlier results of
// Next are no longer valid.
//
// text should have at least Padding bytes of spare capacity. ResetBytes overwrites them
// with zeros. It copies a text that has fewer. Until the next call to Reset or ResetBytes
// the caller must not change text and those bytes. r changes nothing else. Events borrow
// from text.
//
// Records, errors and offsets are the same as from Reset with a reader of text that ends
// with io.EOF.
func (r *Reader) ResetBytes(text []byte) {
	if cap(text)-len(text) < walk.Pad {
		text = append(make([]byte, 0, len(text)+walk.Pad), text...)
	}
	r.buf, r.n = text[:len(text)+walk.Pad], len(text)
	clear(r.buf[r.n:])
	r.src, r.text, r.err = nil, nil, io.EOF
	r.begin()
}

// begin sets r to the start of the text.
func (r *Reader) begin() {
	if r.dec.starts[inRecord].expected == nil {
		r.dec.learn()
	}
	if cap(r.quoted) > windowSize {
		r.quoted = nil
	}
	if cap(r.dec.scratch) > windowSize {
		r.dec.scratch = nil
	}
	r.i, r.base = 0, 0
	r.state, r.list = atDocument, alone
	r.control, r.begun, r.found = false, false, false
	r.marked, r.refused, r.rows = false, nil, 0
}

// Offset returns the number of decompressed bytes walked so far. After an error it is the
// place where reading stopped.
func (r *Reader) Offset() int64 { return r.base + int64(r.i) }

// Next decodes the next record. The Event is valid until the next call to Next or Reset.
// A record that is not an object, is not recognised, or has no usable eventTime is
// returned with its Problem set.
//
// After the last record Next returns io.EOF, if the text is whole. Any other error ends
// the object, and its earlier records must not be counted. The errors are ErrEmpty,
// ErrNotCloudTrail, a *SyntaxError, io.ErrUnexpectedEOF if the text ends too early, and
// src's own errors.
func (r *Reader) Next() (*Event, error) {
	if r.state == atMore && r.list == records && r.nextRecord() {
		return &r.dec.ev, nil
	}
	for {
		start := r.i
		end, isRecord := r.step()
		switch {
		case end-start > MaxRecord:
			r.tooLong()
			return nil, r.err
		case end >= 0 && isRecord:
			r.finish(start, end)
			return &r.dec.ev, nil
		case end >= 0:
			r.i = end
		case ^end < r.n:
			r.i = ^end
			return nil, r.wrong(start)
		case r.err != nil:
			return nil, r.stopped()
		default:
			r.fill()
		}
	}
}

// Text returns the text of the record that Next returned last, as JSON. It is valid as long
// as the Event.
func (r *Reader) Text() []byte {
	ev := &r.dec.ev
	text := r.buf[ev.Offset-r.base:][:ev.Length]
	if text[0] == '"' {
		return r.inner
	}
	return text
}

// nextRecord decodes a record that follows a comma. In a log that is every record but the
// first. If there is no such record, or it is irregular, nextRecord leaves r as it was
// and step handles it.
func (r *Reader) nextRecord() bool {
	b, start := walk.Over(r.buf), r.i+1
	if b.At(r.i) != ',' || b.At(start) != '{' || !r.found {
		return false
	}
	end := r.dec.record(b, start, r.n, 3)
	if end < 0 || end-start > MaxRecord {
		return false
	}
	r.i = end
	ev := &r.dec.ev
	ev.Offset, ev.Length = r.base+int64(start), end-start
	ev.check()
	return true
}

// record walks an element of Records of any type.
func (r *Reader) record(i int) int {
	if r.buf[i] == '{' {
		return r.dec.record(walk.Over(r.buf), i, r.n, 3) // inside the log's object and its array
	}
	r.dec.ev = Event{}
	return r.whole(walk.SkipValue(walk.Over(r.buf), i, 2))
}

// whole turns the end of a value into a failure if the value may continue after the
// window, like 12 in 123.
func (r *Reader) whole(end int) int {
	if end == r.n && r.err == nil {
		return ^end
	}
	return end
}

// finish completes the event of the record from start, including white space, to end.
func (r *Reader) finish(start, end int) {
	start = walk.SkipSpace(walk.Over(r.buf), start)
	r.i, r.state = end, atMore
	if r.list != records {
		r.settle(start, end)
		return
	}
	ev := &r.dec.ev
	ev.Offset, ev.Length = r.base+int64(start), end-start
	if r.buf[start] != '{' {
		ev.Problem = notObject
	} else {
		ev.check()
	}
	r.found = r.found || ev.Problem != notRecord
}

// fill reads more text after the unread part.
func (r *Reader) fill() {
	if r.text != nil {
		r.fillInPlace()
		return
	}
	r.fillWindow()
}

func (r *Reader) fillInPlace() {
	keep := r.n - r.i
	if keep > MaxRecord {
		r.tooLong()
		return
	}
	var piece []byte
	piece, r.err = r.text.Next(keep)
	r.base += int64(r.i)
	r.i, r.n = 0, len(piece)
	r.buf = piece[:r.n+walk.Pad]
	clear(r.buf[r.n:])
}

// fillWindow moves the unread part to the front of the window and reads more after it. If
// one piece fills the whole window, the window doubles.
func (r *Reader) fillWindow() {
	r.n = copy(r.buf, r.buf[r.i:r.n])
	r.base += int64(r.i)
	r.i = 0
	if free := len(r.buf) - walk.Pad - r.n; free == 0 {
		if len(r.buf) > MaxRecord {
			r.tooLong()
			return
		}
		grown := make([]byte, 2*(len(r.buf)-walk.Pad)+walk.Pad)
		copy(grown, r.buf[:r.n])
		r.buf = grown
	}
	for r.err == nil && r.n < len(r.buf)-walk.Pad {
		n, err := r.src.Read(r.buf[r.n : len(r.buf)-walk.Pad])
		r.n += n
		r.err = err
	}
	clear(r.buf[r.n : r.n+walk.Pad])
}
