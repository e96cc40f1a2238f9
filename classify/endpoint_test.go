package classify

import (
	"reflect"
	"testing"

	"vpcetrail/ingest/event"
)

func TestParseInventory(t *testing.T) {
	const one = `{"VpcEndpoints":[{"VpcEndpointId":"vpce-0a1b2c3d","VpcEndpointType":"Gateway","VpcId":"vpc-1","ServiceName":"com.amazonaws.us-east-1.s3","OwnerId":"111122223333","State":"available"}]}`
	const two = `{"VpcEndpoints":[{"VpcEndpointId":"vpce-0123456789abcdef0","VpcEndpointType":"Interface"},{"VpcEndpointId":"vpce-0123456789abcdef1","VpcEndpointType":"GatewayLoadBalancer","OwnerId":"x"}]}`
	got, err := ParseInventory([]byte(one + "\n" + two)) // the outputs for two Regions, one behind the other
	want := map[string]Endpoint{
		"vpce-0a1b2c3d":          {ID: "vpce-0a1b2c3d", Type: "gateway", VPC: "vpc-1", Service: "com.amazonaws.us-east-1.s3", Account: "111122223333"},
		"vpce-0123456789abcdef0": {ID: "vpce-0123456789abcdef0", Type: "interface"},
		"vpce-0123456789abcdef1": {ID: "vpce-0123456789abcdef1"},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v\nwant %+v", got, err, want)
	}
}

func TestParseInventoryTakesAnEmptyOne(t *testing.T) {
	if got, err := ParseInventory([]byte(`{"VpcEndpoints":[]}`)); err != nil || len(got) != 0 {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestParseInventoryRefuses(t *testing.T) {
	for in, want := range map[string]string{
		``:                      "not the JSON of aws ec2 describe-vpc-endpoints (document 1): it ends too early",
		`{"VpcEndpoints":[`:     "not the JSON of aws ec2 describe-vpc-endpoints (document 1): it ends too early",
		`{"Vpcs":[]}`:           `document 1 has no "VpcEndpoints": give the whole output of aws ec2 describe-vpc-endpoints`,
		`{"VpcEndpoints":[{}]}`: `document 1, VpcEndpoints[0]: VpcEndpointId "" is not vpce- and 8 or 17 hexadecimal digits`,
		`{"VpcEndpoints":[{"VpcEndpointId":"vpce-svc-1"}]}`: `document 1, VpcEndpoints[0]: VpcEndpointId "vpce-svc-1" is not vpce- and 8 or 17 hexadecimal digits`,
	} {
		if _, err := ParseInventory([]byte(in)); err == nil || err.Error() != want {
			t.Errorf("%s:\ngot  %v\nwant %s", in, err, want)
		}
	}
}

func TestTrailEndpointsOfADeletionThatFailedForOne(t *testing.T) {
	ev := event.Event{
		Source: []byte("ec2.amazonaws.com"), Name: []byte("DeleteVpcEndpoints"), Recipient: []byte("111122223333"),
		Request:  []byte(`{"DeleteVpcEndpointsRequest":{"VpcEndpointId":[{"tag":1,"content":"vpce-0a1b2c3d"},{"tag":2,"content":"vpce-0e0e0e0e"}]}}`),
		Response: []byte(`{"DeleteVpcEndpointsResponse":{"unsuccessful":{"item":{"resourceId":"vpce-0e0e0e0e","error":{"code":"InvalidVpcEndpointId.NotFound"}}}}}`),
	}
	want := []Endpoint{{ID: "vpce-0a1b2c3d", Account: "111122223333"}}
	if got := TrailEndpoints(&ev); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v: an id that was not found is nobody's proof", got, want)
	}
}

func TestMergeIsSymmetric(t *testing.T) {
	a := Endpoint{ID: "vpce-0a1b2c3d", Type: "gateway", Account: "111122223333"}
	b := Endpoint{ID: "vpce-0a1b2c3d", VPC: "vpc-1", Account: "444455556666"}
	if Merge(a, b) != Merge(b, a) {
		t.Errorf("%+v and %+v", Merge(a, b), Merge(b, a))
	}
}
