package why

import (
	"cmp"
	"encoding/binary"
	"maps"
	"slices"
	"strings"

	"vpcetrail/classify/network"
	"vpcetrail/ingest/spill"
	"vpcetrail/report/prices"
)

// A Sum is the measures of calls.
type Sum struct {
	Calls, Bytes    int64
	First, Last     int64 // milliseconds since the epoch
	prices.Estimate       // what NAT gateways charged for the bytes, in US dollars
}

// Add adds o.
func (s *Sum) Add(o *Sum) {
	switch {
	case o.Calls == 0:
		return
	case s.Calls == 0:
		*s = *o
		return
	}
	s.Calls += o.Calls
	s.Bytes += o.Bytes
	s.First, s.Last = min(s.First, o.First), max(s.Last, o.Last)
	s.Estimate.Add(o.Estimate)
}

func (s *Sum) numbers() []*int64 {
	known, sum := s.Estimate.Numbers()
	return []*int64{&s.Calls, &s.Bytes, &s.First, &s.Last, known, sum}
}

// Append appends the sum in the form that Parse reads.
func (s *Sum) Append(dst []byte) []byte {
	for _, n := range s.numbers() {
		dst = binary.AppendVarint(dst, *n)
	}
	return dst
}

// Parse sets the sum to what Append wrote.
func (s *Sum) Parse(text []byte) {
	for _, number := range s.numbers() {
		n, size := binary.Varint(text)
		*number, text = n, text[size:]
	}
}

// A joiner joins the rows of a group.
type joiner struct {
	Group
	most                        int64 // calls of the row that has the detail
	subnets, tables             map[string]bool
	accounts, services, regions map[string]bool
	callers                     map[Caller]int64
}

func newJoiner(cause, reason string) *joiner {
	j := &joiner{
		subnets: map[string]bool{}, tables: map[string]bool{}, accounts: map[string]bool{}, services: map[string]bool{}, regions: map[string]bool{},
		callers: map[Caller]int64{},
	}
	j.Cause, j.Reason = network.Cause(cause), network.Reason(reason)
	return j
}

// add adds a row: the rest of its key, and its measures. If rows differ in more than lists, the one
// with most calls counts.
func (j *joiner) add(key string, sum *Sum) {
	var vpc, vpcRegion, owner, subnets, tables, endpoint, service, detail, account, region, source string
	var caller Caller
	spill.CutFields(key, &vpc, &vpcRegion, &owner, &subnets, &tables, &endpoint, &service, &detail, &account, &region, &source, &caller.Principal, &caller.Workload)
	if sum.Calls > j.most {
		j.most = sum.Calls
		j.VPC, j.Answer.Region, j.Owner, j.Endpoint, j.Service, j.Detail = vpc, vpcRegion, owner, endpoint, service, detail
	}
	j.accounts[account], j.regions[region], j.services[source] = true, true, true
	for id := range strings.FieldsSeq(subnets) {
		j.subnets[id] = true
	}
	for id := range strings.FieldsSeq(tables) {
		j.tables[id] = true
	}
	j.callers[caller] += sum.Calls
	j.Sum.Add(sum)
}

// group returns the joined group.
func (j *joiner) group() Group {
	g := j.Group
	for _, list := range []struct {
		to   *[]string
		from map[string]bool
	}{{&g.Subnets, j.subnets}, {&g.Tables, j.tables}, {&g.Accounts, j.accounts}, {&g.Services, j.services}, {&g.Regions, j.regions}} {
		*list.to = slices.Sorted(maps.Keys(list.from))
	}
	for c, calls := range j.callers {
		c.Calls = calls
		g.Callers = append(g.Callers, c)
	}
	slices.SortFunc(g.Callers, func(a, b Caller) int {
		return cmp.Or(cmp.Compare(b.Calls, a.Calls), cmp.Compare(a.Principal, b.Principal), cmp.Compare(a.Workload, b.Workload))
	})
	g.Others = max(0, len(g.Callers)-mostCallers)
	g.Callers = g.Callers[:len(g.Callers)-g.Others]
	return g
}

// IsMovable reports whether a change of the network or of the caller's settings moves the calls to an
// endpoint.
func (g *Group) IsMovable() bool {
	switch g.Cause {
	case network.NotInVPC, network.KeysElsewhere, network.Unexplained:
		return false
	}
	return true
}

// IsUrgent reports whether credentials of an instance are in use elsewhere.
func (g *Group) IsUrgent() bool { return g.Cause == network.KeysElsewhere }

// rank orders groups of equally many calls: first what is urgent, then what can be moved.
func (g *Group) rank() int {
	switch {
	case g.IsUrgent():
		return 0
	case g.IsMovable():
		return 1
	case g.Cause == network.Unexplained:
		return 3
	}
	return 2
}
