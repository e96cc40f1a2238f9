package classify

import (
	"bytes"

	"vpcetrail/ingest/event"
)

// Signs are what one record shows besides its path and that somebody should look at. They can be joined.
type Signs uint8

// The signs.
const (
	// DeniedCall says that the call was refused for want of permission.
	DeniedCall Signs = 1 << iota
	// DeniedByEndpoint says that an endpoint's policy refused it.
	DeniedByEndpoint
	// DeniedByResource says that a statement in the resource's own policy refused it.
	DeniedByResource
	// TwoEndpoints says that the record names two endpoints, at its top level and in additionalEventData.
	TwoEndpoints
	// OtherEndpoint says that the host header is the name of another endpoint than the record names.
	OtherEndpoint
	// PublicEndpoint says that the record names an endpoint and a public source.
	PublicEndpoint
	// ObjectCall says that the call is a data event of S3, which tells the bytes of objects.
	ObjectCall

	// Telling are the signs that say something on their own.
	Telling = DeniedByEndpoint | DeniedByResource | TwoEndpoints | OtherEndpoint | PublicEndpoint
)

// SignsOf reads the signs of ev, whose facts are f.
func SignsOf(ev *event.Event, f *Facts) Signs { return f.Mention.SignsOf(ev, f.publicSource) }

// SignsOf reads the signs of ev, which mentions m. public is what Decide reported.
func (m *Mention) SignsOf(ev *event.Event, public bool) (s Signs) {
	if Failed(ev) && Denied(ev) {
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

// isData reports whether ev is a data event. Those from before eventVersion 1.07 have no category; they list their
// object.
func isData(ev *event.Event) bool {
	if len(ev.Category) == 0 {
		return bytes.Contains(ev.Resources, []byte(`"AWS::S3::Object"`))
	}
	return string(ev.Category) == "Data"
}
