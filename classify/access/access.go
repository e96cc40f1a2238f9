// Package access decides by which route a request reached S3, by one line of an S3 server access
// log. It is pure: nothing but the line, AWS's address ranges and what is known of the day decides.
package access

import (
	"bytes"

	"vpcetrail/classify"
	"vpcetrail/classify/endpoints"
	"vpcetrail/classify/network"
	"vpcetrail/ingest/accesslog"
	"vpcetrail/ingest/event"
)

// Evidence names what decided the route of a line.
type Evidence uint8

// The evidence, in the order of the rules.
const (
	AmbiguousLine      Evidence = iota // the client's own text allows a second reading of the line
	ServiceOperation                   // S3's own work, such as the expiry of objects
	ServiceRequester                   // the requester is an AWS service
	HostEndpoint                       // the host name is an interface endpoint's, and the address is private
	PrivateAddress                     // a private address: an endpoint of a VPC with that range, not known which
	VPCAddress                         // the same of a VPC that uses public IPv4 addresses inside
	MissingAddress                     // no address
	UnparseableAddress                 // not an address
	SpecialAddress                     // an address that is not routable
	AWSIPv6Address                     // an IPv6 address of AWS or of a VPC: it looks alike by endpoint and by internet
	PublicAddress                      // any other public address
)

var evidence = [...]struct {
	code  string
	route classify.Route
}{
	AmbiguousLine:      {"ambiguous_line", classify.RouteUnknown},
	ServiceOperation:   {"service_operation", classify.AWSService},
	ServiceRequester:   {"service_requester", classify.AWSService},
	HostEndpoint:       {"host_endpoint", classify.VPCE},
	PrivateAddress:     {"private_address", classify.VPCE},
	VPCAddress:         {"vpc_address", classify.VPCE},
	MissingAddress:     {"missing_address", classify.RouteUnknown},
	UnparseableAddress: {"unparseable_address", classify.RouteUnknown},
	SpecialAddress:     {"special_address", classify.RouteUnknown},
	AWSIPv6Address:     {"aws_ipv6_address", classify.RouteUnknown},
	PublicAddress:      {"public_address", classify.Internet},
}

// String returns the code that reports store.
func (e Evidence) String() string { return evidence[e].code }

// Route returns the route that e leads to.
func (e Evidence) Route() classify.Route { return evidence[e].route }

// A Verdict is the result for one line.
type Verdict struct {
	Evidence Evidence
	Endpoint string // its id, if the evidence is HostEndpoint
	Egress   string // as of a call, for PublicAddress
}

// Decide returns the verdict on a line. ranges are AWS's public addresses. view is what is known of
// the day; it may be nil.
func Decide(l *accesslog.Line, ranges *classify.Ranges, view *network.View) Verdict {
	switch {
	case l.Problem == accesslog.Ambiguous:
		return Verdict{Evidence: AmbiguousLine}
	case bytes.HasPrefix(l.Operation, []byte("S3.")):
		return Verdict{Evidence: ServiceOperation}
	case isService(l.Requester):
		return Verdict{Evidence: ServiceRequester}
	}
	address, kind := classify.ParseSource(l.RemoteIP)
	switch kind {
	case classify.Missing:
		return Verdict{Evidence: MissingAddress}
	case classify.Private:
		return private(l, PrivateAddress)
	case classify.Special:
		return Verdict{Evidence: SpecialAddress}
	case classify.Public:
		return public(l, address, ranges, view)
	}
	return Verdict{Evidence: UnparseableAddress}
}

// private decides on the address of a VPC. otherwise is the evidence if the line names no endpoint.
func private(l *accesslog.Line, otherwise Evidence) Verdict {
	if id := endpointOf(l); id != "" {
		return Verdict{Evidence: HostEndpoint, Endpoint: id}
	}
	return Verdict{Evidence: otherwise}
}

// public decides on a public address. That of a VPC in IPv6 stays the same by an endpoint and by the
// internet. In IPv4 it has no direct access to the internet, also if it looks public.
func public(l *accesslog.Line, address classify.Address, ranges *classify.Ranges, view *network.View) Verdict {
	ofAWS := ranges.Origin(address) == classify.FromAWS
	if !ofAWS && len(l.SourceRegion) == 0 && view.UsesInside(address) {
		return private(l, VPCAddress)
	}
	place := view.PlaceOf(address, ofAWS)
	if address.Is6() && (ofAWS || network.InVPC(place)) {
		return Verdict{Evidence: AWSIPv6Address}
	}
	return Verdict{Evidence: PublicAddress, Egress: network.Egress(place)}
}

// isService reports whether a requester is an AWS service.
func isService(requester []byte) bool {
	return bytes.HasPrefix(requester, []byte("svc:")) || string(requester) == "AmazonS3"
}

// endpointOf returns the endpoint that the host name of a line from a private address names. The
// host name is the client's own text, so it counts only where nothing speaks against an interface
// endpoint: these have no TLS 1.3, and S3 names no Region of a caller that comes through one.
func endpointOf(l *accesslog.Line) string {
	if bytes.EqualFold(l.TLSVersion, []byte("TLSv1.3")) || len(l.SourceRegion) > 0 {
		return ""
	}
	host, _, _ := bytes.Cut(bytes.ToLower(l.Host), []byte(":"))
	service := bytes.LastIndex(host, []byte(".s3."))
	if service < 0 { // nor s3-control, which has no buckets
		return ""
	}
	label := bytes.LastIndexByte(host[:service], '.') + 1 // a bucket before it may be called like an endpoint
	return endpoints.IDInHost(host[label:])
}

// Requester returns the requester of a line as the report shows it: of an assumed role the role, not
// the session. It appends a composed name to *buf, and the result may point there.
func Requester(text []byte, buf *[]byte) []byte {
	if !bytes.Contains(text, []byte(":assumed-role/")) {
		return text
	}
	ev := event.Event{Identity: event.Identity{Type: []byte("AssumedRole"), ARN: text}}
	return classify.Caller(&ev, buf).Name
}
