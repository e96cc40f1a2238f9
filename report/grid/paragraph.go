package grid

import (
	"strings"

	"vpcetrail/classify/phrase"
)

// Columns is the maximum width of the lines of a paragraph. Only a longer word exceeds it.
const Columns = 100

// Prose is text for people that is being written.
type Prose struct {
	strings.Builder
	Style Style
}

// Say returns a sentence in the language of the text.
func (p *Prose) Say(f phrase.Format, args ...any) string { return p.Style.Words.Say(f, args...) }

// Paragraph writes a sentence as the function Paragraph does, in lines that fit the terminal.
func (p *Prose) Paragraph(first, rest string, f phrase.Format, args ...any) {
	p.Style.Paragraph(&p.Builder, first, rest, p.Say(f, args...))
}

// Paragraph appends text to out, broken into lines as Wrap does. The first line starts with first, and
// the others with rest. It appends nothing if text is empty. Text is cleaned by Clean.
func Paragraph(out *strings.Builder, first, rest, text string) {
	Style{}.Paragraph(out, first, rest, text)
}

// Paragraph appends text to out as the function Paragraph does, in lines that fit the terminal.
func (s Style) Paragraph(out *strings.Builder, first, rest, text string) {
	if text == "" {
		return
	}
	columns := s.Columns()
	for i, line := range Wrap(Clean(text), columns-Width(rest), columns-Width(first)) {
		if i > 0 {
			first = rest
		}
		out.WriteString(first + line + "\n")
	}
}

// Columns returns the width of lines of text: of the terminal, within bounds.
func (s Style) Columns() int {
	const least = 50
	if s.Width == 0 {
		return Columns
	}
	return min(max(s.Width, least), Columns)
}

// held is a space and a percent sign, which stay with the number before them.
const held = "\u00a0%"

// Wrap breaks text into lines of at most width columns: at spaces, and between wide characters. The
// first line has its own width. A longer word has a line of its own.
func Wrap(text string, width, first int) (lines []string) {
	line, room := "", first
	for _, word := range strings.Split(strings.ReplaceAll(text, " %", held), " ") {
		space := " "
		for _, part := range units(word) {
			switch {
			case line == "":
				line = part
			case Width(line)+len(space)+Width(part) <= room:
				line += space + part
			default:
				lines = append(lines, line)
				line, room = part, width
			}
			space = ""
		}
	}
	lines = append(lines, line)
	for i := range lines {
		lines[i] = strings.ReplaceAll(lines[i], held, " %")
	}
	return lines
}

// Few is phrase.Few in English.
func Few(list []string) string { return phrase.Few(list).String() }

// OneOf joins two or more words for a sentence: a, b or c.
func OneOf(words []string) string {
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}
