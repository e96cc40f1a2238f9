package report

import (
	"vpcetrail/classify"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/event"

	"vpcetrail/report/table"
)

// A settler decides what only the whole window can tell: whose endpoints are ours and of which
// type, and which records are copies.
type settler struct {
	owners     classify.Owners
	trail      map[string]bool // accounts with a folder in the trail
	interfaces map[string]bool // endpoints that a record proves to be of type interface
	byDay      map[day.Day]*tally
	kinds      map[day.Day]*Kinds
}

// A tally holds one day's settled groups.
type tally struct {
	traffic map[table.TrafficKey]*table.Measures
	network map[endpointKey]*table.Measures
	owners  map[endpointKey]string // the account that network events name as the endpoint's owner
	denied  map[endpointKey]int64  // calls that the endpoint's policy refused
}

type endpointKey struct{ endpoint, account, region, service string }

func newSettler(in *Input, m *merged, trail map[string]bool) *settler {
	s := &settler{
		trail: trail, kinds: m.days,
		interfaces: map[string]bool{}, byDay: map[day.Day]*tally{},
		owners: classify.Owners{Accounts: map[string]bool{}, Inventory: in.Inventory, Trail: m.endpoints},
	}
	for account := range trail {
		s.owners.Accounts[account] = true
	}
	for _, account := range in.OwnAccounts {
		s.owners.Accounts[account] = true
	}
	for g := range m.totals {
		if g.provesInterface() {
			s.interfaces[g.texts()[textEndpoint]] = true
		}
	}
	for g, measures := range m.totals {
		s.settle(g, measures)
	}
	s.settleDenials(m.denials)
	return s
}

func (s *settler) tallyOf(d day.Day) *tally {
	t := s.byDay[d]
	if t == nil {
		t = &tally{map[table.TrafficKey]*table.Measures{}, map[endpointKey]*table.Measures{}, map[endpointKey]string{}, map[endpointKey]int64{}}
		s.byDay[d] = t
	}
	return t
}

// isCopy reports whether the records of a group are another account's copies of calls that the
// trail holds already.
func (s *settler) isCopy(texts *[groupTextCount]string) bool {
	return texts[textSharedBy] != "" && s.trail[texts[textSharedBy]]
}

func (s *settler) settle(g group, measures *table.Measures) {
	texts := g.texts()
	t := s.tallyOf(g.day())
	switch {
	case g.kind() == event.Network:
		if key := endpointKeyOf(&texts); key.endpoint != "" {
			addTo(t.network, key, measures)
			t.owners[key] = max(t.owners[key], texts[textEndpointAccount])
		}
	case s.isCopy(&texts):
		kinds := s.kinds[g.day()]
		kinds.Calls -= measures.Calls
		kinds.SharedCopies += measures.Calls
	default:
		addTo(t.traffic, s.trafficKey(g, &texts), measures)
	}
}

func endpointKeyOf(texts *[groupTextCount]string) endpointKey {
	return endpointKey{texts[textEndpoint], texts[textAccount], texts[textRegion], texts[textService]}
}

func addTo[K comparable](totals map[K]*table.Measures, key K, m *table.Measures) {
	if t, ok := totals[key]; ok {
		t.Add(m)
		return
	}
	c := *m
	totals[key] = &c
}

func (s *settler) trafficKey(g group, texts *[groupTextCount]string) table.TrafficKey {
	id, account := texts[textEndpoint], texts[textEndpointAccount]
	verdict := s.owners.Resolve(g.unowned(), id, account)
	key := table.TrafficKey{
		AccountID: texts[textAccount], Region: texts[textRegion],
		Principal: texts[textPrincipal], PrincipalType: texts[textPrincipalType],
		PrincipalAccountID: texts[textPrincipalAccount], Session: texts[textSession],
		Service: texts[textService],
		Route:   verdict.Route().String(), Origin: verdict.Origin.String(), Evidence: verdict.Evidence.String(),
		EndpointID: id, EndpointAccountID: account, EndpointOwner: verdict.Owner().String(),
	}
	if verdict.Route() == classify.VPCE {
		key.EndpointType = s.typeOf(id)
	}
	if account == "" {
		key.EndpointAccountID = s.owners.Endpoint(id).Account
	}
	return key
}

// typeOf returns an endpoint's type: as described, else as the window's records prove it.
func (s *settler) typeOf(id string) string {
	if t := s.owners.Endpoint(id).Type; t != "" {
		return t
	}
	if s.interfaces[id] {
		return "interface"
	}
	return ""
}

// settleDenials counts each call that an endpoint's policy refused once: by its ordinary record
// where there is one, else by its network event. The two are joined by requestID.
func (s *settler) settleDenials(denials []settledDenial) {
	counted := map[string]bool{}
	for _, network := range []bool{false, true} {
		for _, d := range denials {
			texts := d.group.texts()
			if d.network != network || s.isCopy(&texts) || network && d.requestID != "" && counted[d.requestID] {
				continue
			}
			counted[d.requestID] = true
			s.tallyOf(d.group.day()).denied[endpointKeyOf(&texts)]++
		}
	}
}

// day makes the tables of one day.
func (s *settler) day(d day.Day, objects []object, lateness int) *Day {
	t := s.tallyOf(d)
	out := &Day{Day: d}
	if kinds := s.kinds[d]; kinds != nil {
		out.Kinds = *kinds
	}
	for key, m := range t.traffic {
		out.Traffic = append(out.Traffic, table.TrafficRow{TrafficKey: key, Measures: *m})
	}
	table.Traffic.Sort(out.Traffic)
	out.Principals = principalsOf(out.Traffic)
	out.Services = servicesOf(out.Traffic)
	out.Endpoints = s.endpointsOf(out.Traffic, t)
	for i := range objects {
		if objects[i].readFor(d, lateness) {
			out.Objects = append(out.Objects, objects[i].row(d))
		}
	}
	return out
}
