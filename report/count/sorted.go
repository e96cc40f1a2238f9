package count

import (
	"cmp"
	"math"
	"slices"

	"vpcetrail/ingest/day"
	"vpcetrail/ingest/event"

	"vpcetrail/report"
	"vpcetrail/report/findings"
	"vpcetrail/report/table"
)

// A sortedPage is the calls of a page by the keys of tables traffic and resources, in order. Texts are
// compared by their ranks among all texts of the page.
type sortedPage struct {
	*page
	groups []resolvedGroup
	texts  []string // by number
	ranks  []uint32 // of texts, by number
	byRank []string

	traffic map[day.Day][]trafficRow
	heads   []head // in order
	tails   []tail // in order
	named   map[day.Day][]resourceRow
}

// A resolvedGroup is what has become of a group.
type resolvedGroup struct {
	counts bool // its records are calls, and no copies
	day    day.Day
	key    trafficKey
	sum    table.Measures
}

// A trafficKey is the columns of table.TrafficKey in their order: numbers of texts, or ranks once they
// are known.
type trafficKey [14]uint32

// The places of a trafficKey.
const (
	keyAccount = iota
	keyRegion
	keyPrincipal
	keyPrincipalType
	keyPrincipalAccount
	keySession
	keyService
	keyRoute
	keyOrigin
	keyEvidence
	keyEndpoint
	keyEndpointType
	keyEndpointAccount
	keyEndpointOwner
)

// A trafficRow is a row of table traffic.
type trafficRow struct {
	key trafficKey // ranks
	sum table.Measures
}

type (
	// A head is the first columns of a row of table resources, in ranks: resource, service, eventName.
	head [3]uint32
	// A tail is the others: those of a trafficKey without session, service and endpointType.
	tail [11]uint32
)

// tailPlaces are the places of a tail's columns in a trafficKey.
var tailPlaces = [11]int{
	keyPrincipal, keyPrincipalType, keyPrincipalAccount, keyAccount, keyRegion,
	keyRoute, keyOrigin, keyEvidence, keyEndpoint, keyEndpointAccount, keyEndpointOwner,
}

// A resourceRow is the calls of a cell that name a resource.
type resourceRow struct {
	key  uint64 // places of head and tail
	cell uint32
}

// resolve decides what becomes of every group of a page, and takes their counts over.
func (r *resolver) resolve(p *page) []resolvedGroup {
	type decided struct {
		callee uint32
		bits   verdictBits
	}
	groups := make([]resolvedGroup, len(p.groups.keys))
	for i := range p.cells.keys {
		if p.totals[i].calls > 0 {
			m := p.measures(uint32(i))
			groups[p.cells.keys[i].group].sum.Add(&m)
		}
	}
	verdicts := map[decided]verdict{}
	for i := range groups {
		g, out := &p.groups.keys[i], &groups[i]
		c := &p.callees.keys[g.callee]
		out.day = c.day
		kinds := r.kindsOf(c.day)
		switch {
		case c.kind == event.Other:
			kinds.OtherEvents += out.sum.Calls
		case c.kind == event.Network:
			kinds.NetworkEvents += out.sum.Calls
			r.network(p, g, &out.sum)
		case r.isShared(p, g):
			kinds.SharedCopies += out.sum.Calls
		default:
			kinds.Calls += out.sum.Calls
			out.counts = true
			key := decided{g.callee, g.bits &^ sharedBit}
			v, known := verdicts[key]
			if !known {
				v = r.verdict(p, c, g.bits)
				verdicts[key] = v
			}
			who := &p.principals.keys[g.principal]
			out.key = trafficKey{
				c.account, c.region, who.name, who.kind, who.account, who.session, c.service,
				v.route, v.origin, v.evidence, c.endpoint, v.endpointType, v.endpointAccount, v.owner,
			}
		}
	}
	for d, kinds := range p.kinds {
		r.kindsOf(d).Add(*kinds)
	}
	return groups
}

// isShared reports whether the records of a group are another account's copies of calls.
func (r *resolver) isShared(p *page, g *group) bool {
	return g.bits.isShared() && r.isCopy(string(p.texts.text(p.principals.keys[g.principal].account)))
}

// network takes what network events show of an endpoint.
func (r *resolver) network(p *page, g *group, sum *table.Measures) {
	c := &p.callees.keys[g.callee]
	text := func(number uint32) string { return string(p.texts.text(number)) }
	key := endpointKey{text(c.endpoint), text(c.account), text(c.region), text(c.service)}
	if key.endpoint == "" || sum.Calls == 0 {
		return
	}
	t := r.tallyOf(c.day)
	t.networkOf(key).Add(sum)
	t.networkOwners[key] = max(t.networkOwners[key], text(c.owner))
	r.findings.Used(c.day, key.endpoint)
}

// sort sorts the calls of a page once its groups are resolved.
func (p *page) sort(groups []resolvedGroup) *sortedPage {
	s := &sortedPage{page: p, groups: groups, texts: p.dictionary.texts.all()}
	s.ranks, s.byRank = ranked(s.texts)
	return s
}

