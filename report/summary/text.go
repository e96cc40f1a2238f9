package summary

import (
	"fmt"
	"io"
	"strings"

	"vpcetrail/classify/phrase"
	"vpcetrail/ingest/day"
	"vpcetrail/report"
	"vpcetrail/report/grid"
	"vpcetrail/report/overview"
	"vpcetrail/report/table"
	"vpcetrail/report/words"
)

// Write writes the summary as tables for a terminal (format table), as Markdown or as JSON. Each
// table has at most top rows. A ranking never has more than 100.
func (s *Summary) Write(w io.Writer, format string, style grid.Style, top int) error {
	switch format {
	case grid.FormatJSON:
		return s.writeJSON(w, top)
	case grid.FormatTable:
		return s.writeText(w, style, top, (*grid.Grid).Write)
	case grid.FormatMarkdown:
		return s.writeText(w, grid.Style{Words: style.Words}, top, (*grid.Grid).WriteMarkdown)
	}
	return fmt.Errorf("--format %s holds one table: say by --by which", format)
}

func (s *Summary) writeText(w io.Writer, style grid.Style, top int, write func(*grid.Grid, *strings.Builder)) error {
	var out strings.Builder
	s.writeHead(&out, style)
	show := func(g *grid.Grid) {
		g.Style = style
		write(g, &out)
	}
	line := func(f phrase.Format, args ...any) {
		out.WriteString("\n" + strings.Join(wrapped(style, style.Words.Say(f, args...)), "\n") + "\n")
	}
	for _, g := range s.grids(style.Words, top) {
		show(g)
	}
	if usd := s.Detour(); usd > 0 {
		line("The detour past gateway endpoints: %s by estimate, NAT alone, S3 data events only (finding %s).", grid.Dollars(usd), overview.DetourCost)
	}
	if s.Tables[table.S3Access.Name] {
		show(s.access(style.Words, top))
	}
	if others := s.otherTables(); len(others) > 0 {
		line("Other tables of these days: %s", phrase.Join(phrase.Comma, others))
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// grids returns the tables about calls. There are none if no trail was read.
func (s *Summary) grids(words *words.Language, top int) []*grid.Grid {
	if len(s.NoTrail) == len(s.Days) {
		return nil
	}
	grids := []*grid.Grid{
		s.routes(words),
		ranking(words, "Services with most calls past the endpoint", &s.Services, top, []phrase.Format{"service"},
			func(name string) []string { return []string{grid.OrDash(name)} }),
		ranking(words, "Principals with most calls past the endpoint", &s.Principals, top, []phrase.Format{"principal", "account"},
			func(arn string) []string {
				name, account := grid.Principal(arn)
				return []string{name, account}
			}),
		s.endpoints(words, top),
	}
	if s.DaysWithFindings > 0 {
		grids = append(grids, s.findings(words, top))
	}
	return grids
}

// otherTables names the tables that the summary does not show, and how to see them.
func (s *Summary) otherTables() (others []string) {
	for _, v := range []viewer{&names, &measured} {
		if s.Tables[v.tableName()] {
			others = append(others, fmt.Sprintf("%s (summary --by %s)", v.tableName(), v.name()))
		}
	}
	return others
}

func (s *Summary) days() []day.Day {
	days := make([]day.Day, len(s.Days))
	for i, d := range s.Days {
		days[i] = d.Day
	}
	return days
}

func (s *Summary) writeHead(out *strings.Builder, style grid.Style) {
	line := func(ink grid.Ink, f phrase.Format, args ...any) {
		for _, text := range wrapped(style, style.Words.Say(f, args...)) {
			out.WriteString(style.Paint(ink, text) + "\n")
		}
	}
	if len(s.NoTrail) < len(s.Days) {
		line(grid.Plain, "%s: %s, %s denied", report.NameDays(s.days()), phrase.Count(s.Total.Calls, "call"), grid.Number(s.Total.Denied))
	}
	if len(s.NoTrail) > 0 {
		line(grid.Alarm, "no trail was read for %s: its calls are not known", report.NameDays(s.NoTrail))
	}
	if others := s.others(); len(others) > 0 {
		line(grid.Plain, "beside the calls: %s", phrase.Join(phrase.Comma, others))
	}
	if lacks := s.Runs.Lacks(); lacks.Is() {
		line(grid.Alarm, "INCOMPLETE: %s; %s", lacks, s.Runs.Named())
	}
	if text := s.Digests(); text.Is() {
		ink := grid.Plain
		if s.Verified.Invalid > 0 {
			ink = grid.Alarm
		}
		line(ink, "%s", text)
	}
	if len(s.Parts) > 0 {
		line(grid.Alarm, "INCOMPLETE: shard %s of the trail alone; merge joins the shards", phrase.Join(phrase.Comma, s.Parts))
	}
}

// wrapped breaks text into lines that fit the terminal, if there is one.
func wrapped(style grid.Style, text string) []string {
	text = grid.Clean(text)
	if style.Width == 0 {
		return []string{text}
	}
	return grid.Wrap(text, style.Columns(), style.Columns())
}

// others counts the records that are not calls.
func (s *Summary) others() (others []phrase.Counted) {
	for _, k := range []phrase.Counted{
		phrase.Count(s.Kinds.Duplicates, "duplicate"), phrase.Count(s.Kinds.SharedCopies, "shared copy"), phrase.Count(s.Kinds.NetworkEvents, "network event"),
		phrase.Count(s.Kinds.Corrections, "correction"), phrase.Count(s.Kinds.OtherEvents, "other event"),
	} {
		if k.N > 0 {
			others = append(others, k)
		}
	}
	return others
}

func (s *Summary) routes(words *words.Language) *grid.Grid {
	t := &s.Total
	g := &grid.Grid{Title: words.Say("Calls by route"), Heads: words.Each("route", "calls", "share"), Right: []bool{false, true, true}}
	add := func(name phrase.Format, n int64) { g.Add(words.Say(name), grid.Number(n), grid.Percent(n, t.Calls)) }
	add("vpce: through a VPC endpoint", t.VPCE)
	add("internet: from a public address", t.Internet)
	add("  from AWS's addresses (EC2, NAT)", t.InternetAWS)
	add("  from anywhere else", t.InternetExternal)
	add("aws_service: made by an AWS service", t.AWSService)
	add("unknown: the record proves no route", t.Unknown)
	return g
}

// ranking shows the rows with internet calls. cells returns the cells for the name of a row, one
// for each of names.
func ranking(words *words.Language, title phrase.Format, r *overview.Top[overview.Named], top int, names []phrase.Format, cells func(string) []string) *grid.Grid {
	g := &grid.Grid{Title: words.Say(title), Heads: words.Each(append(names, "internet", "external", "vpce", "vpce share")...)}
	g.Right = append(make([]bool, len(names)), true, true, true, true)
	shown := r.Rows[:min(len(r.Rows), top)]
	for _, row := range shown {
		g.Add(append(cells(row.Name), grid.Number(row.Internet), grid.Number(row.InternetExternal), grid.Number(row.VPCE), grid.Share(row.VPCEShare))...)
	}
	g.More(r.Seen - len(shown))
	return g
}

func (s *Summary) endpoints(words *words.Language, top int) *grid.Grid {
	g := &grid.Grid{
		Title: words.Say("Endpoints used"), Right: []bool{false, false, false, false, true, true, true},
		Heads: words.Each("endpoint", "service", "type", "owner", "calls", "denied", "policy denials"),
	}
	shown := s.Endpoints.Rows[:min(s.Endpoints.Seen, top)]
	for _, e := range shown {
		g.Add(e.ID, grid.OrDash(e.Service), grid.OrDash(e.Type), grid.OrDash(e.Owner), grid.Number(e.Calls), grid.Number(e.Denied), grid.Number(e.PolicyDenied))
	}
	g.More(s.Endpoints.Seen - len(shown))
	return g
}

func (s *Summary) findings(words *words.Language, top int) *grid.Grid {
	g := &grid.Grid{
		Title: words.Say("Findings"), Right: []bool{false, false, true, true}, Heads: words.Each("severity", "finding", "subjects", "calls"),
		Ink: func(column int, cell string) grid.Ink {
			if column == 0 {
				return overview.InkOfSeverity(cell)
			}
			return grid.Plain
		},
	}
	shown := s.Codes[:min(len(s.Codes), top)]
	for _, f := range shown {
		g.Add(grid.OrDash(f.Severity), grid.OrDash(f.Finding), grid.Number(f.Subjects), grid.Number(f.Calls))
	}
	g.More(len(s.Codes) - len(shown))
	return g
}
