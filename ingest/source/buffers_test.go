package source

import "testing"

func TestBuffersAreUsedAgain(t *testing.T) {
	b := buffers{most: 100_000}
	first := b.get(9_000)
	if len(first) != 0 || cap(first) < 9_000 || cap(first) > 9_000*5/4 {
		t.Errorf("a buffer of %d for 9,000 bytes", cap(first))
	}
	b.put(append(first, "text"...))
	if again := b.get(9_001); len(again) != 0 || cap(again) != cap(first) || &again[:1][0] != &first[:1][0] {
		t.Error("it is not used again")
	}
	if other := b.get(9_000); &other[:1][0] == &first[:1][0] {
		t.Error("it is used twice at a time")
	}
	b.put(make([]byte, 0, 65_536))
	b.put(make([]byte, 0, 65_536)) // more than it keeps
	b.put(make([]byte, 0, 12_345)) // a size that is never requested
	if b.held != 65_536 || len(b.free) != 2 {
		t.Errorf("%d bytes are held, of %d sizes", b.held, len(b.free))
	}
}

func TestRoundUp(t *testing.T) {
	for n := range 1 << 20 {
		if r := roundUp(n); r < n || r != roundUp(r) || n > 4<<10 && 4*r > 5*n+8 {
			t.Fatalf("%d is rounded up to %d", n, r)
		}
	}
}
