package network

import (
	"net/netip"
	"slices"
	"strings"
)

// tableOf returns the route table of a subnet: its own, else the main one of the VPC.
func (v *View) tableOf(subnet *Thing) *Thing {
	var main *Thing
	for _, t := range v.inVPC[subnet.VPC][RouteTable] {
		if slices.Contains(t.Subnets, subnet.ID) {
			return t
		}
		if t.Main {
			main = t
		}
	}
	return main
}

// defaultVia returns the targets of the routes of a table to the internet.
func (t *Thing) defaultVia(ipv6 bool) (targets []string) {
	to := "0.0.0.0/0"
	if ipv6 {
		to = "::/0"
	}
	for _, r := range t.Routes {
		if r.To == to && !r.Inactive {
			targets = append(targets, r.Via)
		}
	}
	return targets
}

// carries reports whether a table routes to a gateway endpoint: it is associated with the
// endpoint and has an active route to it.
func (t *Thing) carries(endpoint *Thing) bool {
	return slices.Contains(endpoint.Tables, t.ID) && slices.ContainsFunc(t.Routes, func(r Route) bool { return r.Via == endpoint.ID && !r.Inactive })
}

// beatsPrefixLists reports whether a table has a route to a public range that is more
// specific than the route to the internet. It may take the calls of a service away from a
// gateway endpoint.
func (t *Thing) beatsPrefixLists() bool {
	for _, r := range t.Routes {
		prefix, err := netip.ParsePrefix(r.To)
		if err == nil && !r.Inactive && r.Via != "local" && prefix.Addr().Is4() && prefix.Bits() > 0 && !prefix.Addr().IsPrivate() {
			return true
		}
	}
	return false
}

// leadsElsewhere returns a route of a VPC that leads to other networks, from which calls
// may leave: transit gateways, VPN, peering, appliances. It is "" if there is none.
func (v *View) leadsElsewhere(vpc string, alsoAppliances bool) string {
	for _, t := range v.inVPC[vpc][RouteTable] {
		for _, r := range t.Routes {
			kind, _, _ := strings.Cut(r.Via, "-")
			switch kind {
			case "tgw", "vgw", "pcx", "lgw", "cagw", "core", "arn:aws:networkmanager":
				return r.Via
			case "eni", "i", "vpce":
				if alsoAppliances && (kind != "vpce" || !v.isGateway(r.Via)) {
					return r.Via
				}
			}
		}
	}
	return ""
}

// isGateway reports whether the target of a route is a gateway endpoint. Others are
// firewalls.
func (v *View) isGateway(id string) bool {
	e := v.byID[id]
	return e != nil && e.Type == "gateway"
}

// behindNAT returns the subnets that have a route to the internet by a NAT gateway.
func (v *View) behindNAT(nat *Thing) (subnets []*Thing) {
	for _, s := range v.inVPC[nat.VPC][Subnet] {
		if table := v.tableOf(s); table != nil && slices.Contains(table.defaultVia(false), nat.ID) {
			subnets = append(subnets, s)
		}
	}
	return subnets
}

// A Way is the route by which a subnet sends packets to an address.
type Way struct {
	Route
	Table   string
	Gateway bool // to a gateway endpoint
}

// WayTo returns the route by which a subnet sends packets to an address: the most specific
// one. lists are the ranges of prefix lists, by id, and names those of AWS's lists. It is nil
// if the route is not known: the subnet, its table or a prefix list is not, no route matches,
// or the route leads to an endpoint of an unknown type.
func (v *View) WayTo(subnet string, address netip.Addr, lists map[string][]netip.Prefix, names map[string]string) *Way {
	s := v.byID[subnet]
	if s == nil || s.Kind != Subnet {
		return nil
	}
	table := v.tableOf(s)
	if table == nil {
		return nil
	}
	var best *Route
	most := -1
	for i := range table.Routes {
		r := &table.Routes[i]
		ranges, known := lists[r.To]
		if prefix, err := netip.ParsePrefix(r.To); err == nil {
			ranges, known = []netip.Prefix{prefix}, true
		}
		if !known {
			return nil
		}
		for _, p := range ranges {
			// Of equally specific routes, one to a range beats one to a prefix list.
			if bits := 2*p.Bits() + map[bool]int{true: 1}[len(lists[r.To]) == 0]; p.Contains(address) && bits > most {
				best, most = r, bits
			}
		}
	}
	if best == nil {
		return nil
	}
	w := &Way{*best, table.ID, v.isGateway(best.Via)}
	if v.byID[w.Via] == nil && strings.HasPrefix(w.Via, "vpce-") && strings.HasPrefix(w.To, "pl-") {
		if w.Gateway = isGatewayList(names[w.To]); !w.Gateway {
			return nil
		}
	}
	return w
}

// isGatewayList reports whether AWS's prefix list of a name is of a service with gateway
// endpoints. These make the routes of such lists to endpoints.
func isGatewayList(name string) bool {
	return strings.HasSuffix(name, ".s3") || strings.HasSuffix(name, ".dynamodb") || strings.HasSuffix(name, ".s3express")
}

// Lists returns the prefix lists that the route table of a subnet has routes to.
func (v *View) Lists(subnet string) (ids []string) {
	s := v.byID[subnet]
	if s == nil || s.Kind != Subnet {
		return nil
	}
	if table := v.tableOf(s); table != nil {
		for _, r := range table.Routes {
			if strings.HasPrefix(r.To, "pl-") {
				ids = append(ids, r.To)
			}
		}
	}
	return ids
}
