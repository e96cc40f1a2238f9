package explain

import (
	"strings"
	"unicode/utf8"

	"vpcetrail/report/grid"
)

// longest is the limit for a value that is shown. User agents can take a kilobyte.
const longest = 300

// A page is text that is being laid out.
type page struct{ strings.Builder }

// paragraph writes text as grid.Paragraph does.
func (p *page) paragraph(first, rest, text string) { grid.Paragraph(&p.Builder, first, rest, text) }

// short cuts a value for display.
func short(value string) string {
	if utf8.RuneCountInString(value) <= longest {
		return value
	}
	return string([]rune(value)[:longest]) + "…"
}
