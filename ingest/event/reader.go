package event

import (
	"errors"
	"fmt"
	"io"
)

const (
	// windowSize is the text held at a time: large enough that few records straddle two
	// windows, small enough to stay in a core's own cache between inflating and decoding.
	windowSize = 256 << 10
	// MaxRecord bounds a record's length in bytes. CloudTrail's own limit is 256 KB; a longer
	// record ends its object as corrupt instead of taking all memory.
	MaxRecord = 64 << 20
)

// Errors that end an object, besides io.ErrUnexpectedEOF and those of the underlying reader.
var (
	// ErrEmpty says that the object holds no text at all.
	ErrEmpty = errors.New("empty object")
	// ErrNotCloudTrail says that the object is JSON, but not of the form {"Records":[…]}.
	ErrNotCloudTrail = errors.New(`not a CloudTrail log: no "Records" array`)

	errTwice = errors.New(`"Records" appears twice`) // to take either would hide the other
)

// A SyntaxError says that the text stops being JSON.
type SyntaxError struct {
	Offset int64 // of the first byte that cannot stand where it does, from the object's start
	Byte   byte
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("invalid JSON: unexpected byte %q", e.Byte) }

// A Reader decodes the records of one object after the other. The zero value is ready for Reset.
// A Reader may be reset after a failure. It is not safe for concurrent use.
type Reader struct {
	dec   decoder
	src   io.Reader
	buf   []byte // text[:n], then pad zeros
	n, i  int    // end of the text and the place of the walk
	base  int64  // offset of buf[0] in the object
	state state
	found bool  // the Records array was met
	err   error // what ended src, io.EOF included; nil while there is more
}

// state says what comes next.
type state uint8

const (
	atStart    state = iota // the object's opening brace
	atFirstKey              // the first key, or the object's closing brace
	atKey                   // a further key
	atFirst                 // the first record, or the array's closing bracket
	atRecord                // a further record
	atMore                  // a comma or the closing bracket
	atNext                  // a comma or the closing brace
	atEnd                   // nothing but white space
)

// Reset makes r read the JSON text of src from its start. What Next returned before is no longer valid.
func (r *Reader) Reset(src io.Reader) {
	if len(r.buf) != windowSize+pad { // the first use, or grown for a record longer than the window
		r.buf = make([]byte, windowSize+pad)
	}
	clear(r.buf[:pad])
	r.src, r.n, r.i, r.base, r.state, r.found, r.err = src, 0, 0, 0, atStart, false, nil
}

// Offset returns the decompressed bytes walked so far; after an error, the place where reading stopped.
func (r *Reader) Offset() int64 { return r.base + int64(r.i) }

// Next decodes the next record. The Event is valid until the next call to Next or Reset. A record
// that is no object, or has no usable eventTime, is returned with its Problem set.
//
// After the last record Next returns io.EOF, once the text has proved whole. Any other error ends
// the object, and what was returned before must not be counted: ErrEmpty, ErrNotCloudTrail, a
// *SyntaxError, io.ErrUnexpectedEOF where the text ends too early, or src's own error.
func (r *Reader) Next() (*Event, error) {
	for {
		start := r.i
		end, isRecord := r.step()
		switch {
		case end >= 0 && isRecord:
			r.finish(start, end)
			return &r.dec.ev, nil
		case end >= 0:
			r.i = end
		case ^end < r.n && r.state == atStart && r.buf[^end] == '[':
			return nil, ErrNotCloudTrail
		case ^end < r.n:
			r.i = ^end
			return nil, &SyntaxError{Offset: r.Offset(), Byte: r.buf[r.i]}
		case r.state == atEnd && r.err == io.EOF:
			if !r.found {
				return nil, ErrNotCloudTrail
			}
			return nil, io.EOF
		case r.err != nil:
			return nil, r.stopped()
		default:
			r.fill()
		}
	}
}

// step walks the next piece of the text, and reports its end by the rules of scan.go and whether
// it was a record. It leaves r.i where it was: after a refill the piece is walked again.
func (r *Reader) step() (end int, isRecord bool) {
	i := skipSpace(r.buf, r.i)
	c := r.buf[i]
	switch r.state {
	case atStart:
		if c == '{' {
			return r.advance(i, atFirstKey), false
		}
	case atFirstKey:
		if c == '}' {
			return r.advance(i, atEnd), false
		}
		return r.key(i), false
	case atKey:
		return r.key(i), false
	case atFirst:
		if c == ']' {
			return r.advance(i, atNext), false
		}
		return r.record(i), true
	case atRecord:
		return r.record(i), true
	case atMore:
		if c == ',' {
			return r.advance(i, atRecord), false
		}
		if c == ']' {
			return r.advance(i, atNext), false
		}
	case atNext:
		if c == ',' {
			return r.advance(i, atKey), false
		}
		if c == '}' {
			return r.advance(i, atEnd), false
		}
	}
	return ^i, false
}

func (r *Reader) advance(i int, next state) int {
	r.state = next
	return i + 1
}

// key walks a key of the object, and its value unless that is the array of records.
func (r *Reader) key(i int) int {
	b := r.buf
	if b[i] != '"' {
		return ^i
	}
	end, plain := scanString(b, i+1)
	if end < 0 {
		return end
	}
	name := b[i+1 : end-1]
	if !plain {
		name = appendText(nil, name)
	}
	isRecords := string(name) == "Records"
	if end = skipSpace(b, end); b[end] != ':' {
		return ^end
	}
	end = skipSpace(b, end+1)
	switch {
	case isRecords && r.found:
		r.err = errTwice
		return ^r.n
	case isRecords && b[end] == '[':
		r.found = true
		return r.advance(end, atFirst)
	}
	if end = r.whole(skipValue(b, end, 1)); end >= 0 {
		r.state = atNext
	}
	return end
}

func (r *Reader) record(i int) int {
	if r.buf[i] == '{' {
		return r.dec.record(r.buf, i)
	}
	r.dec.ev = Event{}
	return r.whole(skipValue(r.buf, i, 2))
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
	start = skipSpace(r.buf, start)
	ev := &r.dec.ev
	ev.Offset, ev.Length = r.base+int64(start), end-start
	switch {
	case r.buf[start] != '{':
		ev.Problem = "record is not an object"
	case !ev.HasTime && ev.Kind() != Other:
		ev.Problem = "eventTime is missing or not a time"
	}
	r.i, r.state = end, atMore
}

// fill moves what is not yet walked to the buffer's front and reads on behind it. A piece that
// takes the whole buffer doubles it.
func (r *Reader) fill() {
	r.n = copy(r.buf, r.buf[r.i:r.n])
	r.base += int64(r.i)
	r.i = 0
	if free := len(r.buf) - pad - r.n; free == 0 {
		if len(r.buf) > MaxRecord {
			r.err = fmt.Errorf("record longer than %d bytes", MaxRecord)
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

// stopped tells why there is no more text.
func (r *Reader) stopped() error {
	switch {
	case r.err != io.EOF:
		return r.err
	case r.state == atStart:
		return ErrEmpty
	}
	return io.ErrUnexpectedEOF
}
