package readiness

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"vpcetrail/ingest/day"
	"vpcetrail/report/grid"
	"vpcetrail/report/policy"
)

// maxRows is the number of uses that are shown for one outcome. JSON has all of them.
const maxRows = 40

// titles are the headings for the uses of each outcome.
var titles = map[Outcome]string{
	Stopped: "Would be stopped by %s",
	Unknown: "Undecided under %s",
	Exempt:  "Exempt from %s",
	Passes:  "Would pass %s",
}

// WriteText writes the answer as text. It shows the condition of key in full.
func (a *Answer) WriteText(w io.Writer, key, policyFile string) error {
	var out strings.Builder
	a.writeHead(&out)
	a.writeConditions(&out)
	for _, o := range outcomes {
		a.writeUses(&out, key, o)
	}
	a.writeDifferences(&out, key)
	if len(a.Notes) > 0 {
		out.WriteString("\nNotes\n")
	}
	for _, note := range a.Notes {
		grid.Paragraph(&out, "  - ", "    ", note)
	}
	if a.Open != nil {
		a.writeOpen(&out, policyFile)
	}
	a.writeStatement(&out, key)
	_, err := io.WriteString(w, out.String())
	return err
}

func (a *Answer) writeHead(out *strings.Builder) {
	var calls, denied int64
	principals := map[string]bool{}
	for i := range a.Uses {
		calls += a.Uses[i].Calls
		denied += a.Uses[i].Denied
		principals[a.Uses[i].Principal] = true
	}
	grid.Paragraph(out, "", "  ", a.Resource)
	fmt.Fprintf(out, "%s: %s by %s, %s denied\n", a.Days, grid.Plural(calls, "call"), grid.Plural(int64(len(principals)), "principal"), grid.Number(denied))
	if len(a.Incomplete) > 0 {
		grid.Paragraph(out, "INCOMPLETE: ", "  ", fmt.Sprintf("not all objects of %s could be read: others may use the resource", grid.Few(a.Incomplete)))
	}
	if len(a.Shards) > 0 {
		grid.Paragraph(out, "INCOMPLETE: ", "  ", fmt.Sprintf("one shard of the trail alone was read for %s: merge the shards", grid.Few(a.Shards)))
	}
	if len(a.Missing) > 0 {
		grid.Paragraph(out, "INCOMPLETE: ", "  ", fmt.Sprintf("the report lacks %s: others may use the resource", grid.Few(a.Missing)))
	}
}

func (a *Answer) writeConditions(out *strings.Builder) {
	g := grid.Grid{
		Title: "Calls, if the policy demanded",
		Heads: []string{"condition", "values", "stopped", "of them allowed today", "undecided", "exempt", "pass"},
		Right: []bool{false, true, true, true, true, true, true},
	}
	for i := range a.Conditions {
		c := &a.Conditions[i]
		values := grid.Number(int64(len(c.Values)))
		switch {
		case c.Unsupported:
			g.Add(c.Key, "not supported", "-", "-", "-", "-", "-")
			continue
		case len(c.Values) == 0 && c.Key == VpceOrgID:
			values = "--org-id"
		case len(c.Values) == 0 && c.Key == VpceOrgPaths:
			g.Add(c.Key, "--org-paths", "-", "-", "-", "-", "-")
			continue
		case len(c.Values) == 0:
			g.Add(c.Key, "none known", "-", "-", "-", "-", "-")
			continue
		}
		g.Add(c.Key, values, grid.Number(c.Calls[Stopped]), grid.Number(c.Allowed), grid.Number(c.Calls[Unknown]), grid.Number(c.Calls[Exempt]), grid.Number(c.Calls[Passes]))
	}
	g.Write(out)
}

// writeUses shows the uses of one outcome under key. If there are none, it writes something only
// for the stopped ones.
func (a *Answer) writeUses(out *strings.Builder, key string, o Outcome) {
	g := grid.Grid{
		Title: fmt.Sprintf(titles[o], key),
		Heads: []string{"principal", "action", "calls", "denied", "last seen", "by"}, Right: []bool{false, false, true, true, false, false},
	}
	if o.needsReason() {
		g.Heads[5] = "why"
	}
	rows, reasons := a.rowsOf(key, o)
	for _, r := range rows[:min(len(rows), maxRows)] {
		g.Add(r.principal, r.action, grid.Number(r.Calls), grid.Number(r.Denied), r.lastDay(), r.last)
	}
	g.More(len(rows) - maxRows)
	if len(rows) == 0 && o != Stopped {
		return
	}
	g.Write(out)
	for _, reason := range reasons {
		grid.Paragraph(out, "  ", "    ", reason)
	}
}

// needsReason reports whether the reason for an outcome is shown instead of the route of the calls.
func (o Outcome) needsReason() bool { return o == Exempt || o == Unknown }

// A useRow sums uses that look the same in text. They may differ in their evidence, for example.
type useRow struct {
	principal, action, last string
	Counts
}

// rowsOf sums the uses of one outcome under key by what the text shows of them, with most calls
// first. It also returns the reasons.
func (a *Answer) rowsOf(key string, o Outcome) (rows []*useRow, reasons []string) {
	at := map[[3]string]*useRow{}
	for i := range a.Uses {
		u := &a.Uses[i]
		v := u.Verdicts[key]
		if v.Outcome != o {
			continue
		}
		last := u.Way()
		if o == Passes && u.Route != "vpce" {
			last += ", not in the statement"
		}
		if o.needsReason() {
			reasons = append(reasons, v.reason())
			last = v.short(u)
		}
		k := [3]string{a.principal(u), u.EventName, last}
		if at[k] == nil {
			at[k] = &useRow{k[0], k[1], k[2], Counts{FirstSeen: u.FirstSeen}}
			rows = append(rows, at[k])
		}
		at[k].add(&u.Counts)
	}
	slices.SortStableFunc(rows, func(x, y *useRow) int { return cmp.Compare(y.Calls, x.Calls) })
	slices.Sort(reasons)
	return rows, slices.Compact(reasons)
}

