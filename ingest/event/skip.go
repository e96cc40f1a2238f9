package event

// skipValue walks any value. depth is the number of containers around it.
func skipValue(b buffer, i, depth int) int {
	switch b.at(i) {
	case '"':
		return skipString(b, i+1)
	case '{', '[':
		return skipContainer(b, i, depth)
	}
	return skipScalar(b, i)
}

// The three bytes between two strings if there is no white space: ":" and ",".
const (
	quoteColonQuote = '"'<<16 | ':'<<8 | '"'
	quoteCommaQuote = '"'<<16 | ','<<8 | '"'
)

// skipContainer walks the object or array at b.at(i). depth is the number of containers
// around it.
//
// It does not call itself for nested containers. Each open container has a bit in open,
// which says whether it is an object. The innermost one is the lowest bit. A one comes
// above them all. Only when open is full, every 62 levels, does it call itself for the
// next level.
//
// The labels are the states of the walk. The tests for white space before skipSpace save
// the call: CloudTrail writes no white space.
func skipContainer(b buffer, i, depth int) int {
	open := uint64(1)

enter: // b.at(i) opens a container
	if depth++; depth > maxDepth {
		return ^i
	}
	if open>>62 != 0 {
		if i = skipContainer(b, i, depth-1); i < 0 {
			return i
		}
		depth--
		goto after
	}
	if b.at(i) == '[' {
		open <<= 1
		if i++; b.at(i) <= ' ' {
			i = skipSpace(b, i)
		}
		if b.at(i) == ']' {
			goto leave
		}
		goto value
	}
	open = open<<1 | 1
	if i++; b.at(i) <= ' ' {
		i = skipSpace(b, i)
	}
	if b.at(i) == '}' {
		goto leave
	}

key: // b.at(i) must open a key
	if b.at(i) != '"' {
		return ^i
	}
	if i = hop(b, i+1); b.at(i) != '"' {
		if i = skipString(b, i); i < 0 {
			return i
		}
		i--
	}
	if b.load(i)&0xffffff == quoteColonQuote {
		i += 2
		goto text
	}
	if i = skipSpace(b, i+1); b.at(i) != ':' {
		return ^i
	}
	if i++; b.at(i) <= ' ' {
		i = skipSpace(b, i)
	}

value: // b.at(i) must start a value
	switch b.at(i) {
	case '"':
		goto text
	case '{', '[':
		goto enter
	}
	if i = skipScalar(b, i); i < 0 {
		return i
	}
	goto after

text: // b.at(i) opens a string that is a value
	if i = hop(b, i+1); b.at(i) != '"' {
		if i = skipString(b, i); i < 0 {
			return i
		}
		i--
	}
	if b.load(i)&0xffffff == quoteCommaQuote {
		i += 2
		if open&1 != 0 {
			goto key
		}
		goto text
	}
	i++

after: // b.at(i) is after a value
	switch b.at(i) {
	case ',':
		if i++; b.at(i) <= ' ' {
			i = skipSpace(b, i)
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
		i = skipSpace(b, i)
		goto after
	default:
		return ^i
	}

leave: // b.at(i) closes the innermost container
	i++
	depth--
	if open >>= 1; open != 1 {
		goto after
	}
	return i
}
