package readiness

import (
	"cmp"
	"io"
	"slices"
	"strings"

	"vpcetrail/classify/phrase"
	"vpcetrail/ingest/day"
	"vpcetrail/report/grid"
	"vpcetrail/report/policy"
)

// maxRows is the number of uses that are shown for one outcome. JSON has all of them.
const maxRows = 40

// titles are the headings for the uses of each outcome.
var titles = map[Outcome]phrase.Format{
	Stopped: "Would be stopped by %s",
	Unknown: "Undecided under %s",
	Exempt:  "Exempt from %s",
	Passes:  "Would pass %s",
}

// WriteText writes the answer as text. It shows the condition of key in full.
func (a *Answer) WriteText(w io.Writer, style grid.Style, key, policyFile string) error {
	out := text{Answer: a, Prose: grid.Prose{Style: style}}
	out.writeHead()
	out.writeConditions()
	for _, o := range outcomes {
		out.writeUses(key, o)
	}
	out.writeDifferences(key)
	if len(a.Notes) > 0 {
		out.WriteString("\n" + out.Say("Notes") + "\n")
	}
	for _, note := range a.Notes {
		out.Paragraph("  - ", "    ", "%s", note)
	}
	if a.Open != nil {
		out.writeOpen(policyFile)
	}
	out.writeStatement(key)
	_, err := io.WriteString(w, out.String())
	return err
}

// A text is an answer that is being written.
type text struct {
	*Answer
	grid.Prose
}

func (t *text) writeHead() {
	a := t.Answer
	var all Counts
	principals := map[string]bool{}
	for i := range a.Uses {
		all.add(&a.Uses[i].Counts)
		principals[a.Uses[i].Principal] = true
	}
	t.Paragraph("", "  ", "%s", a.Resource)
	t.WriteString(t.Say("%s: %s by %s, %s denied", a.Days, phrase.Count(all.Calls, "call"), phrase.Count(len(principals), "principal"), all.denied()) + "\n")
	if len(a.Incomplete) > 0 {
		t.Paragraph(t.Say("INCOMPLETE: "), "  ", "not all objects of %s could be read: others may use the resource", phrase.Few(a.Incomplete))
	}
	if len(a.Shards) > 0 {
		t.Paragraph(t.Say("INCOMPLETE: "), "  ", "one shard of the trail alone was read for %s: merge the shards", phrase.Few(a.Shards))
	}
	if len(a.Beside) > 0 {
		t.Paragraph(t.Say("INCOMPLETE: "), "  ", "no trail was read for %s: only S3 access logs show who uses the bucket", phrase.Few(a.Beside))
	}
	if len(a.Missing) > 0 {
		t.Paragraph(t.Say("INCOMPLETE: "), "  ", "the report lacks %s: others may use the resource", phrase.Few(a.Missing))
	}
}

func (t *text) writeConditions() {
	a := t.Answer
	g := grid.Grid{
		Title: t.Say("Calls, if the policy demanded"), Style: t.Style,
		Heads: t.Style.Words.Each("condition", "values", "stopped", "of them allowed today", "undecided", "exempt", "pass"),
		Right: []bool{false, true, true, true, true, true, true},
		Spare: []bool{5: true, 6: true}, // rather than a part of a key
	}
	for i := range a.Conditions {
		c := &a.Conditions[i]
		values := grid.Number(int64(len(c.Values)))
		switch {
		case c.Unsupported:
			g.Add(c.Key, t.Say("not supported"), "-", "-", "-", "-", "-")
			continue
		case len(c.Values) == 0 && c.Key == VpceOrgID:
			values = "--org-id"
		case len(c.Values) == 0 && c.Key == VpceOrgPaths:
			g.Add(c.Key, "--org-paths", "-", "-", "-", "-", "-")
			continue
		case len(c.Values) == 0:
			g.Add(c.Key, t.Say("none known"), "-", "-", "-", "-", "-")
			continue
		}
		g.Add(c.Key, values, grid.Number(c.Calls[Stopped]), grid.Range(c.Allowed, c.PerhapsAllowed), grid.Number(c.Calls[Unknown]), grid.Number(c.Calls[Exempt]), grid.Number(c.Calls[Passes]))
	}
	g.Write(&t.Builder)
}

