package event

import (
	"bytes"

	"vpcetrail/ingest/event/walk"
)

// An Event is one decoded record. It holds only the fields that decide routes and counts.
//
// Every []byte is borrowed from the Reader and valid until its next call to Next. An
// absent field, an empty field, a null and a value of the wrong type are all the empty
// slice. Text is valid UTF-8 with escapes resolved. Invalid bytes are replaced by U+FFFD,
// as in encoding/json.
type Event struct {
	// Offset is the place of the record's first byte, in decompressed bytes from the
	// object's start. Length is the record's length in bytes. For a record inside a
	// string, both are those of the string, quotes included.
	Offset int64
	Length int

	// Problem says why the record cannot be counted. It is "" if it can. The problems:
	// not an object, not recognised as a CloudTrail record, eventTime missing or not a
	// time.
	Problem string

	Time int64 // eventTime, milliseconds since the epoch in UTC; 0 if HasTime is false
	// HasTime is false if eventTime is missing or is not a time.
	HasTime bool

	ID, SharedID, RequestID []byte // eventID, sharedEventID, requestID
	Source, Name            []byte // eventSource, eventName
	Type, Category          []byte // eventType, eventCategory
	Region                  []byte // awsRegion
	Recipient               []byte // recipientAccountId
	SourceIP                []byte // sourceIPAddress: an address, a service name, or anything else
	UserAgent               []byte
	ErrorCode, ErrorMessage []byte
	ReadOnly                Bool

	EndpointID      []byte // vpcEndpointId, unchecked
	EndpointAccount []byte // vpcEndpointAccountId, unchecked

	Identity Identity
	// From additionalEventData.
	Additional Additional

	HostHeader      []byte // tlsDetails.clientProvidedHostHeader
	TLSVersion      []byte // tlsDetails.tlsVersion
	CipherSuite     []byte // tlsDetails.cipherSuite
	AddendumReason  []byte // addendum.reason
	OriginalEventID []byte // addendum.originalEventID

	// Request, Response and Resources are requestParameters, responseElements and
	// resources as raw JSON of any type. They are empty if absent or null.
	Request, Response, Resources []byte
	// Named is the part of Request and Resources that may name a resource.
	Named Named
}

// An Identity holds the fields of userIdentity that name the caller.
type Identity struct {
	Type, PrincipalID, ARN, AccountID, UserName, InvokedBy []byte

	IssuerARN, IssuerAccountID []byte // sessionContext.sessionIssuer
	RoleDelivery               []byte // sessionContext.ec2RoleDelivery: how the instance got the credentials
	OnBehalfOfUserID           []byte // onBehalfOf.userId: the Identity Center user
	ScopeType, ScopeARN        []byte // inScopeOf.issuerType and .sourceArn: what the credentials were issued to

	// Number identifies the text of userIdentity. Events with the same text, byte for
	// byte, have the same Number as long as their Reader remembers the text. So what
	// follows from an Identity alone is computed only once. A Reader counts from 1 and
	// never gives one number to two texts. 0 means that the text was not kept.
	Number uint64
}

// Additional holds the fields read from additionalEventData.
type Additional struct {
	EndpointID []byte // vpcEndpointId, the copy that S3 writes
	HostID     []byte // x-amz-id-2, which S3 writes

	// BytesIn and BytesOut are bytesTransferredIn and bytesTransferredOut, in bytes, with
	// fractions cut off. They are 0 if absent, negative, above 2^56 or not a number.
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

// A Kind says how a record is counted. Every record that can be decoded has one.
type Kind uint8

const (
	// Call is an API call, a console sign-in or action, or a service event.
	Call Kind = iota
	// Network is a NetworkActivity event: an endpoint's own record of a call.
	Network
	// Correction replaces an earlier record (addendum.reason UPDATED_DATA).
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

// check sets the problem of a decoded record that is not CloudTrail's, or that needs a
// usable time and has none.
func (e *Event) check() {
	switch {
	case e.isForeign():
		e.Problem = notRecord
	case !e.HasTime && e.Kind() != Other:
		e.Problem = notTime
	}
}

// isForeign reports whether e is a notification of S3 or another service. These come as
// {"Records":[…]} too, with eventVersion and eventTime. Their eventSource is aws:s3 or
// similar. CloudTrail's is a host name. Nearly all host names end in .com, and then the
// search for a colon is not needed.
func (e *Event) isForeign() bool {
	s := e.Source
	return (len(s) < 4 || string(s[len(s)-4:]) != ".com") && bytes.IndexByte(s, ':') >= 0
}

// Kind returns the kind of e. Before eventVersion 1.07 there was no category: all records
// were management or data events. AWS documents the event type of NetworkActivity events
// in two spellings.
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

// Failed reports whether the call ended in an error.
func (e *Event) Failed() bool {
	if len(e.ErrorCode) == 0 {
		return len(e.ErrorMessage) > 0
	}
	return !isSuccess(e.ErrorCode)
}

// isSuccess reports whether an errorCode is an HTTP success status. Amazon Managed
// Grafana writes "200".
func isSuccess(code []byte) bool {
	return len(code) == 3 && code[0] == '2' && walk.IsDigit(code[1]) && walk.IsDigit(code[2])
}
