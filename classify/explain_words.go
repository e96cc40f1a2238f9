package classify

import (
	"vpcetrail/classify/endpoints"
	"vpcetrail/classify/phrase"
)

// Fields of the record that hold evidence, with the names that findings use.
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

// Placeholders that an explanation fills in: the places of the endpoint's id and of its
// owner, which of the two fields names AWS, and the origin of the trail's endpoint
// events.
const (
	theID    = "(id)"
	theOwner = "(owner)"
	theAWS   = "(aws)"

	theEvents = "(events)"
)

// reasons holds, for each kind of evidence, the rule by which it decides, why, and the
// fields that the rule uses.
var reasons = [evidenceEnd]struct {
	rule    int
	decides []string
	because phrase.Format
	advice  phrase.Format
}{
	ServiceEvent: {1, []string{fieldEventType},
		"This is a service event: nobody made a call, so there is no caller's path.", ""},
	ServicePrincipal: {1, []string{fieldIdentityType},
		"The caller is an AWS service, not a principal of an account: the path is the service's own.", ""},
	EndpointAccount: {2, []string{theID, theOwner},
		"The record names the endpoint and the account that owns it, and that account is ours.", ""},
	EndpointInventory: {2, []string{theID, FieldInventory},
		"The inventory given by --endpoints lists the record's endpoint: it is ours.", ""},
	EndpointTrail: {2, []string{theID, theEvents},
		"The trail's own records show that an account of ours created, changed or deleted the endpoint.", ""},
	InvokedBy: {3, []string{fieldInvokedBy},
		"A service made the call on the caller's behalf: the path is the service's, not the caller's.", ""},
	ServiceSource: {3, []string{fieldSource},
		"The source is an AWS service, not an address: a service made the call.", ""},
	EndpointInternal: {3, []string{theAWS},
		"The record names AWS itself in place of an endpoint or its owner: a service made the call.", ""},
	ConsolePublicSource: {4, []string{theID, fieldUserAgent, fieldSource},
		"A console's back end made the call for a person at a public address. The endpoint is AWS's own, not the caller's.", ""},
	ConsolePrivateSource: {4, []string{theID, fieldUserAgent, fieldSource},
		"A console's back end made the call through an endpoint of AWS's own, and the source does not show where the person was.", ""},
	EndpointForeignAccount: {5, []string{theID, theOwner},
		"The record names the endpoint and the account that owns it, and that account is none of ours.", ""},
	EndpointPrivateSource: {5, []string{theID, fieldSource},
		"The record names an endpoint of unknown owner. The source is private, as it is for calls through an endpoint.", ""},
	EndpointPublicSource: {5, []string{theID, fieldSource},
		"The record names an endpoint of unknown owner. The source is not private: this is the weakest evidence of an endpoint.",
		"The endpoint may be one of AWS's own, by which a service called. Newer records (eventVersion 1.09 and later) name its owner."},
	PublicSource: {6, []string{fieldEndpoint, fieldSource},
		"The record names no endpoint, and the source is a public address.", ""},
	PrivateSource: {6, []string{fieldEndpoint, fieldSource},
		"The record names no endpoint. A private source alone does not prove one: some services do not record it.",
		"VPC flow logs, or NetworkActivity events of the endpoint, would show it. More records of this kind would not."},
	SpecialSource: {6, []string{fieldEndpoint, fieldSource},
		"The record names no endpoint, and the source is an address that is not routable.", ""},
	UnparseableSource: {6, []string{fieldEndpoint, fieldSource},
		"The record names no endpoint, and the source is not an address.", ""},
	MissingSource: {6, []string{fieldEndpoint, fieldSource},
		"The record names no endpoint and no source.", ""},
}

// Rule returns the number of e's rule, 1 to 6. See the package comment.
func (e Evidence) Rule() int { return reasons[e].rule }

// routeWords describes a route for a person.
func routeWords(v Verdict, e *endpoints.Endpoint) phrase.Phrase {
	kind := phrase.Of(endpointKinds[e.Type])
	if !kind.Is() {
		kind = phrase.Of("%s endpoint", e.Type)
	}
	switch {
	case v.Owner() == Own:
		return phrase.Of("through our VPC %s %s", kind, e.ID)
	case v.Owner() == Foreign:
		return phrase.Of("through VPC %s %s of account %s, which is not ours", kind, e.ID, e.Account)
	case v.Route() == VPCE:
		return phrase.Of("through VPC %s %s, owner not known", kind, e.ID)
	case v.Origin == FromAWS:
		return phrase.Of("without an endpoint, from a public address of AWS (for example an EC2 instance, a NAT gateway or CloudShell)")
	case v.Origin == External:
		return phrase.Of("over the internet, from a public address outside AWS")
	case v.Route() == AWSService:
		return phrase.Of("made by an AWS service")
	}
	return phrase.Of("the record proves no route")
}

// endpointKinds name endpoints by their types, "" for an unknown one.
var endpointKinds = map[string]phrase.Format{"": "endpoint", "interface": "interface endpoint", "gateway": "gateway endpoint"}

// nets are the names of the nets of private and special addresses.
var nets = map[string]phrase.Format{
	"10.0.0.0/8": "RFC 1918", "172.16.0.0/12": "RFC 1918", "192.168.0.0/16": "RFC 1918",
	"100.64.0.0/10": "shared address space", "169.254.0.0/16": "link-local", "fc00::/7": "unique local", "fe80::/10": "link-local",
	"0.0.0.0/8": "this network", "127.0.0.0/8": "loopback", "224.0.0.0/4": "multicast", "240.0.0.0/4": "reserved",
	"::/128": "unspecified", "::1/128": "loopback", "ff00::/8": "multicast",
}

// String returns the kind as a word for output.
func (k SourceKind) String() string { return string(k.Word()) }

// Word returns the kind as a word for a sentence.
func (k SourceKind) Word() phrase.Format {
	return [...]phrase.Format{"missing", "public", "private", "special", "service", "unparseable"}[k]
}

// netName returns the name of a private or special address's net, such as RFC 1918.
func (s *Source) netName() phrase.Format { return nets[s.Net.String()] }

// eventTypes describes types of events. The others are clear or unknown.
var eventTypes = map[string]phrase.Format{
	"AwsApiCall": "an API call", "AwsConsoleSignIn": "a sign-in to the console", "AwsConsoleAction": "an action in the console",
	"AwsVpceEvent": "an endpoint's own record of a call", "AwsVpceEvents": "an endpoint's own record of a call",
}
