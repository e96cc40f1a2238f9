package dnslog

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/bytedance/sonic/decoder"

	"vpcetrail/ingest/inflate"
)

// maxLine bounds a line. A DNS answer has at most 64 KiB, of which JSON may escape each byte
// into six.
const maxLine = 512 << 10

// ErrForeign says that an object holds no query.
var ErrForeign = errors.New("no line is a query of the Resolver")

// A Reader reads the queries of one object after another. The zero value is ready for Reset.
type Reader struct {
	text, stored *bufio.Reader
	rest         []byte // of the current line
	offset       int64  // of what follows rest
	good         int64
	bad          int64
	query        Query
}

// Reset starts to read the bytes of an object, gzipped or not.
func (r *Reader) Reset(stored io.Reader) error {
	if r.text == nil {
		r.text, r.stored = bufio.NewReaderSize(nil, maxLine), bufio.NewReaderSize(nil, 64<<10)
	}
	r.rest, r.offset, r.good, r.bad = nil, 0, 0, 0
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

// Invalid returns how many lines were no query, so far.
func (r *Reader) Invalid() int64 { return r.bad }

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
			r.bad++
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

// nextLine sets rest to the next line that is not empty.
func (r *Reader) nextLine() error {
	for {
		text, err := r.text.ReadSlice('\n')
		r.offset += int64(len(text))
		if err == bufio.ErrBufferFull {
			r.bad++
			if err = r.skip(); err == nil {
				continue
			}
			text = nil
		}
		r.rest = bytes.TrimSpace(text)
		switch {
		case err != nil && err != io.EOF:
			return fmt.Errorf("at byte %d: %w", r.offset, err)
		case len(r.rest) > 0:
			return nil
		case err == io.EOF && r.bad > 0 && r.good == 0:
			return ErrForeign
		case err == io.EOF:
			return io.EOF
		}
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
