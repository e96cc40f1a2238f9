package grid

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Columns is the width that lines of a paragraph keep to where words allow it.
const Columns = 100

// Paragraph appends text to out, broken at spaces into lines of which the first starts with first and the others
// with rest; nothing where text is empty. Text is shown as
// Clean leaves it.
func Paragraph(out *strings.Builder, first, rest, text string) {
	if text == "" {
		return
	}
	for i, line := range Wrap(Clean(text), Columns-len(rest), Columns-len(first)) {
		if i > 0 {
			first = rest
		}
		out.WriteString(first + line + "\n")
	}
}

// Wrap breaks text at spaces into lines of width runes, the first one of its own width. A longer word keeps its line alone.
func Wrap(text string, width, first int) (lines []string) {
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

// Few joins names with commas, the first five of many.
func Few(list []string) string {
	const shown = 5
	if more := len(list) - shown; more > 0 {
		return fmt.Sprintf("%s and %s more", strings.Join(list[:shown], ", "), Number(int64(more)))
	}
	return strings.Join(list, ", ")
}

// OneOf joins two words or more as a sentence does: a, b or c.
func OneOf(words []string) string {
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}
