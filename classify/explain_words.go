package classify

import "fmt"

// Fields of the record that hold evidence, as findings name them.
const (
	fieldEventType     = "eventType"
	fieldCategory      = "eventCategory"
	fieldErrorCode     = "errorCode"
	fieldErrorMessage  = "errorMessage"
	fieldIdentityType  = "userIdentity.type"
	fieldInvokedBy     = "userIdentity.invokedBy"
	fieldEndpoint      = "vpcEndpointId"
	fieldSecondID      = "additionalEventData.vpcEndpointId"
	fieldEndpointOwner = "vpcEndpointAccountId"
	fieldSource        = "sourceIPAddress"
	fieldHost          = "tlsDetails.clientProvidedHostHeader"
	fieldTLSVersion    = "tlsDetails.tlsVersion"
	fieldCipherSuite   = "tlsDetails.cipherSuite"
	fieldUserAgent     = "userAgent"
)

// Places that an explanation finds out: where the endpoint's id and its owner stand, which of the two
// fields names AWS, and where the trail's endpoint events are known from.
const (
	theID    = "(id)"
	theOwner = "(owner)"
	theAWS   = "(aws)"

	theEvents = "(events)"
)

// reasons says of each kind of evidence by which rule it decides, why, and on which fields.
var reasons = [evidenceEnd]struct {
	rule    int
	decides []string
	because string
	advice  string
}{
	ServiceEvent: {1, []string{fieldEventType},
		"The event is a service's own: nobody called, so there is no caller's path.", ""},
	ServicePrincipal: {1, []string{fieldIdentityType},
		"The caller is an AWS service, not a principal of an account: the path is the service's own.", ""},
	EndpointAccount: {2, []string{theID, theOwner},
		"The record names the endpoint and the account that owns it, and that account is ours.", ""},
	EndpointInventory: {2, []string{theID, FieldInventory},
		"The record names an endpoint that stands in the inventory given by --endpoints: it is ours.", ""},
	EndpointTrail: {2, []string{theID, theEvents},
		"The record names an endpoint that, as the trail's own records tell, an account of ours made, changed or deleted.", ""},
	InvokedBy: {3, []string{fieldInvokedBy},
		"A service made the call on the caller's behalf: the path is the service's, not the caller's.", ""},
	ServiceSource: {3, []string{fieldSource},
		"The source is an AWS service, not an address: a service made the call.", ""},
	EndpointInternal: {3, []string{theAWS},
		"The record names AWS itself where an endpoint or its owner would stand: a service made the call.", ""},
	ConsolePublicSource: {4, []string{theID, fieldUserAgent, fieldSource},
		"A console's back end made the call for a person at a public address. The endpoint is AWS's own, not the caller's.", ""},
	ConsolePrivateSource: {4, []string{theID, fieldUserAgent, fieldSource},
		"A console's back end made the call through an endpoint of AWS's own, and the source does not tell where the person was.", ""},
	EndpointForeignAccount: {5, []string{theID, theOwner},
		"The record names the endpoint and the account that owns it, and that account is none of ours.", ""},
	EndpointPrivateSource: {5, []string{theID, fieldSource},
		"The record names an endpoint, nothing tells whose it is, and the source is private, as it is behind an endpoint.", ""},
	EndpointPublicSource: {5, []string{theID, fieldSource},
		"The record names an endpoint, nothing tells whose it is, and the source is not private: the weakest evidence of an endpoint.",
		"The endpoint may be one of AWS's own, by which a service called. Newer records (eventVersion 1.09 and later) name its owner."},
	PublicSource: {6, []string{fieldEndpoint, fieldSource},
		"The record names no endpoint, and the source is a public address.", ""},
	PrivateSource: {6, []string{fieldEndpoint, fieldSource},
		"The record names no endpoint. A private source alone does not prove one: some services do not record it.",
		"VPC flow logs, or NetworkActivity events of the endpoint, would tell; no further record of this kind does."},
	SpecialSource: {6, []string{fieldEndpoint, fieldSource},
		"The record names no endpoint, and the source is an address that cannot travel.", ""},
	UnparseableSource: {6, []string{fieldEndpoint, fieldSource},
		"The record names no endpoint, and the source is not an address.", ""},
	MissingSource: {6, []string{fieldEndpoint, fieldSource},
		"The record names no endpoint and no source.", ""},
}

// Rule returns the number of the rule that e belongs to, 1 to 6: see the package comment.
func (e Evidence) Rule() int { return reasons[e].rule }

// routeWords says a route for a person.
func routeWords(v Verdict, e *Endpoint) string {
	kind := "endpoint"
	if e.Type != "" {
		kind = e.Type + " endpoint"
	}
	switch {
	case v.Owner() == Own:
		return fmt.Sprintf("through our VPC %s %s", kind, e.ID)
	case v.Owner() == Foreign:
		return fmt.Sprintf("through VPC %s %s of account %s, which is not ours", kind, e.ID, e.Account)
	case v.Route() == VPCE:
		return fmt.Sprintf("through VPC %s %s, whose owner is not known", kind, e.ID)
	case v.Origin == FromAWS:
		return "without an endpoint, from a public address of AWS's (as of an EC2 instance, a NAT gateway, CloudShell)"
	case v.Origin == External:
		return "over the internet, from a public address outside AWS"
	case v.Route() == AWSService:
		return "made by an AWS service"
	}
	return "the record proves no route"
}

// nets names the nets of private and special addresses.
var nets = map[string]string{
	"10.0.0.0/8": "RFC 1918", "172.16.0.0/12": "RFC 1918", "192.168.0.0/16": "RFC 1918",
	"100.64.0.0/10": "shared address space", "169.254.0.0/16": "link-local", "fc00::/7": "unique local", "fe80::/10": "link-local",
	"0.0.0.0/8": "this network", "127.0.0.0/8": "loopback", "224.0.0.0/4": "multicast", "240.0.0.0/4": "reserved",
	"::/128": "unspecified", "::1/128": "loopback", "ff00::/8": "multicast",
}

// String returns the kind's word, as texts hold it.
func (k SourceKind) String() string {
	return [...]string{"missing", "public", "private", "special", "service", "unparseable"}[k]
}

// NetName returns what the net of a private or special address is called, such as RFC 1918.
func (s *Source) NetName() string { return nets[s.Net.String()] }

// eventTypes says what the types of events are; others explain themselves or are not known.
var eventTypes = map[string]string{
	"AwsApiCall": "an API call", "AwsConsoleSignIn": "a sign-in to the console", "AwsConsoleAction": "an action in the console",
	"AwsVpceEvent": "an endpoint's own account of a call", "AwsVpceEvents": "an endpoint's own account of a call",
}
