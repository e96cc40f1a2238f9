package dnslog

import (
	"bytes"
	"errors"
	"io"

	"github.com/bytedance/sonic/decoder"

	"vpcetrail/ingest/lines"
)

// maxLine bounds a line. A DNS answer has at most 64 KiB, of which JSON may escape each byte
// into six.
const maxLine = 512 << 10

// ErrForeign says that an object holds no query.
var ErrForeign = errors.New("no line is a query of the Resolver")

// A Reader reads the queries of one object after another. The zero value is ready for Reset.
type Reader struct {
	lines     *lines.Reader
	rest      []byte // of the current line
	good, bad int64
	first     int64 // byte where the first line with something else begins
	query     Query
}

// Reset starts to read the bytes of an object, gzipped or not.
func (r *Reader) Reset(stored io.Reader) error {
	if r.lines == nil {
		r.lines = lines.New(maxLine)
	}
	r.rest, r.good, r.bad = nil, 0, 0
	return r.lines.Reset(stored)
}

// Lines returns how many lines were read, so far, how many of them were no query, and the byte where
// the first of these begins.
func (r *Reader) Lines() (all, invalid, first int64) { return r.good + r.bad, r.bad, r.first }

func (r *Reader) noteBad() {
	if r.bad++; r.bad == 1 {
		r.first = r.lines.Offset()
	}
}

// Next returns the next query, or io.EOF after the last. It is valid until the next call. If the
// object holds nothing but invalid lines, the last error is ErrForeign.
func (r *Reader) Next() (*Query, error) {
	for {
		for len(r.rest) > 0 {
			text := r.object()
			if text != nil && r.query.parse(text) {
				r.good++
				return &r.query, nil
			}
			r.noteBad()
		}
		if err := r.nextLine(); err != nil {
			return nil, err
		}
	}
}

// object cuts the first object from the rest of a line. Firehose may leave out the line breaks
// between objects. What is no JSON makes the rest of the line invalid: nil.
func (r *Reader) object() []byte {
	start, end := 0, 0
	if r.rest[0] == '{' {
		start, end = decoder.Skip(r.rest)
	}
	if end <= start || start < 0 {
		r.rest = nil
		return nil
	}
	text := r.rest[start:end]
	r.rest = bytes.TrimLeft(r.rest[end:], " \t\r,")
	return text
}

// nextLine sets rest to the next line that is not blank.
func (r *Reader) nextLine() error {
	for len(r.rest) == 0 {
		text, err := r.lines.Next()
		switch {
		case err == lines.ErrLong:
			r.noteBad()
		case err == io.EOF && r.bad > 0 && r.good == 0:
			return ErrForeign
		case err != nil:
			return err
		}
		r.rest = bytes.TrimSpace(text)
	}
	return nil
}
