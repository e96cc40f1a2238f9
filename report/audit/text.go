package audit

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"vpcetrail/ingest/day"
	"vpcetrail/report/grid"
)

// textRows is the number of rows that are shown for a rule. JSON has all rows that are kept.
const textRows = 50

// WriteText writes the audit as text. Violated rules come first, most severe first.
func (a *Audit) WriteText(w io.Writer, style grid.Style) error {
	var out strings.Builder
	a.writeHead(&out, style)
	results := slices.Clone(a.Results)
	slices.SortStableFunc(results, func(x, y Result) int { return x.rank() - y.rank() })
	for i := range results {
		results[i].writeText(&out, style)
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// rank returns the sort order of results in text.
func (r *Result) rank() int {
	status := slices.Index([]Status{Violated, Empty, Kept}, r.Status)
	return status*len(severities) + slices.Index(severities, r.Rule.Severity)
}

func (a *Audit) writeHead(out *strings.Builder, style grid.Style) {
	count := map[Status]int64{}
	for i := range a.Results {
		count[a.Results[i].Status]++
	}
	fmt.Fprintf(out, "%s: %s, %d violated, %d kept", a.Days, grid.Plural(int64(len(a.Results)), "rule"), count[Violated], count[Kept])
	if n := count[Empty]; n > 0 {
		fmt.Fprintf(out, ", %d without calls", n)
	}
	out.WriteString("\n")
	for _, gap := range a.gaps() {
		style.Paragraph(out, "INCOMPLETE: ", "  ", gap)
	}
	style.Paragraph(out, "UNPROVED: ", "  ", a.Unverified())
}

// Unverified says which days the digests do not prove, if the rules require that. It returns
// "" if they prove all.
func (a *Audit) Unverified() string {
	if len(a.Unproved) == 0 {
		return ""
	}
	return fmt.Sprintf("require_verified: digests do not prove the logs of %s: run analyze --verify for these days, or see summary", grid.Few(a.Unproved))
}

// gaps says what is missing in the report.
func (a *Audit) gaps() (gaps []string) {
	if len(a.Incomplete) > 0 {
		gaps = append(gaps, fmt.Sprintf("not all objects of %s could be read", grid.Few(a.Incomplete)))
	}
	if len(a.Shards) > 0 {
		gaps = append(gaps, fmt.Sprintf("one shard of the trail alone was read for %s: merge the shards", grid.Few(a.Shards)))
	}
	if len(a.Missing) > 0 {
		gaps = append(gaps, fmt.Sprintf("the report lacks %s", grid.Few(a.Missing)))
	}
	return gaps
}

// words are the statuses in text.
var words = map[Status]string{Violated: "VIOLATED", Kept: "kept", Empty: "no calls"}

func (r *Result) writeText(out *strings.Builder, style grid.Style) {
	out.WriteString("\n")
	style.Paragraph(out, fmt.Sprintf("%-8s  ", words[r.Status]), "          ", fmt.Sprintf("%s (%s)", r.Rule.Name, r.Rule.Severity))
	style.Paragraph(out, "          ", "          ", r.Rule.Description)
	style.Paragraph(out, "          ", "          ", r.numbers())
	if len(r.Rows) == 0 {
		return
	}
	g := grid.Grid{
		Title: "  Violating calls", Style: style, Heads: []string{"principal", "account", "Region", "call", "calls", "denied", "last seen", "by"},
		Right: []bool{false, false, false, false, true, true, false, false},
	}
	if r.Table == "resources" {
		g.Heads = append(g.Heads, "resource")
		g.Right = append(g.Right, false)
	}
	rows := r.shown()
	for _, c := range rows[:min(len(rows), textRows)] {
		row := []string{
			c.who(), grid.OrDash(c.PrincipalAccountID), grid.OrDash(c.Region), c.name(),
			grid.Number(c.Calls), grid.Number(c.Denied), day.OfMillis(c.LastSeen).String(), c.by(),
		}
		if r.Table == "resources" {
			row = append(row, nameOf(c.Resource))
		}
		g.Add(row...)
	}
	g.More(len(rows) - textRows + int(r.LeftOut))
	g.Write(out)
}

// shown sums the violating rows that look the same in text, such as those that differ only in their
// evidence. Rows with most calls come first.
func (r *Result) shown() (rows []*Call) {
	at := map[[7]string]*Call{}
	for i := range r.Rows {
		c := &r.Rows[i]
		k := [...]string{c.Principal, c.PrincipalAccountID, c.Session, c.Region, c.name(), c.Resource, c.by()}
		sum := at[k]
		if sum == nil {
			one := *c
			at[k], rows = &one, append(rows, &one)
			continue
		}
		sum.Calls, sum.Denied = sum.Calls+c.Calls, sum.Denied+c.Denied
		if c.LastSeen > sum.LastSeen {
			sum.LastSeen, sum.LastSeenAt = c.LastSeen, c.LastSeenAt
		}
	}
	slices.SortStableFunc(rows, func(x, y *Call) int { return cmp.Compare(y.Calls, x.Calls) })
	return rows
}

// numbers says in a sentence what was counted.
func (r *Result) numbers() string {
	parts := []string{fmt.Sprintf("%s judged, %s violating (%s)", grid.Plural(r.Judged, "call"), grid.Number(r.Violating), grid.Percent(r.Violating, r.Judged))}
	if r.Judged == 0 {
		parts = []string{map[bool]string{true: "no call is in its scope", false: "no call judged"}[r.Status == Empty]}
	}
	if t := r.Rule.Allow; r.Violating > 0 && r.Status == Kept {
		var allowed []string
		if t.Calls >= 0 {
			allowed = append(allowed, grid.Plural(t.Calls, "call"))
		}
		if t.Share >= 0 {
			allowed = append(allowed, fmt.Sprintf("%.4g %%", 100*t.Share))
		}
		parts = append(parts, "tolerated up to "+strings.Join(allowed, " and "))
	}
	add := func(n int64, text string) {
		if n > 0 {
			parts = append(parts, grid.Number(n)+" "+text)
		}
	}
	add(r.Open, "of unknown route or owner")
	add(r.ByService, "by AWS services")
	add(r.Denied, "denied and left out")
	for i, n := range r.Excepted {
		if n == 0 {
			parts = append(parts, fmt.Sprintf("no call under the exception %q", r.Rule.Except[i].Reason))
		}
		add(n, fmt.Sprintf("excepted (%s)", r.Rule.Except[i].Reason))
	}
	return strings.Join(parts, "; ")
}

// who names the caller, and its session if the report knows it.
func (c *Call) who() string {
	name, _ := grid.Principal(c.Principal)
	if c.Session != "" {
		name += ", " + c.Session
	}
	return name
}

// name returns what was called.
func (c *Call) name() string {
	prefix, _, _ := strings.Cut(c.Service, ".")
	if c.Action == "" {
		return grid.OrDash(prefix)
	}
	return prefix + ":" + c.Action
}

// by returns the route of the calls, and what else the rule may be about.
func (c *Call) by() string {
	if c.Cause != "" {
		return c.Cause
	}
	if c.Egress != "" {
		return c.Route + ", " + c.Egress
	}
	return grid.Way{Route: c.Route, Origin: c.Origin, Evidence: c.Evidence, EndpointID: c.EndpointID, EndpointOwner: c.EndpointOwner}.String()
}

// nameOf returns the last part of a resource's ARN.
func nameOf(arn string) string {
	if parts := strings.SplitN(arn, ":", 6); len(parts) == 6 {
		return parts[5]
	}
	return grid.OrDash(arn)
}