// short gives the reason for a verdict in a word, and reason gives it in a sentence.
func (v *Verdict) short(u *Use) string {
	if v.By != "" {
		return v.By
	}
	if u.Evidence == "" {
		return u.Route
	}
	return u.Evidence
}

func (v *Verdict) reason() string {
	if v.By != "" {
		return v.By + ": " + v.Because
	}
	return v.Because
}

// Way returns the route of the calls for display: the id of an endpoint, or another route.
func (u *Use) Way() string {
	return grid.Way{Route: u.Route, Origin: u.Origin, Evidence: u.Evidence, EndpointID: u.EndpointID, EndpointOwner: u.EndpointOwner}.String()
}

// principal names the principal of a use. It includes the account only if the resource has callers
// from several accounts.
func (a *Answer) principal(u *Use) string {
	name, account := grid.Principal(u.Principal)
	if account == "-" {
		account = u.PrincipalAccountID
	}
	for i := range a.Uses {
		if a.Uses[i].PrincipalAccountID != u.PrincipalAccountID && account != "" {
			return name + " (" + account + ")"
		}
	}
	return name
}

// lastDay returns the day of the last call.
func (c *Counts) lastDay() string { return day.OfMillis(c.LastSeen).String() }

// alike are keys that differ little from another key, so that only their differences from that key are shown.
var alike = map[string]string{SourceVpcArn: SourceVpc, VpceOrgPaths: VpceOrgID}

// writeDifferences shows how the effects of the other conditions differ.
func (a *Answer) writeDifferences(out *strings.Builder, key string) {
	for i := range a.Conditions {
		other := &a.Conditions[i]
		if other.Key == key || len(other.Values) == 0 {
			continue
		}
		g := grid.Grid{
			Title: other.Key + " differs from " + key, Heads: []string{"principal", "action", "calls", "by", "would be", "instead of"},
			Right: []bool{false, false, true, false, false, false},
		}
		rows := 0
		for i := range a.Uses {
			u := &a.Uses[i]
			v, judged := u.Verdicts[other.Key]
			if !judged || v.Outcome == u.Verdicts[key].Outcome || v.Outcome == u.Verdicts[alike[other.Key]].Outcome {
				continue
			}
			if rows++; rows <= maxRows {
				g.Add(a.principal(u), u.EventName, grid.Number(u.Calls), u.Way(), string(v.Outcome), grid.OrDash(string(u.Verdicts[key].Outcome)))
			}
		}
		if g.More(rows - maxRows); rows > 0 {
			g.Write(out)
		}
	}
}

func (a *Answer) writeOpen(out *strings.Builder, file string) {
	g := grid.Grid{
		Title: "Left open by " + file + " to calls past the endpoints", Heads: []string{"action", "calls", "denied", "last seen", "by", "unless"},
		Right: []bool{false, true, true, false, false, false},
	}
	for i := range a.Open.Seen {
		o := &a.Open.Seen[i]
		var who []string
		for _, p := range o.Principals {
			name, _ := grid.Principal(p)
			who = append(who, name)
		}
		g.Add(o.Action, grid.Number(o.Calls), grid.Number(o.Denied), o.lastDay(), grid.Few(who), strings.Join(o.HangsOn, ", "))
	}
	g.Write(out)
	var unseen, perhaps []string
	for _, o := range a.Open.Unseen {
		if len(o.HangsOn) == 0 {
			unseen = append(unseen, o.Action)
		} else {
			perhaps = append(perhaps, o.Action+" ("+strings.Join(o.HangsOn, ", ")+")")
		}
	}
	if len(unseen) > 0 {
		grid.Paragraph(out, "  ", "    ", "open too, though nobody was seen to use it: "+strings.Join(unseen, ", "))
	}
	if len(perhaps) > 0 {
		grid.Paragraph(out, "  ", "    ", "perhaps open, by what a report does not know: "+strings.Join(perhaps, ", "))
	}
	if a.PolicyKind == "" {
		grid.Paragraph(out, "  ", "    ", "Only Deny statements count here.")
		return
	}
	grid.Paragraph(out, "  ", "    ", "Only Deny statements close an action: what the "+a.PolicyKind+" does not deny, the policies of a principal may allow.")
}

func (a *Answer) writeStatement(out *strings.Builder, key string) {
	var doc *policy.StatementDocument
	for i := range a.Conditions {
		if a.Conditions[i].Key == key {
			doc = a.Conditions[i].Statement
		}
	}
	if doc == nil {
		fmt.Fprintf(out, "\nNo statement: the values of %s are not known\n", key)
		return
	}
	if a.PolicyKind != "" {
		fmt.Fprintf(out, "\nStatement for the %s\n", a.PolicyKind)
	} else {
		out.WriteString("\nStatement for a service control policy, or for the policies of the principals: the resource itself\nhas no policy that can deny\n")
	}
	for line := range strings.Lines(doc.String()) {
		out.WriteString("  " + line)
	}
	out.WriteString("\n")
	if a.PolicyKind != "" {
		grid.Paragraph(out, "  ", "  ", "It stops everybody past the endpoints who is not exempt, whoever administers the resource included: add "+
			"who must keep access to "+principalArn+" before you paste it. Days that the report does not have may hold other callers.")
	}
}
