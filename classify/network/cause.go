package network

import (
	"net/netip"
	"slices"
	"strings"

	"vpcetrail/classify/endpoints"
	"vpcetrail/ingest/event"
)

// A Cause says why a call went past the endpoints.
type Cause string

// The causes.
const (
	NoEndpoint     Cause = "no_endpoint"      // the VPC has none for the service
	RouteMissing   Cause = "route_missing"    // the subnet's route table does not lead to the gateway endpoint
	PrivateDNSOff  Cause = "private_dns_off"  // the ordinary name does not lead to the endpoint
	NameNotCovered Cause = "name_not_covered" // the endpoint does not answer to the name that was asked for
	OtherRegionIs  Cause = "other_region"     // the call is for another Region than the VPC's
	IPv6           Cause = "ipv6"             // by IPv6, and the endpoint has IPv4 alone
	NotInVPC       Cause = "not_in_vpc"       // from outside of any VPC
	KeysElsewhere  Cause = "keys_elsewhere"   // an instance's credentials, and not the instance's address
	Unexplained    Cause = "unexplained"      // nothing proves a cause
)

// Causes are all causes, in the order of this page.
var Causes = []Cause{NoEndpoint, RouteMissing, PrivateDNSOff, NameNotCovered, OtherRegionIs, IPv6, NotInVPC, KeysElsewhere, Unexplained}

// A Callee is what was called.
type Callee struct {
	Account string // whose trail has the call
	Region  string
	Source  string // eventSource
}

// A Path is what a record shows of the way of a call from a public address.
type Path struct {
	Place    string // by View.PlaceOf
	Host     string // by ShapeOf
	IPv6     bool
	Workload string // by WorkloadOf
}

// PathOf returns the path of a call from a public address. ofAWS says that AWS publishes
// the address.
func (v *View) PathOf(ev *event.Event, address netip.Addr, ofAWS bool) Path {
	return Path{v.PlaceOf(address, ofAWS), ShapeOf(ev.HostHeader), address.Unmap().Is6(), WorkloadOf(&ev.Identity, ev.UserAgent)}
}

// An Answer is a cause with its proof.
type Answer struct {
	Cause    Cause
	Reason   Reason   // what proves the cause, or prevents a proof
	VPC      string   // where the call came from
	Region   string   // of the VPC
	Owner    string   // account that owns the VPC
	Subnets  []string // that it may have come from
	Tables   []string // of the subnets; to be changed
	Endpoint string   // the endpoint that the call went past
	Service  string   // the name of the endpoint service for the call, if one is known
	Detail   string   // a name or id that the reason speaks of
}

// from is where a call came from.
type from struct {
	vpc     *Thing
	subnets []*Thing // candidates; empty: not known
}

// Cause returns why a call of route internet went past the endpoints. The path may be of a
// view of the same things with fewer changes.
func (v *View) Cause(callee Callee, p Path) Answer {
	if v.IsEmpty() {
		return unexplained(NoSweep)
	}
	p.Place = v.settled(p.Place)
	if instance := v.byID[p.Workload]; instance != nil && instance.Kind == Instance && !v.isAt(instance, p) {
		return v.elsewhere(instance, p)
	}
	origin, answer := v.origin(p)
	if origin.vpc == nil {
		if why, known := v.owners(callee.Account); !known && answer.Cause == NotInVPC && answer.Reason != FunctionWithoutVPC {
			return unexplained(why)
		}
		return answer
	}
	a := v.causeIn(origin, callee, p)
	a.VPC, a.Region, a.Owner = origin.vpc.ID, origin.vpc.Region, origin.vpc.Account
	if len(a.Subnets) == 0 {
		for _, s := range origin.subnets {
			a.Subnets = append(a.Subnets, s.ID)
		}
	}
	return a
}

func unexplained(r Reason) Answer { return Answer{Cause: Unexplained, Reason: r} }

// origin returns the VPC and the subnets that a call came from, or why they are not known.
func (v *View) origin(p Path) (from, Answer) {
	if f := v.functions[p.Workload]; f != nil {
		return v.originOfFunction(f, p)
	}
	if instance := v.byID[p.Workload]; instance != nil && instance.Kind == Instance {
		return v.in(instance.VPC, instance.Subnets)
	}
	network, at := cutNetwork(p.Place)
	switch place := v.byID[at]; {
	case place != nil && place.Kind == Interface:
		return v.in(place.VPC, place.Subnets)
	case place != nil && place.Kind == NATGateway:
		return v.originBehindNAT(place)
	case place != nil && place.Kind == VPC:
		return v.in(place.ID, nil)
	case at == placeChanged:
		return from{}, unexplained(AddressChanged)
	case strings.HasPrefix(p.Workload, "arn:"), strings.HasPrefix(p.Workload, "i-"):
		a := unexplained(WorkloadUnknown)
		a.Detail = p.Workload
		return from{}, a
	case network != "":
		return from{}, Answer{Cause: NotInVPC, Reason: FromNetwork, Detail: network}
	case p.Place == placeExternal:
		return from{}, Answer{Cause: NotInVPC, Reason: FromOutside}
	case p.Place == placeAWS && (p.Workload == codeBuild || p.Workload == cloudShell):
		return from{}, Answer{Cause: NotInVPC, Reason: FromService, Detail: p.Workload}
	}
	return from{}, unexplained(AddressUnknown)
}

