package report

import (
	"encoding/binary"

	"vpcetrail/ingest/spill"

	"vpcetrail/report/table"
)

// resourceTotals are the calls of table resources. A key's head is the day and the columns up to event_name, its tail
// the others: resources and paths are few beside the ways in which they come together.
type resourceTotals = spill.Pairs[resourceSum, *resourceSum]

// resourceSum is what table resources counts, of one call at least.
type resourceSum struct{ calls, denied, bytes, first, last int64 }

func sumOf(m *table.Measures) resourceSum {
	return resourceSum{m.Calls, m.Denied, m.BytesIn + m.BytesOut, m.FirstSeen, m.LastSeen}
}

// Add adds the calls of o.
func (r *resourceSum) Add(o *resourceSum) {
	r.calls += o.calls
	r.denied += o.denied
	r.bytes += o.bytes
	r.first, r.last = min(r.first, o.first), max(r.last, o.last)
}

// Append appends the sum in a form that Parse reads.
func (r *resourceSum) Append(dst []byte) []byte {
	for _, n := range [...]int64{r.calls, r.denied, r.bytes, r.first, r.last - r.first} {
		dst = binary.AppendVarint(dst, n)
	}
	return dst
}

// Parse sets the sum to what Append has written.
func (r *resourceSum) Parse(text []byte) {
	for _, n := range [...]*int64{&r.calls, &r.denied, &r.bytes, &r.first, &r.last} {
		v, width := binary.Varint(text)
		*n, text = v, text[width:]
	}
	r.last += r.first
}

// appendResourceTail appends the columns of table.ResourceKey behind event_name, in their order.
func appendResourceTail(dst []byte, k *table.TrafficKey) []byte {
	return spill.AppendFields(dst,
		k.Principal, k.PrincipalType, k.PrincipalAccountID,
		k.AccountID, k.Region,
		k.Route, k.Origin, k.Evidence,
		k.EndpointID, k.EndpointAccountID, k.EndpointOwner,
	)
}

func cutResourceKey(key string) (k table.ResourceKey) {
	spill.CutFields(key,
		&k.Resource, &k.Service, &k.EventName,
		&k.Principal, &k.PrincipalType, &k.PrincipalAccountID,
		&k.AccountID, &k.Region,
		&k.Route, &k.Origin, &k.Evidence,
		&k.EndpointID, &k.EndpointAccountID, &k.EndpointOwner,
	)
	return k
}
