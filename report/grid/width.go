package grid

import (
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// Width returns the number of columns that text takes on a terminal: two for a wide character of
// East Asia, and none for a mark that combines with the character before it.
func Width(text string) (columns int) {
	for _, r := range text {
		columns += widthOf(r)
	}
	return columns
}

func widthOf(r rune) int {
	switch {
	case r < 0x300:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me):
		return 0
	case isWide(r):
		return 2
	}
	return 1
}

func isWide(r rune) bool {
	kind := width.LookupRune(r).Kind()
	return kind == width.EastAsianWide || kind == width.EastAsianFullwidth
}

func isKatakana(r rune) bool { return unicode.Is(unicode.Katakana, r) || r == 'ー' || r == '・' }

// Pad appends spaces to text, up to a width in columns.
func Pad(text string, columns int) string {
	return text + strings.Repeat(" ", max(columns-Width(text), 0))
}

// The characters that start no line, and those that end none.
const (
	notFirst = "、。，．・：；？！）」』】〕〉》］｝ー々ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮ…,.:;!?)]}%"
	notLast  = "（「『【〔〈《［｛([{"
)

// units splits a word into the parts between which a line may break: between wide characters, but
// not inside of a word in katakana, nor beside punctuation that belongs to its neighbour. A word
// without wide characters is one part.
func units(word string) (parts []string) {
	start := 0
	var last rune
	for i, r := range word {
		if i > start && (isWide(last) || isWide(r)) && !(isKatakana(last) && isKatakana(r)) && !strings.ContainsRune(notFirst, r) && !strings.ContainsRune(notLast, last) {
			parts = append(parts, word[start:i])
			start = i
		}
		last = r
	}
	return append(parts, word[start:])
}
