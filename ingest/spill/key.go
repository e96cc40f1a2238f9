package spill

import "strings"

// The encoding of several texts in one key keeps their order: the bytes sort as the texts
// do, one text after another. Each text ends with a zero byte. A zero byte inside a text
// is followed by 0xff. No text starts with 0xff because all texts are UTF-8.

// appendField appends a text.
func appendField(dst []byte, text string) []byte {
	for {
		i := strings.IndexByte(text, 0)
		if i < 0 {
			return append(append(dst, text...), 0)
		}
		dst = append(append(dst, text[:i]...), 0, 0xff)
		text = text[i+1:]
	}
}

// AppendFields appends texts to a key or a value. Keys sort as their texts do, one text
// after another. The texts must be UTF-8.
func AppendFields(dst []byte, texts ...string) []byte {
	for _, text := range texts {
		dst = appendField(dst, text)
	}
	return dst
}

// CutFields reads texts from the front of what AppendFields wrote, and returns the rest.
// The texts share its memory.
func CutFields(key string, texts ...*string) (rest string) {
	for _, text := range texts {
		*text, key = cutField(key)
	}
	return key
}

func cutField(key string) (text, rest string) {
	end := strings.IndexByte(key, 0)
	if end+1 == len(key) || key[end+1] != 0xff {
		return key[:end], key[end+1:]
	}
	var whole strings.Builder
	for {
		whole.WriteString(key[:end])
		key = key[end+1:]
		if key == "" || key[0] != 0xff {
			return whole.String(), key
		}
		whole.WriteByte(0)
		key = key[1:]
		end = strings.IndexByte(key, 0)
	}
}
