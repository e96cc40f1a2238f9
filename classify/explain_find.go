package classify

import (
	"bytes"
	"slices"
	"strings"

	"vpcetrail/classify/endpoints"
	"vpcetrail/classify/phrase"
)

// find collects the findings.
func (x *explainer) find(ranges *Ranges) {
	ev := x.ev
	if bytes.EqualFold(ev.Type, []byte("AwsServiceEvent")) {
		x.add(fieldEventType, ev.Type, AWSService, phrase.Of("a service event"))
	} else {
		x.add(fieldEventType, ev.Type, RouteUnknown, phrase.Of(eventTypes[string(ev.Type)]))
	}
	x.add(fieldCategory, ev.Category, RouteUnknown, phrase.Phrase{})
	if string(ev.Identity.Type) == "AWSService" {
		x.add(fieldIdentityType, ev.Identity.Type, AWSService, phrase.Of("the caller is a service"))
	} else {
		x.add(fieldIdentityType, ev.Identity.Type, RouteUnknown, phrase.Of("the caller is not a service"))
	}
	if by := ev.Identity.InvokedBy; len(by) == 0 || invokedByService(ev.Identity.InvokedBy) {
		x.add(fieldInvokedBy, by, AWSService, phrase.Of("this service made the call on the caller's behalf"))
	} else {
		x.add(fieldInvokedBy, by, RouteUnknown, phrase.Of("a person in the console, not a service"))
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
		x.add(field, value, VPCE, phrase.Of("an endpoint policy denied the call"))
	}
}

// add adds a finding that points to a route. RouteUnknown means no route.
func (x *explainer) add(field string, value []byte, points Route, means phrase.Phrase) {
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
		f.Means = phrase.Phrase{}
	}
	x.Findings = append(x.Findings, f)
}

// addSays adds a finding of what is not a field of the record.
func (x *explainer) addSays(field string, says phrase.Format, points Route, means phrase.Phrase) {
	x.add(field, []byte(says), points, means)
	x.Findings[len(x.Findings)-1].Says = says
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
		x.add(fieldEndpoint, top, RouteUnknown, phrase.Of("no endpoint is recorded, which alone does not prove that there was none"))
	case swapped(x.ev):
		x.add(fieldEndpoint, top, RouteUnknown, phrase.Of("an account: id and owner are swapped, and are read that way"))
	case endpoints.IsID(top):
		x.add(fieldEndpoint, top, VPCE, x.endpointMeans())
	case namesAWS(top):
		x.add(fieldEndpoint, top, AWSService, phrase.Of("AWS itself, instead of an endpoint"))
	default:
		x.add(fieldEndpoint, top, RouteUnknown, phrase.Of("not an endpoint's id (vpce- and 8 or 17 hexadecimal digits): ignored"))
	}
	second := x.ev.Additional.EndpointID
	switch {
	case string(second) == x.id && x.id != "" && string(top) != x.id && !swapped(x.ev):
		x.add(fieldSecondID, second, VPCE, x.endpointMeans())
	case string(second) == x.id && x.id != "":
		x.add(fieldSecondID, second, VPCE, phrase.Of("the same id again"))
	case endpoints.IsID(second):
		x.add(fieldSecondID, second, VPCE, phrase.Of("another id than the one that counts"))
	default:
		x.add(fieldSecondID, second, RouteUnknown, phrase.Of("not an endpoint's id"))
	}
}

// endpointMeans describes what is known of the endpoint.
func (x *explainer) endpointMeans() phrase.Phrase {
	e := x.Endpoint
	var known []phrase.Phrase
	if e.Type != "" {
		known = append(known, phrase.Of("type %s", e.Type))
	}
	if e.Service != "" {
		known = append(known, servicePhrase(e.Service))
	}
	if e.VPC != "" {
		known = append(known, phrase.Of("in %s", e.VPC))
	}
	if len(known) == 0 {
		return phrase.Of("an endpoint's id")
	}
	return phrase.Of("an endpoint's id: %s", phrase.Join(phrase.Comma, known))
}

// servicePhrase names an endpoint's service, with the names that records have for it if its own
// name does not show them.
func servicePhrase(service string) phrase.Phrase {
	sources := endpoints.ServiceOf(service).Sources
	if len(sources) == 0 {
		return phrase.Of("for %s", service)
	}
	if name, _, _ := strings.Cut(sources[0], "."); strings.HasSuffix(service, "."+name) {
		return phrase.Of("for %s", service)
	}
	return phrase.Of("for %s (recorded as %s)", service, phrase.Join(phrase.Or, sources))
}

