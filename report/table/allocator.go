package table

import "github.com/apache/arrow/go/v15/arrow/memory"

// Arrow's page writers (PooledBufferWriter.Reserve of v15) ask for as many bytes more as their header has, each time they
// look for room, and arrow's allocator copies the whole page each time: a sixth of publishing (2026-11). Its buffers
// come from the default allocator, whoever asks.
func init() { memory.DefaultAllocator = roomy{memory.NewGoAllocator()} }

// roomy is an allocator that gives what grows as much again.
type roomy struct{ *memory.GoAllocator }

// Reallocate returns size bytes that begin with those of b, which it may share.
func (r roomy) Reallocate(size int, b []byte) []byte {
	if size <= cap(b) {
		return b[:size]
	}
	grown := r.Allocate(max(size, 2*len(b)))[:size]
	copy(grown, b)
	return grown
}
