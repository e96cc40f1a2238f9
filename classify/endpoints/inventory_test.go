package endpoints

import (
	"reflect"
	"testing"

	"vpcetrail/ingest/event"
)

const (
	oneRegion = `{"VpcEndpoints":[{"VpcEndpointId":"vpce-0a1b2c3d","VpcEndpointType":"Gateway","VpcId":"vpc-1","ServiceName":"com.amazonaws.us-east-1.s3",` +
		`"OwnerId":"111122223333","State":"available","CreationTimestamp":"2026-11-20T10:00:00.250000+00:00","PrivateDnsEnabled":false}]}`
	another = `{"VpcEndpoints":[{"VpcEndpointId":"vpce-0123456789abcdef0","VpcEndpointType":"Interface","PrivateDnsEnabled":true},` +
		`{"VpcEndpointId":"vpce-0123456789abcdef1","VpcEndpointType":"GatewayLoadBalancer","CreationTimestamp":null}]}`
	ownFormat = `{"format":"vpcetrail-endpoints","version":1,"endpoints":[
{"id":"vpce-0a1b2c3d","known_by":"inventory","type":"gateway","account_id":"111122223333","vpc_id":"vpc-1","service_name":"com.amazonaws.us-east-1.s3","private_dns":false,"created":"2026-11-20T10:00:00.25Z"},
{"id":"vpce-0123456789abcdef0","known_by":"inventory","type":"interface","private_dns":true},
{"id":"vpce-0123456789abcdef1","known_by":"inventory"}
]}`
	endpointsOnly = `[{"VpcEndpointId":"vpce-0123456789abcdef1"},{"VpcEndpointId":"vpce-0a1b2c3d","VpcEndpointType":"Gateway","VpcId":"vpc-1",` +
		`"ServiceName":"com.amazonaws.us-east-1.s3","OwnerId":"111122223333","CreationTimestamp":"2026-11-20T11:00:00.250+01:00","PrivateDnsEnabled":false},` +
		`{"VpcEndpointId":"vpce-0123456789abcdef0","VpcEndpointType":"Interface","PrivateDnsEnabled":true}]`
)

func TestParseInventory(t *testing.T) {
	want := Inventory{
		"vpce-0a1b2c3d": {
			ID: "vpce-0a1b2c3d", Type: "gateway", VPC: "vpc-1", Service: "com.amazonaws.us-east-1.s3", Account: "111122223333",
			Created: at(t, "2026-11-20 10:00:00") + 250, PrivateDNS: PrivateDNS{Enabled: event.False},
		},
		"vpce-0123456789abcdef0": {ID: "vpce-0123456789abcdef0", Type: "interface", PrivateDNS: PrivateDNS{Enabled: event.True}},
		"vpce-0123456789abcdef1": {ID: "vpce-0123456789abcdef1"},
	}
	for name, text := range map[string]string{
		"outputs one after another": oneRegion + "\n" + another,
		"outputs in an array":       "[" + oneRegion + "," + another + "]",
		"the same pages twice":      "\ufeff" + another + another + oneRegion + oneRegion,
		"the endpoints alone":       endpointsOnly,
		"our own format":            ownFormat,
		"both spellings":            ownFormat + "[[" + another + "]]",
	} {
		if got, err := ParseInventory([]byte(text)); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, %v\nwant %+v", name, got, err, want)
		}
	}
}

func TestParseInventoryTakesAnEmptyOne(t *testing.T) {
	for _, text := range []string{`{"VpcEndpoints":[]}`, `[]`, `{"format":"vpcetrail-endpoints","version":1,"endpoints":[]}`} {
		if got, err := ParseInventory([]byte(text)); err != nil || len(got) != 0 {
			t.Errorf("%s: got %v, %v", text, got, err)
		}
	}
}

