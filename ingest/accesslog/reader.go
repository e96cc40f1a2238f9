package accesslog

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"vpcetrail/ingest/inflate"
)

// maxLine bounds a line. S3 takes requests with headers of 8 KiB and keys of 1 KiB, of which each
// byte may be encoded twice.
const maxLine = 64 << 10

// ErrForeign says that an object holds no line of an access log.
var ErrForeign = errors.New("no line is of an S3 access log")

// A Reader reads the lines of one object after another. The zero value is ready for Reset.
type Reader struct {
	text   *bufio.Reader
	stored *bufio.Reader
	line   Line
	offset int64
	good   bool // a line of an access log was read
	bad    bool // a line of something else
	json   jsonLine
}

// Reset starts to read the bytes of an object, gzipped or not.
func (r *Reader) Reset(stored io.Reader) error {
	if r.text == nil {
		r.text, r.stored = bufio.NewReaderSize(nil, maxLine), bufio.NewReaderSize(nil, maxLine)
	}
	r.offset, r.good, r.bad = 0, false, false
	r.stored.Reset(stored)
	magic, err := r.stored.Peek(len(inflate.Magic))
	if err != nil && err != io.EOF {
		return err
	}
	if string(magic) != inflate.Magic {
		r.text.Reset(r.stored)
		return nil
	}
	gz, err := inflate.NewStream(r.stored)
	if err != nil {
		return err
	}
	r.text.Reset(gz)
	return nil
}

// Next returns the next line that is not empty, or io.EOF after the last. The line is valid until
// the next call. If the object holds other lines alone, the last error is ErrForeign.
func (r *Reader) Next() (*Line, error) {
	for {
		r.line = Line{Offset: r.offset}
		text, err := r.text.ReadSlice('\n')
		r.offset += int64(len(text))
		switch {
		case err == bufio.ErrBufferFull:
			r.line.Problem = Invalid
			err = r.skip()
		case len(text) == 0 || len(text) == 1 && text[0] == '\n':
			if err == nil {
				continue
			}
			return nil, r.end(err)
		default:
			r.parse(text)
		}
		if err != nil && err != io.EOF {
			return nil, r.end(err)
		}
		r.good, r.bad = r.good || r.line.Problem != Invalid, r.bad || r.line.Problem == Invalid
		return &r.line, nil
	}
}

// skip reads to the end of a line that is too long.
func (r *Reader) skip() error {
	for {
		text, err := r.text.ReadSlice('\n')
		r.offset += int64(len(text))
		if err != bufio.ErrBufferFull {
			return err
		}
	}
}

// end returns the error that ends the object.
func (r *Reader) end(err error) error {
	switch {
	case err != io.EOF:
		return fmt.Errorf("at byte %d: %w", r.offset, err)
	case r.bad && !r.good:
		return ErrForeign
	}
	return io.EOF
}

func (r *Reader) parse(text []byte) {
	if text[len(text)-1] == '\n' {
		text = text[:len(text)-1]
	}
	if len(text) > 0 && text[0] == '{' {
		r.json.parse(text, &r.line)
		return
	}
	r.line.parse(text)
}