// writeUses shows the uses of one outcome under key. If there are none, it writes something only
// for the stopped ones.
func (t *text) writeUses(key string, o Outcome) {
	g := grid.Grid{
		Title: t.Say(titles[o], key), Style: t.Style,
		Heads: t.Style.Words.Each("principal", "action", "calls", "denied", "last seen", "by"), Right: []bool{false, false, true, true, false, false},
		Spare: []bool{4: true, 5: false},
	}
	if o.needsReason() {
		g.Heads[5] = t.Say("why")
	}
	if why := t.notJudged(key); why.Is() {
		if o == Stopped {
			t.WriteString("\n" + t.Style.Paint(grid.Bold, g.Title) + "\n")
			t.Paragraph("  ", "    ", "%s", why)
		}
		return
	}
	rows, reasons := t.rowsOf(key, o)
	for _, r := range rows[:min(len(rows), maxRows)] {
		g.Add(r.principal, r.action, grid.Number(r.Calls), r.denied(), r.lastDay(), r.last)
	}
	g.More(len(rows) - maxRows)
	if len(rows) == 0 && o != Stopped {
		return
	}
	g.Write(&t.Builder)
	for _, reason := range reasons {
		t.Paragraph("  ", "    ", "%s", reason)
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
func (t *text) rowsOf(key string, o Outcome) (rows []*useRow, reasons []string) {
	a := t.Answer
	at := map[[3]string]*useRow{}
	for i := range a.Uses {
		u := &a.Uses[i]
		v := u.Verdicts[key]
		if v.Outcome != o {
			continue
		}
		last := t.Say("%s", u.Way())
		if o == Passes && u.Route != "vpce" {
			last = t.Say("%s, not in the statement", u.Way())
		}
		if o.needsReason() {
			reasons = append(reasons, t.Say("%s", v.reason()))
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

func (v *Verdict) reason() phrase.Phrase {
	if v.By != "" {
		return phrase.Of("%s: %s", v.By, v.Because)
	}
	return v.Because
}

// Way returns the route of the calls for display: the id of an endpoint, or another route.
func (u *Use) Way() phrase.Phrase {
	return grid.Way{Route: u.Route, Origin: u.Origin, Evidence: u.Evidence, EndpointID: u.EndpointID, EndpointOwner: u.EndpointOwner}.Phrase()
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

// denied returns how many of the calls are denied.
func (c *Counts) denied() string { return grid.Range(c.Denied, c.PerhapsDenied) }

// lastDay returns the day of the last call.
func (c *Counts) lastDay() string { return day.OfMillis(c.LastSeen).String() }

// alike are keys that differ little from another key, so that only their differences from that key are shown.
var alike = map[string]string{SourceVpcArn: SourceVpc, VpceOrgPaths: VpceOrgID}

// writeDifferences shows how the effects of the other conditions differ.
func (t *text) writeDifferences(key string) {
	a := t.Answer
	for i := range a.Conditions {
		other := &a.Conditions[i]
		if other.Key == key || len(other.Values) == 0 {
			continue
		}
		g := grid.Grid{
			Title: t.Say("%s differs from %s", other.Key, key), Heads: t.Style.Words.Each("principal", "action", "calls", "by", "would be", "instead of"), Style: t.Style,
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
				g.Add(a.principal(u), u.EventName, grid.Number(u.Calls), t.Say("%s", u.Way()), t.Say(v.Outcome.word()), grid.OrDash(t.Say(u.Verdicts[key].Outcome.word())))
			}
		}
		if g.More(rows - maxRows); rows > 0 {
			g.Write(&t.Builder)
		}
	}
}

func (t *text) writeStatement(key string) {
	a := t.Answer
	var doc *policy.StatementDocument
	for i := range a.Conditions {
		if a.Conditions[i].Key == key {
			doc = a.Conditions[i].Statement
		}
	}
	if doc == nil {
		t.WriteString("\n" + t.Say("No statement: the values of %s are not known", key) + "\n")
		return
	}
	if a.PolicyKind != "" {
		t.WriteString("\n" + t.Say("Statement for the %s", a.PolicyKind) + "\n")
	} else {
		t.WriteString("\n")
		t.Paragraph("", "", "Statement for a service control policy, or for the policies of the principals: the resource itself has no policy that can deny")
	}
	for line := range strings.Lines(doc.String()) {
		t.WriteString("  " + line)
	}
	t.WriteString("\n")
	if a.PolicyKind != "" {
		t.Paragraph("  ", "  ", "It stops everybody past the endpoints who is not exempt, whoever administers the resource included: add "+
			"who must keep access to %s before you paste it. Days that the report does not have may hold other callers.", principalArn)
	}
}
