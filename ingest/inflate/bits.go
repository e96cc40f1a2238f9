package inflate

// refill makes at least 56 bits ready, if the stream has that many before its last
// trailerSize bytes.
func (f *inflater) refill() {
	if f.i+7 <= len(f.in)-trailerSize { // so the load ends below len(f.in)
		f.b |= load64(f.in, f.i) << (f.n & 63)
		f.i += 7 - int(f.n>>3)
		f.n |= 56
		return
	}
	for f.n < 56 && f.i < len(f.in)-trailerSize {
		f.b |= uint64(f.in[f.i]) << f.n
		f.i++
		f.n += 8
	}
}

// take reads count bits, at most 14.
func (f *inflater) take(count uint) (bits uint, ok bool) {
	if f.n < count {
		if f.refill(); f.n < count {
			return 0, false
		}
	}
	bits = uint(f.b & (1<<count - 1))
	f.b, f.n = f.b>>count, f.n-count
	return bits, true
}

// align drops the bits before the next byte boundary and returns the whole bytes in f.b
// to the input.
func (f *inflater) align() {
	f.i -= int(f.n / 8)
	f.b, f.n = 0, 0
}
