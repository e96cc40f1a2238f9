package grid

import "strings"

// A Style says how text is to look. Its zero value is plain text of any width.
type Style struct {
	Color bool // ANSI colours
	Width int  // of the terminal, in columns; 0: no terminal, and lines are as long as they need
	Raw   bool // CSV: text that a spreadsheet takes for a formula stays as it is
}

// An Ink is a way to set text off from other text.
type Ink string

// The inks, as ANSI's sequences. Plain changes nothing.
const (
	Plain   Ink = ""
	Bold    Ink = "\x1b[1m"
	Faint   Ink = "\x1b[2m"
	Alarm   Ink = "\x1b[31m"
	Warning Ink = "\x1b[33m"
)

const inkEnd = "\x1b[0m"

// Paint returns text in an ink, or as it is where there are no colours.
func (s Style) Paint(ink Ink, text string) string {
	if !s.Color || ink == Plain || strings.TrimSpace(text) == "" {
		return text
	}
	return string(ink) + text + inkEnd
}

// Elide returns text in at most width runes: what is too long loses its middle. More is left of its end,
// which tells ARNs apart.
func Elide(text string, width int) string {
	runes := []rune(text)
	if len(runes) <= width || width < 1 {
		return text
	}
	head := (width - 1) / 3
	tail := width - 1 - head
	return string(runes[:head]) + "…" + string(runes[len(runes)-tail:])
}
