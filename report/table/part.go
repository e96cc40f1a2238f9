package table

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
)

// A Part is a range of a file that is read in one step: a row group, or the footer.
type Part struct {
	Offset int64  `json:"offset"`
	Length int64  `json:"length"`
	SHA256 string `json:"sha256"`
	Rows   int64  `json:"rows,omitempty"` // rows of the row group; 0 for the footer
}

// Parts are the parts of a file: its row groups in order, and then its footer. Each part begins
// where the previous one ends, so they cover every byte of the file. The record batches of an
// Arrow file count as row groups.
type Parts []Part

// ErrChanged means that the bytes of a file do not match its Parts.
var ErrChanged = errors.New("not the bytes that were published")

// Bytes returns the size of the file.
func (p Parts) Bytes() (n int64) {
	for i := range p {
		n += p[i].Length
	}
	return n
}

// Rows returns the number of rows in the file.
func (p Parts) Rows() (n int64) {
	for i := range p {
		n += p[i].Rows
	}
	return n
}

// check returns an error if the parts cannot belong to a file of size bytes.
func (p Parts) check(size int64) error {
	at := int64(0)
	if len(p) == 0 {
		return fmt.Errorf("a file without parts: %w", ErrChanged)
	}
	for i := range p {
		if p[i].Offset != at || p[i].Length <= 0 || p[i].SHA256 == "" || p[i].Length > size-at {
			return fmt.Errorf("a file of %d bytes: %w", size, ErrChanged)
		}
		at += p[i].Length
	}
	if at != size {
		return fmt.Errorf("a file of %d bytes, not %d: %w", size, at, ErrChanged)
	}
	return nil
}

// read returns the bytes of the part. It checks their hash if the hash is known.
func (p *Part) read(from io.ReaderAt) ([]byte, error) {
	data, err := readRange(from, p.Offset, p.Length)
	if err != nil {
		return nil, err
	}
	if p.SHA256 == "" {
		return data, nil
	}
	if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != p.SHA256 {
		return nil, ErrChanged
	}
	return data, nil
}

func readRange(from io.ReaderAt, offset, length int64) ([]byte, error) {
	data := make([]byte, length)
	n, err := from.ReadAt(data, offset)
	switch {
	case int64(n) == length:
		return data, nil
	case err == nil || err == io.EOF:
		err = io.ErrUnexpectedEOF
	}
	return nil, fmt.Errorf("read bytes %d to %d: %w", offset, offset+length, err)
}

// A parter writes a file and records its parts.
type parter struct {
	to    io.Writer
	parts Parts
	at    int64
	sum   hash.Hash
}

func newParter(to io.Writer) *parter { return &parter{to: to, sum: sha256.New()} }

func (p *parter) Write(data []byte) (int, error) {
	n, err := p.to.Write(data)
	p.sum.Write(data[:n])
	p.at += int64(n)
	return n, err
}

// Seek returns the current offset. An Arrow writer calls it only for that.
func (p *parter) Seek(offset int64, whence int) (int64, error) {
	if offset != 0 || whence != io.SeekCurrent {
		return 0, errors.New("BUG: a file is written from its start to its end")
	}
	return p.at, nil
}

// end ends a part that has rows rows.
func (p *parter) end(rows int) {
	start := p.parts.Bytes()
	p.parts = append(p.parts, Part{start, p.at - start, hex.EncodeToString(p.sum.Sum(nil)), int64(rows)})
	p.sum.Reset()
}
