package classify

import (
	"slices"
	"strings"

	"vpcetrail/classify/endpoints"
	"vpcetrail/ingest/day"
)

// Owners knows whose endpoints are ours, on one day. It is read-only once built, and
// then safe for concurrent use. The zero value knows none.
type Owners struct {
	// Accounts are ours: those that have a folder in the trail, and those configured.
	Accounts map[string]bool
	// Day is the day that the calls are of: of the inventory only what was there then is known.
	Day day.Day
	// Inventory holds our endpoints by id, as it was given.
	Inventory Inventory
	// Trail holds endpoints by id, as the day's own events tell of them.
	Trail map[string]Endpoint
}

// Resolve applies rule 2 to what a record alone leads to: unowned, with the endpoint's id and the
// account that the record names as its owner, both empty where there is none.
func (o *Owners) Resolve(unowned Verdict, id, account string) Verdict {
	if id == "" || unowned.Evidence == ServiceEvent || unowned.Evidence == ServicePrincipal {
		return unowned
	}
	if o.owns(account) {
		return Verdict{Evidence: EndpointAccount}
	}
	if e, ok := o.listed(id); ok {
		if e.ByTrail {
			return Verdict{Evidence: EndpointTrail}
		}
		return Verdict{Evidence: EndpointInventory}
	}
	if e, ok := o.Trail[id]; ok && o.owns(e.Account) {
		return Verdict{Evidence: EndpointTrail}
	}
	return unowned
}

// owns reports whether account is ours. Records without an account belong to nobody.
func (o *Owners) owns(account string) bool { return account != "" && o.Accounts[account] }

// Endpoint returns what is known of an endpoint: the inventory's word, completed by the trail's.
// The zero Endpoint is returned for one that neither knows.
func (o *Owners) Endpoint(id string) Endpoint {
	e, _ := o.listed(id)
	t := o.Trail[id]
	if !o.owns(t.Account) {
		t = Endpoint{}
	}
	return e.orElse(t)
}

// pastBy returns the endpoints of ours that carry an account's calls to a service in a Region, in the order of
// their ids: a call that names none of them went past them.
func (o *Owners) pastBy(account, region, source string) []Endpoint {
	var found []Endpoint
	for _, known := range []map[string]Endpoint{o.Inventory, o.Trail} {
		for id := range known {
			e := o.Endpoint(id)
			service := endpoints.ServiceOf(e.Service)
			if e.ID != "" && (e.Account == "" || e.Account == account) && service.Carries(source, region) {
				found = append(found, e)
			}
		}
	}
	slices.SortFunc(found, func(a, b Endpoint) int { return strings.Compare(a.ID, b.ID) })
	return slices.CompactFunc(found, func(a, b Endpoint) bool { return a.ID == b.ID })
}

// listed returns what the inventory says of an endpoint, where that was there on the day.
func (o *Owners) listed(id string) (Endpoint, bool) {
	if e, ok := o.Inventory[id]; ok && e.On(o.Day) {
		return e, true
	}
	return Endpoint{}, false
}
