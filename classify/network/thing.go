package network

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"vpcetrail/classify/endpoints"
)

// A Kind is the kind of a Thing.
type Kind string

// The kinds of things.
const (
	VPC             Kind = "vpc"
	Subnet          Kind = "subnet"
	RouteTable      Kind = "route_table"
	Endpoint        Kind = "vpc_endpoint"
	EndpointService Kind = "endpoint_service" // a service that offers endpoints in the Region
	NATGateway      Kind = "nat_gateway"
	Interface       Kind = "network_interface"
	Instance        Kind = "instance"
	Function        Kind = "function"
)

var kinds = []Kind{VPC, Subnet, RouteTable, Endpoint, EndpointService, NATGateway, Interface, Instance, Function}

// A Thing is one resource as a sweep saw it. Fields that its kind does not have are empty.
type Thing struct {
	Kind    Kind   `json:"kind"`
	Account string `json:"account_id"` // that was asked
	Region  string `json:"region"`
	ID      string `json:"id"` // of a function its ARN, of an endpoint service its name

	VPC     string   `json:"vpc_id,omitempty"`
	Owner   string   `json:"owner_id,omitempty"`   // the account that owns it
	State   string   `json:"state,omitempty"`      // of endpoints and NAT gateways, in lower case
	Type    string   `json:"type,omitempty"`       // endpoints: gateway, interface; NAT gateways: public, private; interfaces: EC2's type
	Since   string   `json:"since,omitempty"`      // when it was created, attached or launched, as RFC 3339
	CIDRs   []string `json:"cidrs,omitempty"`      // of VPCs and subnets, IPv4 and IPv6
	Subnets []string `json:"subnet_ids,omitempty"` // where it is; of a route table: that are associated with it
	Zones   []string `json:"zones,omitempty"`      // of subnets and endpoint services

	DNSSupport    *bool `json:"dns_support,omitempty"`     // of VPCs
	DNSHostnames  *bool `json:"dns_hostnames,omitempty"`   // of VPCs
	OwnDNSServers *bool `json:"own_dns_servers,omitempty"` // of VPCs: the DHCP options name other servers than Amazon's

	Main   bool    `json:"main,omitempty"`   // of a VPC's main route table
	Routes []Route `json:"routes,omitempty"` // of route tables

	Service     string   `json:"service_name,omitempty"`
	Managed     bool     `json:"requester_managed,omitempty"`  // of endpoints: a service created it and manages it
	Tables      []string `json:"route_table_ids,omitempty"`    // of gateway endpoints
	Groups      []string `json:"security_group_ids,omitempty"` // of interface endpoints
	Names       []string `json:"dns_names,omitempty"`          // of endpoints: their own; of endpoint services: the private ones
	Types       []string `json:"types,omitempty"`              // of endpoint services
	PrivateDNS  *bool    `json:"private_dns,omitempty"`
	InboundOnly bool     `json:"private_dns_only_for_inbound,omitempty"` // private DNS is for resolver endpoints alone
	IPType      string   `json:"ip_address_type,omitempty"`              // ipv4, ipv6, dualstack

	Addresses []string `json:"addresses,omitempty"` // public IPv4 and IPv6 addresses
	Instance  string   `json:"instance_id,omitempty"`
	Regional  bool     `json:"regional,omitempty"` // NAT gateways whose addresses come and go
}

// A Route is a route of a route table.
type Route struct {
	To       string `json:"to"`  // a CIDR or the id of a prefix list
	Via      string `json:"via"` // the id of the target, or local
	Inactive bool   `json:"inactive,omitempty"`
}

// owned reports whether the account that was asked owns the thing.
func (t *Thing) owned() bool { return t.Owner == "" || t.Owner == t.Account }

// tidy sorts the lists, so that equal things have equal text.
func (t *Thing) tidy() {
	for _, list := range []*[]string{&t.CIDRs, &t.Subnets, &t.Zones, &t.Tables, &t.Groups, &t.Names, &t.Types, &t.Addresses} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	slices.SortFunc(t.Routes, func(a, b Route) int {
		if a.To != b.To {
			if a.To < b.To {
				return -1
			}
			return 1
		}
		return slices.Compare([]string{a.Via}, []string{b.Via})
	})
}

// A fieldError names a field with a wrong value, and what is expected there.
type fieldError struct{ field, text string }

func (e *fieldError) Error() string { return e.field + ": " + e.text }

func wrong(field, format string, args ...any) error {
	return &fieldError{field, fmt.Sprintf(format, args...)}
}

// check returns an error that names the first field with a wrong value.
func (t *Thing) check() error {
	switch {
	case !slices.Contains(kinds, t.Kind):
		return wrong("kind", "%q is not known: want one of %v", t.Kind, kinds)
	case !endpoints.IsAccount([]byte(t.Account)):
		return wrong("account_id", "%q is not an account id of 12 digits", t.Account)
	case t.Region == "":
		return wrong("region", "it is missing")
	case t.ID == "":
		return wrong("id", "it is missing")
	}
	for _, field := range []struct {
		name   string
		values []string
	}{{"id", []string{t.ID}}, {"region", []string{t.Region}}, {"vpc_id", []string{t.VPC}}, {"service_name", []string{t.Service}}, {"subnet_ids", t.Subnets},
		{"route_table_ids", t.Tables}, {"security_group_ids", t.Groups}, {"zones", t.Zones}} {
		for _, value := range field.values {
			if !isPlain(value) {
				return wrong(field.name, "%q is not the name of a resource: want letters, digits and . _ - / :", value)
			}
		}
	}
	for _, cidr := range t.CIDRs {
		if _, err := netip.ParsePrefix(cidr); err != nil {
			return wrong("cidrs", "%q is not an address range such as 10.0.0.0/16", cidr)
		}
	}
	for _, address := range t.Addresses {
		if _, err := netip.ParseAddr(address); err != nil {
			return wrong("addresses", "%q is not an IP address", address)
		}
	}
	return nil
}

// isPlain reports whether a name has no character that a command or a template would have
// to quote.
func isPlain(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && !strings.ContainsRune("._-/:", r)
	}) < 0
}
