package network

import (
	"slices"
	"strings"

	"vpcetrail/classify/endpoints"
)

// Thing returns the resource with an id, or nil. Endpoint services and functions are not
// found by it.
func (v *View) Thing(id string) *Thing { return v.byID[id] }

// Endpoints returns the endpoints of types gateway and interface by their ids, those of
// VPCs that the account which was asked owns.
func (v *View) Endpoints() (all []*Thing) {
	for _, e := range v.byID {
		if vpc := v.byID[e.VPC]; e.Kind == Endpoint && endpoints.TypeOf(e.Type) != "" && vpc != nil && vpc.owned() {
			all = append(all, e)
		}
	}
	slices.SortFunc(all, func(a, b *Thing) int { return strings.Compare(a.ID, b.ID) })
	return all
}

// EndpointFor returns the available endpoint of a VPC for a service, by the name of the
// service, or nil. A gateway endpoint comes before an interface endpoint.
func (v *View) EndpointFor(vpc, service string) (found *Thing) {
	for _, e := range v.endpointsIn(vpc, func(_ *endpoints.Service, name string) bool { return name == service }) {
		if found == nil || e.Type == "gateway" {
			found = e
		}
	}
	return found
}

// Offers reports whether a service offers endpoints of a type in a Region.
func (v *View) Offers(region, service, kind string) bool {
	return slices.ContainsFunc(v.services[region], func(t *Thing) bool { return t.ID == service && slices.Contains(t.Types, kind) })
}

// ServiceCalled returns the full name of the service that is offered in a Region with an
// own name, the part after the Region such as ecr.dkr, or "". What comes before differs
// from partition to partition, and within one.
func (v *View) ServiceCalled(region, own string) string {
	for _, t := range v.services[region] {
		if _, name, ok := strings.Cut(t.ID, "."+region+"."); ok && name == own {
			return t.ID
		}
	}
	return ""
}

// Knows reports whether a VPC is known with its subnets, route tables and endpoints, and the
// services that its Region offers.
func (v *View) Knows(vpc string) bool {
	t := v.byID[vpc]
	return t != nil && t.owned() && v.read(Place{t.Account, t.Region}, CallSubnets, CallRouteTables, CallEndpoints, CallEndpointServices)
}

// WayOut returns the target of a route by which a VPC is joined to other networks, or "".
// ok is false if the routes of the VPC are not known.
func (v *View) WayOut(vpc string) (via string, ok bool) {
	t := v.byID[vpc]
	if t == nil || !v.read(Place{t.Account, t.Region}, CallRouteTables) {
		return "", false
	}
	return v.leadsElsewhere(vpc, false), true
}
