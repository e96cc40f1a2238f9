package event

import "io"

const (
	// windowSize is the text held at a time: large enough that few records straddle two
	// windows, small enough to stay in a core's own cache between inflating and decoding.
	windowSize = 256 << 10
	// MaxRecord bounds a record's length in bytes. CloudTrail's own limit is 256 KB; a longer
	// record ends its object as corrupt instead of taking all memory.
	MaxRecord = 64 << 20
)

// Text is what a Reader reads where it lies, piece by piece: an inflate.Reader is one.
type Text interface {
	// Next returns the last keep bytes of what it returned before, and more behind them. Behind that, in
	// the capacity, are Padding bytes that may be written to. An error, io.EOF after the last piece, comes with
	// nothing more, and again at every further call.
	//
	// The Reader changes nothing but the padding, and has finished with a piece when it calls Next again.
	Next(keep int) ([]byte, error)
}

// A Reader decodes the records of one object after the other. The zero value is ready for Reset, ResetText and
// ResetBytes, again after a failure too. A Reader must not be copied after its first use. It is not
// safe for concurrent use.
//
// It keeps its buffers, what it has learned of the order of keys, and the callers it has met, from
// one object to the next: about half a megabyte, and the largest record while there is one.
type Reader struct {
	dec     decoder
	src     io.Reader // nil where the text is not copied
	text    Text      // nil where it is, or is whole in buf
	window  []byte    // for texts that are copied; nil until the first
	buf     []byte    // text[:n], then pad zeros
	n, i    int       // end of the text and the place of the walk
	base    int64     // offset of buf[0] in the object
	state   state
	list    list         // the array that the walk is in
	control bool         // the array belongs to a control message: what it holds are no records
	begun   bool         // a document was met
	found   bool         // a document or a record of CloudTrail's was met
	marked  bool         // a byte order mark was met after the last document
	refused *SyntaxError // at the first line of text that no document came before

	rows     int   // arrays around the walk inside that of the list
	rowAt    int64 // offset of the innermost one that holds no other
	rowHolds bool  // it holds a record or a row

	quoted []byte // text of the string that holds the record at hand, then pad zeros; reused
	err    error  // what ended src or text, io.EOF included; nil while there is more
}

// Reset makes r read the text of src from its start. What Next returned before is no longer valid.
func (r *Reader) Reset(src io.Reader) {
	if r.window == nil {
		r.window = make([]byte, windowSize+pad)
	}
	clear(r.window[:pad])
	r.buf, r.n = r.window, 0
	r.src, r.text, r.err = src, nil, nil
	r.begin()
}

// ResetText makes r decode text where it lies. What Next returned before is no longer valid. Events borrow from text.
//
// Records, errors and offsets are those that Reset would give for a reader of the same text that ends with the same error.
func (r *Reader) ResetText(text Text) {
	r.buf, r.n = nothing[:], 0
	r.src, r.text, r.err = nil, text, nil
	r.begin()
}

var nothing [pad]byte // only read

// Padding is the spare capacity that ResetBytes wants behind a text.
const Padding = pad

// ResetBytes makes r decode text, a whole object's, where it lies. What Next returned before is no
// longer valid.
//
// text must have a capacity of Padding bytes or more beyond its length, which are overwritten with
// zeros; one that has less is copied. Until the next call to Reset or ResetBytes the caller must
// leave text and those bytes alone; r changes nothing but them. Events borrow from text.
//
// Records, errors and offsets are those that Reset would give for a reader of text that ends with io.EOF.
func (r *Reader) ResetBytes(text []byte) {
	if cap(text)-len(text) < pad {
		text = append(make([]byte, 0, len(text)+pad), text...)
	}
	r.buf, r.n = text[:len(text)+pad], len(text)
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

// Offset returns the decompressed bytes walked so far; after an error, the place where reading stopped.
func (r *Reader) Offset() int64 { return r.base + int64(r.i) }

// Next decodes the next record. The Event is valid until the next call to Next or Reset. A record
// that is no object, is not recognised, or has no usable eventTime, is returned with its Problem set.
//
// After the last record Next returns io.EOF, once the text has proved whole. Any other error ends
// the object, and what was returned before must not be counted: ErrEmpty, ErrNotCloudTrail, a
// *SyntaxError, io.ErrUnexpectedEOF where the text ends too early, or src's own error.
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

// nextRecord decodes the record behind a comma, as all but the first come in a log. It leaves to
// step what is no such record, or not one in every respect, and r as it was.
func (r *Reader) nextRecord() bool {
	b, start := over(r.buf), r.i+1
	if b.at(r.i) != ',' || b.at(start) != '{' || !r.found {
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

// record walks an element of Records, whatever it is.
func (r *Reader) record(i int) int {
	if r.buf[i] == '{' {
		return r.dec.record(over(r.buf), i, r.n, 3) // inside the log's object and its array
	}
	r.dec.ev = Event{}
	return r.whole(skipValue(over(r.buf), i, 2))
}

// whole turns the end of a value into a failure where the value may go on behind the window, as 12
// in 123 does.
func (r *Reader) whole(end int) int {
	if end == r.n && r.err == nil {
		return ^end
	}
	return end
}

// finish completes the event of the record that was walked from start, white space included, to end.
func (r *Reader) finish(start, end int) {
	start = skipSpace(over(r.buf), start)
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

// fill gets more text behind what is not yet walked.
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
	r.buf = piece[:r.n+pad]
	clear(r.buf[r.n:])
}

// fillWindow moves what is not yet walked to the window's front and reads on behind it. A piece that
// takes the whole window doubles it.
func (r *Reader) fillWindow() {
	r.n = copy(r.buf, r.buf[r.i:r.n])
	r.base += int64(r.i)
	r.i = 0
	if free := len(r.buf) - pad - r.n; free == 0 {
		if len(r.buf) > MaxRecord {
			r.tooLong()
			return
		}
		grown := make([]byte, 2*(len(r.buf)-pad)+pad)
		copy(grown, r.buf[:r.n])
		r.buf = grown
	}
	for r.err == nil && r.n < len(r.buf)-pad {
		n, err := r.src.Read(r.buf[r.n : len(r.buf)-pad])
		r.n += n
		r.err = err
	}
	clear(r.buf[r.n : r.n+pad])
}
