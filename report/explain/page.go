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
	grid.Prose
}

// paragraph writes text as grid.Paragraph does.
func (p *page) paragraph(first, rest, text string) { p.Style.Paragraph(&p.Builder, first, rest, text) }

// labelled writes text as a paragraph to the right of a label, which takes the given columns.
func (p *page) labelled(label phrase.Format, columns int, text string) {
	p.paragraph(grid.Pad(p.Say(label), columns), strings.Repeat(" ", columns), text)
}

func (p *page) text(s phrase.Phrase) string { return p.Style.Words.Text(s) }

// short cuts a value for display.
func short(value string) string {
	if utf8.RuneCountInString(value) <= longest {
		return value
	}
	return string([]rune(value)[:longest]) + "…"
}
