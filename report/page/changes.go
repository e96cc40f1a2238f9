package page

import (
	"strings"
	"unicode/utf8"

	"vpcetrail/classify/phrase"
	"vpcetrail/report/causes"
	"vpcetrail/report/grid"
	"vpcetrail/report/table"
	"vpcetrail/report/why"
)

// maxChanges is the number of changes that a page shows.
const maxChanges = 30

// longestCheck is the limit of a line that shows whether a change worked. It holds names from the logs.
const longestCheck = 1000

// A changesView is the section of what to change. The zero value says that nobody asked.
type changesView struct {
	Asked    bool
	Headline string
	Notes    []string
	Changes  []changeView
	More     int
}

// A changeView is one change with the calls that it moves.
type changeView struct {
	Title, Cause, Proof, From string
	Urgent                    bool // keys are elsewhere
	Calls                     int64
	Measures                  string // bytes and cost
	Place                     string // account and Region of the change
	Strip                     strip
	Moves                     string
	Breaks                    []string
	Advice                    string
	Code                      []codeView
	Checks                    []string
}

// A codeView is a change in one form.
type codeView struct{ Name, Text string }

var codeNames = map[string]string{"cli": "AWS CLI", "terraform": "Terraform", "cloudformation": "CloudFormation"}

func (p *Page) changesView() changesView {
	if p.Why == nil {
		return changesView{}
	}
	shown := p.Why.Groups[:min(len(p.Why.Groups), maxChanges)]
	v := changesView{Asked: true, Headline: p.Words.Text(p.Why.Headline()), More: len(p.Why.Groups) - len(shown)}
	for _, warning := range p.Why.Warnings() {
		v.Notes = append(v.Notes, p.Words.Text(warning))
	}
	if lacking := len(p.Why.Lacking); lacking > 0 {
		v.Notes = append(v.Notes, p.Words.Say("%s made without --network, and not in these numbers.", phrase.Count(lacking, "day")))
	}
	for i := range shown {
		v.Changes = append(v.Changes, p.changeView(&shown[i], shown[0].Calls))
	}
	return v
}

func (p *Page) changeView(g *why.Group, most int64) changeView {
	say := p.Words.Text
	c := changeView{
		Title: capital(p.Words, say(causes.Title(&g.Plan))), Cause: string(g.Cause), Proof: p.Words.Say("%s.", g.Proof()), From: say(g.From(len(p.Why.Days) == 1)), Urgent: g.IsUrgent(),
		Calls: g.Calls, Strip: newStrip(&table.Routes{InternetAWS: g.Calls}, pastSeries, most),
	}
	if g.Owner != "" {
		c.Place = g.Owner + " · " + g.Region
	}
	var measures []string
	if g.Bytes > 0 {
		measures = append(measures, grid.Size(g.Bytes))
	}
	if usd, known := g.Cost(); known {
		measures = append(measures, p.Words.Say("%s by estimate", grid.Dollars(usd)))
	}
	c.Measures = strings.Join(measures, " · ")
	if g.Done {
		return c
	}
	for _, format := range causes.Formats() {
		fix := causes.Of(g.Plan, format)
		c.Moves, c.Breaks = say(fix.Moves), p.Words.Each(fix.Breaks...)
		if fix.Code != "" {
			c.Code = append(c.Code, codeView{codeNames[format], visible(fix.Code)})
		} else if c.Advice == "" {
			c.Advice = say(fix.Advice)
		}
	}
	if g.IsMovable() {
		for _, line := range g.Checks(p.store) {
			if len(line) <= longestCheck {
				c.Checks = append(c.Checks, visible(line))
			}
		}
	}
	return c
}

// visible replaces the characters that pieces would name, except for line breaks. Text to paste is not
// cut.
func visible(text string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && !isSeen(r) {
			return utf8.RuneError
		}
		return r
	}, text)
}
