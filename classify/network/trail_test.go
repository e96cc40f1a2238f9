package network

import (
	"reflect"
	"testing"

	"vpcetrail/ingest/event"
)

func TestFromEvent(t *testing.T) {
	ec2 := func(name, request, response string) event.Event {
		return event.Event{Source: []byte("ec2.amazonaws.com"), Name: []byte(name), Recipient: []byte(account), Region: []byte(region),
			Time: 7, HasTime: true, Request: []byte(request), Response: []byte(response)}
	}
	failed := ec2("CreateRoute", `{"routeTableId":"rtb-0a1b2c3d"}`, "")
	failed.ErrorCode = []byte("Client.UnauthorizedOperation")
	moved := ec2("UpdateFunctionConfiguration20150331v2", `{"functionName":"f"}`, `{"functionArn":"arn:aws:lambda:eu-west-1:111122223333:function:f"}`)
	moved.Source = []byte("lambda.amazonaws.com")
	for name, tc := range map[string]struct {
		event event.Event
		ids   []string // nil: no change
	}{
		"a route": {ec2("CreateRoute", `{"routeTableId":"rtb-0a1b2c3d","destinationCidrBlock":"0.0.0.0/0","natGatewayId":"nat-0a1b2c3d"}`, `{"_return":true}`),
			[]string{"nat-0a1b2c3d", "rtb-0a1b2c3d"}},
		"an address":     {ec2("AssociateAddress", `{"publicIp":"203.0.113.7","instanceId":"i-0a1b2c3d"}`, ""), []string{"203.0.113.7", "i-0a1b2c3d"}},
		"a list":         {ec2("DeleteVpcEndpoints", `{"DeleteVpcEndpointsRequest":{"VpcEndpointId":{"tag":1,"content":"vpce-0a1b2c3d"}}}`, ""), []string{"vpce-0a1b2c3d"}},
		"names nothing":  {ec2("CreateRoute", `{"omitted":true}`, ""), []string{}},
		"a function":     {moved, []string{"arn:aws:lambda:eu-west-1:111122223333:function:f"}},
		"a failed one":   {failed, nil},
		"a read":         {ec2("DescribeRouteTables", `{"routeTableId":"rtb-0a1b2c3d"}`, ""), nil},
		"something else": {event.Event{Source: []byte("s3.amazonaws.com"), Name: []byte("CreateRoute")}, nil},
		"no account":     {event.Event{Source: []byte("ec2.amazonaws.com"), Name: []byte("CreateRoute"), Region: []byte(region)}, nil},
	} {
		c, changed := FromEvent(&tc.event)
		if changed != (tc.ids != nil) || changed && !reflect.DeepEqual(c.IDs, tc.ids) {
			t.Errorf("%s: got %v, %v", name, c, changed)
		}
	}
}

func TestWorkloadOf(t *testing.T) {
	role := func(session, delivery string) event.Identity {
		return event.Identity{
			Type: []byte("AssumedRole"), ARN: []byte("arn:aws:sts::111122223333:assumed-role/shop/" + session), RoleDelivery: []byte(delivery),
		}
	}
	for _, tc := range []struct {
		want     string
		identity event.Identity
		agent    string
	}{
		{"arn:aws:lambda:eu-west-1:111122223333:function:f", event.Identity{ScopeType: []byte("AWS::Lambda::Function"), ScopeARN: []byte("arn:aws:lambda:eu-west-1:111122223333:function:f:live")}, ""},
		{"i-0a1b2c3d", event.Identity{ScopeType: []byte("AWS::EC2::Instance"), ScopeARN: []byte("arn:aws:ec2:eu-west-1:111122223333:instance/i-0a1b2c3d")}, ""},
		{"i-0a1b2c3e", role("i-0a1b2c3e", "2.0"), ""},
		{"i-0a1b2c3e", role("i-0a1b2c3e", "1.0"), ""},
		{"", role("i-0a1b2c3e", ""), ""}, // whoever assumes a role names the session
		{"", role("ip-10-0-0-9", "2.0"), ""},
		{"codebuild", role("AWSCodeBuild-8b7a", ""), ""},
		{"eks", role("eks-prod-shop-orders-7d-4b1f0c55-9f0a-4d0e-8f6c-2f1d3e4a5b6c", ""), ""},
		{"cloudshell", event.Identity{Type: []byte("IAMUser")}, "aws-cli/2 exec-env/CloudShell"},
		{"", event.Identity{Type: []byte("IAMUser"), ARN: []byte("arn:aws:iam::111122223333:user/i-0a1b2c3e")}, ""},
	} {
		if got := WorkloadOf(&tc.identity, []byte(tc.agent)); got != tc.want {
			t.Errorf("%s: got %q, want %q", tc.identity.ARN, got, tc.want)
		}
	}
}
