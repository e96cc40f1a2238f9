package replay

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"vpcetrail/ingest/day"
	"vpcetrail/report/grid"
)

// maxRows is the number of rows that are shown for one outcome. JSON has all of them.
const maxRows = 40

// titles are the headings for the rows of each outcome.
var titles = map[Outcome]string{Denied: "Would be denied", Unknown: "Undecided", Allowed: "Would be allowed"}

// WriteText writes the answer as text.
func (a *Answer) WriteText(w io.Writer, style grid.Style) error {
	var out strings.Builder
	a.writeHead(&out)
	for _, o := range Outcomes {
		if o != Unknown || a.Calls[o] > 0 {
			a.writeRows(&out, style, titles[o], a.rowsOf(o), false)
		}
	}
	if len(a.DeniedToday) > 0 {
		a.writeRows(&out, style, "Denied today", a.DeniedToday, true)
	}
	a.writeCutOff(&out)
	if len(a.UnknownNames) > 0 {
		grid.Paragraph(&out, "\nEvents whose IAM action is not known: ", "  ", grid.Few(a.UnknownNames))
	}
	if len(a.Notes) > 0 {
		out.WriteString("\nNotes\n")
	}
	for _, note := range a.Notes {
		grid.Paragraph(&out, "  - ", "    ", note)
	}
	_, err := io.WriteString(w, out.String())
	return err
}

func (a *Answer) writeHead(out *strings.Builder) {
	from := "the records of the trail"
	if a.Read == Tables {
		from = "the tables of the report"
	}
	var calls, denied int64
	for _, n := range a.Calls {
		calls += n
	}
	for _, r := range a.DeniedToday {
		denied += r.Calls
	}
	grid.Paragraph(out, "", "  ", fmt.Sprintf("%s, from %s: %s to judge, and %s denied today", a.Days, from, grid.Plural(calls, "call"), grid.Number(denied)))
	fmt.Fprintf(out, "would be denied: %s; undecided: %s; would be allowed: %s\n", grid.Number(a.Calls[Denied]), grid.Number(a.Calls[Unknown]), grid.Number(a.Calls[Allowed]))
	for _, text := range a.Incomplete {
		grid.Paragraph(out, "INCOMPLETE: ", "  ", text+": others may call")
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
func (a *Answer) writeRows(out *strings.Builder, style grid.Style, title string, rows []Row, withOutcome bool) {
	g := grid.Grid{
		Title: title, Heads: []string{"principal", "action", "resource", "calls", "last seen", "by", "sample event"},
		Right: []bool{3: true, 6: false}, Spare: []bool{4: true, 6: true}, Style: style,
	}
	if withOutcome {
		g.Heads = slices.Insert(g.Heads, 5, "would be")
		g.Right, g.Spare = []bool{3: true, 7: false}, []bool{4: true, 7: true}
	}
	several := a.hasSeveralAccounts()
	for _, r := range rows[:min(len(rows), maxRows)] {
		cells := []string{
			r.principal(several), r.action(), shortARN(r.Resource), grid.Number(r.Calls), day.OfMillis(r.LastSeen).String(), r.by(),
			strings.Join(r.Samples[:min(1, len(r.Samples))], ""),
		}
		if withOutcome {
			cells = slices.Insert(cells, 5, map[Outcome]string{Denied: "denied", Unknown: "undecided", Allowed: "allowed"}[r.Outcome])
		}
		g.Add(cells...)
	}
	g.More(len(rows) - maxRows)
	g.Write(out)
}

// by says what decides. JSON has all conditions of a statement.
func (d *Decision) by() string {
	because := strings.Join(d.Because, ", ")
	if more := len(d.Because) - 2; d.explicit && more > 0 {
		because = fmt.Sprintf("%s, %s and %d more", d.Because[0], d.Because[1], more)
	}
	switch {
	case d.Statement == "":
		return because
	case d.Outcome == Unknown:
		return d.Statement + " depends on " + because
	case because == "":
		return d.Statement
	}
	return d.Statement + ": " + because
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
