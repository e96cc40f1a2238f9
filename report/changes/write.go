package changes

import (
	"io"
	"math"
	"strings"
	"time"

	"vpcetrail/classify/phrase"
	"vpcetrail/report/grid"
	"vpcetrail/report/overview"
	"vpcetrail/report/table"
	"vpcetrail/report/words"
)

// Write writes the changes as tables for a terminal (format table), as Markdown or as JSON. Each
// table has at most top rows.
func (c *Changes) Write(w io.Writer, format string, style grid.Style, top int) error {
	switch format {
	case grid.FormatJSON:
		out := grid.NewJSON(w)
		out.SetIndent("", "  ")
		return out.Encode(c.Document(top))
	case grid.FormatMarkdown:
		return c.writeText(w, grid.Style{Words: style.Words}, top, (*grid.Grid).WriteMarkdown)
	}
	return c.writeText(w, style, top, (*grid.Grid).Write)
}

func (c *Changes) writeText(w io.Writer, style grid.Style, top int, write func(*grid.Grid, *strings.Builder)) error {
	var out strings.Builder
	c.writeHead(&out, style)
	words := style.Words
	grids := []*grid.Grid{c.codes(words), subjects(words, "New findings", &c.New, top)}
	if c.Proved() {
		grids = append(grids, subjects(words, "Findings that are gone", &c.Gone, top))
	}
	if c.Before != nil {
		grids = append(grids, c.services(words, top))
	}
	if c.Causes != nil {
		grids = append(grids, calls(words, "Calls past the endpoint, by cause", "cause", c.Causes, top))
	}
	if c.Egress != nil {
		grids = append(grids, calls(words, "Calls past the endpoint, by way out", "way out", c.Egress, top))
	}
	for _, g := range grids {
		g.Style = style
		write(g, &out)
	}
	_, err := io.WriteString(w, out.String())
	return err
}

func (c *Changes) writeHead(out *strings.Builder, style grid.Style) {
	line := func(ink grid.Ink, f phrase.Format, args ...any) {
		out.WriteString(style.Paint(ink, grid.Clean(style.Words.Say(f, args...))) + "\n")
	}
	now := c.After.Calls()
	if c.Before == nil {
		line(grid.Plain, "%s: calls past the endpoint %s, share by endpoint %s; the report has no earlier day, so every finding counts as new", c.After.Day, grid.Number(now.Internet), grid.Share(now.Share()))
	} else {
		was := c.Before.Calls()
		line(grid.Plain, "%s to %s: calls past the endpoint %s to %s, share by endpoint %s to %s", c.Before.Day, c.After.Day,
			grid.Number(was.Internet), grid.Number(now.Internet), grid.Share(was.Share()), grid.Share(now.Share()))
	}
	if n := c.Missing(); n > 0 {
		line(grid.Plain, "the report has no calls of %s in between: what is new or gone on %s may have been so before", phrase.Count(int64(n), "day"), c.After.Day)
	}
	for _, p := range c.After.problems() {
		line(overview.InkOfSeverity(p.severity), "%s: %s", p.finding, p.detail)
	}
	if c.Before != nil && c.Before.Lacks().Is() {
		line(grid.Plain, "findings may only seem new, since %s is incomplete: %s", c.Before.Day, c.Before.Lacks())
	}
	if c.Unproved.Is() {
		line(grid.Plain, "no finding counts as gone on %s: %s", c.After.Day, c.Unproved)
	}
}

// inkOfFirst highlights the severity in the first column.
func inkOfFirst(column int, cell string) grid.Ink {
	if column == 0 {
		return overview.InkOfSeverity(cell)
	}
	return grid.Plain
}

func (c *Changes) codes(words *words.Language) *grid.Grid {
	g := &grid.Grid{
		Title: words.Say("Findings"), Ink: inkOfFirst, Heads: words.Each("severity", "finding", "before", "after", "new", "gone"),
		Right: []bool{false, false, true, true, true, true},
	}
	for _, code := range c.Codes {
		before, gone := grid.Number(code.Before), grid.Number(code.Gone)
		if c.Before == nil {
			before = "-"
		}
		if !c.Proved() {
			gone = "-"
		}
		g.Add(code.Severity, code.Finding, before, grid.Number(code.After), grid.Number(code.New), gone)
	}
	return g
}

