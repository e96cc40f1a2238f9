package grid

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Columns is the maximum width of the lines of a paragraph. Only a longer word exceeds it.
const Columns = 100

// Paragraph appends text to out, broken into lines at spaces. The first line starts with first, and
// the others with rest. It appends nothing if text is empty. Text is cleaned by Clean.
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

// Wrap breaks text at spaces into lines of at most width runes. The first line has its own width. A
// longer word has a line of its own.
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

// Few joins names with commas. Of more than five, it gives the first five and the number of others.
func Few(list []string) string {
	const shown = 5
	if more := len(list) - shown; more > 0 {
		return fmt.Sprintf("%s and %s more", strings.Join(list[:shown], ", "), Number(int64(more)))
	}
	return strings.Join(list, ", ")
}

// OneOf joins two or more words for a sentence: a, b or c.
func OneOf(words []string) string {
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}
