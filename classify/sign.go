package classify

import (
	"bytes"

	"vpcetrail/ingest/event"
)

// Signs are facts in one record, besides its path, that somebody should look at. They can
// be combined.
type Signs uint8

// The signs.
const (
	// DeniedCall says that the call was denied for lack of permission.
	DeniedCall Signs = 1 << iota
	// DeniedByEndpoint says that an endpoint policy denied the call.
	DeniedByEndpoint
	// DeniedByResource says that a statement in the resource's own policy denied the
	// call.
	DeniedByResource
	// TwoEndpoints says that the record names two different endpoints, at its top level
	// and in additionalEventData.
	TwoEndpoints
	// OtherEndpoint says that the host header names another endpoint than the record.
	OtherEndpoint
	// PublicEndpoint says that the record names an endpoint and a public source.
	PublicEndpoint
	// ObjectCall says that the call is a data event of S3, which has the bytes of
	// objects.
	ObjectCall

	// Notable are the signs that matter on their own.
	Notable = DeniedByEndpoint | DeniedByResource | TwoEndpoints | OtherEndpoint | PublicEndpoint
)

// SignsOf reads the signs of ev. m must be its Mention, and public the result of Decide.
func (m *Mention) SignsOf(ev *event.Event, public bool) (s Signs) {
	if ev.Failed() && Denied(ev) {
		s = DeniedCall
		if len(m.EndpointID) > 0 && DeniedByEndpointPolicy(ev) {
			s |= DeniedByEndpoint
		}
		if bytes.Contains(ev.ErrorMessage, []byte("with an explicit deny in a resource-based policy")) {
			s |= DeniedByResource
		}
	}
	if string(ev.Source) == "s3.amazonaws.com" && isData(ev) {
		s |= ObjectCall
	}
	if len(m.EndpointID) == 0 {
		return s
	}
	if public {
		s |= PublicEndpoint
	}
	return s | m.signs
}

// isData reports whether ev is a data event. Before eventVersion 1.07 data events have no
// category, but they list their object.
func isData(ev *event.Event) bool {
	if len(ev.Category) == 0 {
		return bytes.Contains(ev.Resources, []byte(`"AWS::S3::Object"`))
	}
	return string(ev.Category) == "Data"
}

// Denied reports whether the call, which failed, was denied for lack of permission. S3
// gives the same answer for a missing object if the caller may not list the bucket.
func Denied(ev *event.Event) bool {
	code := ev.ErrorCode
	switch {
	case bytes.HasPrefix(code, []byte("AccessDenied")), bytes.HasSuffix(code, []byte("UnauthorizedOperation")):
		return true
	case string(code) == "Client.OperationNotPermitted", string(code) == "VpceAccessDenied":
		return true
	case string(code) == "Client.AuthFailure" && bytes.Contains(bytes.ToLower(ev.ErrorMessage), []byte("not authorized")):
		return true // EC2 also writes this code for invalid credentials
	}
	return len(ev.ErrorMessage) > 0 &&
		(DeniedByEndpointPolicy(ev) || bytes.Contains(ev.ErrorMessage, []byte("is not authorized to perform")))
}

// DeniedByEndpointPolicy reports whether the record says that an endpoint policy denied
// the call.
func DeniedByEndpointPolicy(ev *event.Event) bool {
	return string(ev.ErrorCode) == "VpceAccessDenied" ||
		bytes.Contains(ev.ErrorMessage, []byte("because no VPC endpoint policy allows")) ||
		bytes.Contains(ev.ErrorMessage, []byte("with an explicit deny in a VPC endpoint policy"))
}
