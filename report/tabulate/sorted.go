package tabulate

import (
	"math"
	"slices"

	"vpcetrail/ingest/day"
	"vpcetrail/ingest/event"

	"vpcetrail/report"
	"vpcetrail/report/count"
	"vpcetrail/report/count/cells"
	"vpcetrail/report/table"
)

// A sortedPage holds the calls of a page, sorted by the keys of tables traffic and resources.
// Texts are compared by their ranks among all texts of the page.
type sortedPage struct {
	*count.Page
	groups []resolvedGroup
	texts  []string // by number
	ranks  []uint32 // of texts, by number
	byRank []string

	traffic map[day.Day][]trafficRow
	heads   []head // in order
	tails   []tail // in order
	named   map[day.Day][]resourceRow
}

// A resolvedGroup is a group with its verdict.
type resolvedGroup struct {
	counts bool // its records are calls, and no copies
	day    day.Day
	key    trafficKey
	sum    table.Measures

	elsewhere uint32 // text: the instance that has lost the keys of the calls; 0: none is known
}

// A trafficKey holds the columns of table.TrafficKey in their order: first as numbers of
// texts, later as ranks.
type trafficKey [15]uint32

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
	keyEgress
)

// A trafficRow is a row of table traffic.
type trafficRow struct {
	key trafficKey // ranks
	sum table.Measures
}

type (
	// A head holds the first columns of a row of table resources, as ranks: resource,
	// service, eventName.
	head [3]uint32
	// A tail holds the other columns: those of a trafficKey without session, service and
	// endpointType.
	tail [11]uint32
)

func (h *head) hash() uint64 { return cells.Mix(uint64(h[0])<<32|uint64(h[1]), uint64(h[2])) }

func (t *tail) hash() uint64 {
	h := cells.Mix(uint64(t[0])<<32|uint64(t[1]), uint64(t[3])<<32|uint64(t[4]))
	return cells.Mix(h^uint64(t[7])<<32^uint64(t[2]), uint64(t[8])<<32|uint64(t[9]))
}

// tailPlaces are the places of the columns of a tail in a trafficKey.
var tailPlaces = [11]int{
	keyPrincipal, keyPrincipalType, keyPrincipalAccount, keyAccount, keyRegion,
	keyRoute, keyOrigin, keyEvidence, keyEndpoint, keyEndpointAccount, keyEndpointOwner,
}

// A resourceRow represents the calls of a cell that name a resource.
type resourceRow struct {
	key  uint64 // places of head and tail
	cell uint32
}

// resolve decides the verdict of every group of a page, and sums their counts.
func (r *resolver) resolve(p *count.Page) []resolvedGroup {
	type decided struct {
		callee uint32
		bits   cells.VerdictBits
	}
	groups := make([]resolvedGroup, len(p.Groups.Keys))
	for i := range p.Cells.Keys {
		if p.CallsOf(uint32(i)) > 0 {
			m := p.Measures(uint32(i))
			groups[p.Cells.Keys[i].Group].sum.Add(&m)
		}
	}
	verdicts := map[decided]verdict{}
	var internet []uint32 // groups of this route
	for i := range groups {
		g, out := &p.Groups.Keys[i], &groups[i]
		c := &p.Callees.Keys[g.Callee]
		out.day = c.Day
		kinds := r.kindsOf(c.Day)
		switch {
		case c.Kind == event.Other:
			kinds.OtherEvents += out.sum.Calls
		case c.Kind == event.Network:
			kinds.NetworkEvents += out.sum.Calls
			r.network(p, g, &out.sum)
		case r.isShared(p, g):
			kinds.SharedCopies += out.sum.Calls
		default:
			kinds.Calls += out.sum.Calls
			out.counts = true
			key := decided{g.Callee, g.Bits &^ cells.SharedBit}
			v, known := verdicts[key]
			if !known {
				v = r.verdict(p, c, g.Bits)
				verdicts[key] = v
			}
			who := &p.Principals.Keys[g.Principal]
			out.key = trafficKey{
				c.Account, c.Region, who.Name, who.Kind, who.Account, who.Session, c.Service,
				v.route, v.origin, v.evidence, c.Endpoint, v.endpointType, v.endpointAccount, v.owner, 0,
			}
			if v.internet {
				internet = append(internet, uint32(i))
			}
		}
	}
	for d, kinds := range p.Kinds {
		r.kindsOf(d).Add(*kinds)
	}
	r.explainer.explain(p, groups, internet)
	return groups
}

