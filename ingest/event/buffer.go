//go:build !purego && (amd64 || arm64)

package event

import "unsafe"

// A buffer is the text that is walked, with pad zero bytes behind it. It is the only place where
// this package uses package unsafe: to leave out the bounds checks, with which decoding takes 20 %
// longer. Build tag purego selects a twin that keeps them.
//
// No place outside text and padding is looked at. A walk starts inside the text, or at its end, and
// goes on only behind bytes that it has seen and that are not zero, so that it comes no farther
// than the first byte of the padding. From there it looks ahead:
//
//   - hop and hopASCII load 8 bytes at a time and stop at a zero byte: 8 bytes;
//   - a member is compared by words within the 32 bytes of its spelling, of which the one that starts
//     8 before its end may reach as far as they do: 32 bytes;
//   - eventTime loads up to 25 bytes behind the quote;
//   - isControl cuts 21 bytes behind a quote;
//   - callerSetOf loads up to 68 bytes behind the brace.
//
// That is less than pad. caller alone goes further, and first makes sure that what it compares ends
// within the text. Places before the text are not looked at either: find steps back by one, to what
// stands before a key, and a key is never the first byte.
type buffer struct{ first unsafe.Pointer }

func over(b []byte) buffer { return buffer{unsafe.Pointer(unsafe.SliceData(b))} }

// at returns the byte at i.
func (b buffer) at(i int) byte { return *(*byte)(unsafe.Add(b.first, i)) }

// load returns the eight bytes at i, the first one lowest, as amd64 and arm64 have them in memory.
func (b buffer) load(i int) uint64 { return *(*uint64)(unsafe.Add(b.first, i)) }

// cut returns the bytes from one place to another. They keep the text's memory alive.
func (b buffer) cut(from, to int) []byte {
	return unsafe.Slice((*byte)(unsafe.Add(b.first, from)), to-from)
}

// place returns where in the text s starts, which is not empty; any place outside it means that s
// was not cut from there.
func (b buffer) place(s []byte) int {
	return int(uintptr(unsafe.Pointer(unsafe.SliceData(s))) - uintptr(b.first))
}
