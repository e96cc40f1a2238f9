package explain

import (
	"cmp"
	"io"
	"strings"

	"vpcetrail/classify"
	"vpcetrail/classify/phrase"
	"vpcetrail/report/grid"
)

// A diffRow is one property of two records.
type diffRow struct {
	Field   string  `json:"field"`
	A       *string `json:"a"`
	B       *string `json:"b"`
	Differs bool    `json:"differs"`
	Decides bool    `json:"decides"` // it differs, and a verdict rests on it
}

func newDiffRow(field, a, b string, decides bool) diffRow {
	return diffRow{field, orNull(a), orNull(b), a != b, decides && a != b}
}

// diffHead says what was called, by whom, and with which result.
func diffHead(a, b *Record) []diffRow {
	return []diffRow{
		newDiffRow("eventName", a.Name, b.Name, false),
		newDiffRow("eventSource", a.Service, b.Service, false),
		newDiffRow("awsRegion", a.Region, b.Region, false),
		newDiffRow("account", a.Account, b.Account, false),
		newDiffRow("principal", a.Principal, b.Principal, false),
		newDiffRow("session", a.Session, b.Session, false),
		newDiffRow("error", a.Error, b.Error, false),
	}
}

// diffVerdicts compares the verdicts.
func diffVerdicts(a, b *Record) []diffRow {
	words := func(r *Record) (route, evidence string) {
		if r.Explanation == nil {
			return "", ""
		}
		return codes(r.Explanation.Verdict), r.Explanation.Verdict.Evidence.String()
	}
	routeA, evidenceA := words(a)
	routeB, evidenceB := words(b)
	return []diffRow{newDiffRow("route", routeA, routeB, false), newDiffRow("evidence", evidenceA, evidenceB, false)}
}

// diffFindings compares the findings. All records have the same fields in the same order.
// Only a record with an endpoint, or with a denial, has more.
func diffFindings(a, b *Record) []diffRow {
	var rows []diffRow
	findings := func(r *Record) []classify.Finding {
		if r.Explanation == nil {
			return nil
		}
		return r.Explanation.Findings
	}
	of := func(r *Record, field string) (f classify.Finding, ok bool) {
		for _, f := range findings(r) {
			if f.Field == field {
				return f, true
			}
		}
		return f, false
	}
	add := func(f, g classify.Finding, both bool) {
		decides := f.Side == classify.Decides || g.Side == classify.Decides
		if f.Field == classify.FieldInventory || f.Field == classify.FieldTrail {
			if !both && !decides {
				return
			}
			f.Value, g.Value = cmp.Or(f.Value, string(nothingAsked)), cmp.Or(g.Value, string(nothingAsked))
		}
		rows = append(rows, newDiffRow(f.Field, f.Value, g.Value, decides))
	}
	for _, f := range findings(a) {
		g, both := of(b, f.Field)
		add(f, g, both)
	}
	for _, g := range findings(b) {
		if f, both := of(a, g.Field); !both {
			f.Field = g.Field
			add(f, g, false)
		}
	}
	return rows
}

// nothingAsked is the answer of the inventory and the trail for a record that names no
// endpoint.
const nothingAsked phrase.Format = "no endpoint to look up"

// WriteDiffJSON writes two records and their differences as one line of JSON.
func WriteDiffJSON(w io.Writer, a, b *Record) error {
	return grid.NewJSON(w).Encode(struct {
		A      *jsonRecord `json:"a"`
		B      *jsonRecord `json:"b"`
		Fields []diffRow   `json:"fields"`
	}{a.json(), b.json(), append(diffHead(a, b), diffFindings(a, b)...)})
}

// WriteDiff writes two records side by side for a person. It marks what differs and what
// decides.
func WriteDiff(w io.Writer, style grid.Style, a, b *Record) error {
	p := page{grid.Prose{Style: style}}
	p.label("A", a)
	p.label("B", b)
	p.WriteString("\n")
	p.row("  ", "", "A", "B")
	p.rows(diffVerdicts(a, b))
	p.WriteString("\n")
	p.rows(diffHead(a, b))
	p.WriteString("\n")
	findings := diffFindings(a, b)
	p.rows(findings)
	p.WriteString("\n")
	p.conclusion(a, b, findings)
	_, err := io.WriteString(w, p.String())
	return err
}

func (p *page) label(name string, r *Record) {
	id := p.Say("event without id")
	if r.ID != "" {
		id = p.Say("event %s", r.ID)
	}
	p.paragraph(name+"  ", "   ", p.joined([]string{r.when(), id, p.Say("in %s", r.object())}))
	p.paragraph("   ", "   ", p.Say(counted[r.Counted]))
}

// rows writes the properties that at least one of the records has.
func (p *page) rows(rows []diffRow) {
	for _, r := range rows {
		mark := "  "
		switch {
		case r.A == nil && r.B == nil:
			continue
		case r.Decides:
			mark = "* "
		case r.Differs:
			mark = "- "
		}
		text := func(s *string) string {
			if s == nil {
				return p.Say("absent")
			}
			if r.Field == classify.FieldInventory || r.Field == classify.FieldTrail {
				return p.Say(phrase.Format(*s))
			}
			return grid.Clean(short(*s))
		}
		p.row(mark, p.field(r.Field), text(r.A), text(r.B))
	}
}

// row writes one row in three columns. Values that are too long continue on the next line.
func (p *page) row(mark, field, a, b string) {
	const fieldWidth, valueWidth = 36, 30
	as, bs := broken(a, valueWidth), broken(b, valueWidth)
	for i := range max(len(as), len(bs)) {
		line := mark + fill(field, fieldWidth) + fill(at(as, i), valueWidth+1) + at(bs, i)
		p.WriteString(strings.TrimRight(line, " ") + "\n")
		mark, field = "  ", ""
	}
}

func (p *page) conclusion(a, b *Record, findings []diffRow) {
	var deciding []string
	for _, f := range findings {
		if f.Decides {
			deciding = append(deciding, p.field(f.Field))
		}
	}
	switch {
	case a.Explanation == nil || b.Explanation == nil:
	case a.Explanation.Verdict == b.Explanation.Verdict:
		p.paragraph("", "", p.Say("Both have the same verdict."))
	case a.Explanation.Verdict.Route() == b.Explanation.Verdict.Route():
		p.paragraph("", "", p.Say("Both took the same route, on other evidence."))
	default:
		p.paragraph("", "", p.Say("They took different routes."))
	}
	p.because("A", a)
	p.because("B", b)
	if len(deciding) > 0 {
		p.paragraph("", "", p.Say("* differs and decides: %s", phrase.Join(phrase.Comma, deciding)))
	}
	p.paragraph("", "", p.Say("- differs and decides nothing"))
}

func (p *page) because(name string, r *Record) {
	if x := r.Explanation; x != nil {
		p.paragraph(name+"  ", "   ", p.Say("%s. %s", x.Route, x.Because))
	}
}

// broken breaks text into lines of width columns, at spaces if possible.
func broken(text string, width int) (lines []string) {
	for _, line := range grid.Wrap(text, width, width) {
		for grid.Width(line) > width {
			n := 0
			for i := range line {
				if grid.Width(line[:i]) <= width {
					n = i
				}
			}
			lines, line = append(lines, line[:n]), line[n:]
		}
		lines = append(lines, line)
	}
	return lines
}

func fill(s string, width int) string {
	return s + strings.Repeat(" ", max(width-grid.Width(s), 1))
}

func at(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return ""
}
