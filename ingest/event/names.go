package event

// A kind says what the decoder does with the value of a name.
type kind uint8

const (
	unwanted kind = iota // walked, whatever its type
	text                 // a string, kept
	raw                  // kept as raw JSON
	listed               // resources: kept as raw JSON, and read
	asked                // requestParameters: the same
	clock                // eventTime
	truth                // readOnly
	count                // a number of bytes
	object               // an object with known names
)

// A level is an object with known names.
type level uint8

const (
	inRecord level = iota
	inIdentity
	inSession
	inIssuer
	inOnBehalfOf
	inScope
	inAdditional
	inTLS
	inAddendum
	levels
)

// A name is a key that CloudTrail writes, with the treatment of its value.
type name struct {
	name   string
	kind   kind
	inside level                // of an object: its names
	text   func(*Event) *[]byte // of a text or a raw value: its destination
	count  func(*Event) *int64  // of a count: its destination
}

// names are the names of each level, in the order in which CloudTrail writes them. Names
// that are not listed are unwanted. Unwanted names that are listed are walked faster.
var names = [levels][]name{
	inRecord: {
		{name: "eventVersion"},
		{name: "userIdentity", kind: object, inside: inIdentity},
		{name: "eventTime", kind: clock},
		{name: "eventSource", kind: text, text: func(e *Event) *[]byte { return &e.Source }},
		{name: "eventName", kind: text, text: func(e *Event) *[]byte { return &e.Name }},
		{name: "awsRegion", kind: text, text: func(e *Event) *[]byte { return &e.Region }},
		{name: "sourceIPAddress", kind: text, text: func(e *Event) *[]byte { return &e.SourceIP }},
		{name: "userAgent", kind: text, text: func(e *Event) *[]byte { return &e.UserAgent }},
		{name: "errorCode", kind: text, text: func(e *Event) *[]byte { return &e.ErrorCode }},
		{name: "errorMessage", kind: text, text: func(e *Event) *[]byte { return &e.ErrorMessage }},
		{name: "requestParameters", kind: asked, text: func(e *Event) *[]byte { return &e.Request }},
		{name: "responseElements", kind: raw, text: func(e *Event) *[]byte { return &e.Response }},
		{name: "additionalEventData", kind: object, inside: inAdditional},
		{name: "requestID", kind: text, text: func(e *Event) *[]byte { return &e.RequestID }},
		{name: "eventID", kind: text, text: func(e *Event) *[]byte { return &e.ID }},
		{name: "readOnly", kind: truth},
		{name: "resources", kind: listed, text: func(e *Event) *[]byte { return &e.Resources }},
		{name: "eventType", kind: text, text: func(e *Event) *[]byte { return &e.Type }},
		{name: "apiVersion"},
		{name: "managementEvent"},
		{name: "recipientAccountId", kind: text, text: func(e *Event) *[]byte { return &e.Recipient }},
		{name: "sharedEventID", kind: text, text: func(e *Event) *[]byte { return &e.SharedID }},
		{name: "serviceEventDetails"},
		{name: "vpcEndpointId", kind: text, text: func(e *Event) *[]byte { return &e.EndpointID }},
		{name: "vpcEndpointAccountId", kind: text, text: func(e *Event) *[]byte { return &e.EndpointAccount }},
		{name: "eventCategory", kind: text, text: func(e *Event) *[]byte { return &e.Category }},
		{name: "addendum", kind: object, inside: inAddendum},
		{name: "sessionCredentialFromConsole"},
		{name: "edgeDeviceDetails"},
		{name: "tlsDetails", kind: object, inside: inTLS},
	},
	inIdentity: {
		{name: "type", kind: text, text: func(e *Event) *[]byte { return &e.Identity.Type }},
		{name: "principalId", kind: text, text: func(e *Event) *[]byte { return &e.Identity.PrincipalID }},
		{name: "arn", kind: text, text: func(e *Event) *[]byte { return &e.Identity.ARN }},
		{name: "accountId", kind: text, text: func(e *Event) *[]byte { return &e.Identity.AccountID }},
		{name: "accessKeyId"},
		{name: "userName", kind: text, text: func(e *Event) *[]byte { return &e.Identity.UserName }},
		{name: "sessionContext", kind: object, inside: inSession},
		{name: "onBehalfOf", kind: object, inside: inOnBehalfOf},
		{name: "credentialId"},
		{name: "invokedBy", kind: text, text: func(e *Event) *[]byte { return &e.Identity.InvokedBy }},
		{name: "identityProvider"},
		{name: "inScopeOf", kind: object, inside: inScope},
	},
	inSession: {
		{name: "sessionIssuer", kind: object, inside: inIssuer},
		{name: "webIdFederationData"},
		{name: "attributes"},
		{name: "sourceIdentity"},
		{name: "ec2RoleDelivery", kind: text, text: func(e *Event) *[]byte { return &e.Identity.RoleDelivery }},
	},
	inIssuer: {
		{name: "type"},
		{name: "principalId"},
		{name: "arn", kind: text, text: func(e *Event) *[]byte { return &e.Identity.IssuerARN }},
		{name: "accountId", kind: text, text: func(e *Event) *[]byte { return &e.Identity.IssuerAccountID }},
		{name: "userName"},
	},
	inOnBehalfOf: {
		{name: "userId", kind: text, text: func(e *Event) *[]byte { return &e.Identity.OnBehalfOfUserID }},
		{name: "identityStoreArn"},
	},
	inScope: {
		{name: "sourceArn", kind: text, text: func(e *Event) *[]byte { return &e.Identity.ScopeARN }},
		{name: "sourceAccount"},
		{name: "issuerType", kind: text, text: func(e *Event) *[]byte { return &e.Identity.ScopeType }},
		{name: "credentialsIssuedTo"},
	},
	inAdditional: {
		{name: "SignatureVersion"},
		{name: "CipherSuite"},
		{name: "bytesTransferredIn", kind: count, count: func(e *Event) *int64 { return &e.Additional.BytesIn }},
		{name: "AuthenticationMethod"},
		{name: "x-amz-id-2", kind: text, text: func(e *Event) *[]byte { return &e.Additional.HostID }},
		{name: "bytesTransferredOut", kind: count, count: func(e *Event) *int64 { return &e.Additional.BytesOut }},
		{name: "vpcEndpointId", kind: text, text: func(e *Event) *[]byte { return &e.Additional.EndpointID }},
	},
	inTLS: {
		{name: "tlsVersion", kind: text, text: func(e *Event) *[]byte { return &e.TLSVersion }},
		{name: "cipherSuite", kind: text, text: func(e *Event) *[]byte { return &e.CipherSuite }},
		{name: "clientProvidedHostHeader", kind: text, text: func(e *Event) *[]byte { return &e.HostHeader }},
	},
	inAddendum: {
		{name: "reason", kind: text, text: func(e *Event) *[]byte { return &e.AddendumReason }},
		{name: "updatedFields"},
		{name: "originalRequestID"},
		{name: "originalEventID", kind: text, text: func(e *Event) *[]byte { return &e.OriginalEventID }},
	},
}

// empty clears the fields that objects of level l fill. If a key comes twice, the whole
// last value counts.
func (d *decoder) empty(l level) {
	ev := &d.ev
	switch l {
	case inIdentity:
		ev.Identity = Identity{}
	case inSession:
		ev.Identity.IssuerARN, ev.Identity.IssuerAccountID, ev.Identity.RoleDelivery = nil, nil, nil
	case inIssuer:
		ev.Identity.IssuerARN, ev.Identity.IssuerAccountID = nil, nil
	case inOnBehalfOf:
		ev.Identity.OnBehalfOfUserID = nil
	case inScope:
		ev.Identity.ScopeType, ev.Identity.ScopeARN = nil, nil
	case inAdditional:
		ev.Additional = Additional{}
	case inTLS:
		ev.HostHeader, ev.TLSVersion, ev.CipherSuite = nil, nil, nil
	case inAddendum:
		ev.AddendumReason, ev.OriginalEventID = nil, nil
	}
}
