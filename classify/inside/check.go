package inside

import (
	"net/netip"
	"slices"
	"strings"

	"vpcetrail/classify"
	"vpcetrail/classify/network"
)

// A Machine is where the checks ran. Fields that are not known are empty.
type Machine struct {
	Region, Zone, VPC, Subnet string
	Instance, Interface       string
	Account                   string         // that owns the network interface
	PublicIPv4                string         // of the interface
	CIDRs                     []netip.Prefix // of the VPC
	AllIPv6                   bool           // CIDRs has all IPv6 ranges of the VPC, which may be none
	Near                      []netip.Prefix // that may be of the VPC, if its ranges of the family are not known

	Calls                        string       // the Region whose services are called
	Resolvers                    []netip.Addr // the name servers that were asked
	OutsideAsked, OutsideReached bool         // whether what no gateway endpoint of the Region carries was tried, and answered
	RoutesAsked                  bool         // EC2 answered about the subnet
}

// hasGateway reports whether a gateway endpoint of the machine's VPC may carry calls to a
// service.
func (m *Machine) hasGateway(s Service) bool { return s.HasGateway() && m.Calls == m.Region }

// IsWayOut reports whether an address of a service proves that calls can leave without an
// endpoint.
func (m *Machine) IsWayOut(s Service, a *Address) bool {
	return !m.hasGateway(s) && a.Kind == Public && a.Connection.answers() && !m.MayBeOfVPC(a.IP)
}

// knowsRanges reports whether the ranges of the VPC are known in the family of an address.
func (m *Machine) knowsRanges(address netip.Addr) bool {
	return m.AllIPv6 && address.Is6() || slices.ContainsFunc(m.CIDRs, func(p netip.Prefix) bool { return p.Addr().Is4() == address.Is4() })
}

// MayBeOfVPC reports whether an address that looks public may be one of the VPC.
func (m *Machine) MayBeOfVPC(address netip.Addr) bool {
	return !m.knowsRanges(address) && slices.ContainsFunc(m.Near, func(p netip.Prefix) bool { return p.Contains(address) })
}

// The kinds of addresses.
const (
	Private  = "private" // of the VPC, or of a network that it is joined to
	Public   = "public"
	NoTravel = "local" // loopback and others that do not leave the machine
)

// nat64 is the range by which NAT64 reaches IPv4 addresses, at its end.
var nat64 = netip.MustParsePrefix("64:ff9b::/96")

// Unwrapped returns the IPv4 address that NAT64 reaches by an address, or the address itself.
func Unwrapped(address netip.Addr) netip.Addr {
	if !nat64.Contains(address) {
		return address
	}
	wrapped := address.As16()
	return netip.AddrFrom4([4]byte(wrapped[12:]))
}

// KindOf returns the kind of an address that DNS answered.
func (m *Machine) KindOf(address netip.Addr) string {
	address = Unwrapped(address)
	if slices.ContainsFunc(m.CIDRs, func(p netip.Prefix) bool { return p.Contains(address) }) {
		return Private
	}
	switch _, kind := classify.ParseSource([]byte(address.String())); kind {
	case classify.Private:
		return Private
	case classify.Public:
		return Public
	}
	return NoTravel
}

// The resolvers of Amazon besides the one at the base of the VPC's range plus two.
var amazonResolvers = []netip.Addr{netip.MustParseAddr("169.254.169.253"), netip.MustParseAddr("fd00:ec2::253")}

// IsAmazon reports whether a name server is Amazon's, and whether that is known. Of an IPv4
// address, only the ranges of the VPC show it.
func (m *Machine) IsAmazon(server netip.Addr) (is, known bool) {
	is = slices.Contains(amazonResolvers, server) ||
		slices.ContainsFunc(m.CIDRs, func(p netip.Prefix) bool { return server == p.Masked().Addr().Next().Next() })
	return is, is || len(m.CIDRs) > 0 && (server.Is6() || m.knowsRanges(server))
}

// OtherResolvers returns the name servers that are not Amazon's. What they answer says
// nothing about the VPC, unless they forward to Amazon's.
func (m *Machine) OtherResolvers() (others []netip.Addr) {
	for _, r := range m.Resolvers {
		if is, known := m.IsAmazon(r); known && !is {
			others = append(others, r)
		}
	}
	return others
}

// A Connection is what came of connecting to port 443 of an address, with TLS.
type Connection string

// The outcomes.
const (
	NotTried    Connection = ""
	Open        Connection = "open"        // the certificate is valid for the name
	Refused     Connection = "refused"     // nothing listens, or a firewall says no
	TimedOut    Connection = "timeout"     // no answer
	Unreachable Connection = "unreachable" // the machine has no route
	BadTLS      Connection = "no_tls"      // something answers, and not with TLS
	BadCert     Connection = "certificate" // TLS, and the certificate is not valid for the name
)

