package grid

import (
	"encoding/json"
	"fmt"
	"io"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// NewJSON returns an encoder that writes JSON to w, cleaned by JSONText and without escapes for HTML.
func NewJSON(w io.Writer) *json.Encoder {
	enc := json.NewEncoder(jsonWriter{w})
	enc.SetEscapeHTML(false)
	return enc
}

// A jsonWriter takes one complete document per Write, as a json.Encoder writes them.
type jsonWriter struct{ to io.Writer }

func (w jsonWriter) Write(text []byte) (int, error) {
	if _, err := w.to.Write(JSONText(text)); err != nil {
		return 0, err
	}
	return len(text), nil
}

// JSONText returns the same JSON with escapes for the characters that Clean replaces. JSON allows
// some characters that control a terminal, such as U+009B. The layout does not change.
func JSONText(text []byte) []byte {
	var out []byte // nil means nothing to escape so far
	for at := 0; at < len(text); {
		r, size := utf8.DecodeRune(text[at:])
		switch {
		case r >= 0x7F && !unicode.IsPrint(r):
			if out == nil {
				out = append(make([]byte, 0, len(text)+64), text[:at]...)
			}
			out = appendEscape(out, r)
		case out != nil:
			out = append(out, text[at:at+size]...)
		}
		at += size
	}
	if out == nil {
		return text
	}
	return out
}

func appendEscape(dst []byte, r rune) []byte {
	if high, low := utf16.EncodeRune(r); high != unicode.ReplacementChar {
		return fmt.Appendf(dst, `\u%04x\u%04x`, high, low)
	}
	return fmt.Appendf(dst, `\u%04x`, r)
}