// sortTraffic makes the rows of table traffic.
func (s *sortedPage) sortTraffic() {
	s.traffic = map[day.Day][]trafficRow{}
	for i := range s.groups {
		g := &s.groups[i]
		if !g.counts || g.sum.Calls == 0 {
			continue
		}
		row := trafficRow{sum: g.sum}
		for k, text := range g.key {
			row.key[k] = s.ranks[text]
		}
		s.traffic[g.day] = append(s.traffic[g.day], row)
	}
	for d, rows := range s.traffic {
		order := make([]uint32, len(rows))
		for i := range order {
			order[i] = uint32(i)
		}
		slices.SortFunc(order, func(a, b uint32) int { return slices.Compare(rows[a].key[:], rows[b].key[:]) })
		sorted := make([]trafficRow, 0, len(rows))
		for _, i := range order {
			if n := len(sorted); n > 0 && sorted[n-1].key == rows[i].key {
				sorted[n-1].sum.Add(&rows[i].sum)
				continue
			}
			sorted = append(sorted, rows[i])
		}
		s.traffic[d] = sorted
	}
}

// sortNamed makes the rows of table resources, several of a key where several cells have it.
func (s *sortedPage) sortNamed() {
	var heads numbers[head]
	var tails numbers[tail]
	hashHead := func(h *head) uint64 { return mix(uint64(h[0])<<32|uint64(h[1]), uint64(h[2])) }
	hashTail := func(t *tail) uint64 {
		return mix(mix(uint64(t[0])<<32|uint64(t[1]), uint64(t[3])<<32|uint64(t[4]))^uint64(t[7])<<32^uint64(t[2]), uint64(t[8])<<32|uint64(t[9]))
	}
	tailOf := make([]uint32, len(s.groups))
	for i := range s.groups {
		g := &s.groups[i]
		if !g.counts {
			continue
		}
		var t tail
		for k, place := range tailPlaces {
			t[k] = s.ranks[g.key[place]]
		}
		tailOf[i], _ = tails.number(hashTail(&t), t, hashTail)
	}
	s.named = map[day.Day][]resourceRow{}
	var names []uint32
	for i, c := range s.cells.keys {
		g, t := &s.groups[c.group], &s.targets.keys[c.target]
		if s.totals[i].calls == 0 || t.resources == 0 || !g.counts {
			continue
		}
		names = s.resources(names[:0], t.resources)
		rows := s.named[g.day]
		for _, name := range names {
			h := head{s.ranks[name], s.ranks[g.key[keyService]], s.ranks[t.name]}
			number, _ := heads.number(hashHead(&h), h, hashHead)
			rows = append(rows, resourceRow{uint64(number)<<32 | uint64(tailOf[c.group]), uint32(i)})
		}
		s.named[g.day] = rows
	}
	var headRanks, tailRanks []uint32
	headRanks, s.heads = rankedKeys(heads.keys, func(a, b *head) int { return slices.Compare(a[:], b[:]) })
	tailRanks, s.tails = rankedKeys(tails.keys, func(a, b *tail) int { return slices.Compare(a[:], b[:]) })
	for d, rows := range s.named {
		for i := range rows {
			key := &rows[i].key
			*key = uint64(headRanks[*key>>32])<<32 | uint64(tailRanks[uint32(*key)])
		}
		s.named[d] = radixSort(rows)
	}
}

// rankedKeys returns the rank of each key, which differ, and the keys by rank.
func rankedKeys[K any](keys []K, compare func(a, b *K) int) (ranks []uint32, byRank []K) {
	order := make([]uint32, len(keys))
	for i := range order {
		order[i] = uint32(i)
	}
	slices.SortFunc(order, func(a, b uint32) int { return compare(&keys[a], &keys[b]) })
	ranks, byRank = make([]uint32, len(keys)), make([]K, len(keys))
	for rank, i := range order {
		ranks[i], byRank[rank] = uint32(rank), keys[i]
	}
	return ranks, byRank
}

// radixSort returns rows in the order of their keys. It may use the memory of rows.
func radixSort(rows []resourceRow) []resourceRow {
	const digit = 11
	all, any := ^uint64(0), uint64(0)
	for i := range rows {
		all, any = all&rows[i].key, any|rows[i].key
	}
	other := make([]resourceRow, len(rows))
	for shift := 0; shift < 64; shift += digit {
		if (any&^all)>>shift&(1<<digit-1) == 0 {
			continue // the same in all
		}
		var starts [1<<digit + 1]uint32
		for i := range rows {
			starts[rows[i].key>>shift&(1<<digit-1)+1]++
		}
		for i := 1; i < len(starts); i++ {
			starts[i] += starts[i-1]
		}
		for i := range rows {
			at := &starts[rows[i].key>>shift&(1<<digit-1)]
			other[*at] = rows[i]
			*at++
		}
		rows, other = other, rows
	}
	return rows
}

