package event

import (
	"strings"
	"testing"

	"vpcetrail/ingest/event/walk"
)

// padded returns text as a buffer in memory that ends with the padding.
func padded(text string) walk.Buffer {
	return walk.Over(append(make([]byte, 0, len(text)+walk.Pad), text...)[:len(text)+walk.Pad])
}

// skips compares skipValue with plainSkip at every level that matters.
func skips(t *testing.T, text string) {
	t.Helper()
	b := padded(text)
	for _, depth := range []int{0, 3, walk.MaxDepth - 2, walk.MaxDepth - 1, walk.MaxDepth} {
		if got, want := walk.SkipValue(b, 0, depth), plainSkip(text, 0, depth); got != want {
			t.Fatalf("%q inside %d containers: walked to %d, want %d", text, depth, got, want)
		}
	}
}

var skipped = []string{
	"", " ", "x", `"`, `"a"`, `"a\"b\\"x`, `"a\u00e9"`, `"a\u00g9"`, `"a\x"`, "\"a\x00\"", "\"a\x1f\"", "\"a\x7f\x80\xff\"", `"12345678"`, `"1234567\`,
	"0", "-0", "-", "01", "1.", "1.5", "1.5e", "1.5e+", "1.5E+07,", "12345678901234567890123]",
	"true", "trux", "tru", "false", "falsy", "fals", "null", "nulk", "n",
	"{}", "{ }", "[]", "[ ]", "{", "[", "[}", "{]", "[1,]", "[,1]", `{"a"}`, `{"a":}`, `{"a":1,}`, `{a:1}`, `{"a" : 1 , "b" : [ ] }`, `{"a":"b","c":"d"}`, `{"a":"b" , "c":"d"}`,
	`["a","b"]`, `["a","b","c":1]`, `{"a":"b","c","d"}`, `{"a":"b":"c"}`, `[{"a":[{"b":[]}]},"c",[["d"]]]x`, "[1\n,\t2\r, 3 ]", `["\"","\\",{"\"":"\\"}]`,
	strings.Repeat("[", 61) + strings.Repeat("]", 61), strings.Repeat(`{"a":`, 130) + "1" + strings.Repeat("}", 130) + ",",
	strings.Repeat("[", 200) + "}", strings.Repeat("[[", 70) + "]" + strings.Repeat(",1]", 139),
}

func TestSkipValueFollowsTheGrammar(t *testing.T) {
	for _, text := range skipped {
		skips(t, text)
	}
}

// TestSkipValueSeesEveryByte puts every byte at every place of a word in a string.
func TestSkipValueSeesEveryByte(t *testing.T) {
	for at := range 18 {
		for c := range 256 {
			text := []byte(`["` + strings.Repeat("a", 18) + `",1]`)
			text[2+at] = byte(c)
			skips(t, string(text))
			b := padded(string(text[1:]))
			wantPlain := c >= ' ' && c < 0x80 && c != '\\'
			if end, plain := walk.ScanString(b, 1); end > 0 && plain != wantPlain {
				t.Errorf("byte %#x: plain is %v", c, plain)
			}
		}
	}
}

func FuzzSkipValue(f *testing.F) {
	for _, text := range skipped {
		f.Add(text)
	}
	for _, doc := range documents {
		f.Add(doc)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) < 1<<16 {
			skips(t, text)
		}
	})
}