// isShared reports whether the records of a group are another account's copies of calls.
func (r *resolver) isShared(p *count.Page, g *cells.Group) bool {
	return g.Bits.IsShared() && r.isCopy(string(p.Texts.Text(p.Principals.Keys[g.Principal].Account)))
}

// network takes the network events of an endpoint.
func (r *resolver) network(p *count.Page, g *cells.Group, sum *table.Measures) {
	c := &p.Callees.Keys[g.Callee]
	text := func(number uint32) string { return string(p.Texts.Text(number)) }
	key := endpointKey{text(c.Endpoint), text(c.Account), text(c.Region), text(c.Service)}
	if key.endpoint == "" || sum.Calls == 0 {
		return
	}
	t := r.tallyOf(c.Day)
	t.networkOf(key).Add(sum)
	t.networkOwners[key] = max(t.networkOwners[key], text(c.Owner))
	r.findings.Used(c.Day, key.endpoint)
}

// sortPage sorts the calls of a page after its groups are resolved.
func sortPage(p *count.Page, groups []resolvedGroup) *sortedPage {
	s := &sortedPage{Page: p, groups: groups, texts: p.Dictionary.Texts.All()}
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

// sortNamed makes the rows of table resources. A key has several rows if several cells have
// it.
func (s *sortedPage) sortNamed() {
	heads, tails := cells.NewNumbers((*head).hash), cells.NewNumbers((*tail).hash)
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
		tailOf[i], _ = tails.Number(t.hash(), t)
	}
	s.named = map[day.Day][]resourceRow{}
	var names []uint32
	for i, c := range s.Cells.Keys {
		g, t := &s.groups[c.Group], &s.Targets.Keys[c.Target]
		if s.CallsOf(uint32(i)) == 0 || t.Resources == 0 || !g.counts {
			continue
		}
		names = s.Resources(names[:0], t.Resources)
		rows := s.named[g.day]
		for _, name := range names {
			h := head{s.ranks[name], s.ranks[g.key[keyService]], s.ranks[t.Name]}
			number, _ := heads.Number(h.hash(), h)
			rows = append(rows, resourceRow{uint64(number)<<32 | uint64(tailOf[c.Group]), uint32(i)})
		}
		s.named[g.day] = rows
	}
	var headRanks, tailRanks []uint32
	headRanks, s.heads = rankedKeys(heads.Keys, func(a, b *head) int { return slices.Compare(a[:], b[:]) })
	tailRanks, s.tails = rankedKeys(tails.Keys, func(a, b *tail) int { return slices.Compare(a[:], b[:]) })
	for d, rows := range s.named {
		for i := range rows {
			key := &rows[i].key
			*key = uint64(headRanks[*key>>32])<<32 | uint64(tailRanks[uint32(*key)])
		}
		s.named[d] = radixSort(rows)
	}
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
		Egress: t[k[keyEgress]],
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

// sumOf sums the rows with the first key, and returns the other rows.
func (s *sortedPage) sumOf(rows []resourceRow) (sum resourceSum, rest []resourceRow) {
	key := rows[0].key
	sum.first, sum.last = math.MaxInt64, math.MinInt64
	for ; len(rows) > 0 && rows[0].key == key; rows = rows[1:] {
		m := s.Measures(rows[0].cell)
		sum.Add(&resourceSum{m.Calls, m.Denied, m.BytesIn + m.BytesOut, m.FirstSeen, m.LastSeen})
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

// keyOf returns the key of a group in table traffic.
func (s *sortedPage) keyOf(g *resolvedGroup) table.TrafficKey {
	var ranks trafficKey
	for k, text := range g.key {
		ranks[k] = s.ranks[text]
	}
	return s.trafficKey(&ranks)
}