// subjects shows what findings are about.
func subjects(words *words.Language, title phrase.Format, rows *overview.Top[table.FindingRow], top int) *grid.Grid {
	g := &grid.Grid{
		Title: words.Say(title), Ink: inkOfFirst, Heads: words.Each("severity", "finding", "account", "principal", "service", "about", "calls"),
		Right: []bool{false, false, false, false, false, false, true},
	}
	shown := rows.Rows[:min(len(rows.Rows), top)]
	for i := range shown {
		f := &shown[i]
		name, _ := grid.Principal(f.Principal)
		g.Add(f.Severity, f.Finding, grid.OrDash(f.AccountID), name, grid.OrDash(f.Service),
			grid.OrDash(strings.TrimSpace(f.Resource+" "+f.EndpointID)), grid.Number(f.Calls))
	}
	g.More(rows.Seen - len(shown))
	return g
}

func (c *Changes) services(words *words.Language, top int) *grid.Grid {
	g := &grid.Grid{
		Title: words.Say("Share by endpoint changed by %d point or more", leastPoints),
		Heads: words.Each("service", "internet before", "after", "share before", "after"), Right: []bool{false, true, true, true, true},
	}
	shown := c.Services[:min(len(c.Services), top)]
	for i := range shown {
		s := &shown[i]
		g.Add(grid.OrDash(s.Name), grid.Number(s.Before.Internet), grid.Number(s.After.Internet), grid.Share(s.Before.Share()), grid.Share(s.After.Share()))
	}
	g.More(len(c.Services) - len(shown))
	return g
}

func calls(words *words.Language, title, of phrase.Format, counts []Count, top int) *grid.Grid {
	g := &grid.Grid{Title: words.Say(title), Heads: words.Each(of, "before", "after"), Right: []bool{false, true, true}}
	shown := counts[:min(len(counts), top)]
	for _, n := range shown {
		g.Add(grid.OrDash(n.Name), grid.Number(n.Before), grid.Number(n.After))
	}
	g.More(len(counts) - len(shown))
	return g
}

// Proved reports whether a finding that the day does not have is gone.
func (c *Changes) Proved() bool { return c.Before != nil && !c.Unproved.Is() }

// A Document is the form of Changes in JSON. Names are those of the report's columns, and never
// change. What only one day can have is null if the other does not.
type Document struct {
	Day          string            `json:"day"`
	DayBefore    *string           `json:"day_before"`
	MissingDays  int               `json:"missing_days,omitempty"` // between the two, of which the report has no calls
	Complete     bool              `json:"complete"`
	Lacks        string            `json:"lacks,omitempty"`
	Digests      string            `json:"digests,omitempty"`
	Unproved     string            `json:"unproved,omitempty"` // why no finding counts as gone
	Calls        int64             `json:"calls"`
	VPCE         int64             `json:"vpce_calls"`
	Internet     int64             `json:"internet_calls"`
	Share        *float64          `json:"vpce_share"`
	CallsBefore  *int64            `json:"calls_before"`
	VPCEBefore   *int64            `json:"vpce_calls_before"`
	PastBefore   *int64            `json:"internet_calls_before"`
	ShareBefore  *float64          `json:"vpce_share_before"`
	FindingsNew  int               `json:"findings_new"`
	FindingsGone *int              `json:"findings_gone"`
	Codes        []documentCode    `json:"findings"`
	New          []Finding         `json:"new,omitempty"`
	Gone         []Finding         `json:"gone,omitempty"`
	Services     []documentService `json:"services,omitempty"`
	Causes       []documentCount   `json:"causes,omitempty"`
	Egress       []documentCount   `json:"egress,omitempty"`
}

type documentCode struct {
	Severity string `json:"severity"`
	Finding  string `json:"finding"`
	Before   *int64 `json:"before"`
	After    int64  `json:"after"`
	New      int64  `json:"new"`
	Gone     *int64 `json:"gone"`
}

type documentService struct {
	Service     string   `json:"service"`
	Internet    int64    `json:"internet_calls"`
	Share       *float64 `json:"vpce_share"`
	PastBefore  int64    `json:"internet_calls_before"`
	ShareBefore *float64 `json:"vpce_share_before"`
}

