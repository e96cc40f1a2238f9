package overview

import (
	"cmp"

	"vpcetrail/ingest/spill"
	"vpcetrail/report/table"
)

// An EndpointUse is the use of one endpoint for one service.
type EndpointUse struct {
	ID, Service, Type, Owner, Account, VPC            string
	Calls, Denied, PolicyDenied, NetworkEvents, Bytes int64
	Principals, Foreign                               int64 // distinct ones, the maximum of all days: distinct counts of days cannot be added
	FirstSeen, LastSeen                               int64 // milliseconds since the epoch
	rows                                              int64
}

// Count adds a row of a day. A row covers one account and one Region.
func (u *EndpointUse) Count(e *table.EndpointRow) {
	u.Add(&EndpointUse{
		Type: e.EndpointType, Owner: e.EndpointOwner, Account: e.EndpointAccountID, VPC: e.VPCID,
		Calls: e.Calls, Denied: e.Denied, PolicyDenied: e.PolicyDenied, NetworkEvents: e.NetworkEvents, Bytes: e.Bytes,
		Principals: e.Principals, Foreign: e.ForeignPrincipals, FirstSeen: e.FirstSeen, LastSeen: e.LastSeen, rows: 1,
	})
}

// Add adds the use of o on the same day. If the two differ about the endpoint itself, the sum keeps
// the stronger statement, so that the result does not depend on their order.
func (u *EndpointUse) Add(o *EndpointUse) {
	if o.rows == 0 {
		return
	}
	if u.rows == 0 || o.FirstSeen < u.FirstSeen {
		u.FirstSeen = o.FirstSeen
	}
	if u.rows == 0 || o.LastSeen > u.LastSeen {
		u.LastSeen = o.LastSeen
	}
	u.Type, u.Account, u.VPC = max(u.Type, o.Type), max(u.Account, o.Account), max(u.VPC, o.VPC)
	if table.RankOfOwner(o.Owner) > table.RankOfOwner(u.Owner) {
		u.Owner = o.Owner
	}
	u.Calls += o.Calls
	u.Denied += o.Denied
	u.PolicyDenied += o.PolicyDenied
	u.NetworkEvents += o.NetworkEvents
	u.Bytes += o.Bytes
	u.Principals += o.Principals
	u.Foreign += o.Foreign
	u.rows += o.rows
}

func (u *EndpointUse) numbers() []*int64 {
	return []*int64{
		&u.Calls, &u.Denied, &u.PolicyDenied, &u.NetworkEvents, &u.Bytes, &u.Principals, &u.Foreign, &u.FirstSeen, &u.LastSeen, &u.rows,
	}
}

// Append appends the sum without its ID and service, in a form that Parse reads.
func (u *EndpointUse) Append(dst []byte) []byte {
	return spill.AppendFields(appendNumbers(dst, u.numbers()), u.Type, u.Owner, u.Account, u.VPC)
}

// Parse sets the sum to what Append has written.
func (u *EndpointUse) Parse(text []byte) {
	spill.CutFields(string(cutNumbers(text, u.numbers())), &u.Type, &u.Owner, &u.Account, &u.VPC)
}

// endpointUses holds all uses in memory: one for each endpoint in calls and each service called
// through it.
type endpointUses map[[2]string]*EndpointUse

func (u endpointUses) at(id, service string) *EndpointUse {
	k := [2]string{id, service}
	if u[k] == nil {
		u[k] = &EndpointUse{ID: id, Service: service}
	}
	return u[k]
}

// addDay adds the uses of another day.
func (u endpointUses) addDay(today endpointUses) {
	for _, t := range today {
		use := u.at(t.ID, t.Service)
		principals, foreign := max(use.Principals, t.Principals), max(use.Foreign, t.Foreign)
		use.Add(t)
		use.Principals, use.Foreign = principals, foreign
	}
}

func byUse(a, b *EndpointUse) int {
	return cmp.Or(cmp.Compare(b.Calls, a.Calls), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Service, b.Service))
}
