package explain

import (
	"slices"
	"strings"

	"vpcetrail/classify"
	"vpcetrail/classify/network"
	"vpcetrail/classify/phrase"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/event"

	"vpcetrail/report/causes"
)

// A Cause says why a call went past the endpoints, with what the record shows of its path.
type Cause struct {
	network.Answer
	Path      network.Path
	HostClass network.HostClass
	Fix       *causes.Fix // nil where nobody asked
}

// allCauses finds the causes of the calls of a trail, day by day, as table causes does.
type allCauses struct {
	days     *network.Days
	networks *network.Networks
	changes  []network.Change // by events of the trail, of our accounts
	views    map[day.Day]*network.View
	fix      string // one of causes.Formats, or ""
}

// newCauses returns the known causes. It uses the trail's own change events of our accounts
// too.
func newCauses(known *Known, changes []network.Change, ours map[string]bool) *allCauses {
	return &allCauses{
		days: network.NewDays(known.Network, known.Networks), networks: known.Networks,
		changes: slices.DeleteFunc(slices.Clone(changes), func(c network.Change) bool { return !ours[c.Account] }),
		views:   map[day.Day]*network.View{}, fix: known.Fix,
	}
}

// of returns the cause of a call of route internet, or nil. It answers a question that x
// leaves open.
func (c *allCauses) of(ev *event.Event, d day.Day, x *classify.Explanation) *Cause {
	if !c.days.Explains() || x.Verdict.Route() != classify.Internet {
		return nil
	}
	x.Advice = slices.DeleteFunc(x.Advice, func(p phrase.Phrase) bool { return p.Format == classify.AskForAddresses })
	view := c.views[d]
	if view == nil {
		view = c.days.Part(d, c.changes).View(d, c.networks)
		c.views[d] = view
	}
	path := view.PathOf(ev, x.Source.Address, x.Verdict.Origin == classify.FromAWS)
	callee := network.Callee{Account: string(ev.Recipient), Region: string(ev.Region), Source: string(ev.Source)}
	answer := view.Cause(callee, path)
	cause := &Cause{Answer: answer, Path: path, HostClass: network.ClassOf(path.Host, callee.Region)}
	if c.fix != "" {
		fix := causes.Of(view.Plan(answer), c.fix)
		cause.Fix = &fix
	}
	return cause
}

// jsonCause is a Cause for programs.
type jsonCause struct {
	Cause       string   `json:"cause"`
	Reason      string   `json:"reason"`
	Text        string   `json:"text"`
	Workload    *string  `json:"workload"`
	VPC         *string  `json:"vpc_id"`
	VPCRegion   *string  `json:"vpc_region"`
	Subnets     []string `json:"subnet_ids"`
	RouteTables []string `json:"route_table_ids"`
	Endpoint    *string  `json:"vpc_endpoint_id"`
	ServiceName *string  `json:"service_name"`
	Host        *string  `json:"host"`
	HostClass   *string  `json:"host_class"`
	Egress      *string  `json:"egress"`
	Fix         *jsonFix `json:"fix,omitempty"` // with --fix
}

type jsonFix struct {
	Moves  *string  `json:"moves"`
	Breaks []string `json:"may_break"`
	Code   *string  `json:"code"`
	Advice *string  `json:"advice"`
}

func (c *Cause) json() *jsonCause {
	if c == nil {
		return nil
	}
	there := func(list []string) []string { return append([]string{}, list...) }
	j := &jsonCause{
		Cause: string(c.Cause), Reason: string(c.Reason), Text: c.String(), Workload: orNull(c.Path.Workload), VPC: orNull(c.VPC), VPCRegion: orNull(c.Region),
		Subnets: there(c.Subnets), RouteTables: there(c.Tables), Endpoint: orNull(c.Endpoint), ServiceName: orNull(c.Service),
		Host: orNull(c.Path.Host), HostClass: orNull(string(c.HostClass)), Egress: orNull(network.Egress(c.Path.Place)),
	}
	if f := c.Fix; f != nil {
		j.Fix = &jsonFix{orNull(f.Moves.String()), formats(f.Breaks), orNull(f.Code), orNull(f.Advice.String())}
	}
	return j
}

// formats returns sentences that nothing fills, in English.
func formats(list []phrase.Format) []string {
	texts := []string{}
	for _, f := range list {
		texts = append(texts, string(f))
	}
	return texts
}

// cause writes why a call went past the endpoints, and where it came from.
func (p *page) cause(c *Cause) {
	if c == nil {
		return
	}
	p.labelled("  Cause", wideLabel, p.Say("%s, %s: %s.", string(c.Cause), string(c.Reason), c.Proof()))
	var from []phrase.Phrase
	for _, part := range []struct {
		what phrase.Format
		ids  []string
	}{
		{"workload %s", []string{c.Path.Workload}}, {"VPC %s", []string{c.VPC}}, {"subnet %s", c.Subnets}, {"route table %s", c.Tables},
		{"by %s", []string{network.Egress(c.Path.Place)}},
	} {
		if strings.Join(part.ids, "") != "" {
			from = append(from, phrase.Of(part.what, phrase.Join(phrase.Comma, part.ids)))
		}
	}
	p.labelled("  From", wideLabel, p.Say("%s", phrase.Join(phrase.Comma, from)))
	if c.Fix != nil {
		p.WriteString("\n")
		_ = c.Fix.Write(p, p.Style) // to memory
	}
}
