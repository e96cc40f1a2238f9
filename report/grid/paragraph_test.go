package grid

import (
	"strings"
	"testing"
)

func TestParagraph(t *testing.T) {
	word := strings.Repeat("w", 60)
	for _, tc := range []struct{ text, want string }{
		{"", ""},
		{"a\x07b", "- a\uFFFDb\n"},
		{word + " " + word + " end", "- " + word + "\n    " + word + " end\n"},
		{strings.Repeat("x", 120) + " y", "- " + strings.Repeat("x", 120) + "\n    y\n"},
	} {
		var out strings.Builder
		if Paragraph(&out, "- ", "    ", tc.text); out.String() != tc.want {
			t.Errorf("%q, want %q", out.String(), tc.want)
		}
	}
}

func TestFew(t *testing.T) {
	many := strings.Split("abcdefg", "")
	if few, all := Few(many), Few(many[:5]); few != "a, b, c, d, e and 2 more" || all != "a, b, c, d, e" || Few(nil) != "" {
		t.Errorf("%q, %q", few, all)
	}
}
