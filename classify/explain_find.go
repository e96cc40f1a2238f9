package classify

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"vpcetrail/classify/endpoints"
)

// find collects the findings.
func (x *explainer) find(ranges *Ranges) {
	ev := x.ev
	if bytes.EqualFold(ev.Type, []byte("AwsServiceEvent")) {
		x.add(fieldEventType, ev.Type, AWSService, "a service event")
	} else {
		x.add(fieldEventType, ev.Type, RouteUnknown, eventTypes[string(ev.Type)])
	}
	x.add(fieldCategory, ev.Category, RouteUnknown, "")
	if string(ev.Identity.Type) == "AWSService" {
		x.add(fieldIdentityType, ev.Identity.Type, AWSService, "the caller is a service")
	} else {
		x.add(fieldIdentityType, ev.Identity.Type, RouteUnknown, "the caller is not a service")
	}
	if by := ev.Identity.InvokedBy; len(by) == 0 || invokedByService(ev.Identity.InvokedBy) {
		x.add(fieldInvokedBy, by, AWSService, "this service made the call on the caller's behalf")
	} else {
		x.add(fieldInvokedBy, by, RouteUnknown, "a person in the console, not a service")
	}
	x.findEndpoint()
	x.findOwner()
	means, points := x.sourceMeans(ranges)
	x.add(fieldSource, ev.SourceIP, points, means)
	x.findHost()
	x.findTLS()
	x.findUserAgent()
	if DeniedByEndpointPolicy(ev) {
		field, value := fieldErrorMessage, ev.ErrorMessage
		if string(ev.ErrorCode) == "VpceAccessDenied" {
			field, value = fieldErrorCode, ev.ErrorCode
		}
		x.add(field, value, VPCE, "an endpoint policy denied the call")
	}
}

// add adds a finding that points to a route. RouteUnknown means no route.
func (x *explainer) add(field string, value []byte, points Route, means string) {
	f := Finding{Field: field, Value: string(value), Means: means}
	switch {
	case x.decides(field):
		f.Side = Decides
	case points == RouteUnknown || len(value) == 0:
	case points == x.Verdict.Route():
		f.Side = For
	default:
		f.Side = Against
	}
	if f.Value == "" && f.Side == Neutral {
		f.Means = ""
	}
	x.Findings = append(x.Findings, f)
}

// decides reports whether the deciding rule used the field.
func (x *explainer) decides(field string) bool {
	id, owner := fieldEndpoint, fieldEndpointOwner
	switch {
	case swapped(x.ev):
		id, owner = owner, id
	case !endpoints.IsID(x.ev.EndpointID):
		id = fieldSecondID
	}
	knownFrom := FieldTrail
	if _, listed := x.owners.Listed(x.id); listed {
		knownFrom = FieldInventory // a saved inventory contains what the events of other days showed
	}
	names := fieldEndpoint
	if !namesAWS(x.ev.EndpointID) {
		names = fieldEndpointOwner
	}
	return slices.ContainsFunc(reasons[x.Verdict.Evidence].decides, func(d string) bool {
		switch d {
		case theID:
			d = id
		case theOwner:
			d = owner
		case theAWS:
			d = names
		case theEvents:
			d = knownFrom
		}
		return d == field
	})
}

// findEndpoint examines the places of the endpoint's id.
func (x *explainer) findEndpoint() {
	top := x.ev.EndpointID
	switch {
	case len(top) == 0:
		x.add(fieldEndpoint, top, RouteUnknown, "no endpoint is recorded, which alone does not prove that there was none")
	case swapped(x.ev):
		x.add(fieldEndpoint, top, RouteUnknown, "an account: id and owner are swapped, and are read that way")
	case endpoints.IsID(top):
		x.add(fieldEndpoint, top, VPCE, x.endpointMeans())
	case namesAWS(top):
		x.add(fieldEndpoint, top, AWSService, "AWS itself, instead of an endpoint")
	default:
		x.add(fieldEndpoint, top, RouteUnknown, "not an endpoint's id (vpce- and 8 or 17 hexadecimal digits): ignored")
	}
	second := x.ev.Additional.EndpointID
	switch {
	case string(second) == x.id && x.id != "" && string(top) != x.id && !swapped(x.ev):
		x.add(fieldSecondID, second, VPCE, x.endpointMeans())
	case string(second) == x.id && x.id != "":
		x.add(fieldSecondID, second, VPCE, "the same id again")
	case endpoints.IsID(second):
		x.add(fieldSecondID, second, VPCE, "another id than the one that counts")
	default:
		x.add(fieldSecondID, second, RouteUnknown, "not an endpoint's id")
	}
}

// endpointMeans describes what is known of the endpoint.
func (x *explainer) endpointMeans() string {
	e := x.Endpoint
	var known []string
	if e.Type != "" {
		known = append(known, "type "+e.Type)
	}
	if e.Service != "" {
		known = append(known, "for "+e.Service+calledAs(e.Service))
	}
	if e.VPC != "" {
		known = append(known, "in "+e.VPC)
	}
	if len(known) == 0 {
		return "an endpoint's id"
	}
	return "an endpoint's id: " + strings.Join(known, ", ")
}

// calledAs lists the names of an endpoint's service in records, if its own name does not
// show them.
func calledAs(service string) string {
	sources := endpoints.ServiceOf(service).Sources
	if len(sources) == 0 {
		return ""
	}
	if name, _, _ := strings.Cut(sources[0], "."); strings.HasSuffix(service, "."+name) {
		return ""
	}
	return " (recorded as " + strings.Join(sources, " or ") + ")"
}