func (v *View) originOfFunction(f *Thing, p Path) (from, Answer) {
	if c, changed := v.changedIDs[f.ID]; changed {
		a := unexplained(Changed)
		a.Detail = c.Event
		return from{}, a
	}
	if f.VPC == "" && p.Place != placeAWS {
		return from{}, unexplained(AddressUnknown)
	}
	if f.VPC == "" {
		return from{}, Answer{Cause: NotInVPC, Reason: FunctionWithoutVPC, Detail: f.ID}
	}
	return v.in(f.VPC, f.Subnets)
}

// originBehindNAT returns the VPC of a NAT gateway and the subnets that use it. Where other
// VPCs may use it too, the VPC is not known.
func (v *View) originBehindNAT(nat *Thing) (from, Answer) {
	if via := v.leadsElsewhere(nat.VPC, false); via != "" {
		a := unexplained(SharedEgress)
		a.Detail = via
		return from{}, a
	}
	origin, answer := v.in(nat.VPC, nil)
	if origin.vpc != nil {
		origin.subnets = v.behindNAT(nat)
	}
	return origin, answer
}

// in returns a VPC and its subnets, if what decides there is known.
func (v *View) in(vpc string, subnets []string) (from, Answer) {
	known := v.byID[vpc]
	if known == nil || !known.owned() {
		a := unexplained(VPCUnknown)
		a.VPC = vpc
		return from{}, a
	}
	origin := from{vpc: known}
	for _, id := range subnets {
		if s := v.byID[id]; s != nil {
			origin.subnets = append(origin.subnets, s)
		}
	}
	if len(origin.subnets) < len(subnets) {
		origin.subnets = nil
	}
	return origin, Answer{}
}

// causeIn returns the cause for a call from a known VPC.
func (v *View) causeIn(origin from, callee Callee, p Path) Answer {
	vpc := origin.vpc
	place := Place{vpc.Account, vpc.Region}
	if c, changed := v.changed(vpc); changed {
		a := unexplained(Changed)
		a.Detail = c.Event + " at " + stamp(c.At)
		return a
	}
	if !v.read(place, CallEndpoints, CallRouteTables, CallSubnets) {
		return unexplained(NotRead)
	}
	class, region := ClassOf(p.Host, vpc.Region), callee.Region
	if class == Global && isServedLocally(callee.Source) {
		region = vpc.Region // recorded in us-east-1, whatever Region served it
	}
	offered := v.offered(vpc.Region, callee.Source, region, p.Host)
	there := v.endpointsIn(vpc.ID, func(s *endpoints.Service, name string) bool {
		if len(offered) > 0 {
			return slices.ContainsFunc(offered, func(o *Thing) bool { return o.ID == name })
		}
		return s.Carries(callee.Source, region)
	})
	switch {
	case len(there) > 0:
		return v.past(origin, there, class, p)
	case region != vpc.Region && !v.offersGlobal(offered):
		return Answer{Cause: OtherRegionIs, Reason: CallElsewhere, Detail: region}
	case len(offered) == 0 && len(v.services[vpc.Region]) == 0:
		return unexplained(ServicesNotRead)
	case len(offered) == 0:
		return unexplained(NotOffered)
	}
	a := Answer{Cause: NoEndpoint, Reason: NoneInVPC, Service: best(offered).ID}
	if via := v.leadsElsewhere(vpc.ID, false); via != "" { // a hub may have the endpoint
		a.Cause, a.Reason, a.Detail = Unexplained, SpokeOfHub, via
	}
	a.Tables = v.tables(origin)
	return a
}

// isServedLocally reports whether the global name of a service is answered in the Region
// of the caller, and recorded in us-east-1.
func isServedLocally(source string) bool { return source == "sts.amazonaws.com" }

func (v *View) offersGlobal(offered []*Thing) bool {
	return slices.ContainsFunc(offered, func(t *Thing) bool { s := endpoints.ServiceOf(t.ID); return s.Global })
}

// offered returns the endpoint services in a Region that carry calls to a source. Of
// several the name that was asked for selects. It also proves a service whose source is not
// known: EC2 lists the names of each.
func (v *View) offered(at, source, region, host string) (found []*Thing) {
	for _, t := range v.services[at] {
		service := endpoints.ServiceOf(t.ID)
		carries := service.Carries(source, region) || len(service.Sources) == 0 && covers(t.Names, host)
		if carries && !slices.ContainsFunc(found, func(o *Thing) bool { return o.ID == t.ID }) {
			found = append(found, t)
		}
	}
	named := slices.DeleteFunc(slices.Clone(found), func(t *Thing) bool { return !covers(t.Names, host) && !slices.Contains(t.Types, "gateway") })
	if host != "" && len(named) > 0 {
		found = named
	}
	slices.SortFunc(found, func(a, b *Thing) int { return strings.Compare(a.ID, b.ID) })
	return found
}

