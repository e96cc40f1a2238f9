package accesslog

import (
	"errors"
	"io"

	"vpcetrail/ingest/lines"
)

// maxLine bounds a line. S3 takes requests with headers of 8 KiB and keys of 1 KiB, of which each
// byte may be encoded twice.
const maxLine = 64 << 10

// ErrForeign says that an object holds no line of an access log.
var ErrForeign = errors.New("no line is of an S3 access log")

// A Reader reads the lines of one object after another. The zero value is ready for Reset.
type Reader struct {
	lines *lines.Reader
	line  Line
	good  bool // a line of an access log was read
	bad   bool // a line of something else
	json  jsonLine
}

// Reset starts to read the bytes of an object, gzipped or not.
func (r *Reader) Reset(stored io.Reader) error {
	if r.lines == nil {
		r.lines = lines.New(maxLine)
	}
	r.good, r.bad = false, false
	return r.lines.Reset(stored)
}

// Next returns the next line that is not empty, or io.EOF after the last. The line is valid until
// the next call. If the object holds other lines alone, the last error is ErrForeign.
func (r *Reader) Next() (*Line, error) {
	text, err := r.lines.Next()
	r.line = Line{Offset: r.lines.Offset()}
	switch {
	case err == lines.ErrLong:
		r.line.Problem = Invalid
	case err == io.EOF && r.bad && !r.good:
		return nil, ErrForeign
	case err != nil:
		return nil, err
	case text[0] == '{':
		r.json.parse(text, &r.line)
	default:
		r.line.parse(text)
	}
	r.good, r.bad = r.good || r.line.Problem != Invalid, r.bad || r.line.Problem == Invalid
	return &r.line, nil
}
