package classify

import (
	"bytes"

	"vpcetrail/ingest/event"
)

// Facts are what one record says of its path. All of it can be told from the record alone; whose
// its endpoint is, only from the whole day: Owners.Resolve makes the verdict of it.
//
// EndpointID and EndpointAccount are borrowed from the Event.
type Facts struct {
	// Unowned is the verdict if the endpoint is not ours, or if there is none.
	Unowned Verdict
	// EndpointID is the endpoint's id, vpce-…; empty where the record has none.
	EndpointID []byte
	// EndpointAccount is the account that the record names as the endpoint's owner, 12 digits or empty.
	EndpointAccount []byte
	// Interface says that the record proves its endpoint to be of type interface.
	Interface bool

	publicSource bool // of a call with an endpoint that no service made
}

// Examine reads the facts of ev by the rules in the package comment. ranges tells which public
// addresses are AWS's own.
func Examine(ev *event.Event, ranges *Ranges) Facts {
	id, account, internal := endpointOf(ev)
	f := Facts{EndpointID: id, EndpointAccount: account}
	f.Interface = len(id) > 0 && provesInterface(ev)
	f.Unowned = unowned(ev, &f, internal, ranges)
	return f
}

// unowned applies all rules but the second.
func unowned(ev *event.Event, f *Facts, internal bool, ranges *Ranges) Verdict {
	switch {
	case bytes.EqualFold(ev.Type, []byte("AwsServiceEvent")): // AWS's pages spell it AWSServiceEvent too
		return Verdict{Evidence: ServiceEvent}
	case string(ev.Identity.Type) == "AWSService":
		return Verdict{Evidence: ServicePrincipal}
	case len(ev.Identity.InvokedBy) > 0:
		return Verdict{Evidence: InvokedBy}
	}
	addr, kind := ParseSource(ev.SourceIP)
	switch {
	case kind == FromService:
		return Verdict{Evidence: ServiceSource}
	case internal:
		return Verdict{Evidence: EndpointInternal}
	case len(f.EndpointID) > 0:
		return withEndpoint(ev, f, addr, kind, ranges)
	}
	switch kind {
	case Public:
		return Verdict{PublicSource, ranges.Origin(addr)}
	case Private:
		return Verdict{Evidence: PrivateSource}
	case Special:
		return Verdict{Evidence: SpecialSource}
	case Missing:
		return Verdict{Evidence: MissingSource}
	}
	return Verdict{Evidence: UnparseableSource}
}

// withEndpoint applies rules 4 and 5.
func withEndpoint(ev *event.Event, f *Facts, addr Address, kind SourceKind, ranges *Ranges) Verdict {
	console := isConsole(ev.UserAgent)
	f.publicSource = kind == Public
	switch {
	case console && kind == Public:
		return Verdict{ConsolePublicSource, ranges.Origin(addr)}
	case console:
		return Verdict{Evidence: ConsolePrivateSource}
	case len(f.EndpointAccount) > 0:
		return Verdict{Evidence: EndpointForeignAccount}
	case kind == Private:
		return Verdict{Evidence: EndpointPrivateSource}
	}
	return Verdict{Evidence: EndpointPublicSource}
}

// isConsole reports whether a user agent is a console's back end.
func isConsole(userAgent []byte) bool {
	return bytes.Contains(userAgent, []byte("aws-internal/")) || bytes.Contains(userAgent, []byte("S3Console/"))
}

// endpointOf reads the endpoint's id and its owner's account. internal says that one of the two
// fields names AWS itself instead.
func endpointOf(ev *event.Event) (id, account []byte, internal bool) {
	top, owner := ev.EndpointID, ev.EndpointAccount
	if swapped(ev) {
		top, owner = owner, top
	}
	internal = namesAWS(top) || namesAWS(owner)
	switch {
	case IsEndpointID(top):
		id = top
	case !namesAWS(top) && IsEndpointID(ev.Additional.EndpointID):
		id = ev.Additional.EndpointID
	}
	if IsAccount(owner) {
		account = owner
	}
	return id, account, internal
}

// provesInterface tells what one record can: the host header of an interface endpoint's own DNS
// name, or a service that has no gateway endpoints.
func provesInterface(ev *event.Event) bool {
	if isEndpointName(ev.HostHeader) {
		return true
	}
	switch string(ev.Source) {
	case "", "s3.amazonaws.com", "s3express.amazonaws.com", "dynamodb.amazonaws.com":
		return false
	}
	return true
}

// swapped reports whether the endpoint's id and its owner stand in each other's place, as in one of AWS's
// own examples.
func swapped(ev *event.Event) bool {
	return IsAccount(ev.EndpointID) && IsEndpointID(ev.EndpointAccount)
}

// isEndpointName reports whether a host is the DNS name of an interface endpoint.
func isEndpointName(host []byte) bool {
	return bytes.HasSuffix(host, []byte(".vpce.amazonaws.com")) || bytes.HasSuffix(host, []byte(".vpce.amazonaws.com.cn"))
}

// IsEndpointID reports whether s is the id of a VPC endpoint: vpce- and 8 or 17 hexadecimal digits.
func IsEndpointID(s []byte) bool {
	digits, ok := bytes.CutPrefix(s, []byte("vpce-"))
	return ok && isHexID(digits)
}

// isHexID reports whether s is the variable part of an EC2 resource's id, of the short form or the long.
func isHexID(s []byte) bool {
	if len(s) != 8 && len(s) != 17 {
		return false
	}
	for _, c := range s {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// IsAccount reports whether s is an account id: 12 digits.
func IsAccount(s []byte) bool {
	if len(s) != 12 {
		return false
	}
	for _, c := range s {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// namesAWS reports whether a field that should hold an endpoint or a source names AWS itself:
// AWS Internal, AWS Internal/3, or a service such as s3.amazonaws.com.
func namesAWS(s []byte) bool {
	return string(s) == "AWS Internal" || bytes.HasPrefix(s, []byte("AWS Internal/")) || isServiceName(s)
}

func isServiceName(s []byte) bool {
	return bytes.HasSuffix(s, []byte(".amazonaws.com")) || bytes.HasSuffix(s, []byte(".amazonaws.com.cn"))
}
