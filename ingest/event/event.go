package event

import "bytes"

// An Event is one decoded record: the fields that decide routes and counts, nothing else.
//
// Every []byte is borrowed from the Reader and valid until its next call to Next; an absent
// field, an empty one, a null and a value of the wrong type are all the empty slice. Text holds
// valid UTF-8 with escapes resolved; invalid bytes are replaced by U+FFFD, as encoding/json does.
type Event struct {
	// Offset is of the record's first byte, in decompressed bytes from the object's start, and
	// Length its length in bytes. Of a record inside a string both are the string's, quotes included.
	Offset int64
	Length int

	// Problem says why the record cannot be counted, "" if it can: it is not an object, is not
	// recognised as a record of CloudTrail's, or its eventTime is missing or is not a time.
	Problem string

	Time int64 // eventTime, milliseconds since the epoch in UTC; 0 where HasTime is false
	// HasTime is false where eventTime is missing or is not a time.
	HasTime bool

	ID, SharedID, RequestID []byte // eventID, sharedEventID, requestID
	Source, Name            []byte // eventSource, eventName
	Type, Category          []byte // eventType, eventCategory
	Region                  []byte // awsRegion
	Recipient               []byte // recipientAccountId
	SourceIP                []byte // sourceIPAddress: an address, a service's name, or anything else
	UserAgent               []byte
	ErrorCode, ErrorMessage []byte
	ReadOnly                Bool

	EndpointID      []byte // vpcEndpointId, as it stands
	EndpointAccount []byte // vpcEndpointAccountId, as it stands

	Identity Identity
	// From additionalEventData.
	Additional Additional

	HostHeader      []byte // tlsDetails.clientProvidedHostHeader
	TLSVersion      []byte // tlsDetails.tlsVersion
	CipherSuite     []byte // tlsDetails.cipherSuite
	AddendumReason  []byte // addendum.reason
	OriginalEventID []byte // addendum.originalEventID

	// Request, Response and Resources are requestParameters, responseElements and resources as raw JSON,
	// whatever their type; empty where absent or null.
	Request, Response, Resources []byte
	// Named is what of Request and Resources may name a resource.
	Named Named
}

// An Identity holds the fields of userIdentity that name the caller.
type Identity struct {
	Type, PrincipalID, ARN, AccountID, UserName, InvokedBy []byte

	IssuerARN, IssuerAccountID []byte // sessionContext.sessionIssuer
	OnBehalfOfUserID           []byte // onBehalfOf.userId: the Identity Center user

	// Number is the same, and not 0, in events whose userIdentity is the same text, byte for byte, as
	// long as their Reader remembers that text. What follows from an Identity alone need then be
	// worked out once. A Reader counts from 1 and gives no number to two texts; 0 says that it did
	// not keep the text.
	Number uint64
}

// Additional holds the fields read from additionalEventData.
type Additional struct {
	EndpointID []byte // vpcEndpointId, the copy that S3 writes

	// BytesIn and BytesOut are bytesTransferredIn and bytesTransferredOut, in bytes, fractions
	// cut off; 0 where absent, negative, beyond 2^56 or not a number.
	BytesIn, BytesOut int64
}

// A Bool is a truth value that a record may leave out.
type Bool int8

// The values of a Bool.
const (
	Absent Bool = iota
	False
	True
)

// A Kind says what a record is to the counts. Every record that can be decoded has one.
type Kind uint8

const (
	// Call is an API call, a console sign-in or action, or a service's own event.
	Call Kind = iota
	// Network is a NetworkActivity event: an endpoint's own account of a call.
	Network
	// Correction replaces what an earlier record said (addendum.reason UPDATED_DATA).
	Correction
	// Other is an Insight, Aggregated or other event that is not an API call.
	Other
)

// The problems of a record.
const (
	notObject = "record is not an object"
	notTime   = "eventTime is missing or not a time"
	notRecord = "object is not a CloudTrail record"
	notJSON   = "string does not hold a record as JSON"
	notLine   = "line is text, not a record as JSON"
)

// check notes the problem of a decoded record that is not CloudTrail's, or has no usable time and
// needs one.
func (e *Event) check() {
	switch {
	case e.isForeign():
		e.Problem = notRecord
	case !e.HasTime && e.Kind() != Other:
		e.Problem = notTime
	}
}

// isForeign reports whether e is a notification of S3 or another service. They come as {"Records":[…]}
// too, with eventVersion and eventTime. Their eventSource is aws:s3 and the like, while CloudTrail's is
// a host name. Nearly all of those end in .com, which spares the search for the colon.
func (e *Event) isForeign() bool {
	s := e.Source
	return (len(s) < 4 || string(s[len(s)-4:]) != ".com") && bytes.IndexByte(s, ':') >= 0
}

// Kind tells what e is. Category is missing before eventVersion 1.07, when all were management or
// data events; the event type of NetworkActivity events is documented in two spellings.
func (e *Event) Kind() Kind {
	switch string(e.Type) {
	case "AwsVpceEvent", "AwsVpceEvents":
		return Network
	}
	switch string(e.Category) {
	case "NetworkActivity":
		return Network
	case "", "Management", "Data":
	default:
		return Other
	}
	if string(e.AddendumReason) == "UPDATED_DATA" {
		return Correction
	}
	return Call
}
