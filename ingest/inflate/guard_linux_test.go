package inflate

import (
	"bytes"
	"os"
	"syscall"
	"testing"
)

// guarded returns n bytes between two pages. Touching either page kills the process. The
// bytes end where the second page begins.
func guarded(t *testing.T, n int) []byte {
	page := os.Getpagesize()
	size := (n + page - 1) / page * page
	all, err := syscall.Mmap(-1, 0, size+2*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Munmap(all) })
	for _, p := range [][]byte{all[:page], all[page+size:]} {
		if err := syscall.Mprotect(p, syscall.PROT_NONE); err != nil {
			t.Fatal(err)
		}
	}
	end := page + size
	return all[end-n : end : end]
}

// TestReaderStaysInItsMemory inflates streams that end at the end of the memory, into a
// window that does too.
func TestReaderStaysInItsMemory(t *testing.T) {
	for _, set := range []map[string][]byte{sound(t), unsound(t)} {
		for name, gz := range set {
			want, _ := reference(gz)
			var r Reader
			r.f.out = guarded(t, maxDistance+window+outSlack)
			in := guarded(t, len(gz))
			copy(in, gz)
			if got, _ := inflated(&r, in); !bytes.Equal(got, want) {
				t.Errorf("%s: %d bytes, want %d", name, len(got), len(want))
			}
		}
	}
	// At every offset in the window, so that every stop is tried.
	gz := gzipped(t, someJSON(400_000))
	in := guarded(t, len(gz))
	copy(in, gz)
	var f inflater
	f.out = guarded(t, 1000+outSlack)
	for first := range 300 {
		f.state, f.in, f.i, f.o, f.gone = atHeader, in, 0, 0, 0
		for stop := 700 + first; stop <= 1000; stop++ {
			if !f.run(stop) {
				t.Fatal("left to klauspost")
			}
		}
	}
}