func TestSavedInventoryIsReadAgain(t *testing.T) {
	inventory := Inventory{}
	for _, e := range []Endpoint{
		{ID: "vpce-0b000000", Type: "interface", VPC: "vpc-1", Service: "com.amazonaws.eu-west-1.sqs", Account: "111122223333", Region: "eu-west-1",
			Created: at(t, "2026-11-18 10:00:00"), Seen: at(t, "2026-11-19 10:00:00") + 7, Deleted: at(t, "2026-11-20 10:00:00"),
			PrivateDNS: PrivateDNS{event.False, at(t, "2026-11-19 10:00:00")}, ByTrail: true},
		{ID: "vpce-0a000000", PrivateDNS: PrivateDNS{Enabled: event.True}},
	} {
		inventory.Add(e)
	}
	text, err := inventory.Save()
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"format":"vpcetrail-endpoints","version":1,"endpoints":[
{"id":"vpce-0a000000","known_by":"inventory","private_dns":true},
{"id":"vpce-0b000000","known_by":"trail","type":"interface","account_id":"111122223333","region":"eu-west-1","vpc_id":"vpc-1","service_name":"com.amazonaws.eu-west-1.sqs","private_dns":false,"private_dns_told":"2026-11-19T10:00:00Z","created":"2026-11-18T10:00:00Z","last_seen":"2026-11-19T10:00:00.007Z","deleted":"2026-11-20T10:00:00Z"}
]}
`
	if string(text) != want {
		t.Errorf("got %s\nwant %s", text, want)
	}
	if got, err := ParseInventory(text); err != nil || !reflect.DeepEqual(got, inventory) {
		t.Errorf("got %+v, %v\nwant %+v", got, err, inventory)
	}
}

func TestParseInventoryRefuses(t *testing.T) {
	const want = "want the output of aws ec2 describe-vpc-endpoints, or of vpcetrail endpoints"
	for text, message := range map[string]string{
		"":                         "line 1: it is empty: " + want,
		"\xff\xfe{\x00}\x00":       event.ErrUTF16.Error(),
		"{\n\"VpcEndpoints\":[\n":  "line 2: not JSON: it ends too early",
		"{\n\"VpcEndpoints\":[x\n": "line 2: not JSON: invalid character 'x' looking for beginning of value",
		oneRegion + "\n<html>":     "line 2: not JSON: invalid character '<' looking for beginning of value",
		`"vpce-0a1b2c3d"`:          "line 1: found a string: " + want,
		`[[7]]`:                    "line 1: [0][0]: found a number: " + want,
		`{"Vpcs":[]}`:              `line 1: neither "VpcEndpoints" nor "format" is in it: ` + want,
		`{"VpcEndpoints":null}`:    "line 1: VpcEndpoints: found null: want a list",
		`{"VpcEndpoints":{"a":1}}`: "line 1: VpcEndpoints: found an object: want a list",
		`{"VpcEndpoints":[{}]}`:    `line 1: VpcEndpoints[0].VpcEndpointId: "" is not vpce- and 8 or 17 hexadecimal digits`,
		`{"VpcEndpoints":["x"]}`:   "line 1: VpcEndpoints[0]: found a string: want an endpoint",
		oneRegion + "\n[\n{\"VpcEndpoints\":[\n{\"VpcId\":\"vpc-1\",\n\"VpcEndpointId\":\"vpce-svc-1\"}]}]": `line 5: [0].VpcEndpoints[0].VpcEndpointId: "vpce-svc-1" is not vpce- and 8 or 17 hexadecimal digits`,
		`{"VpcEndpoints":[{"VpcEndpointId":"vpce-0a1b2c3d",` + "\n" + `"VpcId":7}]}`:                        "line 2: VpcEndpoints[0].VpcId: found a number: want a string",
		`{"VpcEndpoints":[{"VpcEndpointId":true}]}`:                                                         "line 1: VpcEndpoints[0].VpcEndpointId: found true or false: want a string",
		`{"VpcEndpoints":[{"VpcEndpointId":"vpce-0a1b2c3d","OwnerId":"x"}]}`:                                `line 1: VpcEndpoints[0].OwnerId: "x" is not an account id of 12 digits`,
		`[{"VpcEndpointId":"vpce-0a1b2c3d","PrivateDnsEnabled":1}]`:                                         "line 1: [0].PrivateDnsEnabled: 1 is not true or false",
		`[{"VpcEndpointId":"vpce-0a1b2c3d","CreationTimestamp":"yesterday"}]`:                               `line 1: [0].CreationTimestamp: "yesterday" is not a time such as 2026-11-20T10:11:12Z`,

		`{"format":"csv"}`: `line 1: format: "csv" is not "vpcetrail-endpoints"`,
		`{"format":"vpcetrail-endpoints","endpoints":[]}`:                                                                                                       "line 1: version: it is missing: want 1",
		`{"format":"vpcetrail-endpoints",` + "\n" + `"version":2,"endpoints":[]}`:                                                                               "line 2: version: 2 is not a version that this vpcetrail reads: want 1",
		`{"format":"vpcetrail-endpoints","version":1}`:                                                                                                          "line 1: endpoints: it is missing: want a list",
		`{"format":"vpcetrail-endpoints","version":1,"endpoints":[` + "\n" + `{"id":"x"}]}`:                                                                     `line 2: endpoints[0].id: "x" is not vpce- and 8 or 17 hexadecimal digits`,
		`{"format":"vpcetrail-endpoints","version":1,"endpoints":[{"id":"vpce-0a1b2c3d"}]}`:                                                                     `line 1: endpoints[0].known_by: "" is not "inventory" or "trail"`,
		`{"format":"vpcetrail-endpoints","version":1,"endpoints":[{"id":"vpce-0a1b2c3d","known_by":"trail","type":"Gate"}]}`:                                    `line 1: endpoints[0].type: "Gate" is not "gateway" or "interface"`,
		`{"format":"vpcetrail-endpoints","version":1,"endpoints":[{"id":"vpce-0a1b2c3d","known_by":"trail","account_id":"1"}]}`:                                 `line 1: endpoints[0].account_id: "1" is not an account id of 12 digits`,
		`{"format":"vpcetrail-endpoints","version":1,"endpoints":[{"id":"vpce-0a1b2c3d","known_by":"trail","private_dns":"yes"}]}`:                              `line 1: endpoints[0].private_dns: "yes" is not true or false`,
		`{"format":"vpcetrail-endpoints","version":1,"endpoints":[{"id":"vpce-0a1b2c3d","known_by":"trail","created":"2026-11-20T10:00:00Z","deleted":1774}]}`:  `line 1: endpoints[0].deleted: 1774 is not a time such as 2026-11-20T10:11:12Z`,
		`{"format":"vpcetrail-endpoints","version":1,"endpoints":[{"id":"vpce-0a1b2c3d","known_by":"inventory"},` + "\n" + `{"id":"vpce-0a1b2c3d","type":[]}]}`: "line 2: endpoints[1].type: found a list: want a string",
	} {
		if _, err := ParseInventory([]byte(text)); err == nil || err.Error() != message {
			t.Errorf("%s:\ngot  %v\nwant %s", text, err, message)
		}
	}
}
