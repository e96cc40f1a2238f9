package report

import (
	"encoding/binary"
	"maps"
	"slices"

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
	*known
	kinds dayKinds

	traffic   *measureTotals // by day and table.TrafficKey
	resources *resourceTotals
	findings  *findings.Collector
	byDay     map[day.Day]*tally
	at        settled  // the group at hand
	key       []byte   // scratch
	names     []string // scratch
}

type measureTotals = spill.Totals[table.Measures, *table.Measures]

// known is what settlers know from the start, and none of them changes.
type known struct {
	trail      map[string]bool // accounts with a folder in the trail
	accounts   map[string]bool // ours: those, and the configured ones
	inventory  classify.Inventory
	told       toldEndpoints
	interfaces []map[day.Day]map[string]bool // endpoints that a record of the day proves to be of type interface, by replay
	restricted []map[day.Day]map[string]bool // resources whose own policy refused a call of the day, likewise
}

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
	interfaces []map[string]bool // endpoints that a record proves to be of type interface

	network       map[endpointKey]*table.Measures
	networkOwners map[endpointKey]string // the account that network events name as the endpoint's owner
	denied        map[endpointKey]int64  // calls that the endpoint's policy refused
}

type endpointKey struct{ endpoint, account, region, service string }

// newKnown puts together what all counters and their replays found.
func newKnown(in *Input, replays []*replay) *known {
	k := &known{trail: map[string]bool{}, accounts: map[string]bool{}, inventory: in.Inventory, told: toldEndpoints{}}
	for _, account := range in.TrailAccounts {
		k.trail[account] = true
	}
	for _, c := range in.Counters {
		for account := range c.loose {
			k.trail[account] = true
		}
		k.told.mergeAll(c.told)
	}
	maps.Copy(k.accounts, k.trail)
	for _, account := range in.OwnAccounts {
		k.accounts[account] = true
	}
	for _, r := range replays {
		k.interfaces, k.restricted = append(k.interfaces, r.interfaces), append(k.restricted, r.restricted)
	}
	return k
}

// newSettler returns a settler that takes about share bytes of memory.
func newSettler(k *known, disk *spill.Disk, share int) *settler {
	return &settler{
		known: k, kinds: dayKinds{}, byDay: map[day.Day]*tally{},
		traffic: spill.NewTotals[table.Measures](disk, share/6), resources: spill.NewPairs[resourceSum](disk, share/3*2),
		findings: findings.New(disk, share/12),
	}
}

// join takes over what another settler has settled, but for traffic and resources.
func (s *settler) join(o *settler) {
	for d, kinds := range o.kinds {
		s.kinds.of(d).Add(*kinds)
	}
	for d, from := range o.byDay {
		to := s.tallyOf(d)
		for key, m := range from.network {
			to.networkOf(key).Add(m)
			to.networkOwners[key] = max(to.networkOwners[key], from.networkOwners[key])
		}
	}
	s.findings.Join(o.findings)
}

func (s *settler) tallyOf(d day.Day) *tally {
	t := s.byDay[d]
	if t == nil {
		t = &tally{
			owners:  classify.Owners{Accounts: s.accounts, Day: d, Inventory: s.inventory, Trail: s.told[d]},
			network: map[endpointKey]*table.Measures{}, networkOwners: map[endpointKey]string{}, denied: map[endpointKey]int64{},
		}
		for _, interfaces := range s.interfaces {
			t.interfaces = append(t.interfaces, interfaces[d])
		}
		s.byDay[d] = t
		s.findings.Own(d, &t.owners)
		for _, restricted := range s.restricted {
			for name := range restricted[d] {
				s.findings.Restrict(d, name)
			}
		}
	}
	return t
}

// isCopy reports whether the records of a group are another account's copies of calls that the
// trail holds already.
func (s *settler) isCopy(texts *[groupTextCount]string) bool {
	return texts[textSharedBy] != "" && s.trail[texts[textSharedBy]]
}

// settleAll settles what a replay counted, and lets go of it.
func (s *settler) settleAll(r *replay) error {
	s.kinds = r.kinds
	for t, err := range ahead(r.replayed) {
		switch {
		case err != nil:
			return err
		case t.isTarget:
			s.settleCell(target(t.key), &t.measures, &t.samples)
		default:
			s.settle(group(t.key), &t.measures)
		}
	}
	r.totals = nil
	return nil
}

// settle adds the totals of a group to what they belong to.
func (s *settler) settle(g group, measures *table.Measures) {
	texts := g.texts()
	t := s.tallyOf(g.day())
	s.at.counts = false
	switch {
	case g.kind() == event.Network:
		if key := endpointKeyOf(&texts); key.endpoint != "" && measures.Calls > 0 {
			t.networkOf(key).Add(measures)
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
	if slices.ContainsFunc(t.interfaces, func(proved map[string]bool) bool { return proved[id] }) {
		return "interface"
	}
	return ""
}

// networkOf returns what network events tell of calls by an endpoint, to be added to.
func (t *tally) networkOf(key endpointKey) *table.Measures {
	if t.network[key] == nil {
		t.network[key] = new(table.Measures)
	}
	return t.network[key]
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
