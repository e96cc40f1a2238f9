package grid

import (
	"encoding/json"
	"fmt"
	"io"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// NewJSON returns an encoder that writes JSON to w as JSONText leaves it, and no escapes for HTML.
func NewJSON(w io.Writer) *json.Encoder {
	enc := json.NewEncoder(jsonWriter{w})
	enc.SetEscapeHTML(false)
	return enc
}

// A jsonWriter takes whole documents, as an Encoder writes them.
type jsonWriter struct{ to io.Writer }

func (w jsonWriter) Write(text []byte) (int, error) {
	if _, err := w.to.Write(JSONText(text)); err != nil {
		return 0, err
	}
	return len(text), nil
}

// JSONText returns JSON that says the same as text, with escapes for the characters that Clean replaces: a
// terminal would obey some that JSON allows, such as U+009B. Layout stays.
func JSONText(text []byte) []byte {
	var out []byte // nil: nothing to escape yet
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
