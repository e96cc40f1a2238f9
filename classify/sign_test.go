package classify

import (
	"testing"

	"vpcetrail/ingest/event"
)

func TestSigns(t *testing.T) {
	const id, other = "vpce-0a1b2c3d4e5f60718", "vpce-0fedcba9876543210"
	through := func(ev event.Event) event.Event {
		ev.EndpointID = []byte(id)
		return ev
	}
	for _, tc := range []struct {
		name string
		ev   event.Event
		want Signs
	}{
		{"nothing", event.Event{}, 0},
		{"an endpoint and a private source", through(event.Event{SourceIP: []byte("10.0.0.1")}), 0},
		{"an endpoint and a public source", through(event.Event{SourceIP: []byte("198.51.100.7")}), PublicEndpoint},
		{"a public source of a service's call", through(event.Event{SourceIP: []byte("198.51.100.7"), Identity: event.Identity{InvokedBy: []byte("x.amazonaws.com")}}), 0},
		{"a public source of a person in the console", through(event.Event{SourceIP: []byte("198.51.100.7"), Identity: event.Identity{InvokedBy: []byte("signin.amazonaws.com")}}), PublicEndpoint},
		{"the same id twice", through(event.Event{Additional: event.Additional{EndpointID: []byte(id)}}), 0},
		{"two ids", through(event.Event{Additional: event.Additional{EndpointID: []byte(other)}}), TwoEndpoints},
		{"the host of another endpoint", through(event.Event{HostHeader: []byte(other + "-x.sqs.us-east-1.vpce.amazonaws.com")}), OtherEndpoint},
		{"the host of another endpoint in an isolated Region", through(event.Event{HostHeader: []byte(other + "-x.sqs.us-iso-east-1.vpce.c2s.ic.gov")}), OtherEndpoint},
		{"the endpoint's host", through(event.Event{HostHeader: []byte(id + "-x.sqs.us-east-1.vpce.amazonaws.com")}), 0},
		{"a code of success", event.Event{ErrorCode: []byte("200")}, 0},
		{"a code of success with words", event.Event{ErrorCode: []byte("204"), ErrorMessage: []byte("User: x is not authorized to perform: y")}, 0},
		{"a code that begins as one of success", event.Event{ErrorCode: []byte("2AccessDenied"), ErrorMessage: []byte("User: x is not authorized to perform: y")}, DeniedCall},
		{"a code of Organizations", event.Event{ErrorCode: []byte("AccessDeniedByEnforcement")}, DeniedCall},
		{"the code inside another one", event.Event{ErrorCode: []byte("NotAccessDenied")}, 0},
		{"not authorized for images", event.Event{ErrorCode: []byte("Client.AuthFailure"), ErrorMessage: []byte("Not authorized for images: [ami-0a1b2c3d]")}, DeniedCall},
		{"wrong credentials", event.Event{ErrorCode: []byte("Client.AuthFailure"), ErrorMessage: []byte("AWS was not able to validate the provided access credentials")}, 0},
		{"wrong credentials without words", event.Event{ErrorCode: []byte("Client.AuthFailure")}, 0},
		{"denied", event.Event{ErrorCode: []byte("AccessDenied")}, DeniedCall},
		{"denied by the endpoint's policy", through(event.Event{ErrorCode: []byte("AccessDenied"), ErrorMessage: []byte("because no VPC endpoint policy allows it")}), DeniedCall | DeniedByEndpoint},
		{"denied by a bucket's policy", event.Event{ErrorCode: []byte("AccessDenied"), ErrorMessage: []byte("… with an explicit deny in a resource-based policy")}, DeniedCall | DeniedByResource},
		{"the words without a denial", event.Event{ErrorCode: []byte("NoSuchKey"), ErrorMessage: []byte("with an explicit deny in a resource-based policy")}, 0},
		{"an object", event.Event{Source: []byte("s3.amazonaws.com"), Category: []byte("Data")}, ObjectCall},
		{"an object of an old record", event.Event{Source: []byte("s3.amazonaws.com"), Resources: []byte(`[{"type":"AWS::S3::Object"}]`)}, ObjectCall},
		{"a bucket", event.Event{Source: []byte("s3.amazonaws.com"), Category: []byte("Management")}, 0},
		{"an item", event.Event{Source: []byte("dynamodb.amazonaws.com"), Category: []byte("Data")}, 0},
	} {
		m := MentionIn(&tc.ev)
		public := false
		if ServedBy(&tc.ev.Identity) == NoEvidence {
			_, public = m.Decide(SourceOf(tc.ev.SourceIP, EmbeddedRanges()), tc.ev.UserAgent)
		}
		if got := m.SignsOf(&tc.ev, public); got != tc.want {
			t.Errorf("%s: got %b, want %b", tc.name, got, tc.want)
		}
	}
}
