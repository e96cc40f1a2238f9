//go:build (amd64 || arm64) && !purego

package inflate

import "unsafe"

// These read and write memory without looking at the slice's length: that i is right is the caller's to prove, and
// decodeFast does. Its twin for other systems, and behind the tag purego, looks.
//
// A slice's memory lives while the slice is reachable, which it is here: it is an argument. The two architectures are
// little-endian and read words at any address.

// load64 returns b[i:i+8] as a little-endian number. It demands 0 <= i <= len(b)-8.
func load64(b []byte, i int) uint64 {
	return *(*uint64)(unsafe.Add(unsafe.Pointer(unsafe.SliceData(b)), i))
}

// store16 writes v to b[i:i+2], the low byte first. It demands 0 <= i <= len(b)-2.
func store16(b []byte, i int, v uint16) {
	*(*uint16)(unsafe.Add(unsafe.Pointer(unsafe.SliceData(b)), i)) = v
}

// copy16 copies b[from:from+16], as it was, to b[to:to+16]. It demands that both lie in b.
func copy16(b []byte, to, from int) {
	p := unsafe.Pointer(unsafe.SliceData(b))
	*(*[16]byte)(unsafe.Add(p, to)) = *(*[16]byte)(unsafe.Add(p, from))
}
