package spill

import (
	"bufio"
	"encoding/binary"
	"io"
)

// Frames keep texts on disk, in order. They are written by one goroutine.
type Frames struct{ stream *Stream }

// NewFrames returns no texts.
func NewFrames(disk *Disk) *Frames { return &Frames{NewStream(disk)} }

// Add adds a text, which should be long.
func (f *Frames) Add(text []byte) error {
	_, err := f.stream.Write(append(binary.AppendUvarint(nil, uint64(len(text))), text...))
	return err
}

// Reader returns a function that returns the texts one after the other, and io.EOF after
// the last. After Reader, nothing may be added.
func (f *Frames) Reader() func() ([]byte, error) {
	in := bufio.NewReader(f.stream.Reader())
	return func() ([]byte, error) {
		n, err := binary.ReadUvarint(in)
		if err != nil {
			return nil, err
		}
		text := make([]byte, n)
		_, err = io.ReadFull(in, text)
		return text, err
	}
}
