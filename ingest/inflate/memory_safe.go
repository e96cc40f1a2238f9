//go:build !(amd64 || arm64) || purego

package inflate

import "encoding/binary"

// The safe version of memory_unsafe.go. It panics where that file's requirements do not
// hold.

func load64(b []byte, i int) uint64 { return binary.LittleEndian.Uint64(b[i:]) }

func store16(b []byte, i int, v uint16) { binary.LittleEndian.PutUint16(b[i:], v) }

func copy16(b []byte, to, from int) { *(*[16]byte)(b[to:]) = *(*[16]byte)(b[from:]) }
