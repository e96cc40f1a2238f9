package inflate

import (
	"bufio"
	"bytes"
	"errors"
	"io"

	"github.com/klauspost/compress/gzip"
)

// ErrTrailing says that the bytes after the last member of a gzip stream do not start
// another member.
var ErrTrailing = errors.New("gzip: bytes after the end of the stream")

// Magic is the start of every gzip stream.
const Magic = "\x1f\x8b"

// A Stream inflates a gzip stream while it arrives, with klauspost's reader. Text, errors
// and their places equal a Reader's for the same stream. A Stream is not safe for
// concurrent use.
//
// It reads the members one by one, because klauspost's reader is wrong about what follows
// a member. It reports up to nine stray bytes as a truncated stream. It accepts a member
// that is cut inside its name or comment as a sound end.
type Stream struct {
	src *bufio.Reader
	zr  gzip.Reader
	err error // what ended the stream

	members int // begun
}

// NewStream returns a Stream that reads a gzip stream from src. An error is about the
// stream's header.
func NewStream(src *bufio.Reader) (*Stream, error) {
	s := &Stream{src: src}
	s.err = s.member()
	return s, s.err
}

// Read implements io.Reader. Text is tentative until io.EOF.
func (s *Stream) Read(p []byte) (n int, err error) {
	for n == 0 && s.err == nil && len(p) > 0 {
		if n, s.err = s.zr.Read(p); s.err == io.EOF {
			s.err = s.next()
		}
	}
	if n > 0 {
		return n, nil
	}
	return 0, s.err
}

// next begins the next member. At the end of the stream it returns io.EOF.
func (s *Stream) next() error {
	start, err := s.src.Peek(len(Magic))
	switch {
	case err != nil && (err != io.EOF || len(start) == 0):
		return err
	case !bytes.HasPrefix([]byte(Magic), start):
		return ErrTrailing
	}
	return s.member()
}

// member reads a member's header.
func (s *Stream) member() error {
	err := s.zr.Reset(s.src)
	s.zr.Multistream(false)
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	if err == nil {
		s.members++
	}
	return err
}

// Members returns the number of members begun so far. After io.EOF it is the number in the
// stream.
func (s *Stream) Members() int { return s.members }
