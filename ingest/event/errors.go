package event

import (
	"errors"
	"fmt"
	"io"

	"vpcetrail/ingest/event/walk"
)

// Errors that end an object. io.ErrUnexpectedEOF and the errors of the underlying reader
// do so too.
var (
	// ErrEmpty says that the object contains no text.
	ErrEmpty = errors.New("empty object")
	// ErrNotCloudTrail says that the object is JSON, but contains no CloudTrail records
	// in any container that a Reader knows.
	ErrNotCloudTrail = errors.New(`not CloudTrail: expected {"Records":[…]}, or records alone, in an array, one a line, ` +
		`or as lookup-events, EventBridge or CloudWatch Logs hand them out`)

	// ErrUTF16 says that the text is in UTF-16. Only UTF-8 is read.
	ErrUTF16 = errors.New("the text is in UTF-16, as > writes it in Windows PowerShell: convert it to UTF-8, " +
		"there with | Out-File -Encoding utf8, elsewhere with iconv -f UTF-16 -t UTF-8")

	// Reading one of the two would hide the other.
	errTwice = errors.New(`a second "Records", "Events", "logEvents" or "events" in one object`)
	errDepth = fmt.Errorf("JSON nested more than %d levels deep", walk.MaxDepth)
)

// A SyntaxError says where the text stops being JSON.
type SyntaxError struct {
	Offset int64 // of the first wrong byte, from the object's start
	Byte   byte
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("invalid JSON: unexpected byte %q", e.Byte) }

// wrong returns the error for the byte at r.i, in the piece of text that starts at start.
func (r *Reader) wrong(start int) error {
	if c := r.buf[r.i]; c == '{' || c == '[' {
		depth := opened(r.buf[start:r.i])
		switch r.state {
		case atDocument:
		case atKey:
			depth++
		default:
			depth += r.around()
		}
		if depth >= walk.MaxDepth {
			return errDepth
		}
	}
	return &SyntaxError{Offset: r.Offset(), Byte: r.buf[r.i]}
}

// opened returns the number of containers that text opens and does not close.
func opened(text []byte) (n int) {
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			i = rawStringEnd(text, i)
		case '{', '[':
			n++
		case '}', ']':
			n--
		}
	}
	return n
}

// tooLong ends the text at a record longer than MaxRecord.
func (r *Reader) tooLong() {
	r.err = fmt.Errorf("record longer than %d bytes", MaxRecord)
	if r.state == atDocument && !r.found {
		r.err = ErrNotCloudTrail // no record is that long
	}
}

// stopped returns the reason why there is no more text.
func (r *Reader) stopped() error {
	switch {
	case r.err != io.EOF:
		return r.err
	case r.state != atDocument || walk.SkipSpace(walk.Over(r.buf), r.i) < r.n:
		return io.ErrUnexpectedEOF
	case !r.begun && r.refused != nil:
		r.refuse()
		return r.err
	case !r.begun:
		return ErrEmpty
	case !r.found:
		return ErrNotCloudTrail
	}
	return io.EOF
}
