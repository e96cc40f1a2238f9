package doctor

import (
	"cmp"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"
	"time"

	"vpcetrail/classify/inside"
	"vpcetrail/report/grid"
)

// columns is the width of the text where there is no terminal.
const columns = 80

// pathWords name the paths for people.
var pathWords = map[inside.Path]string{
	inside.Interface: "interface endpoint", inside.Gateway: "gateway endpoint", inside.Past: "past the endpoint", inside.Undecided: "undecided",
}

// A page is text that fits a terminal.
type page struct {
	strings.Builder
	style grid.Style
}

// paragraph writes a label and text.
func (p *page) paragraph(label, text string) {
	indent := strings.Repeat(" ", len(label))
	width := p.style.Width - len(label)
	for i, line := range grid.Wrap(grid.Clean(text), width, width) {
		if i > 0 {
			label = indent
		}
		p.WriteString(label + line + "\n")
	}
}

// writeText writes an examination for people.
func (e *examination) writeText(w io.Writer, style grid.Style) error {
	style.Width = cmp.Or(style.Width, columns)
	p := &page{style: style}
	e.writeWhere(p)
	table := grid.Grid{Title: "Services", Heads: []string{"service", "path", "by"}, Right: make([]bool, 3), Style: style, Ink: inkOf}
	for _, s := range e.Services {
		table.Add(string(s.Name), pathWords[s.Path()], by(s.Hosts[0]))
	}
	table.Write(&p.Builder)
	for _, s := range e.Services {
		p.WriteString("\n")
		p.paragraph(string(s.Name)+": ", s.Why+".")
		for _, text := range s.Do {
			p.paragraph("  Do: ", text+".")
		}
	}
	names := grid.Grid{Title: "Names", Heads: []string{"name", "answers", "path"}, Right: make([]bool, 3), Style: style, Ink: inkOf}
	for _, h := range e.hosts() {
		answers := h.Kinds()
		if h.Lookup != inside.Answered {
			answers = strings.ReplaceAll(string(h.Lookup), "_", " ")
		}
		if h.Lookup != inside.NoSuchName { // many services have no dual-stack or FIPS names
			names.Add(h.Host, answers, pathWords[h.Path])
		}
	}
	names.Write(&p.Builder)
	e.writeSigned(p)
	e.writeAnalyses(p)
	p.WriteString("\n")
	for _, text := range e.Notes {
		p.paragraph("Note: ", text+".")
	}
	p.paragraph("", fmt.Sprintf("Checked in %.1f s; the limit is %.0f s.", e.Took.Seconds(), max(1, e.Bound.Seconds())))
	_, err := io.WriteString(w, p.String())
	return err
}

func inkOf(_ int, cell string) grid.Ink {
	switch cell {
	case pathWords[inside.Past]:
		return grid.Alarm
	case pathWords[inside.Undecided]:
		return grid.Warning
	}
	return grid.Plain
}

// writeWhere says where the machine is and what lies around it.
func (e *examination) writeWhere(p *page) {
	here := []string{}
	for _, part := range []struct{ what, id string }{
		{"instance ", e.Instance}, {"", e.Subnet}, {"", e.VPC}, {"", cmp.Or(e.Zone, e.Region)}, {"account ", e.Account}, {"public address ", e.PublicIPv4},
	} {
		if part.id != "" {
			here = append(here, part.what+part.id)
		}
	}
	p.paragraph("Here:      ", strings.Join(here, ", "))
	if e.Calls != e.Region {
		p.paragraph("Calls to:  ", e.Calls+", by "+e.callsBy)
	}
	dns := cmp.Or(joinAddresses(e.Resolvers), "no name server was asked")
	if len(e.Resolvers) > 0 && !slices.ContainsFunc(e.Resolvers, func(r netip.Addr) bool { is, _ := e.IsAmazon(r); return !is }) {
		dns += ", Amazon's resolver"
	}
	p.paragraph("DNS:       ", dns)
	outside := "not checked"
	switch {
	case e.OutsideReached:
		outside = "can be reached (" + e.Outside + " answers)"
	case e.OutsideAsked:
		outside = "cannot be reached"
	}
	p.paragraph("Internet:  ", outside)
}

// by says in a few words what a path uses.
func by(h *inside.Host) string {
	if h.On == nil {
		return ""
	}
	switch a := h.On; {
	case a.Endpoint != "":
		return a.Endpoint
	case h.CNAME != "":
		return h.CNAME
	case a.Way != nil && a.Kind == inside.Public:
		return a.Way.Via
	default:
		return a.IP.String()
	}
}

// file returns the name of the file for -o, with the machine's name in place of {instance}.
func (e *examination) file(name, host string) string {
	return strings.ReplaceAll(name, "{instance}", cmp.Or(e.Instance, host))
}

func seconds(d time.Duration) float64 { return float64(d.Milliseconds()) / 1000 }
