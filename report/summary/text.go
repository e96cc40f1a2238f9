package summary

import (
	"fmt"
	"io"
	"math"
	"strings"
	"unicode"
	"unicode/utf8"
)

// topRows is how many services, principals and endpoints a summary shows.
const topRows = 10

// WriteText writes the summary as tables for a terminal.
func (s *Summary) WriteText(w io.Writer) error {
	var out strings.Builder
	s.writeHead(&out)
	s.writeRoutes(&out)
	writeRanking(&out, "Services with most calls past the endpoint", s.Services, []string{"service"},
		func(name string) []string { return []string{orDash(name)} })
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
	fmt.Fprintf(out, "%s, %s denied\n", plural(s.Total.Calls, "call"), number(s.Total.Denied))
	s.writeOthers(out)
	var unread int64
	for _, n := range s.Unread {
		unread += n
	}
	if unread > 0 {
		fmt.Fprintf(out, "INCOMPLETE: %s could not be read whole; table objects names each\n", plural(unread, "object"))
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
			others = append(others, plural(k.n, k.noun))
		}
	}
	if len(others) > 0 {
		fmt.Fprintf(out, "beside the calls: %s\n", strings.Join(others, ", "))
	}
}

func (s *Summary) writeRoutes(out *strings.Builder) {
	t := &s.Total
	g := grid{title: "Calls by route", heads: []string{"route", "calls", "share"}, right: []bool{false, true, true}}
	add := func(name string, n int64) { g.add(name, number(n), percent(n, t.Calls)) }
	add("vpce: through a VPC endpoint", t.VPCE)
	add("internet: from a public address", t.Internet)
	add("  from AWS's addresses (EC2, NAT)", t.InternetAWS)
	add("  from anywhere else", t.InternetExternal)
	add("aws_service: made by an AWS service", t.AWSService)
	add("unknown: the record proves no route", t.Unknown)
	g.write(out)
}

// writeRanking shows the rows with internet calls; cells says how to show a row's name, in as many
// columns as there are names.
func writeRanking(out *strings.Builder, title string, r Ranking, names []string, cells func(string) []string) {
	g := grid{title: title, heads: append(names, "internet", "external", "vpce", "vpce share")}
	g.right = append(make([]bool, len(names)), true, true, true, true)
	for _, row := range r.Top[:min(len(r.Top), topRows)] {
		share := "-"
		if !math.IsNaN(row.VPCEShare) {
			share = fmt.Sprintf("%.1f %%", 100*row.VPCEShare)
		}
		g.add(append(cells(row.Name), number(row.Internet), number(row.InternetExternal), number(row.VPCE), share)...)
	}
	g.more(r.Past - topRows)
	g.write(out)
}

// nameAndAccount splits an ARN into what a person reads: arn:aws:iam::111122223333:role/path/name
// into role/name and the account. The path is left out: names are unique without it.
func nameAndAccount(principal string) []string {
	parts := strings.SplitN(principal, ":", 6)
	if len(parts) < 6 || parts[0] != "arn" {
		return []string{orDash(principal), "-"}
	}
	kind, name, hasName := strings.Cut(parts[5], "/")
	if hasName {
		kind += "/" + name[strings.LastIndexByte(name, '/')+1:]
	}
	return []string{kind, orDash(parts[4])}
}

func (s *Summary) writeEndpoints(out *strings.Builder) {
	g := grid{
		title: "Endpoints used", right: []bool{false, false, false, false, true, true, true},
		heads: []string{"endpoint", "service", "type", "owner", "calls", "denied", "policy denials"},
	}
	for i, e := range s.Endpoints {
		if i == topRows {
			break
		}
		g.add(e.ID, orDash(e.Service), orDash(e.Type), orDash(e.Owner), number(e.Calls), number(e.Denied), number(e.PolicyDenied))
	}
	g.more(len(s.Endpoints) - topRows)
	g.write(out)
}

// A grid is a table of text in columns as wide as their widest cell.
type grid struct {
	title string
	heads []string
	right []bool // by column: flush right
	rows  [][]string
	rest  string // a line below
}

func (g *grid) add(cells ...string) { g.rows = append(g.rows, cells) }

func (g *grid) more(n int) {
	if n > 0 {
		g.rest = fmt.Sprintf("  … and %s more", number(int64(n)))
	}
}

func (g *grid) write(out *strings.Builder) {
	fmt.Fprintf(out, "\n%s\n", g.title)
	if len(g.rows) == 0 {
		out.WriteString("  none\n")
		return
	}
	width := make([]int, len(g.heads))
	for _, row := range append([][]string{g.heads}, g.rows...) {
		for i, cell := range row {
			width[i] = max(width[i], utf8.RuneCountInString(clean(cell)))
		}
	}
	for _, row := range append([][]string{g.heads}, g.rows...) {
		var line strings.Builder
		for i, cell := range row {
			cell = clean(cell)
			fill := strings.Repeat(" ", width[i]-utf8.RuneCountInString(cell))
			if g.right[i] {
				cell, fill = fill, cell
			}
			line.WriteString("  " + cell + fill)
		}
		out.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	if g.rest != "" {
		out.WriteString(g.rest + "\n")
	}
}

// clean makes text from logs safe for a terminal: what could move the cursor or change colours is
// shown as U+FFFD.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return utf8.RuneError
		}
		return r
	}, s)
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// number writes n with commas: 1,234,567.
func number(n int64) string {
	digits := fmt.Sprint(n)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

func percent(n, of int64) string {
	if of == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f %%", 100*float64(n)/float64(of))
}

func plural(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	if stem, ok := strings.CutSuffix(noun, "y"); ok {
		noun = stem + "ie"
	}
	return number(n) + " " + noun + "s"
}
