// Package lines reads the lines of an object that may be gzipped.
package lines

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"vpcetrail/ingest/inflate"
)

// ErrLong says that a line was longer than the limit. It was skipped.
var ErrLong = errors.New("the line is too long")

// A Reader reads the lines of one object after another. Use New, then Reset.
type Reader struct {
	text, stored *bufio.Reader
	start, end   int64 // of the current line
}

// New returns a Reader of lines of at most most bytes.
func New(most int) *Reader {
	return &Reader{text: bufio.NewReaderSize(nil, most), stored: bufio.NewReaderSize(nil, 64<<10)}
}

// Reset starts to read the bytes of an object as they are stored.
func (r *Reader) Reset(stored io.Reader) error {
	r.start, r.end = 0, 0
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

// Offset returns the place of the current line, in uncompressed bytes.
func (r *Reader) Offset() int64 { return r.start }

// Next returns the next line that is not empty, without its line feed, or io.EOF after the last.
// After ErrLong, reading goes on. Any other error ends the object. The line is valid until the next
// call.
func (r *Reader) Next() ([]byte, error) {
	for {
		r.start = r.end
		line, err := r.slice()
		long := err == bufio.ErrBufferFull
		for err == bufio.ErrBufferFull {
			_, err = r.slice()
		}
		switch {
		case err != nil && err != io.EOF:
			return nil, fmt.Errorf("at byte %d: %w", r.end, err)
		case long:
			return nil, ErrLong
		case len(line) == 0:
			return nil, io.EOF
		}
		if line[len(line)-1] == '\n' {
			line = line[:len(line)-1]
		}
		if len(line) > 0 {
			return line, nil
		}
	}
}

// slice returns the bytes up to a line feed, or to the end.
func (r *Reader) slice() ([]byte, error) {
	text, err := r.text.ReadSlice('\n')
	r.end += int64(len(text))
	return text, err
}
