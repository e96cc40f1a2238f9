package walk

// SkipValue walks any value. depth is the number of containers around it.
func SkipValue(b Buffer, i, depth int) int {
	switch b.At(i) {
	case '"':
		return SkipString(b, i+1)
	case '{', '[':
		return SkipContainer(b, i, depth)
	}
	return SkipScalar(b, i)
}

// The three bytes between two strings if there is no white space: ":" and ",".
const (
	quoteColonQuote = '"'<<16 | ':'<<8 | '"'
	quoteCommaQuote = '"'<<16 | ','<<8 | '"'
)

// SkipContainer walks the object or array at b.At(i). depth is the number of containers
// around it.
//
// It does not call itself for nested containers. Each open container has a bit in open,
// which says whether it is an object. The innermost one is the lowest bit. A one comes
// above them all. Only when open is full, every 62 levels, does it call itself for the
// next level.
//
// The labels are the states of the walk. The tests for white space before SkipSpace save
// the call: CloudTrail writes no white space.
func SkipContainer(b Buffer, i, depth int) int {
	open := uint64(1)

enter: // b.At(i) opens a container
	if depth++; depth > MaxDepth {
		return ^i
	}
	if open>>62 != 0 {
		if i = SkipContainer(b, i, depth-1); i < 0 {
			return i
		}
		depth--
		goto after
	}
	if b.At(i) == '[' {
		open <<= 1
		if i++; b.At(i) <= ' ' {
			i = SkipSpace(b, i)
		}
		if b.At(i) == ']' {
			goto leave
		}
		goto value
	}
	open = open<<1 | 1
	if i++; b.At(i) <= ' ' {
		i = SkipSpace(b, i)
	}
	if b.At(i) == '}' {
		goto leave
	}

key: // b.At(i) must open a key
	if b.At(i) != '"' {
		return ^i
	}
	if i = Hop(b, i+1); b.At(i) != '"' {
		if i = SkipString(b, i); i < 0 {
			return i
		}
		i--
	}
	if b.Load(i)&0xffffff == quoteColonQuote {
		i += 2
		goto text
	}
	if i = SkipSpace(b, i+1); b.At(i) != ':' {
		return ^i
	}
	if i++; b.At(i) <= ' ' {
		i = SkipSpace(b, i)
	}

value: // b.At(i) must start a value
	switch b.At(i) {
	case '"':
		goto text
	case '{', '[':
		goto enter
	}
	if i = SkipScalar(b, i); i < 0 {
		return i
	}
	goto after

text: // b.At(i) opens a string that is a value
	if i = Hop(b, i+1); b.At(i) != '"' {
		if i = SkipString(b, i); i < 0 {
			return i
		}
		i--
	}
	if b.Load(i)&0xffffff == quoteCommaQuote {
		i += 2
		if open&1 != 0 {
			goto key
		}
		goto text
	}
	i++

after: // b.At(i) is after a value
	switch b.At(i) {
	case ',':
		if i++; b.At(i) <= ' ' {
			i = SkipSpace(b, i)
		}
		if open&1 != 0 {
			goto key
		}
		goto value
	case '}':
		if open&1 == 0 {
			return ^i
		}
	case ']':
		if open&1 != 0 {
			return ^i
		}
	case ' ', '\n', '\t', '\r':
		i = SkipSpace(b, i)
		goto after
	default:
		return ^i
	}

leave: // b.At(i) closes the innermost container
	i++
	depth--
	if open >>= 1; open != 1 {
		goto after
	}
	return i
}
