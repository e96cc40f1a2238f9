package event

// skipValue walks any value. depth counts the containers around it.
func skipValue(b buffer, i, depth int) int {
	switch b.at(i) {
	case '"':
		return skipString(b, i+1)
	case '{', '[':
		return skipContainer(b, i, depth)
	}
	return skipScalar(b, i)
}

// What stands between two strings where nothing stands that need not, as three bytes: ":" and ",".
const (
	quoteColonQuote = '"'<<16 | ':'<<8 | '"'
	quoteCommaQuote = '"'<<16 | ','<<8 | '"'
)

// skipContainer walks the object or array at b.at(i). depth counts the containers around it.
//
// It does not call itself for what lies inside: for each container that it is in, a bit of open
// says whether that is an object, the innermost in the lowest bit, a one above them all. Only where
// open is full, every 62 levels, it calls itself for the next.
//
// The labels are the states of the walk. The tests for white space before skipSpace spare its call:
// CloudTrail writes none.
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
		goto behind
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
	goto behind

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

behind: // b.at(i) is behind a value
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
		goto behind
	default:
		return ^i
	}

leave: // b.at(i) closes the innermost container
	i++
	depth--
	if open >>= 1; open != 1 {
		goto behind
	}
	return i
}
