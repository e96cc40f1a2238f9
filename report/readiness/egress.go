package readiness

import (
	"context"
	"slices"

	"vpcetrail/classify/phrase"
	"vpcetrail/ingest/day"
	"vpcetrail/report"
	"vpcetrail/report/table"
)

// SourceIP is the key of the exception for networks.
const SourceIP = "aws:SourceIp"

// A Network is a named network that the policy would exempt by its addresses.
type Network struct {
	Name  string
	CIDRs []string
}

// A callerKey is what tables traffic and resources both know of calls of route internet.
type callerKey struct {
	day                                          day.Day
	account, region                              string
	principal, principalType, principalAccountID string
	service, origin, evidence                    string
}

// A wayOut says by which networks calls past the endpoints left.
type wayOut struct {
	network string // an exempt one, or ""
	others  bool   // some of the calls left by another way
}

// wayOf returns the way out of the calls of a row, which readWays finds out. It is nil if nobody asked,
// and for consoles: which address a policy sees of them is not recorded.
func (r *reader) wayOf(d day.Day, row *table.ResourceRow) *wayOut {
	if len(r.q.Exempt) == 0 || row.Route != "internet" || row.EndpointID != "" {
		return nil
	}
	k := callerKey{d, row.AccountID, row.Region, row.Principal, row.PrincipalType, row.PrincipalAccountID, row.Service, row.Origin, row.Evidence}
	if r.ways[k] == nil {
		r.ways[k] = &wayOut{}
	}
	return r.ways[k]
}

// readWays finds the ways out. Table resources does not have them. Table traffic has all calls of a
// caller to a service, so what holds for all of these holds for the calls that name the resource.
func (r *reader) readWays(ctx context.Context, s *report.Span) error {
	if len(r.ways) == 0 {
		return nil
	}
	for i, d := range s.Days {
		for row, err := range report.ReadTable(ctx, s.Store, &table.Traffic, s.Manifests[i], d) {
			if err != nil {
				return err
			}
			k := callerKey{d, row.AccountID, row.Region, row.Principal, row.PrincipalType, row.PrincipalAccountID, row.Service, row.Origin, row.Evidence}
			w := r.ways[k]
			switch {
			case w == nil || row.Route != "internet" || row.EndpointID != "":
			case slices.ContainsFunc(r.q.Exempt, func(n Network) bool { return n.Name == row.Egress }):
				w.network = max(w.network, row.Egress)
			default:
				w.others = true
			}
		}
	}
	r.joinUses()
	return nil
}

// joinUses joins uses that left by equal ways on different days.
func (r *reader) joinUses() {
	joined := map[useKey]*Counts{}
	for k, c := range r.uses {
		if k.way != nil {
			k.Egress, k.mixed, k.way = k.way.network, k.way.network != "" && k.way.others, nil
		}
		if joined[k] == nil {
			joined[k] = &Counts{FirstSeen: c.FirstSeen}
		}
		joined[k].add(c)
	}
	r.uses = joined
}

// byNetwork returns the verdict for a call that an exempt network may have sent.
func byNetwork(u *Use) (Verdict, bool) {
	switch {
	case u.Egress == "":
		return Verdict{}, false
	case u.mixed:
		return Verdict{Outcome: Unknown, Because: phrase.Of("on that day the caller came from %s and from elsewhere, and the table does not show from where for this resource", u.Egress)}, true
	}
	return Verdict{Outcome: Exempt, By: SourceIP, Because: phrase.Of("from %s, which the statement exempts", u.Egress)}, true
}

// noteEgress says which days cannot show networks.
func (a *Answer) noteEgress(s *report.Span, q *Question) {
	if len(q.Exempt) == 0 {
		return
	}
	var days, names []string
	for i, m := range s.Manifests {
		if m.Run.Inputs["networks"] == "" {
			days = append(days, s.Days[i].String())
		}
	}
	for _, n := range q.Exempt {
		names = append(names, n.Name)
	}
	if len(days) > 0 {
		a.note("%s: made without --networks, so calls from %s count as stopped: analyze again with --networks.", phrase.Few(days), phrase.Join(phrase.Comma, names))
	}
}

// addresses returns the ranges that the statement exempts.
func (q *Question) addresses() (cidrs []string) {
	for _, n := range q.Exempt {
		cidrs = append(cidrs, n.CIDRs...)
	}
	slices.Sort(cidrs)
	return slices.Compact(cidrs)
}
