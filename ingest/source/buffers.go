package source

import (
	"math/bits"
	"sync"
)

// buffers keep the buffers of read objects for reuse. Otherwise all bytes of all
// objects would go through the garbage collector, which lets as much garbage pile up
// as memory is in use. It is safe for concurrent use.
type buffers struct {
	most int64 // bytes kept

	mu   sync.Mutex
	held int64
	free map[int][][]byte // by capacity
}

// roundUp returns the capacity of a buffer for n bytes: four to each power of two.
func roundUp(n int) int {
	const least = 4 << 10
	if n <= least {
		return least
	}
	step := 1 << max(bits.Len(uint(n-1))-3, 0)
	return (n + step - 1) / step * step
}

// get returns an empty buffer with room for n bytes: a free one of up to twice the
// size, or a new one. The sizes of objects differ, and few are free at a time.
func (b *buffers) get(n int) []byte {
	size := roundUp(n)
	b.mu.Lock()
	defer b.mu.Unlock()
	for fits := size; fits <= 2*size; fits = roundUp(fits + 1) {
		if last := len(b.free[fits]) - 1; last >= 0 {
			buf := b.free[fits][last]
			b.free[fits] = b.free[fits][:last]
			b.held -= int64(fits)
			return buf
		}
	}
	return make([]byte, 0, size)
}

// put returns a buffer.
func (b *buffers) put(buf []byte) {
	size := cap(buf)
	if size == 0 || size != roundUp(size) { // grown: the object was larger than listed
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.held+int64(size) > b.most {
		return
	}
	if b.free == nil {
		b.free = map[int][][]byte{}
	}
	b.free[size] = append(b.free[size], buf[:0])
	b.held += int64(size)
}
