package spill

import "strings"

// Texts one behind the other are so encoded that their bytes sort as the texts do, one after the
// other: each ends in a zero byte, and a zero byte within is followed by 0xff, which starts no
// text, for all of them are UTF-8.

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

// AppendFields appends texts to a key, or to a value, so that keys sort as their texts do, one after the
// other. The texts must be UTF-8.
func AppendFields(dst []byte, texts ...string) []byte {
	for _, text := range texts {
		dst = appendField(dst, text)
	}
	return dst
}

// CutFields takes texts off the front of what AppendFields has written, and returns the rest. They share
// its memory.
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
