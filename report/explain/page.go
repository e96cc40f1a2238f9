package explain

import (
	"strings"
	"unicode/utf8"

	"vpcetrail/report/grid"
)

// columns is the width that lines keep to where words allow it.
const columns = 100

// longest is how much of a value is shown: user agents can take a kilobyte.
const longest = 300

// A page is text being laid out.
type page struct{ strings.Builder }

// paragraph writes text, broken into lines of which the first starts with first and the others with rest;
// nothing where text is empty.
func (p *page) paragraph(first, rest, text string) {
	if text == "" {
		return
	}
	for i, line := range wrapped(grid.Clean(text), columns-len(rest), columns-len(first)) {
		if i > 0 {
			first = rest
		}
		p.WriteString(first + line + "\n")
	}
}

// wrapped breaks text at spaces into lines of width runes, the first one of its own width. A longer word
// keeps its line alone.
func wrapped(text string, width, first int) (lines []string) {
	line, room := "", first
	for _, word := range strings.Split(text, " ") {
		switch {
		case line == "":
			line = word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) <= room:
			line += " " + word
		default:
			lines = append(lines, line)
			line, room = word, width
		}
	}
	return append(lines, line)
}

// short cuts a value to what is shown of it.
func short(value string) string {
	if utf8.RuneCountInString(value) <= longest {
		return value
	}
	return string([]rune(value)[:longest]) + "…"
}
