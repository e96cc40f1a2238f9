package tabulate

import (
	"encoding/binary"

	"vpcetrail/ingest/spill"

	"vpcetrail/report/table"
)

// appendTrafficKey appends the columns of table.TrafficKey in their order.
func appendTrafficKey(dst []byte, k *table.TrafficKey) []byte {
	return spill.AppendFields(dst,
		k.AccountID, k.Region,
		k.Principal, k.PrincipalType, k.PrincipalAccountID, k.Session,
		k.Service,
		k.Route, k.Origin, k.Evidence,
		k.EndpointID, k.EndpointType, k.EndpointAccountID, k.EndpointOwner, k.Egress,
	)
}

func cutTrafficKey(key string) (k table.TrafficKey) {
	spill.CutFields(key,
		&k.AccountID, &k.Region,
		&k.Principal, &k.PrincipalType, &k.PrincipalAccountID, &k.Session,
		&k.Service,
		&k.Route, &k.Origin, &k.Evidence,
		&k.EndpointID, &k.EndpointType, &k.EndpointAccountID, &k.EndpointOwner, &k.Egress,
	)
	return k
}

// A resourceSum holds the counts of table resources, for at least one call.
type resourceSum struct{ calls, denied, bytes, first, last int64 }

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

// Parse sets the sum to what Append wrote.
func (r *resourceSum) Parse(text []byte) {
	for _, n := range [...]*int64{&r.calls, &r.denied, &r.bytes, &r.first, &r.last} {
		v, width := binary.Varint(text)
		*n, text = v, text[width:]
	}
	r.last += r.first
}

// appendResourceTail appends the columns of table.ResourceKey after event_name, in their
// order.
func appendResourceTail(dst []byte, k *table.ResourceKey) []byte {
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
