package grid

import (
	"slices"
	"testing"
)

func TestWidth(t *testing.T) {
	for text, want := range map[string]int{"": 0, "abc": 3, "経路": 4, "ｱ": 1, "（": 2, "e\u0301": 1, "…": 1, "vpce の割合": 11} {
		if got := Width(text); got != want {
			t.Errorf("%q: %d columns, want %d", text, got, want)
		}
	}
	if got := Elide("経路別の呼び出し", 9); Width(got) > 9 {
		t.Errorf("%q is wider than 9", got)
	}
	if got := Pad("経路", 6) + "|"; got != "経路  |" {
		t.Errorf("got %q", got)
	}
}

// No line starts with what belongs to the line before, and none ends with an opening bracket.
// A percent sign stays with its number.
func TestWrap(t *testing.T) {
	for text, want := range map[string][]string{
		"経路は、経由":        {"経路", "は、経", "由"},
		"経路（経由）":        {"経路", "（経", "由）"},
		"経路 vpce-0a 経由": {"経路", "vpce-0a", "経由"},
		"経路ルート表":        {"経路", "ルート", "表"},
		"経路ゲートウェイ":      {"経路", "ゲートウェイ"},
		"ab 9.5 %":      {"ab", "9.5 %"},
	} {
		if got := Wrap(text, 6, 6); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