type documentCount struct {
	Name   *string `json:"name"`
	Before int64   `json:"before"`
	After  int64   `json:"after"`
}

// A Finding is the form of a finding in JSON.
type Finding struct {
	Severity         string   `json:"severity"`
	Finding          string   `json:"finding"`
	Account          *string  `json:"account_id"`
	Region           *string  `json:"region"`
	Principal        *string  `json:"principal"`
	PrincipalAccount *string  `json:"principal_account_id"`
	Service          *string  `json:"service"`
	Resource         *string  `json:"resource"`
	Endpoint         *string  `json:"vpc_endpoint_id"`
	Calls            int64    `json:"calls"`
	Bytes            int64    `json:"bytes"`
	EstimatedUSD     *float64 `json:"estimated_usd"`
	Samples          []string `json:"sample_event_ids"`
	Detail           string   `json:"detail"`
	FirstSeen        *string  `json:"first_seen"`
	LastSeen         *string  `json:"last_seen"`
}

// FindingOf returns a finding for JSON.
func FindingOf(f *table.FindingRow) Finding {
	return Finding{
		Severity: f.Severity, Finding: f.Finding, Account: given(f.AccountID), Region: given(f.Region), Principal: given(f.Principal),
		PrincipalAccount: given(f.PrincipalAccountID), Service: given(f.Service), Resource: given(f.Resource), Endpoint: given(f.EndpointID),
		Calls: f.Calls, Bytes: f.Bytes, EstimatedUSD: number(f.EstimatedUSD), Samples: append([]string{}, strings.Fields(f.SampleEventIDs)...),
		Detail: f.Detail, FirstSeen: moment(f.FirstSeen), LastSeen: moment(f.LastSeen),
	}
}

// Document returns the changes for JSON, with at most top rows of each list.
func (c *Changes) Document(top int) Document {
	now := c.After.Calls()
	d := Document{
		Day: c.After.Day.String(), MissingDays: c.Missing(), Lacks: c.After.Lacks().String(), Complete: !c.After.Lacks().Is(), Unproved: c.Unproved.String(),
		Calls: now.Calls, VPCE: now.VPCE, Internet: now.Internet, Share: number(now.Share()),
		FindingsNew: c.New.Seen, Codes: []documentCode{}, Causes: documented(c.Causes, top), Egress: documented(c.Egress, top),
	}
	if v := c.After.Manifest.Verified; v != nil {
		d.Digests = v.String()
	}
	if c.Before != nil {
		was, text := c.Before.Calls(), c.Before.Day.String()
		d.DayBefore, d.CallsBefore, d.VPCEBefore, d.PastBefore, d.ShareBefore = &text, &was.Calls, &was.VPCE, &was.Internet, number(was.Share())
	}
	if c.Proved() {
		d.FindingsGone = &c.Gone.Seen
	}
	for i := range c.Codes {
		code := &c.Codes[i]
		one := documentCode{Severity: code.Severity, Finding: code.Finding, After: code.After, New: code.New}
		if c.Before != nil {
			one.Before = &code.Before
		}
		if c.Proved() {
			one.Gone = &code.Gone
		}
		d.Codes = append(d.Codes, one)
	}
	for i := range c.New.Rows[:min(len(c.New.Rows), top)] {
		d.New = append(d.New, FindingOf(&c.New.Rows[i]))
	}
	for i := range c.Gone.Rows[:min(len(c.Gone.Rows), top)] {
		d.Gone = append(d.Gone, FindingOf(&c.Gone.Rows[i]))
	}
	for _, s := range c.Services[:min(len(c.Services), top)] {
		d.Services = append(d.Services, documentService{s.Name, s.After.Internet, number(s.After.Share()), s.Before.Internet, number(s.Before.Share())})
	}
	return d
}

func documented(counts []Count, top int) (list []documentCount) {
	for _, n := range counts[:min(len(counts), top)] {
		list = append(list, documentCount{given(n.Name), n.Before, n.After})
	}
	return list
}

func given(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func number(v float64) *float64 {
	if math.IsNaN(v) {
		return nil
	}
	return &v
}

func moment(ms int64) *string {
	if ms < 0 {
		return nil
	}
	text := time.UnixMilli(ms).UTC().Format("2006-01-02T15:04:05.999Z07:00")
	return &text
}
