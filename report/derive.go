package report

import (
	"math"
	"slices"

	"vpcetrail/classify"
)

// principalsOf sums traffic by principal.
func principalsOf(traffic []Traffic) []PrincipalRow {
	type key struct{ account, principal, kind, home string }
	var rows []PrincipalRow
	index := map[key]int{}
	services := map[int]map[string]bool{}
	for i := range traffic {
		t := &traffic[i]
		k := key{t.AccountID, t.Principal, t.PrincipalType, t.PrincipalAccountID}
		n, ok := index[k]
		if !ok {
			n = len(rows)
			index[k] = n
			services[n] = map[string]bool{}
			rows = append(rows, PrincipalRow{AccountID: k.account, Principal: k.principal, PrincipalType: k.kind, PrincipalAccountID: k.home})
		}
		rows[n].Routes.add(t)
		services[n][t.Service] = true
	}
	for n := range rows {
		rows[n].Services = int64(len(services[n]))
	}
	principalTable.sort(rows)
	return rows
}

// servicesOf sums traffic by service.
func servicesOf(traffic []Traffic) []ServiceRow {
	type key struct{ account, region, service string }
	type caller struct{ name, account string }
	var rows []ServiceRow
	index := map[key]int{}
	callers := map[int]map[caller]bool{}
	for i := range traffic {
		t := &traffic[i]
		k := key{t.AccountID, t.Region, t.Service}
		n, ok := index[k]
		if !ok {
			n = len(rows)
			index[k] = n
			callers[n] = map[caller]bool{}
			rows = append(rows, ServiceRow{AccountID: k.account, Region: k.region, Service: k.service})
		}
		rows[n].Routes.add(t)
		callers[n][caller{t.Principal, t.PrincipalAccountID}] = true
	}
	for n := range rows {
		rows[n].Principals = int64(len(callers[n]))
	}
	serviceTable.sort(rows)
	return rows
}

// endpointsOf sums traffic by endpoint, and adds what network events tell.
func (s *settler) endpointsOf(traffic []Traffic, t *tally) []EndpointRow {
	type caller struct{ name, account string }
	rows := map[endpointKey]*EndpointRow{}
	callers := map[endpointKey]map[caller]bool{}
	row := func(k endpointKey) *EndpointRow {
		if rows[k] == nil {
			rows[k] = &EndpointRow{
				EndpointID: k.endpoint, AccountID: k.account, Region: k.region, Service: k.service,
				EndpointType: s.typeOf(k.endpoint), VPCID: s.owners.Endpoint(k.endpoint).VPC,
				FirstSeen: math.MaxInt64, LastSeen: math.MinInt64,
			}
			callers[k] = map[caller]bool{}
		}
		return rows[k]
	}
	for i := range traffic {
		c := &traffic[i]
		if c.Route != classify.VPCE.String() {
			continue
		}
		k := endpointKey{c.EndpointID, c.AccountID, c.Region, c.Service}
		r := row(k)
		r.see(&c.Measures)
		r.Calls += c.Calls
		r.Denied += c.Denied
		r.Bytes += c.BytesIn + c.BytesOut
		r.own(c.EndpointOwner, c.EndpointAccountID)
		callers[k][caller{c.Principal, c.PrincipalAccountID}] = true
	}
	for k, m := range t.network {
		r := row(k)
		r.see(m)
		r.NetworkEvents += m.Calls
		if r.EndpointOwner == "" {
			r.own(s.ownerOf(k.endpoint, t.owners[k]))
		}
	}
	for k, n := range t.denied {
		if r := rows[k]; r != nil {
			r.PolicyDenied += n
		}
	}
	out := make([]EndpointRow, 0, len(rows))
	for k, r := range rows {
		r.Principals = int64(len(callers[k]))
		for c := range callers[k] {
			if c.account != "" && !s.owners.Accounts[c.account] {
				r.ForeignPrincipals++
			}
		}
		out = append(out, *r)
	}
	endpointTable.sort(out)
	return out
}

// see widens the row's time to the measures'.
func (r *EndpointRow) see(m *Measures) {
	r.FirstSeen, r.LastSeen = min(r.FirstSeen, m.FirstSeen), max(r.LastSeen, m.LastSeen)
}

// own notes what one verdict says of the endpoint's owner. Records of one endpoint may say more or
// less (older ones name no account); the strongest word stands: own, foreign, unknown.
func (r *EndpointRow) own(owner, account string) {
	if rankOfOwner(owner) > rankOfOwner(r.EndpointOwner) {
		r.EndpointOwner = owner
	}
	r.EndpointAccountID = max(r.EndpointAccountID, account)
}

func rankOfOwner(owner string) int {
	return slices.Index([]string{"", "unknown", "foreign", "own"}, owner)
}

// ownerOf tells the owner of an endpoint that only network events name, and the owner's account.
func (s *settler) ownerOf(id, account string) (owner, ownerAccount string) {
	unowned := classify.Verdict{Evidence: classify.EndpointPrivateSource}
	if account != "" {
		unowned.Evidence = classify.EndpointForeignAccount
	}
	found := s.owners.Resolve(unowned, id, account).Owner()
	if found == classify.Own && account == "" {
		account = s.owners.Endpoint(id).Account
	}
	return found.String(), account
}
