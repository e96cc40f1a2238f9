package report

import (
	"encoding/binary"

	"vpcetrail/classify"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/event"
	"vpcetrail/ingest/spill"

	"vpcetrail/report/findings"
	"vpcetrail/report/table"
)

// A settler decides what one record cannot tell: whose endpoints are ours and of which type, and
// which records are copies. It knows a day's endpoints by the inventory and by that day's records alone,
// so that a day's tables do not depend on which other days were read with it.
type settler struct {
	trail     map[string]bool // accounts with a folder in the trail
	accounts  map[string]bool // ours: those, and the configured ones
	inventory classify.Inventory
	told      toldEndpoints
	kinds     dayKinds

	traffic   *measureTotals // by day and table.TrafficKey
	resources *resourceTotals
	findings  *findings.Collector
	byDay     map[day.Day]*tally
	at        settled  // the group at hand
	key       []byte   // scratch
	names     []string // scratch
}

type measureTotals = spill.Totals[table.Measures, *table.Measures]

// settled is what has become of a group.
type settled struct {
	counts  bool // its records are calls, and no copies
	traffic table.TrafficKey
	day     day.Day
	tail    []byte // of a key of resourceTotals
}

// A tally holds what is known of endpoints on one day, by calls or without.
type tally struct {
	owners     classify.Owners
	interfaces map[string]bool // endpoints that a record proves to be of type interface

	network       map[endpointKey]*table.Measures
	networkOwners map[endpointKey]string // the account that network events name as the endpoint's owner
	denied        map[endpointKey]int64  // calls that the endpoint's policy refused
}

type endpointKey struct{ endpoint, account, region, service string }

// merge takes over what counters and their replays found, but for the totals.
func (s *settler) merge(counters []*Counter, replays []*replay, own []string) {
	for _, c := range counters {
		for account := range c.loose {
			s.trail[account] = true
		}
		for d, endpoints := range c.told {
			for _, e := range endpoints {
				s.told.merge(d, e)
			}
		}
	}
	for account := range s.trail {
		s.accounts[account] = true
	}
	for _, account := range own {
		s.accounts[account] = true
	}
	for _, r := range replays {
		for d, kinds := range r.kinds {
			s.kinds.of(d).Add(*kinds)
		}
		for d, endpoints := range r.interfaces {
			for id := range endpoints {
				s.tallyOf(d).interfaces[id] = true
			}
		}
		for d, resources := range r.restricted {
			for name := range resources {
				s.findings.Restrict(d, name)
			}
		}
	}
}

func (s *settler) tallyOf(d day.Day) *tally {
	t := s.byDay[d]
	if t == nil {
		t = &tally{
			owners:     classify.Owners{Accounts: s.accounts, Day: d, Inventory: s.inventory, Trail: s.told[d]},
			interfaces: map[string]bool{},
			network:    map[endpointKey]*table.Measures{}, networkOwners: map[endpointKey]string{}, denied: map[endpointKey]int64{},
		}
		s.byDay[d] = t
		s.findings.Own(d, &t.owners)
	}
	return t
}

// isCopy reports whether the records of a group are another account's copies of calls that the
// trail holds already.
func (s *settler) isCopy(texts *[groupTextCount]string) bool {
	return texts[textSharedBy] != "" && s.trail[texts[textSharedBy]]
}

// settle adds the totals of a group to what they belong to.
func (s *settler) settle(g group, measures *table.Measures) {
	texts := g.texts()
	t := s.tallyOf(g.day())
	s.at.counts = false
	switch {
	case g.kind() == event.Network:
		if key := endpointKeyOf(&texts); key.endpoint != "" && measures.Calls > 0 {
			if t.network[key] == nil {
				t.network[key] = new(table.Measures)
			}
			t.network[key].Add(measures)
			s.findings.Used(g.day(), key.endpoint)
			t.networkOwners[key] = max(t.networkOwners[key], texts[textEndpointAccount])
		}
	case s.isCopy(&texts):
		kinds := s.kinds.of(g.day())
		kinds.Calls -= measures.Calls
		kinds.SharedCopies += measures.Calls
	default:
		s.at.counts, s.at.day, s.at.traffic = true, g.day(), t.trafficKey(g, &texts)
		s.at.tail = appendResourceTail(s.at.tail[:0], &s.at.traffic)
		if measures.Calls == 0 {
			return // but some of its cells have samples
		}
		s.key = appendTrafficKey(g.day().AppendKey(s.key[:0]), &s.at.traffic)
		s.traffic.At(s.key).Add(measures)
		s.findings.Saw(g.day(), &s.at.traffic)
	}
}

