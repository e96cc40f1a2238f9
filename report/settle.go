package report

import (
	"vpcetrail/classify"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/event"

	"vpcetrail/report/table"
)

// A settler decides what one record cannot tell: whose endpoints are ours and of which type, and
// which records are copies. It knows a day's endpoints by the inventory and by that day's records alone,
// so that a day's tables do not depend on which other days were read with it.
type settler struct {
	trail     map[string]bool // accounts with a folder in the trail
	accounts  map[string]bool // ours: those, and the configured ones
	inventory map[string]classify.Endpoint
	told      map[day.Day]map[string]classify.Endpoint // by the trail's own endpoint events
	kinds     map[day.Day]*Kinds
	byDay     map[day.Day]*tally
}

// A tally holds one day's settled groups, and what is known of endpoints on that day.
type tally struct {
	owners     classify.Owners
	interfaces map[string]bool // endpoints that a record proves to be of type interface

	traffic       map[table.TrafficKey]*table.Measures
	network       map[endpointKey]*table.Measures
	networkOwners map[endpointKey]string // the account that network events name as the endpoint's owner
	denied        map[endpointKey]int64  // calls that the endpoint's policy refused
}

type endpointKey struct{ endpoint, account, region, service string }

func newSettler(in *Input, m *merged, trail map[string]bool) *settler {
	s := &settler{
		trail: trail, accounts: map[string]bool{}, inventory: in.Inventory,
		told: m.endpoints, kinds: m.days, byDay: map[day.Day]*tally{},
	}
	for account := range trail {
		s.accounts[account] = true
	}
	for _, account := range in.OwnAccounts {
		s.accounts[account] = true
	}
	for g := range m.totals {
		if g.provesInterface() {
			s.tallyOf(g.day()).interfaces[g.texts()[textEndpoint]] = true
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
		t = &tally{
			owners:     classify.Owners{Accounts: s.accounts, Inventory: s.inventory, Trail: s.told[d]},
			interfaces: map[string]bool{}, traffic: map[table.TrafficKey]*table.Measures{},
			network: map[endpointKey]*table.Measures{}, networkOwners: map[endpointKey]string{}, denied: map[endpointKey]int64{},
		}
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
			t.networkOwners[key] = max(t.networkOwners[key], texts[textEndpointAccount])
		}
	case s.isCopy(&texts):
		kinds := s.kinds[g.day()]
		kinds.Calls -= measures.Calls
		kinds.SharedCopies += measures.Calls
	default:
		addTo(t.traffic, t.trafficKey(g, &texts), measures)
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

func (t *tally) trafficKey(g group, texts *[groupTextCount]string) table.TrafficKey {
	id, account := texts[textEndpoint], texts[textEndpointAccount]
	verdict := t.owners.Resolve(g.unowned(), id, account)
	key := table.TrafficKey{
		AccountID: texts[textAccount], Region: texts[textRegion],
		Principal: texts[textPrincipal], PrincipalType: texts[textPrincipalType],
		PrincipalAccountID: texts[textPrincipalAccount], Session: texts[textSession],
		Service: texts[textService],
		Route:   verdict.Route().String(), Origin: verdict.Origin.String(), Evidence: verdict.Evidence.String(),
		EndpointID: id, EndpointAccountID: account, EndpointOwner: verdict.Owner().String(),
	}
	if verdict.Route() == classify.VPCE {
		key.EndpointType = t.typeOf(id)
	}
	if account == "" {
		key.EndpointAccountID = t.owners.Endpoint(id).Account
	}
	return key
}

// typeOf returns an endpoint's type: as described, else as the day's records prove it.
func (t *tally) typeOf(id string) string {
	if known := t.owners.Endpoint(id).Type; known != "" {
		return known
	}
	if t.interfaces[id] {
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
	out.Endpoints = t.endpointsOf(out.Traffic)
	for i := range objects {
		if objects[i].readFor(d, lateness) {
			out.Objects = append(out.Objects, objects[i].row(d))
		}
	}
	return out
}
