//go:build purego || !(amd64 || arm64)

package walk

import "encoding/binary"

// A Buffer is the text being read, followed by pad zero bytes. This is the safe version
// of the one in buffer.go.
type Buffer []byte

// Over returns the buffer of a text that ends in Pad zero bytes.
func Over(b []byte) Buffer { return b }

// At returns the byte at i.
func (b Buffer) At(i int) byte { return b[i] }

// Load returns the eight bytes at i, the first one lowest.
func (b Buffer) Load(i int) uint64 { return binary.LittleEndian.Uint64(b[i:]) }

// Cut returns the bytes from one place to another.
func (b Buffer) Cut(from, to int) []byte { return b[from:to] }

// Place returns the index in the text where s starts, or an index outside the text.
func (b Buffer) Place(s []byte) int {
	if i := cap(b) - cap(s); i >= 0 && i < len(b) && &b[i] == &s[0] {
		return i
	}
	return -1
}
