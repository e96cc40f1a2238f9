package spill

import "io"

// A Stream keeps bytes on disk. It is written once, to its end, by one goroutine. Then it
// can be read from its start any number of times.
type Stream struct {
	file blockFile
}

// NewStream returns an empty Stream.
func NewStream(disk *Disk) *Stream { return &Stream{file: blockFile{disk: disk}} }

// Write appends p as one block, so p should be long.
func (s *Stream) Write(p []byte) (int, error) {
	if err := s.file.write(p); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Reader returns what was written. After Reader, nothing may be written.
func (s *Stream) Reader() io.Reader {
	err := s.file.flush()
	r := &streamReader{err: err}
	if s.file.file != nil && err == nil {
		r.blocks.reset(&s.file, extent{0, s.file.size})
	}
	return r
}

type streamReader struct {
	blocks blockReader
	rest   []byte
	err    error
}

func (r *streamReader) Read(p []byte) (int, error) {
	for len(r.rest) == 0 {
		switch {
		case r.err != nil:
			return 0, r.err
		case !r.blocks.open:
			return 0, io.EOF
		}
		r.rest, r.err = r.blocks.next()
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}
