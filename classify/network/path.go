package network

import (
	"bytes"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"vpcetrail/classify/endpoints"
	"vpcetrail/ingest/event"
)

// Workloads that have no id that lasts.
const (
	codeBuild  = "codebuild"
	cloudShell = "cloudshell"
	eks        = "eks"
)

// podSession is the session name of a pod with EKS Pod Identity. It holds the first
// letters of the names of the cluster and the pod, but not where one ends, so the cluster
// is unknown.
var podSession = regexp.MustCompile(`^eks-.+-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// WorkloadOf returns what a call came from, as far as a record shows it: the ARN of a
// Lambda function, the id of an instance, or the word codebuild, cloudshell or eks. It is
// "" if nothing shows it. Ids of builds, tasks and pods do not last and are not returned.
func WorkloadOf(id *event.Identity, userAgent []byte) string {
	if workload := WorkloadByIdentity(id); workload != "" {
		return workload
	}
	return WorkloadByAgent(userAgent)
}

// WorkloadByIdentity returns the workload that userIdentity shows, or "". A session name alone
// shows no instance: whoever assumes the role may choose it. EC2 gives ec2RoleDelivery to the
// credentials of an instance only.
func WorkloadByIdentity(id *event.Identity) string {
	switch string(id.ScopeType) {
	case "AWS::Lambda::Function":
		return functionARN(string(id.ScopeARN))
	case "AWS::EC2::Instance":
		return string(id.ScopeARN[bytes.LastIndexByte(id.ScopeARN, '/')+1:])
	}
	session := id.ARN[bytes.LastIndexByte(id.ARN, '/')+1:]
	switch {
	case string(id.Type) != "AssumedRole":
	case len(id.RoleDelivery) > 0 && bytes.HasPrefix(session, []byte("i-")) && endpoints.IsHexID(session[2:]):
		return string(session)
	case bytes.HasPrefix(session, []byte("AWSCodeBuild-")):
		return codeBuild
	case podSession.Match(session):
		return eks
	}
	return ""
}

// WorkloadByAgent returns the workload that userAgent shows where userIdentity shows none,
// or "".
func WorkloadByAgent(userAgent []byte) string {
	if bytes.Contains(userAgent, []byte("exec-env/CloudShell")) {
		return cloudShell
	}
	return ""
}

// functionARN returns the ARN of a function without a version or alias.
func functionARN(arn string) string {
	const parts = 7 // arn:aws:lambda:REGION:ACCOUNT:function:NAME
	fields := strings.Split(arn, ":")
	return strings.Join(fields[:min(len(fields), parts)], ":")
}

// The values of a place of an address that are no ids.
const (
	placeAWS      = "aws"     // an address of AWS that no known resource has
	placeExternal = "outside" // any other
	placeChanged  = "changed" // its owner changed, or two have it
	placeNetwork  = "network:"
	networkEnd    = "@" // after the name of a network: the place of its address, if a known resource has it
)

// PlaceOf returns the place of a public address on the day: the id of the network
// interface, NAT gateway or VPC that has it, or a named network, or a word for what is not
// known. ofAWS says that AWS publishes the address.
func (v *View) PlaceOf(address netip.Addr, ofAWS bool) string {
	if v == nil {
		return ""
	}
	address = address.Unmap()
	place := v.ownerOf(address)
	switch name := v.networks.Name(address); {
	case name != "" && place != "": // a range that contains NAT gateways of ours
		return placeNetwork + name + networkEnd + place
	case name != "":
		return placeNetwork + name
	case place != "":
		return place
	case ofAWS:
		return placeAWS
	}
	return placeExternal
}

// cutNetwork returns the named network of a place, if it has one, and the place without it.
func cutNetwork(place string) (name, rest string) {
	name, named := strings.CutPrefix(place, placeNetwork)
	if !named {
		return "", place
	}
	name, rest, _ = strings.Cut(name, networkEnd)
	return name, rest
}

// ownerOf returns the NAT gateway, the interface or the VPC that has an address, or the
// word changed, or "".
func (v *View) ownerOf(address netip.Addr) string {
	if _, changed := v.changedIDs[address.String()]; changed {
		return placeChanged
	}
	if owner, known := v.holderOf(address); known {
		return owner
	}
	vpc := ""
	for _, b := range v.blocks {
		switch {
		case !b.prefix.Contains(address):
		case vpc != "" && vpc != b.vpc:
			return placeChanged
		default:
			vpc = b.vpc
		}
	}
	return vpc
}

// UsesInside reports whether a VPC uses an IPv4 address inside that looks public: it is in the range
// of the VPC, and no NAT gateway or interface has it as its public address.
func (v *View) UsesInside(address netip.Addr) bool {
	return v != nil && slices.ContainsFunc(v.inside, func(p netip.Prefix) bool { return p.Contains(address) }) && v.ownerOf(address) == ""
}

// isNew reports whether the addresses of a NAT gateway or an interface may have been of
// somebody else on the day: one of them moved, or the interface was attached, or its
// instance started.
func (v *View) isNew(t *Thing) bool {
	changed := func(id string) bool { _, changed := v.changedIDs[id]; return changed }
	if t.Since >= v.start || changed(t.ID) || slices.ContainsFunc(t.Addresses, changed) {
		return true
	}
	if t.Instance == "" {
		return false
	}
	instance := v.byID[t.Instance]
	return changed(t.Instance) || instance != nil && instance.Since >= v.start
}

// settled returns the place that PlaceOf returned for a view of the same things with fewer
// changes.
func (v *View) settled(place string) string {
	_, at := cutNetwork(place)
	t := v.byID[at]
	if t != nil && (t.Kind == Interface || t.Kind == NATGateway) && v.isNew(t) {
		return strings.TrimSuffix(place, at) + placeChanged
	}
	return place
}

// Egress returns the column egress for a place.
func (v *View) Egress(place string) string { return Egress(v.settled(place)) }

// holderOf returns the NAT gateway or the interface that has an address.
func (v *View) holderOf(address netip.Addr) (id string, known bool) {
	for _, t := range v.addresses[address] {
		switch t.Kind {
		case NATGateway:
			if t.State != "" && t.State != "available" {
				continue
			}
		case Interface:
			if t.Type == "nat_gateway" || t.Type == "natgateway" { // the gateway has the address
				continue
			}
		default:
			continue
		}
		if v.isNew(t) || id != "" && id != t.ID {
			return placeChanged, true
		}
		id = t.ID
	}
	return id, id != ""
}

// Egress returns the column egress for a place: the named network, the id of the NAT
// gateway, the word instance, or "".
func Egress(place string) string {
	switch name, place := cutNetwork(place); {
	case name != "":
		return name
	case strings.HasPrefix(place, "nat-"):
		return place
	case strings.HasPrefix(place, "eni-"):
		return "instance"
	}
	return ""
}

// InVPC reports whether a place is in a VPC: an address of an interface there, or of the VPC's IPv6
// range.
func InVPC(place string) bool {
	_, at := cutNetwork(place)
	return strings.HasPrefix(at, "vpc-") || strings.HasPrefix(at, "eni-")
}
