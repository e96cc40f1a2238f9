package classify

import "vpcetrail/classify/endpoints"

// A Route is the way in which a call reached AWS.
type Route uint8

// The routes. Reports hold their text.
const (
	RouteUnknown Route = iota // the record does not prove a route
	VPCE                      // through a VPC endpoint
	Internet                  // from a public address, without an endpoint
	AWSService                // made by an AWS service: not the caller's network path
)

func (r Route) String() string {
	return [...]string{"unknown", "vpce", "internet", "aws_service"}[r]
}

// An Origin distinguishes internet routes. Other routes have none.
type Origin uint8

// The origins.
const (
	NoOrigin Origin = iota
	FromAWS         // an address that AWS publishes: EC2, NAT, CloudShell; inside AWS's network, but not through the endpoint
	External        // any other public address
)

// String returns "aws", "external", or "" for none.
func (o Origin) String() string { return [...]string{"", "aws", "external"}[o] }

// An Owner is the owner of the endpoint of a vpce route. Other routes have none.
type Owner uint8

// The owners.
const (
	NoOwner Owner = iota
	Own
	Foreign
	OwnerUnknown
)

// String returns "own", "foreign", "unknown", or "" for none.
func (o Owner) String() string { return [...]string{"", "own", "foreign", "unknown"}[o] }

// Evidence names the rule that decided a verdict, and what the rule found.
type Evidence uint8

// The evidence, in the order of the rules.
const (
	NoEvidence             Evidence = iota
	ServiceEvent                    // 1: eventType AwsServiceEvent
	ServicePrincipal                // 1: userIdentity.type AWSService
	EndpointAccount                 // 2: the endpoint's owner account is ours
	EndpointInventory               // 2: the endpoint is in the inventory
	EndpointTrail                   // 2: the trail itself shows that the endpoint is ours
	InvokedBy                       // 3: userIdentity.invokedBy
	ServiceSource                   // 3: the source is a service
	EndpointInternal                // 3: the endpoint field says AWS Internal, or a service
	ConsolePublicSource             // 4: a console back end, and the person's address is public
	ConsolePrivateSource            // 4: the same, but the address proves nothing
	EndpointForeignAccount          // 5: the owner account is not ours
	EndpointPrivateSource           // 5: an endpoint of unknown owner, a private source
	EndpointPublicSource            // 5: the same with any other source; weaker
	PublicSource                    // 6: a public address, no endpoint
	PrivateSource                   // 6: a private address, no endpoint
	SpecialSource                   // 6: an address that is not routable
	UnparseableSource               // 6: not an address
	MissingSource                   // 6: no source at all
	evidenceEnd
)

var evidence = [evidenceEnd]struct {
	code  string
	route Route
	owner Owner
}{
	ServiceEvent:           {"service_event", AWSService, NoOwner},
	ServicePrincipal:       {"service_principal", AWSService, NoOwner},
	EndpointAccount:        {"endpoint_account", VPCE, Own},
	EndpointInventory:      {"endpoint_inventory", VPCE, Own},
	EndpointTrail:          {"endpoint_trail", VPCE, Own},
	InvokedBy:              {"invoked_by", AWSService, NoOwner},
	ServiceSource:          {"service_source", AWSService, NoOwner},
	EndpointInternal:       {"endpoint_internal", AWSService, NoOwner},
	ConsolePublicSource:    {"console_public_source", Internet, NoOwner},
	ConsolePrivateSource:   {"console_private_source", RouteUnknown, NoOwner},
	EndpointForeignAccount: {"endpoint_foreign_account", VPCE, Foreign},
	EndpointPrivateSource:  {"endpoint_private_source", VPCE, OwnerUnknown},
	EndpointPublicSource:   {"endpoint_public_source", VPCE, OwnerUnknown},
	PublicSource:           {"public_source", Internet, NoOwner},
	PrivateSource:          {"private_source", RouteUnknown, NoOwner},
	SpecialSource:          {"special_source", RouteUnknown, NoOwner},
	UnparseableSource:      {"unparseable_source", RouteUnknown, NoOwner},
	MissingSource:          {"missing_source", RouteUnknown, NoOwner},
}

// String returns the code that reports store, such as "endpoint_account".
func (e Evidence) String() string { return evidence[e].code }

// Route returns the route that e leads to.
func (e Evidence) Route() Route { return evidence[e].route }

// Owner returns the owner that e found, or NoOwner if the route is not vpce.
func (e Evidence) Owner() Owner { return evidence[e].owner }

// A Verdict is the result for one call. Route and owner follow from the evidence.
type Verdict struct {
	Evidence Evidence
	Origin   Origin
}

// IsKnown reports whether v is one that this version makes, or the zero Verdict. Others come from files alone.
func (v Verdict) IsKnown() bool { return v.Evidence < evidenceEnd && v.Origin <= External }

// Route returns the verdict's route.
func (v Verdict) Route() Route { return v.Evidence.Route() }

// Owner returns the owner of the call's endpoint, or NoOwner if the route is not vpce.
func (v Verdict) Owner() Owner { return v.Evidence.Owner() }

// Resolve applies rule 2 to v, the verdict that the record alone leads to. id is the
// endpoint's id, and account is the owner that the record names. Both may be empty.
func (v Verdict) Resolve(owners *endpoints.Owners, id, account string) Verdict {
	if id == "" || v.Evidence == ServiceEvent || v.Evidence == ServicePrincipal {
		return v
	}
	if owners.Owns(account) {
		return Verdict{Evidence: EndpointAccount}
	}
	if e, ok := owners.Listed(id); ok {
		if e.ByTrail {
			return Verdict{Evidence: EndpointTrail}
		}
		return Verdict{Evidence: EndpointInventory}
	}
	if e, ok := owners.Trail[id]; ok && owners.Owns(e.Account) {
		return Verdict{Evidence: EndpointTrail}
	}
	return v
}
