package grid

import (
	"strings"

	"vpcetrail/report/words"
)

// A Style is the look of text. The zero value is plain text of any width.
type Style struct {
	Color bool // ANSI colours
	Width int  // width of the terminal in columns; 0 means no terminal, and lines of any length
	Raw   bool // in CSV, do not change text that a spreadsheet may treat as a formula

	Words *words.Language // of sentences, titles and heads; nil is English
}

// An Ink is a way to highlight text.
type Ink string

// The inks, as ANSI escape sequences. Plain changes nothing.
const (
	Plain   Ink = ""
	Bold    Ink = "\x1b[1m"
	Faint   Ink = "\x1b[2m"
	Alarm   Ink = "\x1b[31m"
	Warning Ink = "\x1b[33m"
)

const inkEnd = "\x1b[0m"

// Paint returns text in an ink, or unchanged if the style has no colours.
func (s Style) Paint(ink Ink, text string) string {
	if !s.Color || ink == Plain || strings.TrimSpace(text) == "" {
		return text
	}
	return string(ink) + text + inkEnd
}

// Elide shortens text to at most width columns by cutting its middle. It keeps more of the end, where
// ARNs differ.
func Elide(text string, width int) string { return elide(text, width, "…") }

// elide is Elide in the language of s. Fonts for Japanese have … in one column or in two.
func (s Style) elide(text string, width int) string {
	if s.Words.Tag() == "ja" {
		return elide(text, width, "..")
	}
	return Elide(text, width)
}

func elide(text string, width int, mark string) string {
	if width < 1 || Width(text) <= width {
		return text
	}
	runes := []rune(text)
	head := (width - Width(mark)) / 3
	tail := width - Width(mark) - head
	from, to := 0, len(runes)
	for ; from < len(runes) && head >= widthOf(runes[from]); from++ {
		head -= widthOf(runes[from])
	}
	for ; to > from && tail >= widthOf(runes[to-1]); to-- {
		tail -= widthOf(runes[to-1])
	}
	return string(runes[:from]) + mark + string(runes[to:])
}
