package event

import (
	"strings"

	"vpcetrail/ingest/event/walk"
)

// plainSkip walks the value at text[i:] by the rules of scan.go, byte by byte and
// recursively. It returns the place after the value, or the complement of the place of
// the first wrong byte.
func plainSkip(text string, i, depth int) int {
	at := func(i int) byte {
		if i < len(text) {
			return text[i]
		}
		return 0
	}
	switch c := at(i); c {
	case '"':
		return plainString(text, i+1)
	case '{', '[':
		if depth++; depth > walk.MaxDepth {
			return ^i
		}
		closing := byte('}')
		if c == '[' {
			closing = ']'
		}
		if i = plainSpace(text, i+1); at(i) == closing {
			return i + 1
		}
		for {
			if c == '{' {
				if at(i) != '"' {
					return ^i
				}
				if i = plainString(text, i+1); i < 0 {
					return i
				}
				if i = plainSpace(text, i); at(i) != ':' {
					return ^i
				}
				i = plainSpace(text, i+1)
			}
			if i = plainSkip(text, i, depth); i < 0 {
				return i
			}
			switch i = plainSpace(text, i); at(i) {
			case ',':
				i = plainSpace(text, i+1)
			case closing:
				return i + 1
			default:
				return ^i
			}
		}
	case 't', 'f', 'n':
		word := map[byte]string{'t': "true", 'f': "false", 'n': "null"}[c]
		for k := range len(word) {
			if at(i+k) != word[k] {
				return ^(i + k)
			}
		}
		return i + len(word)
	}
	return plainNumber(text, i)
}

func plainSpace(text string, i int) int {
	return len(text) - len(strings.TrimLeft(text[min(i, len(text)):], " \t\r\n"))
}

func plainString(text string, i int) int {
	for ; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			return i + 1
		case c < ' ':
			return ^i
		case c == '\\':
			i++
			rest := text[min(i, len(text)):]
			if rest == "" || !strings.Contains(`"\/bfnrtu`, rest[:1]) {
				return ^i
			}
			for k := 1; rest[0] == 'u' && k <= 4; k++ {
				if i++; k >= len(rest) || !strings.Contains("0123456789abcdefABCDEF", rest[k:k+1]) {
					return ^i
				}
			}
		}
	}
	return ^len(text)
}

func plainNumber(text string, i int) int {
	digits := func() bool {
		start := i
		for i < len(text) && '0' <= text[i] && text[i] <= '9' {
			i++
		}
		return i > start
	}
	is := func(set string) bool { return i < len(text) && strings.Contains(set, text[i:i+1]) }
	if is("-") {
		i++
	}
	if is("0") {
		i++
	} else if !digits() {
		return ^i
	}
	if is(".") {
		if i++; !digits() {
			return ^i
		}
	}
	if is("eE") {
		if i++; is("+-") {
			i++
		}
		if !digits() {
			return ^i
		}
	}
	return i
}
