package endpoints

import (
	"reflect"
	"testing"

	"vpcetrail/ingest/event"
)

const (
	sqsEndpoint = "vpce-0a1b2c3d4e5f60718"
	s3Endpoint  = "vpce-0a1b2c3d" // a prefix of the other
)

func TestTrailEndpoints(t *testing.T) {
	const noon = "2026-11-20 12:00:00"
	told := func(id string, e Endpoint) Endpoint {
		e.ID, e.Account, e.Region, e.ByTrail = id, "111122223333", "us-east-1", true
		return e
	}
	for name, tc := range map[string]struct {
		event             string
		request, response string
		errorCode         string
		want              []Endpoint
	}{
		"made, as its description says, a little before the event": {
			event: "CreateVpcEndpoint",
			response: `{"CreateVpcEndpointResponse":{"vpcEndpoint":{"vpcEndpointId":"` + sqsEndpoint + `","vpcEndpointType":"Interface","vpcId":"vpc-1",` +
				`"serviceName":"com.amazonaws.us-east-1.sqs","ownerId":"111122223333","privateDnsEnabled":true,"creationTimestamp":"2026-11-20T11:59:59.500Z"}}}`,
			want: []Endpoint{told(sqsEndpoint, Endpoint{
				Type: "interface", VPC: "vpc-1", Service: "com.amazonaws.us-east-1.sqs",
				Created: at(t, "2026-11-20 11:59:59") + 500, Seen: at(t, noon), PrivateDNS: PrivateDNS{event.True, at(t, noon)},
			})},
		},
		"made, of which little is written": {
			event:    "CreateVpcEndpoint",
			response: `{"CreateVpcEndpointResponse":{"vpcEndpoint":{"vpcEndpointId":"` + s3Endpoint + `","creationTimestamp":"today","privateDnsEnabled":"?"}}}`,
			want:     []Endpoint{told(s3Endpoint, Endpoint{Created: at(t, noon), Seen: at(t, noon)})},
		},
		"made, but the answer is left out": {event: "CreateVpcEndpoint", response: `{"omitted":true}`},
		"not made": {
			event: "CreateVpcEndpoint", errorCode: "Client.VpcEndpointLimitExceeded",
			response: `{"CreateVpcEndpointResponse":{"vpcEndpoint":{"vpcEndpointId":"` + s3Endpoint + `"}}}`,
		},
		"private DNS switched off": {
			event: "ModifyVpcEndpoint", request: `{"ModifyVpcEndpointRequest":{"VpcEndpointId":"` + sqsEndpoint + `","PrivateDnsEnabled":false}}`,
			want: []Endpoint{told(sqsEndpoint, Endpoint{Seen: at(t, noon), PrivateDNS: PrivateDNS{event.False, at(t, noon)}})},
		},
		"modified in another way": {
			event: "ModifyVpcEndpoint", request: `{"ModifyVpcEndpointRequest":{"VpcEndpointId":"` + sqsEndpoint + `","ResetPolicy":true}}`,
			want: []Endpoint{told(sqsEndpoint, Endpoint{Seen: at(t, noon)})},
		},
		"not modified": {
			event: "ModifyVpcEndpoint", request: `{"ModifyVpcEndpointRequest":{"VpcEndpointId":"` + sqsEndpoint + `"}}`, errorCode: "Client.DryRunOperation",
		},
		"two deleted": {
			event:    "DeleteVpcEndpoints",
			request:  `{"DeleteVpcEndpointsRequest":{"VpcEndpointId":[{"tag":1,"content":"` + s3Endpoint + `"},{"tag":2,"content":"` + sqsEndpoint + `"}]}}`,
			response: `{"DeleteVpcEndpointsResponse":{"unsuccessful":""}}`,
			want:     []Endpoint{told(s3Endpoint, Endpoint{Deleted: at(t, noon)}), told(sqsEndpoint, Endpoint{Deleted: at(t, noon)})},
		},
		"one deleted, and one not found with an id that begins like it": {
			event:   "DeleteVpcEndpoints",
			request: `{"DeleteVpcEndpointsRequest":{"VpcEndpointId":[{"tag":1,"content":"` + s3Endpoint + `"},{"tag":2,"content":"` + sqsEndpoint + `"}]}}`,
			response: `{"DeleteVpcEndpointsResponse":{"unsuccessful":{"item":{"resourceId":"` + sqsEndpoint + `",` +
				`"error":{"code":"InvalidVpcEndpointId.NotFound"}}}}}`,
			want: []Endpoint{told(s3Endpoint, Endpoint{Deleted: at(t, noon)})},
		},
		"none deleted": {
			event:   "DeleteVpcEndpoints",
			request: `{"DeleteVpcEndpointsRequest":{"VpcEndpointId":[{"tag":1,"content":"` + s3Endpoint + `"},{"tag":2,"content":"` + sqsEndpoint + `"}]}}`,
			response: `{"DeleteVpcEndpointsResponse":{"unsuccessful":{"item":[{"resourceId":"` + sqsEndpoint + `","error":{"code":"OperationNotPermitted"}},` +
				`{"resourceId":"` + s3Endpoint + `","error":{"code":"InvalidVpcEndpointId.NotFound"}}]}}}`,
		},
		"deletion denied": {
			event: "DeleteVpcEndpoints", errorCode: "Client.UnauthorizedOperation",
			request: `{"DeleteVpcEndpointsRequest":{"VpcEndpointId":{"tag":1,"content":"` + s3Endpoint + `"}}}`,
		},
		"asked about": {event: "DescribeVpcEndpoints", request: `{"DescribeVpcEndpointsRequest":{"VpcEndpointId":{"tag":1,"content":"` + s3Endpoint + `"}}}`},
		"an endpoint service, which is no endpoint": {
			event: "ModifyVpcEndpoint", request: `{"ModifyVpcEndpointRequest":{"VpcEndpointId":"vpce-svc-0a1b2c3d"}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			ev := event.Event{
				Source: []byte("ec2.amazonaws.com"), Name: []byte(tc.event), Recipient: []byte("111122223333"), Region: []byte("us-east-1"),
				Time: at(t, noon), ErrorCode: []byte(tc.errorCode), Request: []byte(tc.request), Response: []byte(tc.response),
			}
			if got := FromEvent(&ev); len(got)+len(tc.want) > 0 && !reflect.DeepEqual(got, tc.want) {
				t.Errorf("got  %+v\nwant %+v", got, tc.want)
			}
		})
	}
}

// An endpoint is deleted and created again. EC2 gives the new one another id, and each
// keeps its own lifetime.
func TestEndpointMadeAgain(t *testing.T) {
	const first, second = "vpce-0a000000", "vpce-0b000000"
	inventory := Inventory{}
	for _, e := range []struct{ name, time, request, response string }{
		{"CreateVpcEndpoint", "2026-11-20 13:00:00", "", `{"CreateVpcEndpointResponse":{"vpcEndpoint":{"vpcEndpointId":"` + second + `"}}}`},
		{"DeleteVpcEndpoints", "2026-11-20 12:00:00", `{"DeleteVpcEndpointsRequest":{"VpcEndpointId":{"tag":1,"content":"` + first + `"}}}`, ""},
		{"CreateVpcEndpoint", "2026-11-18 12:00:00", "", `{"CreateVpcEndpointResponse":{"vpcEndpoint":{"vpcEndpointId":"` + first + `"}}}`},
	} {
		for _, told := range FromEvent(&event.Event{
			Source: []byte("ec2.amazonaws.com"), Name: []byte(e.name), Time: at(t, e.time), Request: []byte(e.request), Response: []byte(e.response),
		}) {
			inventory.Add(told)
		}
	}
	for day, want := range map[string][2]bool{
		"2026-11-17": {false, false}, "2026-11-18": {true, false}, "2026-11-19": {true, false},
		"2026-11-20": {true, true}, "2026-11-21": {false, true}, "2027-11-21": {false, true},
	} {
		old, made := inventory[first], inventory[second]
		if got := [2]bool{old.On(dayOf(t, day)), made.On(dayOf(t, day))}; got != want {
			t.Errorf("%s: the first and the second are there: %v, want %v", day, got, want)
		}
	}
}