// answers reports whether something answered on the port.
func (c Connection) answers() bool { return c == Open || c == BadTLS || c == BadCert }

// An Address is one answer of DNS and what was found out about it.
type Address struct {
	IP         netip.Addr
	Kind       string
	Connection Connection
	Detail     string   // why the connection failed
	CertNames  []string // that the certificate is for
	Issuer     string   // of the certificate
	Endpoint   string   // the interface endpoint that has the address, by EC2
	Holder     string   // the interface that has it and is none of an endpoint, by EC2
	PrefixList string   // the name of AWS's prefix list that contains it, by EC2
	Way        *network.Way
}

// SetWay notes the route by which the subnet sends packets to an address. A local route leads to
// the VPC, also if the range is not known as one of it.
func (a *Address) SetWay(way *network.Way) {
	if way != nil && way.Via == "local" {
		a.Kind = Private
		return
	}
	a.Way = way
}

// amazonIssuers are the organizations that issue the certificates of AWS's services.
var amazonIssuers = []string{"Amazon", "DigiCert Inc"}

// A Lookup is what came of looking up a name.
type Lookup string

// The outcomes.
const (
	Answered      Lookup = "answered"
	NoSuchName    Lookup = "no_such_name"
	NoAddress     Lookup = "no_address" // the name exists
	AliasLoop     Lookup = "alias_loop"
	NoAnswer      Lookup = "timeout"
	LookupRefused Lookup = "refused"
	LookupCut     Lookup = "cut" // too long for UDP, and TCP has no answer
	LookupFail    Lookup = "failed"
	NotAsked      Lookup = "not_asked" // the time was up
)

// reasons are why a name that was not answered has no verdict.
var reasons = map[Lookup]Reason{
	NoSuchName: NameUnknown, NoAddress: NameEmpty, AliasLoop: NameLoops, NoAnswer: NameSilent, LookupRefused: NameRefused, LookupCut: NameCut, LookupFail: NameFailed,
	NotAsked: NothingJudged,
}

// A Host is a name and what was found out about it.
type Host struct {
	Name
	Lookup    Lookup
	Detail    string   // why the lookup failed
	Server    string   // the name server that gave no addresses
	Aliases   []string // that DNS leads through
	Search    string   // the search domain that has the name, or ""
	Addresses []Address
	CNAME     string // the endpoint that DNS names, or ""
	Setting   string // what sets SDKs to this name, or ""
	Elsewhere string // the setting by which SDKs call another name, which is not checked, or ""
	Proxy     string // the proxy to which the environment sends calls, or ""
	ByAmazon  string // the kind of the answer of Amazon's resolver, if other name servers were asked

	Verdict
}

// Kinds returns the kind of the answers: private, public, both, local or none.
func (h *Host) Kinds() string {
	kinds := map[string]bool{}
	for i := range h.Addresses {
		kinds[h.Addresses[i].Kind] = true
	}
	switch {
	case len(h.Addresses) == 0:
		return "none"
	case len(kinds) > 1:
		return "both"
	}
	return h.Addresses[0].Kind
}

// mostAliases is how many aliases are named.
const mostAliases = 6

// wordsUnanswered say why DNS has no address.
func (h *Host) wordsUnanswered() string {
	last := ""
	if n := len(h.Aliases); n > 0 {
		last = h.Aliases[n-1]
	}
	switch {
	case h.Lookup == NoSuchName && last != "":
		return "the name is an alias (CNAME) of " + last + ", which does not exist"
	case h.Lookup == NoSuchName:
		return "the name does not exist"
	case h.Lookup == NoAddress && last != "":
		return "the name is an alias (CNAME) of " + last + ", which has no address"
	case h.Lookup == NoAddress:
		return "the name exists, and has no address"
	case h.Lookup == AliasLoop:
		return "the name is an alias (CNAME) that leads back to itself: " + strings.Join(h.Aliases[:min(len(h.Aliases), mostAliases)], ", ")
	case h.Lookup == NoAnswer:
		return "no name server answered in time"
	case h.Lookup == LookupRefused:
		return "name server " + h.Server + " refuses to look up the name (REFUSED)"
	case h.Lookup == LookupCut:
		return "the answer of name server " + h.Server + " is too long for UDP, and it does not answer by TCP"
	case h.Server != "":
		return "name server " + h.Server + " could not look up the name: " + h.Detail
	}
	return "the name could not be looked up: " + h.Detail
}
