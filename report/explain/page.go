package explain

import (
	"strings"
	"unicode/utf8"

	"vpcetrail/classify/phrase"
	"vpcetrail/report/grid"
)

// longest is the limit for a value that is shown. User agents can take a kilobyte.
const longest = 300

// A page is text that is being laid out.
type page struct {
	strings.Builder
	style grid.Style
}

// paragraph writes text as grid.Paragraph does.
func (p *page) paragraph(first, rest, text string) { p.style.Paragraph(&p.Builder, first, rest, text) }

// labelled writes text as a paragraph to the right of a label, which takes the given columns.
func (p *page) labelled(label phrase.Format, columns int, text string) {
	p.paragraph(grid.Pad(p.say(label), columns), strings.Repeat(" ", columns), text)
}

// say says a sentence in the language of the page.
func (p *page) say(f phrase.Format, args ...any) string { return p.style.Words.Say(f, args...) }

func (p *page) text(s phrase.Phrase) string { return p.style.Words.Text(s) }

// short cuts a value for display.
func short(value string) string {
	if utf8.RuneCountInString(value) <= longest {
		return value
	}
	return string([]rune(value)[:longest]) + "…"
}