// best returns the service to create an endpoint for: one that has a gateway, which is
// free, else the first.
func best(offered []*Thing) *Thing {
	for _, t := range offered {
		if slices.Contains(t.Types, "gateway") {
			return t
		}
	}
	for _, t := range offered { // the plain one of kms and kms-fips
		if !strings.Contains(t.ID, "fips") {
			return t
		}
	}
	return offered[0]
}

// tables returns the route tables of the subnets that a call may have come from, or of all
// of the VPC.
func (v *View) tables(origin from) (ids []string) {
	subnets := origin.subnets
	if len(subnets) == 0 {
		subnets = v.inVPC[origin.vpc.ID][Subnet]
	}
	for _, s := range subnets {
		if t := v.tableOf(s); t != nil && !slices.Contains(ids, t.ID) {
			ids = append(ids, t.ID)
		}
	}
	slices.Sort(ids)
	return ids
}

// past returns why a call from a VPC with endpoints for it went past them.
func (v *View) past(origin from, there []*Thing, class HostClass, p Path) Answer {
	for _, e := range there {
		if e.Type == "gateway" {
			return v.pastGateway(origin, e, p)
		}
	}
	e := there[0]
	a := Answer{Endpoint: e.ID, Service: e.Service, Detail: p.Host}
	names, known := v.namesOf(e)
	switch {
	case p.IPv6 && e.IPType == "ipv4":
		a.Cause, a.Reason = IPv6, EndpointIsIPv4
	case class == NoHost:
		a.Cause, a.Reason = Unexplained, HostUnknown
	case class == EndpointDNS:
		a.Cause, a.Reason = Unexplained, EndpointNamed
	case !known && !v.read(Place{e.Account, e.Region}, CallEndpointServices):
		a.Cause, a.Reason = Unexplained, ServicesNotRead
	case !known:
		a.Cause, a.Reason = Unexplained, NamesUnknown
	case !covers(names, p.Host):
		a.Cause, a.Reason = NameNotCovered, HostNotCovered
	default:
		a.Cause, a.Reason = v.dnsCause(origin.vpc, e)
	}
	return a
}

// namesOf returns the names that an endpoint can answer to: its own, and the private ones
// of its service. They are not known if its Region does not list the service, as with
// services of other Regions.
func (v *View) namesOf(e *Thing) (names []string, known bool) {
	names = e.Names
	for _, t := range v.services[e.Region] {
		if t.ID == e.Service {
			names, known = slices.Concat(names, t.Names), true
		}
	}
	return names, known
}

// dnsCause returns why a covered name did not lead to an interface endpoint.
func (v *View) dnsCause(vpc, e *Thing) (Cause, Reason) {
	is := func(b *bool, value bool) bool { return b != nil && *b == value }
	switch {
	case is(e.PrivateDNS, false):
		return PrivateDNSOff, EndpointDNSOff
	case is(vpc.DNSSupport, false), is(vpc.DNSHostnames, false):
		return PrivateDNSOff, VPCDNSOff
	case e.InboundOnly:
		return PrivateDNSOff, InboundOnly
	case is(vpc.OwnDNSServers, true):
		return PrivateDNSOff, OwnDNSServers
	case e.PrivateDNS == nil || vpc.DNSSupport == nil || vpc.DNSHostnames == nil || vpc.OwnDNSServers == nil:
		return Unexplained, NotRead
	}
	return Unexplained, ShouldCarry
}

// pastGateway returns why a call went past a gateway endpoint. Names do not matter to it.
func (v *View) pastGateway(origin from, e *Thing, p Path) Answer {
	a := Answer{Endpoint: e.ID, Service: e.Service}
	if p.IPv6 {
		if a.Cause, a.Reason = Unexplained, ShouldCarry; e.IPType == "ipv4" {
			a.Cause, a.Reason = IPv6, EndpointIsIPv4
		}
		return a
	}
	if len(origin.subnets) == 0 {
		a.Cause, a.Reason = Unexplained, SubnetUnknown
		return a
	}
	for _, s := range origin.subnets {
		table := v.tableOf(s)
		switch {
		case table == nil:
			a.Cause, a.Reason = Unexplained, SubnetUnknown
			return a
		case table.beatsPrefixLists():
			a.Cause, a.Reason, a.Detail = Unexplained, RouteBeats, table.ID
			return a
		case table.carries(e): // no call leaves this subnet past the endpoint
			continue
		}
		a.Subnets = append(a.Subnets, s.ID)
		if !slices.Contains(a.Tables, table.ID) {
			a.Tables = append(a.Tables, table.ID)
		}
	}
	if a.Cause, a.Reason = RouteMissing, NotAssociated; len(a.Tables) == 0 {
		a.Cause, a.Reason = Unexplained, ShouldCarry
	}
	slices.Sort(a.Tables)
	return a
}