// findOwner examines what shows the owner of the endpoint.
func (x *explainer) findOwner() {
	owner := x.ev.EndpointAccount
	switch {
	case swapped(x.ev):
		x.add(fieldEndpointOwner, owner, VPCE, x.endpointMeans())
	case endpoints.IsAccount(owner) && x.owners.Owns(string(owner)):
		x.add(fieldEndpointOwner, owner, VPCE, "the endpoint's owner, an account of ours")
	case endpoints.IsAccount(owner):
		x.add(fieldEndpointOwner, owner, VPCE, "the endpoint's owner, an account that is not known as ours")
	case namesAWS(owner):
		x.add(fieldEndpointOwner, owner, AWSService, "AWS itself, instead of an account")
	default:
		x.add(fieldEndpointOwner, owner, RouteUnknown, "not an account")
	}
	if x.id == "" {
		return
	}
	listed, ok := x.owners.Listed(x.id)
	other, known := x.owners.Inventory[x.id]
	switch {
	case ok && listed.ByTrail:
		x.add(FieldInventory, []byte("lists it"), VPCE, "from the trail's endpoint events, in account "+listed.Account)
	case ok:
		x.add(FieldInventory, []byte("lists it"), VPCE, ownedBy(listed.Account))
	case known:
		x.add(FieldInventory, []byte("lists it for other days"), RouteUnknown, other.Lifetime())
	case len(x.owners.Inventory) == 0:
		x.add(FieldInventory, []byte("none given"), RouteUnknown, "")
	default:
		x.add(FieldInventory, []byte("does not list it"), RouteUnknown, "")
	}
	shown, ok := x.owners.Trail[x.id]
	switch {
	case ok && x.owners.Owns(shown.Account):
		x.add(FieldTrail, []byte("show it"), VPCE, "in account "+shown.Account+", on that day")
	case ok:
		x.add(FieldTrail, []byte("show it"), RouteUnknown, "in account "+shown.Account+", which is not known as ours")
	default:
		x.add(FieldTrail, []byte("none shows it"), RouteUnknown, "among the records of that day that were read")
	}
}

func ownedBy(account string) string {
	if account == "" {
		return ""
	}
	return "owned by account " + account
}

// sourceMeans describes the source and returns the route that it points to.
func (x *explainer) sourceMeans(ranges *Ranges) (means string, points Route) {
	s := &x.Source
	switch s.Kind {
	case Missing:
		return "no source is recorded", RouteUnknown
	case FromService:
		return "the name of a service, or AWS itself", AWSService
	case Unparseable:
		return "not an address", RouteUnknown
	case Private:
		means, points = fmt.Sprintf("a private address (%s, %s)", s.Net, s.NetName()), VPCE
	case Special:
		means, points = fmt.Sprintf("an address that is not routable (%s, %s)", s.Net, s.NetName()), RouteUnknown
	case Public:
		means, points = "a public address, "+s.publisher(ranges), Internet
	}
	if first, _, several := bytes.Cut(x.ev.SourceIP, []byte(",")); several {
		means = fmt.Sprintf("of several entries the first counts, %s: %s", s.Address, means)
	} else if s.Address.String() != string(first) {
		means = fmt.Sprintf("read as %s: %s", s.Address, means)
	}
	return means, points
}

// publisher describes what AWS publishes about a public address.
func (s *Source) publisher(ranges *Ranges) string {
	p := s.Published
	switch {
	case !p.Prefix.IsValid():
		date := ranges.Date
		if len(date) > len("2026-08-22") {
			date = date[:len("2026-08-22")]
		}
		return "in no range that AWS publishes (list of " + date + ")"
	case p.Services == "":
		return fmt.Sprintf("in AWS's range %s", p.Prefix)
	}
	services := strings.ReplaceAll(p.Services, ",", ", ")
	if services == "AMAZON" {
		services = "no service in particular"
	}
	return fmt.Sprintf("in AWS's range %s (%s; %s)", p.Prefix, services, p.Region)
}

func (x *explainer) findHost() {
	host := x.ev.HostHeader
	if endpoints.IsHost(host) {
		x.add(fieldHost, host, VPCE, "an interface endpoint's own DNS name")
		return
	}
	x.add(fieldHost, host, RouteUnknown, "a name that calls by any route may use")
}

// findTLS adds the connection, if the record has it. It shows that a client connected,
// but not by which route.
func (x *explainer) findTLS() {
	if len(x.ev.TLSVersion) > 0 {
		x.add(fieldTLSVersion, x.ev.TLSVersion, RouteUnknown, "the same by any route")
	}
	if len(x.ev.CipherSuite) > 0 {
		x.add(fieldCipherSuite, x.ev.CipherSuite, RouteUnknown, "the same by any route")
	}
}

func (x *explainer) findUserAgent() {
	agent := x.ev.UserAgent
	if !isConsole(agent) {
		x.add(fieldUserAgent, agent, RouteUnknown, "")
		return
	}
	points := RouteUnknown // it only shows that the endpoint is not the caller's
	if x.Verdict.Route() == VPCE {
		points = Internet
	}
	x.add(fieldUserAgent, agent, points, "a console's back end, which uses endpoints of AWS's own")
}
