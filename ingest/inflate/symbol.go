package inflate

// symbol decodes one symbol, or two literals, or a match. It checks that there are enough
// bits. For room it has the requirement of symbols.
func (f *inflater) symbol() outcome {
	f.refill()
	e, b, n := lookUp(f.lit[:], litBits, f.b)
	n += uint(e & 63)
	if n > f.n {
		return irregular
	}
	f.b, f.n = f.b>>n, f.n-n
	switch {
	case e&literal != 0:
		store16(f.out, f.o, uint16(e>>valueShift))
		f.o += int(e >> countShift & 3)
		return stopped
	case e&endOfBlock != 0:
		return blockEnds
	case e&special != 0:
		return irregular
	}
	length := plus(e, b)
	f.refill()
	e, b, n = lookUp(f.dist[:], distBits, f.b)
	n += uint(e & 63)
	if n > f.n || e&special != 0 {
		return irregular
	}
	f.b, f.n = f.b>>n, f.n-n
	dist := plus(e, b)
	if dist > f.o-f.from {
		return irregular
	}
	for range length {
		f.out[f.o] = f.out[f.o-dist]
		f.o++
	}
	return stopped
}

// lookUp returns the entry for the bits of b. It used n bits to reach a sub-table. The
// code continues in rest.
func lookUp(table []entry, width int, b uint64) (e entry, rest uint64, n uint) {
	e = table[b&(1<<width-1)]
	if e&link == 0 {
		return e, b, 0
	}
	n = uint(e & 63)
	b >>= n
	return table[linked(e, b)], b, n
}
