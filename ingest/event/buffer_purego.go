//go:build purego || !(amd64 || arm64)

package event

import "encoding/binary"

// A buffer is the text being read, followed by pad zero bytes. This is the safe version
// of the one in buffer.go.
type buffer []byte

func over(b []byte) buffer { return b }

func (b buffer) at(i int) byte { return b[i] }

func (b buffer) load(i int) uint64 { return binary.LittleEndian.Uint64(b[i:]) }

func (b buffer) cut(from, to int) []byte { return b[from:to] }

func (b buffer) place(s []byte) int {
	if i := cap(b) - cap(s); i >= 0 && i < len(b) && &b[i] == &s[0] {
		return i
	}
	return -1
}
