package summary

import (
	"fmt"
	"io"
	"strings"

	"vpcetrail/ingest/day"
	"vpcetrail/report"
	"vpcetrail/report/grid"
	"vpcetrail/report/overview"
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
		return s.writeText(w, grid.Style{}, top, (*grid.Grid).WriteMarkdown)
	}
	return fmt.Errorf("--format %s holds one table: say by --by which", format)
}

func (s *Summary) writeText(w io.Writer, style grid.Style, top int, write func(*grid.Grid, *strings.Builder)) error {
	var out strings.Builder
	s.writeHead(&out, style)
	grids := []*grid.Grid{
		s.routes(),
		ranking("Services with most calls past the endpoint", &s.Services, top, []string{"service"},
			func(name string) []string { return []string{grid.OrDash(name)} }),
		ranking("Principals with most calls past the endpoint", &s.Principals, top, []string{"principal", "account"},
			func(arn string) []string {
				name, account := grid.Principal(arn)
				return []string{name, account}
			}),
		s.endpoints(top),
	}
	if s.DaysWithFindings > 0 {
		grids = append(grids, s.findings(top))
	}
	for _, g := range grids {
		g.Style = style
		write(g, &out)
	}
	if usd := s.Detour(); usd > 0 {
		fmt.Fprintf(&out, "\nThe detour past gateway endpoints: %s by estimate, NAT alone, S3 data events only (finding %s).\n", grid.Dollars(usd), overview.DetourCost)
	}
	_, err := io.WriteString(w, out.String())
	return err
}

func (s *Summary) days() []day.Day {
	days := make([]day.Day, len(s.Days))
	for i, d := range s.Days {
		days[i] = d.Day
	}
	return days
}

func (s *Summary) writeHead(out *strings.Builder, style grid.Style) {
	fmt.Fprintf(out, "%s: %s, %s denied\n", report.NameDays(s.days()), grid.Plural(s.Total.Calls, "call"), grid.Number(s.Total.Denied))
	s.writeOthers(out)
	if lacks := s.Runs.Lacks(); lacks != "" {
		out.WriteString(style.Paint(grid.Alarm, "INCOMPLETE: "+lacks+"; "+s.Runs.Named()) + "\n")
	}
	if text := s.Digests(); text != "" {
		if s.Verified.Invalid > 0 {
			text = style.Paint(grid.Alarm, text)
		}
		out.WriteString(text + "\n")
	}
	if len(s.Parts) > 0 {
		text := fmt.Sprintf("INCOMPLETE: shard %s of the trail alone; merge joins the shards", grid.Clean(strings.Join(s.Parts, ", ")))
		out.WriteString(style.Paint(grid.Alarm, text) + "\n")
	}
}

// writeOthers shows the records that are not calls, if there are any.
func (s *Summary) writeOthers(out *strings.Builder) {
	var others []string
	for _, k := range []struct {
		n    int64
		noun string
	}{
		{s.Kinds.Duplicates, "duplicate"}, {s.Kinds.SharedCopies, "shared copy"}, {s.Kinds.NetworkEvents, "network event"},
		{s.Kinds.Corrections, "correction"}, {s.Kinds.OtherEvents, "other event"},
	} {
		if k.n > 0 {
			others = append(others, grid.Plural(k.n, k.noun))
		}
	}
	if len(others) > 0 {
		fmt.Fprintf(out, "beside the calls: %s\n", strings.Join(others, ", "))
	}
}

func (s *Summary) routes() *grid.Grid {
	t := &s.Total
	g := &grid.Grid{Title: "Calls by route", Heads: []string{"route", "calls", "share"}, Right: []bool{false, true, true}}
	add := func(name string, n int64) { g.Add(name, grid.Number(n), grid.Percent(n, t.Calls)) }
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
func ranking(title string, r *overview.Top[overview.Named], top int, names []string, cells func(string) []string) *grid.Grid {
	g := &grid.Grid{Title: title, Heads: append(names, "internet", "external", "vpce", "vpce share")}
	g.Right = append(make([]bool, len(names)), true, true, true, true)
	shown := r.Rows[:min(len(r.Rows), top)]
	for _, row := range shown {
		g.Add(append(cells(row.Name), grid.Number(row.Internet), grid.Number(row.InternetExternal), grid.Number(row.VPCE), grid.Share(row.VPCEShare))...)
	}
	g.More(r.Seen - len(shown))
	return g
}

func (s *Summary) endpoints(top int) *grid.Grid {
	g := &grid.Grid{
		Title: "Endpoints used", Right: []bool{false, false, false, false, true, true, true},
		Heads: []string{"endpoint", "service", "type", "owner", "calls", "denied", "policy denials"},
	}
	shown := s.Endpoints.Rows[:min(s.Endpoints.Seen, top)]
	for _, e := range shown {
		g.Add(e.ID, grid.OrDash(e.Service), grid.OrDash(e.Type), grid.OrDash(e.Owner), grid.Number(e.Calls), grid.Number(e.Denied), grid.Number(e.PolicyDenied))
	}
	g.More(s.Endpoints.Seen - len(shown))
	return g
}

func (s *Summary) findings(top int) *grid.Grid {
	g := &grid.Grid{
		Title: "Findings", Right: []bool{false, false, true, true}, Heads: []string{"severity", "finding", "subjects", "calls"},
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
