//go:build (amd64 || arm64) && !purego

package inflate

import "unsafe"

// These functions read and write memory without a bounds check. The caller must prove
// that i is valid; symbolsFast does. The version for other systems, and for the build tag
// purego, checks it.
//
// A slice's memory lives as long as the slice is reachable. Here it is, because it is an
// argument. Both architectures are little-endian and can read words at any address.

// load64 returns b[i:i+8] as a little-endian number. It requires 0 <= i <= len(b)-8.
func load64(b []byte, i int) uint64 {
	return *(*uint64)(unsafe.Add(unsafe.Pointer(unsafe.SliceData(b)), i))
}

// store16 writes v to b[i:i+2], the low byte first. It requires 0 <= i <= len(b)-2.
func store16(b []byte, i int, v uint16) {
	*(*uint16)(unsafe.Add(unsafe.Pointer(unsafe.SliceData(b)), i)) = v
}

// copy16 copies the old contents of b[from:from+16] to b[to:to+16]. Both must lie in b.
func copy16(b []byte, to, from int) {
	p := unsafe.Pointer(unsafe.SliceData(b))
	*(*[16]byte)(unsafe.Add(p, to)) = *(*[16]byte)(unsafe.Add(p, from))
}
