package replay

import (
	"io"
	"slices"
	"strings"

	"vpcetrail/classify/phrase"
	"vpcetrail/ingest/day"
	"vpcetrail/report/grid"
)

// maxRows is the number of rows that are shown for one outcome. JSON has all of them.
const maxRows = 40

// titles are the headings for the rows of each outcome, and outcomeWords the words for it.
var (
	titles       = map[Outcome]phrase.Format{Denied: "Would be denied", Unknown: "Undecided", Allowed: "Would be allowed"}
	outcomeWords = map[Outcome]phrase.Format{Denied: "denied", Unknown: "undecided", Allowed: "allowed"}
)

// WriteText writes the answer as text.
func (a *Answer) WriteText(w io.Writer, style grid.Style) error {
	t := text{Answer: a, Prose: grid.Prose{Style: style}}
	t.writeHead()
	for _, o := range Outcomes {
		if o != Unknown || a.Calls[o] > 0 {
			t.writeRows(titles[o], a.rowsOf(o), false)
		}
	}
	if len(a.DeniedToday) > 0 {
		t.writeRows("Denied today", a.DeniedToday, true)
	}
	t.writeCutOff()
	if len(a.UnknownNames) > 0 {
		t.WriteString("\n")
		t.Paragraph("", "  ", "Events whose IAM action is not known: %s", phrase.Few(a.UnknownNames))
	}
	if len(a.Notes) > 0 {
		t.WriteString("\n" + t.Say("Notes") + "\n")
	}
	for _, note := range a.Notes {
		t.Paragraph("  - ", "    ", "%s", note)
	}
	_, err := io.WriteString(w, t.String())
	return err
}

// A text is an answer that is being written.
type text struct {
	*Answer
	grid.Prose
}

func (t *text) writeHead() {
	var calls, denied int64
	for _, n := range t.Calls {
		calls += n
	}
	for _, r := range t.DeniedToday {
		denied += r.Calls
	}
	from := phrase.Format("%s, from the records of the trail: %s to judge, and %s denied today")
	if t.Read == Tables {
		from = "%s, from the tables of the report: %s to judge, and %s denied today"
	}
	t.Paragraph("", "  ", from, t.Days, phrase.Count(calls, "call"), grid.Number(denied))
	t.Paragraph("", "  ", "would be denied: %s; undecided: %s; would be allowed: %s", grid.Number(t.Calls[Denied]), grid.Number(t.Calls[Unknown]), grid.Number(t.Calls[Allowed]))
	for _, lacking := range t.Incomplete {
		t.Paragraph(t.Say("INCOMPLETE: "), "  ", "%s: others may call", lacking)
	}
}

func (a *Answer) rowsOf(o Outcome) (rows []Row) {
	for _, r := range a.Rows {
		if r.Outcome == o {
			rows = append(rows, r)
		}
	}
	return rows
}

// writeRows shows rows. withOutcome adds a column with what the policies would do.
func (t *text) writeRows(title phrase.Format, rows []Row, withOutcome bool) {
	g := grid.Grid{
		Title: t.Say(title), Heads: t.Style.Words.Each("principal", "action", "resource", "calls", "last seen", "by", "sample event"),
		Right: []bool{3: true, 6: false}, Spare: []bool{4: true, 6: true}, Style: t.Style,
	}
	if withOutcome {
		g.Heads = slices.Insert(g.Heads, 5, t.Say("would be"))
		g.Right, g.Spare = []bool{3: true, 7: false}, []bool{4: true, 7: true}
	}
	several := t.hasSeveralAccounts()
	for _, r := range rows[:min(len(rows), maxRows)] {
		cells := []string{
			r.principal(several), r.action(), shortARN(r.Resource), grid.Number(r.Calls), day.OfMillis(r.LastSeen).String(), t.Say("%s", r.by()),
			strings.Join(r.Samples[:min(1, len(r.Samples))], ""),
		}
		if withOutcome {
			cells = slices.Insert(cells, 5, t.Say(outcomeWords[r.Outcome]))
		}
		g.Add(cells...)
	}
	g.More(len(rows) - maxRows)
	g.Write(&t.Builder)
}

// writeCutOff shows what the policy would cut off, with the statements to add.
func (t *text) writeCutOff() {
	if len(t.CutOff) == 0 {
		return
	}
	t.WriteString("\n")
	t.Paragraph("", "  ", "Cut off from resources of AWS itself, whether or not a call was seen")
	var lacking []Access
	var needs []phrase.Phrase
	for _, c := range t.CutOff {
		need := phrase.Of(phrase.Format(c.Need))
		if c.Outcome == Unknown {
			need = phrase.Of("%s (depends on %s)", need, phrase.Join(phrase.And, c.Because))
		}
		needs, lacking = append(needs, need), append(lacking, c.Accesses...)
	}
	t.Paragraph("  ", "  ", "%s", phrase.Join(phrase.Comma, needs))
	t.WriteString("\n" + t.Say("Statements to add, with the resources that you need") + "\n")
	for _, s := range ownedStatements(lacking) {
		for line := range strings.Lines(s.String()) {
			t.WriteString("  " + line)
		}
		t.WriteString("\n")
	}
}

// by says what decides. JSON has all conditions of a statement.
func (d *Decision) by() phrase.Phrase {
	because := phrase.Of("%s", phrase.Join(phrase.Comma, d.Because))
	if more := len(d.Because) - 2; d.explicit && more > 0 {
		because = phrase.Of("%s and %s more", phrase.Join(phrase.Comma, d.Because[:2]), grid.Number(int64(more)))
	}
	switch {
	case len(d.reasons) > 0:
		return phrase.Of("%s", phrase.Join(phrase.Comma, d.reasons))
	case d.Statement == "":
		return because
	case d.Outcome == Unknown:
		return phrase.Of("%s depends on %s", d.Statement, because)
	case len(d.Because) == 0:
		return phrase.Of("%s", d.Statement)
	}
	return phrase.Of("%s: %s", d.Statement, because)
}

// principal names the caller, with the account if there are callers of several accounts.
func (r *Row) principal(several bool) string {
	name, account := grid.Principal(r.Principal)
	if account == "-" {
		account = r.PrincipalAccount
	}
	if several && account != "" {
		return name + " (" + account + ")"
	}
	return name
}

func (a *Answer) hasSeveralAccounts() bool {
	other := func(r Row) bool {
		first := slices.Concat(a.Rows[:min(1, len(a.Rows))], a.DeniedToday[:min(1, len(a.DeniedToday))])[0]
		return r.PrincipalAccount != first.PrincipalAccount
	}
	return slices.ContainsFunc(a.Rows, other) || slices.ContainsFunc(a.DeniedToday, other)
}

// action is the IAM action, and the event if its name is another one.
func (r *Row) action() string {
	_, name, _ := strings.Cut(r.Action, ":")
	if name == r.EventName || r.EventName == "" {
		return grid.OrDash(r.Action)
	}
	return strings.ReplaceAll(r.Action, ",", " ") + " (" + r.EventName + ")"
}

// shortARN returns the last part of an ARN.
func shortARN(arns string) string {
	var list []string
	for _, arn := range strings.Split(arns, ",") {
		if parts := strings.SplitN(arn, ":", 6); len(parts) == 6 && parts[0] == "arn" {
			arn = parts[5]
		}
		list = append(list, arn)
	}
	return grid.OrDash(strings.Join(list, ", "))
}
