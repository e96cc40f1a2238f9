package summary

import (
	"fmt"
	"io"
	"strings"

	"vpcetrail/report/grid"
)

// topRows is how many services, principals and endpoints a summary shows.
const topRows = 10

// WriteText writes the summary as tables for a terminal.
func (s *Summary) WriteText(w io.Writer) error {
	var out strings.Builder
	s.writeHead(&out)
	s.writeRoutes(&out)
	writeRanking(&out, "Services with most calls past the endpoint", s.Services, []string{"service"},
		func(name string) []string { return []string{grid.OrDash(name)} })
	writeRanking(&out, "Principals with most calls past the endpoint", s.Principals, []string{"principal", "account"}, nameAndAccount)
	s.writeEndpoints(&out)
	_, err := io.WriteString(w, out.String())
	return err
}

func (s *Summary) writeHead(out *strings.Builder) {
	first, last := s.Days[0], s.Days[len(s.Days)-1]
	switch {
	case len(s.Days) == 1:
		fmt.Fprintf(out, "%s: ", first)
	case int(last-first)+1 == len(s.Days):
		fmt.Fprintf(out, "%s to %s: ", first, last)
	default:
		fmt.Fprintf(out, "%d days between %s and %s: ", len(s.Days), first, last)
	}
	fmt.Fprintf(out, "%s, %s denied\n", grid.Plural(s.Total.Calls, "call"), grid.Number(s.Total.Denied))
	s.writeOthers(out)
	var unread int64
	for _, n := range s.Unread {
		unread += n
	}
	if unread > 0 {
		fmt.Fprintf(out, "INCOMPLETE: %s could not be read whole; table objects names each\n", grid.Plural(unread, "object"))
	}
}

// writeOthers tells of the records that are no calls, where there are any.
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

func (s *Summary) writeRoutes(out *strings.Builder) {
	t := &s.Total
	g := grid.Grid{Title: "Calls by route", Heads: []string{"route", "calls", "share"}, Right: []bool{false, true, true}}
	add := func(name string, n int64) { g.Add(name, grid.Number(n), grid.Percent(n, t.Calls)) }
	add("vpce: through a VPC endpoint", t.VPCE)
	add("internet: from a public address", t.Internet)
	add("  from AWS's addresses (EC2, NAT)", t.InternetAWS)
	add("  from anywhere else", t.InternetExternal)
	add("aws_service: made by an AWS service", t.AWSService)
	add("unknown: the record proves no route", t.Unknown)
	g.Write(out)
}

// writeRanking shows the rows with internet calls; cells says how to show a row's name, in as many
// columns as there are names.
func writeRanking(out *strings.Builder, title string, r Ranking, names []string, cells func(string) []string) {
	g := grid.Grid{Title: title, Heads: append(names, "internet", "external", "vpce", "vpce share")}
	g.Right = append(make([]bool, len(names)), true, true, true, true)
	for _, row := range r.Top[:min(len(r.Top), topRows)] {
		g.Add(append(cells(row.Name), grid.Number(row.Internet), grid.Number(row.InternetExternal), grid.Number(row.VPCE), grid.Share(row.VPCEShare))...)
	}
	g.More(r.Past - topRows)
	g.Write(out)
}

func nameAndAccount(principal string) []string {
	name, account := grid.Principal(principal)
	return []string{name, account}
}

func (s *Summary) writeEndpoints(out *strings.Builder) {
	g := grid.Grid{
		Title: "Endpoints used", Right: []bool{false, false, false, false, true, true, true},
		Heads: []string{"endpoint", "service", "type", "owner", "calls", "denied", "policy denials"},
	}
	for i, e := range s.Endpoints {
		if i == topRows {
			break
		}
		g.Add(e.ID, grid.OrDash(e.Service), grid.OrDash(e.Type), grid.OrDash(e.Owner), grid.Number(e.Calls), grid.Number(e.Denied), grid.Number(e.PolicyDenied))
	}
	g.More(len(s.Endpoints) - topRows)
	g.Write(out)
}
