package summary

import (
	"encoding/binary"
	"math"

	"vpcetrail/ingest/spill"
	"vpcetrail/report/table"
)

// A span is the time between two moments, in milliseconds since the epoch. Its zero value is empty.
type span struct {
	known       bool
	first, last int64
}

func (s *span) add(o span) {
	switch {
	case !o.known:
	case !s.known:
		*s = o
	default:
		s.first, s.last = min(s.first, o.first), max(s.last, o.last)
	}
}

func (s *span) firstOrNull() any {
	if !s.known {
		return nil
	}
	return s.first
}

func (s *span) lastOrNull() any {
	if !s.known {
		return nil
	}
	return s.last
}

func (s *span) append(dst []byte) []byte {
	known := int64(0)
	if s.known {
		known = 1
	}
	return appendNumbers(dst, known, s.first, s.last)
}

func (s *span) cut(text []byte) []byte {
	var known int64
	text = cutNumbers(text, &known, &s.first, &s.last)
	s.known = known == 1
	return text
}

func appendNumbers(dst []byte, numbers ...int64) []byte {
	for _, n := range numbers {
		dst = binary.AppendVarint(dst, n)
	}
	return dst
}

func cutNumbers(text []byte, numbers ...*int64) []byte {
	for _, number := range numbers {
		n, size := binary.Varint(text)
		*number, text = n, text[size:]
	}
	return text
}

// An endpointSum sums the use of an endpoint.
type endpointSum struct {
	kind, owner, account, vpc                         string
	calls, denied, policyDenied, networkEvents, bytes int64
	seen                                              span
}

func (s *endpointSum) count(e *table.EndpointRow) {
	s.Add(&endpointSum{
		kind: e.EndpointType, owner: e.EndpointOwner, account: e.EndpointAccountID, vpc: e.VPCID,
		calls: e.Calls, denied: e.Denied, policyDenied: e.PolicyDenied, networkEvents: e.NetworkEvents, bytes: e.Bytes,
		seen: span{true, e.FirstSeen, e.LastSeen},
	})
}

// Add adds the use of o. If the two differ about the endpoint itself, the sum keeps the stronger
// statement.
func (s *endpointSum) Add(o *endpointSum) {
	s.kind, s.account, s.vpc = max(s.kind, o.kind), max(s.account, o.account), max(s.vpc, o.vpc)
	if table.RankOfOwner(o.owner) > table.RankOfOwner(s.owner) {
		s.owner = o.owner
	}
	s.calls += o.calls
	s.denied += o.denied
	s.policyDenied += o.policyDenied
	s.networkEvents += o.networkEvents
	s.bytes += o.bytes
	s.seen.add(o.seen)
}

// Append appends the sum in a form that Parse reads.
func (s *endpointSum) Append(dst []byte) []byte {
	dst = appendNumbers(dst, s.calls, s.denied, s.policyDenied, s.networkEvents, s.bytes)
	return spill.AppendFields(s.seen.append(dst), s.kind, s.owner, s.account, s.vpc)
}

// Parse sets the sum to what Append has written.
func (s *endpointSum) Parse(text []byte) {
	text = s.seen.cut(cutNumbers(text, &s.calls, &s.denied, &s.policyDenied, &s.networkEvents, &s.bytes))
	spill.CutFields(string(text), &s.kind, &s.owner, &s.account, &s.vpc)
}

const nanosPerDollar = 1e9

// A findingSum sums findings.
type findingSum struct {
	calls, bytes int64
	estimates    int64 // the number of findings with a cost
	nanos        int64 // billionths of a US dollar: sums of integers do not depend on the order
	seen         span
}

func (s *findingSum) count(f *table.FindingRow) {
	one := findingSum{calls: f.Calls, bytes: f.Bytes, seen: span{f.FirstSeen >= 0, f.FirstSeen, f.LastSeen}}
	if !math.IsNaN(f.EstimatedUSD) {
		one.estimates, one.nanos = 1, int64(math.Round(f.EstimatedUSD*nanosPerDollar))
	}
	s.Add(&one)
}

// cost returns the estimate in US dollars, or nil if there is none.
func (s *findingSum) cost() any {
	if s.estimates == 0 {
		return nil
	}
	return float64(s.nanos) / nanosPerDollar
}

// Add adds the findings of o.
func (s *findingSum) Add(o *findingSum) {
	s.calls += o.calls
	s.bytes += o.bytes
	s.estimates += o.estimates
	s.nanos += o.nanos
	s.seen.add(o.seen)
}

// Append appends the sum in a form that Parse reads.
func (s *findingSum) Append(dst []byte) []byte {
	return s.seen.append(appendNumbers(dst, s.calls, s.bytes, s.estimates, s.nanos))
}

// Parse sets the sum to what Append has written.
func (s *findingSum) Parse(text []byte) {
	s.seen.cut(cutNumbers(text, &s.calls, &s.bytes, &s.estimates, &s.nanos))
}
