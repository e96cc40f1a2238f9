package report

import (
	"math"

	"vpcetrail/classify"

	"vpcetrail/report/table"
)

// principalsOf sums traffic by principal.
func principalsOf(traffic []table.TrafficRow) []table.PrincipalRow {
	type key struct{ account, principal, kind, home string }
	var rows []table.PrincipalRow
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
			rows = append(rows, table.PrincipalRow{AccountID: k.account, Principal: k.principal, PrincipalType: k.kind, PrincipalAccountID: k.home})
		}
		rows[n].Routes.Add(t)
		services[n][t.Service] = true
	}
	for n := range rows {
		rows[n].Services = int64(len(services[n]))
	}
	table.Principals.Sort(rows)
	return rows
}

// servicesOf sums traffic by service.
func servicesOf(traffic []table.TrafficRow) []table.ServiceRow {
	type key struct{ account, region, service string }
	type caller struct{ name, account string }
	var rows []table.ServiceRow
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
			rows = append(rows, table.ServiceRow{AccountID: k.account, Region: k.region, Service: k.service})
		}
		rows[n].Routes.Add(t)
		callers[n][caller{t.Principal, t.PrincipalAccountID}] = true
	}
	for n := range rows {
		rows[n].Principals = int64(len(callers[n]))
	}
	table.Services.Sort(rows)
	return rows
}

// endpointsOf sums traffic by endpoint, and adds what network events tell.
func (t *tally) endpointsOf(traffic []table.TrafficRow) []table.EndpointRow {
	type caller struct{ name, account string }
	rows := map[endpointKey]*table.EndpointRow{}
	callers := map[endpointKey]map[caller]bool{}
	row := func(k endpointKey) *table.EndpointRow {
		if rows[k] == nil {
			rows[k] = &table.EndpointRow{
				EndpointID: k.endpoint, AccountID: k.account, Region: k.region, Service: k.service,
				EndpointType: t.typeOf(k.endpoint), VPCID: t.owners.Endpoint(k.endpoint).VPC,
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
		r.See(&c.Measures)
		r.Calls += c.Calls
		r.Denied += c.Denied
		r.Bytes += c.BytesIn + c.BytesOut
		r.Own(c.EndpointOwner, c.EndpointAccountID)
		callers[k][caller{c.Principal, c.PrincipalAccountID}] = true
	}
	for k, m := range t.network {
		r := row(k)
		r.See(m)
		r.NetworkEvents += m.Calls
		if r.EndpointOwner == "" {
			r.Own(t.ownerOf(k.endpoint, t.networkOwners[k]))
		}
	}
	for k, n := range t.denied {
		if r := rows[k]; r != nil {
			r.PolicyDenied += n
		}
	}
	out := make([]table.EndpointRow, 0, len(rows))
	for k, r := range rows {
		r.Principals = int64(len(callers[k]))
		for c := range callers[k] {
			if c.account != "" && !t.owners.Accounts[c.account] {
				r.ForeignPrincipals++
			}
		}
		out = append(out, *r)
	}
	table.Endpoints.Sort(out)
	return out
}

// ownerOf tells the owner of an endpoint that only network events name, and the owner's account.
func (t *tally) ownerOf(id, account string) (owner, ownerAccount string) {
	unowned := classify.Verdict{Evidence: classify.EndpointPrivateSource}
	if account != "" {
		unowned.Evidence = classify.EndpointForeignAccount
	}
	found := t.owners.Resolve(unowned, id, account).Owner()
	if found == classify.Own && account == "" {
		account = t.owners.Endpoint(id).Account
	}
	return found.String(), account
}