// findOwner examines what shows the owner of the endpoint.
func (x *explainer) findOwner() {
	owner := x.ev.EndpointAccount
	switch {
	case swapped(x.ev):
		x.add(fieldEndpointOwner, owner, VPCE, x.endpointMeans())
	case endpoints.IsAccount(owner) && x.owners.Owns(string(owner)):
		x.add(fieldEndpointOwner, owner, VPCE, phrase.Of("the endpoint's owner, an account of ours"))
	case endpoints.IsAccount(owner):
		x.add(fieldEndpointOwner, owner, VPCE, phrase.Of("the endpoint's owner, an account that is not known as ours"))
	case namesAWS(owner):
		x.add(fieldEndpointOwner, owner, AWSService, phrase.Of("AWS itself, instead of an account"))
	default:
		x.add(fieldEndpointOwner, owner, RouteUnknown, phrase.Of("not an account"))
	}
	if x.id == "" {
		return
	}
	listed, ok := x.owners.Listed(x.id)
	other, known := x.owners.Inventory[x.id]
	switch {
	case ok && listed.ByTrail:
		x.addSays(FieldInventory, "lists it", VPCE, phrase.Of("from the trail's endpoint events, in account %s", listed.Account))
	case ok:
		x.addSays(FieldInventory, "lists it", VPCE, ownedBy(listed.Account))
	case known:
		x.addSays(FieldInventory, "lists it for other days", RouteUnknown, other.Lifetime())
	case len(x.owners.Inventory) == 0:
		x.addSays(FieldInventory, "none given", RouteUnknown, phrase.Phrase{})
	default:
		x.addSays(FieldInventory, "does not list it", RouteUnknown, phrase.Phrase{})
	}
	shown, ok := x.owners.Trail[x.id]
	switch {
	case ok && x.owners.Owns(shown.Account):
		x.addSays(FieldTrail, "show it", VPCE, phrase.Of("in account %s, on that day", shown.Account))
	case ok:
		x.addSays(FieldTrail, "show it", RouteUnknown, phrase.Of("in account %s, which is not known as ours", shown.Account))
	default:
		x.addSays(FieldTrail, "none shows it", RouteUnknown, phrase.Of("among the records of that day that were read"))
	}
}

func ownedBy(account string) phrase.Phrase {
	if account == "" {
		return phrase.Phrase{}
	}
	return phrase.Of("owned by account %s", account)
}

// sourceMeans describes the source and returns the route that it points to.
func (x *explainer) sourceMeans(ranges *Ranges) (means phrase.Phrase, points Route) {
	s := &x.Source
	switch s.Kind {
	case Missing:
		return phrase.Of("no source is recorded"), RouteUnknown
	case FromService:
		return phrase.Of("the name of a service, or AWS itself"), AWSService
	case Unparseable:
		return phrase.Of("not an address"), RouteUnknown
	case Private:
		means, points = phrase.Of("a private address (%s, %s)", s.Net, s.netName()), VPCE
	case Special:
		means, points = phrase.Of("an address that is not routable (%s, %s)", s.Net, s.netName()), RouteUnknown
	case Public:
		means, points = phrase.Of("a public address, %s", s.publisher(ranges)), Internet
	}
	if first, _, several := bytes.Cut(x.ev.SourceIP, []byte(",")); several {
		means = phrase.Of("of several entries the first counts, %s: %s", s.Address, means)
	} else if s.Address.String() != string(first) {
		means = phrase.Of("read as %s: %s", s.Address, means)
	}
	return means, points
}

// publisher describes what AWS publishes about a public address.
func (s *Source) publisher(ranges *Ranges) phrase.Phrase {
	p := s.Published
	switch {
	case !p.Prefix.IsValid():
		date := ranges.Date
		if len(date) > len("2026-08-22") {
			date = date[:len("2026-08-22")]
		}
		return phrase.Of("in no range that AWS publishes (list of %s)", date)
	case p.Services == "":
		return phrase.Of("in AWS's range %s", p.Prefix)
	}
	if p.Services == "AMAZON" {
		return phrase.Of("in AWS's range %s (no service in particular; %s)", p.Prefix, p.Region)
	}
	return phrase.Of("in AWS's range %s (%s; %s)", p.Prefix, phrase.Join(phrase.Comma, strings.Split(p.Services, ",")), p.Region)
}

func (x *explainer) findHost() {
	host := x.ev.HostHeader
	if endpoints.IsHost(host) {
		x.add(fieldHost, host, VPCE, phrase.Of("an interface endpoint's own DNS name"))
		return
	}
	x.add(fieldHost, host, RouteUnknown, phrase.Of("a name that calls by any route may use"))
}

// findTLS adds the connection, if the record has it. It shows that a client connected,
// but not by which route.
func (x *explainer) findTLS() {
	if len(x.ev.TLSVersion) > 0 {
		x.add(fieldTLSVersion, x.ev.TLSVersion, RouteUnknown, phrase.Of("the same by any route"))
	}
	if len(x.ev.CipherSuite) > 0 {
		x.add(fieldCipherSuite, x.ev.CipherSuite, RouteUnknown, phrase.Of("the same by any route"))
	}
}

func (x *explainer) findUserAgent() {
	agent := x.ev.UserAgent
	if !isConsole(agent) {
		x.add(fieldUserAgent, agent, RouteUnknown, phrase.Phrase{})
		return
	}
	points := RouteUnknown // it only shows that the endpoint is not the caller's
	if x.Verdict.Route() == VPCE {
		points = Internet
	}
	x.add(fieldUserAgent, agent, points, phrase.Of("a console's back end, which uses endpoints of AWS's own"))
}
