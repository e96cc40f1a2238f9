package endpoints

import (
	"slices"
	"strings"

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

// Owns reports whether account is ours. An empty account belongs to nobody.
func (o *Owners) Owns(account string) bool { return account != "" && o.Accounts[account] }

// Endpoint returns what is known of an endpoint: the inventory's description, completed
// from the trail. It returns the zero Endpoint if neither knows it.
func (o *Owners) Endpoint(id string) Endpoint {
	e, _ := o.Listed(id)
	t := o.Trail[id]
	if !o.Owns(t.Account) {
		t = Endpoint{}
	}
	return e.orElse(t)
}

// PastBy returns the endpoints of ours that carry an account's calls to a service in a
// Region, sorted by id. A call that names none of them bypassed them.
func (o *Owners) PastBy(account, region, source string) []Endpoint {
	var found []Endpoint
	for _, known := range []map[string]Endpoint{o.Inventory, o.Trail} {
		for id := range known {
			e := o.Endpoint(id)
			service := ServiceOf(e.Service)
			if e.ID != "" && (e.Account == "" || e.Account == account) && service.Carries(source, region) {
				found = append(found, e)
			}
		}
	}
	slices.SortFunc(found, func(a, b Endpoint) int { return strings.Compare(a.ID, b.ID) })
	return slices.CompactFunc(found, func(a, b Endpoint) bool { return a.ID == b.ID })
}

// Listed returns the inventory's description of an endpoint, if the endpoint existed on
// the day.
func (o *Owners) Listed(id string) (Endpoint, bool) {
	if e, ok := o.Inventory[id]; ok && e.On(o.Day) {
		return e, true
	}
	return Endpoint{}, false
}