// trafficRows returns the rows of table traffic of a day.
func (s *sortedPage) trafficRows(d day.Day) report.Rows[table.TrafficRow] {
	return func(yield func(*table.TrafficRow, error) bool) {
		var row table.TrafficRow
		for i := range s.traffic[d] {
			r := &s.traffic[d][i]
			row.TrafficKey, row.Measures = s.trafficKey(&r.key), r.sum
			if !yield(&row, nil) {
				return
			}
		}
	}
}

func (s *sortedPage) trafficKey(k *trafficKey) table.TrafficKey {
	t := s.byRank
	return table.TrafficKey{
		AccountID: t[k[keyAccount]], Region: t[k[keyRegion]],
		Principal: t[k[keyPrincipal]], PrincipalType: t[k[keyPrincipalType]],
		PrincipalAccountID: t[k[keyPrincipalAccount]], Session: t[k[keySession]],
		Service: t[k[keyService]],
		Route:   t[k[keyRoute]], Origin: t[k[keyOrigin]], Evidence: t[k[keyEvidence]],
		EndpointID: t[k[keyEndpoint]], EndpointType: t[k[keyEndpointType]],
		EndpointAccountID: t[k[keyEndpointAccount]], EndpointOwner: t[k[keyEndpointOwner]],
	}
}

// resourceRows returns the rows of table resources of a day.
func (s *sortedPage) resourceRows(d day.Day) report.Rows[table.ResourceRow] {
	return func(yield func(*table.ResourceRow, error) bool) {
		var row table.ResourceRow
		for rows := s.named[d]; len(rows) > 0; {
			key := rows[0].key
			var sum resourceSum
			sum, rows = s.sumOf(rows)
			row = table.ResourceRow{
				ResourceKey: s.resourceKey(key), Calls: sum.calls, Denied: sum.denied, Bytes: sum.bytes,
				FirstSeen: sum.first, LastSeen: sum.last,
			}
			if !yield(&row, nil) {
				return
			}
		}
	}
}

// sumOf adds up the rows of the first key, and returns the rest.
func (s *sortedPage) sumOf(rows []resourceRow) (sum resourceSum, rest []resourceRow) {
	key := rows[0].key
	sum.first, sum.last = math.MaxInt64, math.MinInt64
	for ; len(rows) > 0 && rows[0].key == key; rows = rows[1:] {
		t := &s.totals[rows[0].cell]
		start := int64(s.calleeOf(rows[0].cell).day) * msPerDay
		sum.Add(&resourceSum{int64(t.calls), int64(t.denied), t.in + t.out, start + int64(t.first), start + int64(t.last)})
	}
	return sum, rows
}

func (s *sortedPage) resourceKey(key uint64) table.ResourceKey {
	h, t, text := &s.heads[key>>32], &s.tails[uint32(key)], s.byRank
	return table.ResourceKey{
		Resource: text[h[0]], Service: text[h[1]], EventName: text[h[2]],
		Principal: text[t[0]], PrincipalType: text[t[1]], PrincipalAccountID: text[t[2]],
		AccountID: text[t[3]], Region: text[t[4]], Route: text[t[5]], Origin: text[t[6]], Evidence: text[t[7]],
		EndpointID: text[t[8]], EndpointAccountID: text[t[9]], EndpointOwner: text[t[10]],
	}
}

// find adds the calls of the page to findings.
func (s *sortedPage) find(r *resolver) {
	restricted := make([]bool, len(s.texts))
	some := false
	for i, text := range s.texts {
		for _, names := range r.restricted {
			restricted[i] = restricted[i] || names[text]
		}
		some = some || restricted[i]
	}
	for i := range s.groups {
		if g := &s.groups[i]; g.counts && g.sum.Calls > 0 {
			key := s.keyOf(g)
			r.findings.Saw(g.day, &key)
		}
	}
	var calls findings.Calls
	var numbers []uint32
	last := ^uint32(0)
	for i, c := range s.cells.keys {
		g, t := &s.groups[c.group], &s.targets.keys[c.target]
		sample := s.totals[i].sample
		if !g.counts || s.totals[i].calls == 0 && sample.isEmpty() {
			continue
		}
		numbers = s.resources(numbers[:0], t.resources)
		if !sample.wanted() && !(some && slices.ContainsFunc(numbers, func(n uint32) bool { return restricted[n] })) {
			continue
		}
		if c.group != last {
			calls.TrafficKey, last = s.keyOf(g), c.group
		}
		calls.Resources = calls.Resources[:0]
		slices.SortFunc(numbers, func(a, b uint32) int { return cmp.Compare(s.ranks[a], s.ranks[b]) })
		for _, n := range numbers {
			calls.Resources = append(calls.Resources, s.texts[n])
		}
		m := s.measures(uint32(i))
		samples := s.samples.of(sample)
		calls.Signs, calls.Measures, calls.Samples = t.signs, &m, &samples
		r.findings.Add(g.day, &calls)
	}
}

// keyOf returns the key of traffic that a group belongs to.
func (s *sortedPage) keyOf(g *resolvedGroup) table.TrafficKey {
	var ranks trafficKey
	for k, text := range g.key {
		ranks[k] = s.ranks[text]
	}
	return s.trafficKey(&ranks)
}
