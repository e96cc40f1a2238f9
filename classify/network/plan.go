package network

import (
	"slices"
	"strings"
)

// A Plan is what a change needs to know besides the answer: what exists around the place
// to change.
type Plan struct {
	Answer
	Gateway     bool     // the endpoint is of type gateway, or is offered as such
	CIDRs       []string // of the VPC: who must reach a new endpoint
	ZoneSubnets []string // one subnet a zone in which the service is offered
	HasTables   []string // of the endpoint
	Names       []string // that the endpoint answers to
	DNSSupport  bool     // of the VPC
	DNSNames    bool     // of the VPC
	Done        bool     // the view shows the change already: it was made after the calls
}

// Plan returns what a change for an answer needs. The view may be of a later day than the
// answer.
func (v *View) Plan(a Answer) Plan {
	p := Plan{Answer: a}
	if vpc := v.byID[a.VPC]; vpc != nil {
		p.CIDRs = slices.DeleteFunc(slices.Clone(vpc.CIDRs), func(c string) bool { return strings.Contains(c, ":") })
		p.DNSSupport = vpc.DNSSupport != nil && *vpc.DNSSupport
		p.DNSNames = vpc.DNSHostnames != nil && *vpc.DNSHostnames
	}
	var zones []string
	for _, t := range v.services[a.Region] {
		if t.ID == a.Service {
			p.Gateway = slices.Contains(t.Types, "gateway")
			p.Names, zones = t.Names, t.Zones
		}
	}
	if e := v.byID[a.Endpoint]; e != nil {
		p.Gateway, p.HasTables = e.Type == "gateway", e.Tables
	}
	taken := map[string]bool{}
	for _, s := range v.inVPC[a.VPC][Subnet] {
		if len(s.Zones) == 0 || taken[s.Zones[0]] || len(zones) > 0 && !slices.Contains(zones, s.Zones[0]) {
			continue
		}
		taken[s.Zones[0]] = true
		p.ZoneSubnets = append(p.ZoneSubnets, s.ID)
	}
	v.noteDone(&p)
	return p
}

// noteDone removes from a plan what the view shows as done.
func (v *View) noteDone(p *Plan) {
	e := v.byID[p.Endpoint]
	switch {
	case p.Cause == NoEndpoint:
		p.Done = v.EndpointFor(p.VPC, p.Service) != nil
	case p.Cause == RouteMissing && e != nil:
		p.Tables = slices.DeleteFunc(slices.Clone(p.Tables), func(id string) bool { t := v.byID[id]; return t != nil && t.carries(e) })
		p.Done = len(p.Tables) == 0
	case p.Reason == EndpointDNSOff && e != nil:
		p.Done = e.PrivateDNS != nil && *e.PrivateDNS
	case p.Reason == VPCDNSOff:
		p.Done = p.DNSSupport && p.DNSNames
	case p.Cause == IPv6 && e != nil:
		p.Done = e.IPType != "ipv4"
	}
}