// settleCell adds the totals of a target of the group at hand to the resources that it names, and to the findings.
func (s *settler) settleCell(t target, measures *table.Measures, samples *findings.Samples) {
	if !s.at.counts {
		return
	}
	var name string
	name, s.names = t.names(s.names[:0])
	if measures.Calls > 0 { // else there are samples alone
		sum := sumOf(measures)
		for _, resource := range s.names {
			s.key = spill.AppendFields(s.at.day.AppendKey(s.key[:0]), resource, s.at.traffic.Service, name)
			s.resources.Add(s.key, s.at.tail, &sum)
		}
	}
	s.findings.Add(s.at.day, &findings.Calls{
		TrafficKey: s.at.traffic, Resources: s.names, Signs: t.signs(), Measures: measures, Samples: samples,
	})
}

func endpointKeyOf(texts *[groupTextCount]string) endpointKey {
	return endpointKey{texts[textEndpoint], texts[textAccount], texts[textRegion], texts[textService]}
}

// trafficKey returns the key of traffic that a group belongs to.
func (t *tally) trafficKey(g group, texts *[groupTextCount]string) table.TrafficKey {
	id, account := texts[textEndpoint], texts[textEndpointAccount]
	verdict := t.owners.Resolve(g.unowned(), id, account)
	endpointType := ""
	if verdict.Route() == classify.VPCE {
		endpointType = t.typeOf(id)
	}
	if account == "" {
		account = t.owners.Endpoint(id).Account
	}
	return table.TrafficKey{
		AccountID: texts[textAccount], Region: texts[textRegion],
		Principal: texts[textPrincipal], PrincipalType: texts[textPrincipalType],
		PrincipalAccountID: texts[textPrincipalAccount], Session: texts[textSession],
		Service: texts[textService],
		Route:   verdict.Route().String(), Origin: verdict.Origin.String(), Evidence: verdict.Evidence.String(),
		EndpointID: id, EndpointType: endpointType, EndpointAccountID: account, EndpointOwner: verdict.Owner().String(),
	}
}

// appendTrafficKey appends the columns of table.TrafficKey, in their order.
func appendTrafficKey(dst []byte, k *table.TrafficKey) []byte {
	return spill.AppendFields(dst,
		k.AccountID, k.Region,
		k.Principal, k.PrincipalType, k.PrincipalAccountID, k.Session,
		k.Service,
		k.Route, k.Origin, k.Evidence,
		k.EndpointID, k.EndpointType, k.EndpointAccountID, k.EndpointOwner,
	)
}

func cutTrafficKey(key string) (k table.TrafficKey) {
	spill.CutFields(key,
		&k.AccountID, &k.Region,
		&k.Principal, &k.PrincipalType, &k.PrincipalAccountID, &k.Session,
		&k.Service,
		&k.Route, &k.Origin, &k.Evidence,
		&k.EndpointID, &k.EndpointType, &k.EndpointAccountID, &k.EndpointOwner,
	)
	return k
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

// settleDenials counts each call of a day that an endpoint's policy refused once: by its ordinary record
// where there is one, else by its network event. The two are joined by requestID.
func (s *settler) settleDenials(denials []*spill.Sorter) error {
	all := spill.Merge(denials...)
	var last []byte // day and requestID of the denial counted last
	for all.Next() {
		id, from := all.Key[:len(all.Key)-1], all.Key[len(all.Key)-1]
		g := group(all.Value)
		texts, behind := g.cut()
		known := len(id) > emptyDenial && string(id) == string(last)
		if s.isCopy(&texts) || from == ofNetwork && known {
			continue
		}
		last = append(last[:0], id...)
		key := endpointKeyOf(&texts)
		s.tallyOf(g.day()).denied[key]++
		if from == ofNetwork {
			at := int64(binary.BigEndian.Uint64([]byte(behind)))
			s.findings.NetworkDenied(g.day(), key.account, key.region, key.service, key.endpoint, at, behind[8:])
		}
	}
	return all.Err()
}

// emptyDenial is the length of a denialKey's day and requestID where the record has none.
const emptyDenial = 4 + 1
