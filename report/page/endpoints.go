package page

import (
	"cmp"

	"vpcetrail/report/table"
)

// An endpointUse is the use of one endpoint for one service.
type endpointUse struct {
	ID, Service, Type, Owner, Account, VPC string
	Calls, Denied, PolicyDenied, Bytes     int64
	Principals, Foreign                    int64 // distinct ones, the maximum of all days: distinct counts of days cannot be added
	LastSeen                               int64 // milliseconds since the epoch
}

// endpointUses holds all uses in memory: one for each endpoint in calls and each service called
// through it.
type endpointUses map[[2]string]*endpointUse

func (u endpointUses) at(id, service string) *endpointUse {
	k := [2]string{id, service}
	if u[k] == nil {
		u[k] = &endpointUse{ID: id, Service: service}
	}
	return u[k]
}

// add adds a row of one day. A row covers one account and one Region.
func (u endpointUses) add(e *table.EndpointRow) {
	use := u.at(e.EndpointID, e.Service)
	use.learn(e.EndpointType, e.EndpointOwner, e.EndpointAccountID, e.VPCID)
	use.Calls += e.Calls
	use.Denied += e.Denied
	use.PolicyDenied += e.PolicyDenied
	use.Bytes += e.Bytes
	use.Principals += e.Principals
	use.Foreign += e.ForeignPrincipals
	use.LastSeen = max(use.LastSeen, e.LastSeen)
}

// addDay adds the uses of another day.
func (u endpointUses) addDay(today endpointUses) {
	for _, t := range today {
		use := u.at(t.ID, t.Service)
		use.learn(t.Type, t.Owner, t.Account, t.VPC)
		use.Calls += t.Calls
		use.Denied += t.Denied
		use.PolicyDenied += t.PolicyDenied
		use.Bytes += t.Bytes
		use.Principals, use.Foreign = max(use.Principals, t.Principals), max(use.Foreign, t.Foreign)
		use.LastSeen = max(use.LastSeen, t.LastSeen)
	}
}

// learn keeps what a row knows about the endpoint, because other rows may not know it. If two rows
// differ, the result does not depend on their order.
func (u *endpointUse) learn(kind, owner, account, vpc string) {
	u.Type, u.Account, u.VPC = max(u.Type, kind), max(u.Account, account), max(u.VPC, vpc)
	if table.RankOfOwner(owner) > table.RankOfOwner(u.Owner) {
		u.Owner = owner
	}
}

func byUse(a, b *endpointUse) int {
	return cmp.Or(cmp.Compare(b.Calls, a.Calls), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Service, b.Service))
}
