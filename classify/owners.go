package classify

import (
	"slices"
	"strings"

	"vpcetrail/classify/endpoints"
	"vpcetrail/ingest/day"
)

// Owners knows which endpoints are ours on one day. It is read-only once built, and then
// safe for concurrent use. The zero value knows none.
type Owners struct {
	// Accounts are our accounts: those with a folder in the trail, and those configured.
	Accounts map[string]bool
	// Day is the day of the calls. Only what existed on that day counts from the
	// inventory.
	Day day.Day
	// Inventory holds our endpoints by id, as given.
	Inventory Inventory
	// Trail holds endpoints by id, from the day's own events.
	Trail map[string]Endpoint
}

// Resolve applies rule 2. unowned is the verdict that the record alone leads to. id is
// the endpoint's id, and account is the owner that the record names. Both may be empty.
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

// owns reports whether account is ours. An empty account belongs to nobody.
func (o *Owners) owns(account string) bool { return account != "" && o.Accounts[account] }

// Endpoint returns what is known of an endpoint: the inventory's description, completed
// from the trail. It returns the zero Endpoint if neither knows it.
func (o *Owners) Endpoint(id string) Endpoint {
	e, _ := o.listed(id)
	t := o.Trail[id]
	if !o.owns(t.Account) {
		t = Endpoint{}
	}
	return e.orElse(t)
}

// pastBy returns the endpoints of ours that carry an account's calls to a service in a
// Region, sorted by id. A call that names none of them bypassed them.
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

// listed returns the inventory's description of an endpoint, if the endpoint existed on
// the day.
func (o *Owners) listed(id string) (Endpoint, bool) {
	if e, ok := o.Inventory[id]; ok && e.On(o.Day) {
		return e, true
	}
	return Endpoint{}, false
}
