//go:build !purego && (amd64 || arm64)

package walk

import "unsafe"

// A Buffer is the text being read, followed by pad zero bytes. Only this file uses
// package unsafe. It leaves out the bounds checks: with them decoding takes 20 % longer.
// The build tag purego selects a version that keeps them.
//
// No code looks at a place outside the text and its padding. A walk starts inside the
// text, or at its end. It moves past a byte only after it has seen that the byte is not
// zero. So it stops at the first byte of the padding at the latest. From there it looks
// ahead:
//
//   - Hop and HopASCII load 8 bytes at a time and stop at a zero byte: 8 bytes;
//   - in package event, a member is compared word by word within the 32 bytes of its spelling; the last word
//     starts 8 bytes before its end: 32 bytes;
//   - eventTime loads up to 25 bytes after the quote;
//   - isControl reads 21 bytes after a quote;
//   - callerSetOf loads up to 68 bytes after the brace.
//
// All of these are less than pad. Only caller goes further. It first checks that what it
// compares ends within the text. No code looks before the text either: find steps back by
// one byte, to the byte before a key, and a key is never the first byte.
type Buffer struct{ first unsafe.Pointer }

// Over returns the buffer of a text that ends in Pad zero bytes.
func Over(b []byte) Buffer { return Buffer{unsafe.Pointer(unsafe.SliceData(b))} }

// At returns the byte at i.
func (b Buffer) At(i int) byte { return *(*byte)(unsafe.Add(b.first, i)) }

// Load returns the eight bytes at i, the first one lowest. This is the memory order of
// amd64 and arm64.
func (b Buffer) Load(i int) uint64 { return *(*uint64)(unsafe.Add(b.first, i)) }

// Cut returns the bytes from one place to another. They keep the text's memory alive.
func (b Buffer) Cut(from, to int) []byte {
	return unsafe.Slice((*byte)(unsafe.Add(b.first, from)), to-from)
}

// Place returns the index in the text where s starts. s must not be empty. An index
// outside the text means that s was not cut from it.
func (b Buffer) Place(s []byte) int {
	return int(uintptr(unsafe.Pointer(unsafe.SliceData(s))) - uintptr(b.first))
}
