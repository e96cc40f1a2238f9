package tabulate

import (
	"fmt"
	"slices"
	"testing"

	"vpcetrail/classify/endpoints"
	"vpcetrail/ingest/day"

	"vpcetrail/report"
	"vpcetrail/report/table"
)

const oldEndpoint = "vpce-0a1b2c3d4e5f60718"

// writeLife writes the days of an endpoint: created on the 18th, its private DNS switched off on the 19th,
// deleted on the 21st. There is a call through it on each of the days, and one on the 22nd, when it no
// longer was ours. The names of the objects that describe the endpoint come before those of the calls, or after.
func writeLife(t *testing.T, describedFirst bool) (dir string) {
	t.Helper()
	dir = t.TempDir()
	object := func(day, name, record string) {
		folder := "AWSLogs/111122223333/CloudTrail/us-east-1/2026/11/" + day
		writeFile(t, dir, folder+"/111122223333_CloudTrail_us-east-1_202611"+day+"T1200Z_"+name+".json", []byte(`{"Records":[`+record+`]}`))
	}
	describe := func(day, event, content string) {
		name := "z"
		if describedFirst {
			name = "a"
		}
		object(day, name, `{"eventVersion":"1.08","eventTime":"2026-11-`+day+`T10:00:00Z","eventID":"`+event+`","eventSource":"ec2.amazonaws.com","eventName":"`+event+
			`","awsRegion":"us-east-1","recipientAccountId":"111122223333","sourceIPAddress":"203.0.113.9",`+content+`}`)
	}
	for _, day := range []string{"18", "19", "20", "21", "22"} {
		object(day, "m", `{"eventVersion":"1.08","eventTime":"2026-11-`+day+`T11:00:00Z","eventID":"call","eventSource":"sqs.amazonaws.com","eventName":"SendMessage",`+
			`"awsRegion":"us-east-1","recipientAccountId":"111122223333","sourceIPAddress":"10.0.1.4","vpcEndpointId":"`+oldEndpoint+`"}`)
	}
	describe("18", "CreateVpcEndpoint", `"responseElements":{"CreateVpcEndpointResponse":{"vpcEndpoint":{"vpcEndpointId":"`+oldEndpoint+
		`","vpcEndpointType":"Interface","vpcId":"vpc-1","serviceName":"com.amazonaws.us-east-1.sqs","privateDnsEnabled":true}}}`)
	describe("19", "ModifyVpcEndpoint", `"requestParameters":{"ModifyVpcEndpointRequest":{"VpcEndpointId":"`+oldEndpoint+`","PrivateDnsEnabled":false}}`)
	describe("21", "DeleteVpcEndpoints", `"requestParameters":{"DeleteVpcEndpointsRequest":{"VpcEndpointId":{"tag":1,"content":"`+oldEndpoint+`"}}}`)
	return dir
}

// lived returns a line for each day's row of the endpoint in table endpoints, and its evidence in traffic.
func lived(t *testing.T, rep *report.Report) []string {
	t.Helper()
	var lines []string
	for _, d := range readDays(t, rep) {
		evidence := ""
		for _, row := range d.Traffic {
			if row.EndpointID != "" {
				evidence = row.Evidence
			}
		}
		for i := range d.Endpoints {
			line := d.Day.String() + " " + evidence
			for _, c := range table.Endpoints.Columns {
				if slices.Contains([]string{"endpoint_owner", "vpc_id", "service_name", "private_dns", "created", "deleted"}, c.Name) {
					line += fmt.Sprintf(" %s=%s", c.Name, c.Format(&d.Endpoints[i]))
				}
			}
			lines = append(lines, line)
		}
	}
	return lines
}

// The day's own events describe the endpoint on that day only. A saved inventory describes it as long as it
// existed. What EC2 says is not evidence of the trail. The order of the objects makes no difference.
func TestEndpointsOverTime(t *testing.T) {
	const unknown = " endpoint_private_source endpoint_owner=unknown vpc_id= service_name= private_dns= created= deleted="
	const known = " endpoint_owner=own vpc_id=vpc-1 service_name=com.amazonaws.us-east-1.sqs "
	saved := func(by string) string {
		return `{"format":"vpcetrail-endpoints","version":1,"endpoints":[{"id":"` + oldEndpoint + `","known_by":"` + by + `","type":"interface","account_id":"111122223333",
			"vpc_id":"vpc-1","service_name":"com.amazonaws.us-east-1.sqs","private_dns":false,"private_dns_told":"2026-11-19T10:00:00Z",
			"created":"2026-11-18T10:00:00Z","last_seen":"2026-11-19T10:00:00Z","deleted":"2026-11-21T10:00:00Z"}]}`
	}
	always := func(evidence string) (lines []string) {
		for _, day := range []string{"18", "19", "20", "21"} {
			lines = append(lines, "2026-11-"+day+" "+evidence+known+"private_dns=false created=2026-11-18T10:00:00Z deleted=2026-11-21T10:00:00Z")
		}
		return append(lines, "2026-11-22"+unknown)
	}
	for name, tc := range map[string]struct {
		inventory string
		want      []string
	}{
		"the trail alone": {`[]`, []string{
			"2026-11-18 endpoint_trail" + known + "private_dns=true created=2026-11-18T10:00:00Z deleted=",
			"2026-11-19 endpoint_trail endpoint_owner=own vpc_id= service_name= private_dns=false created= deleted=",
			"2026-11-20" + unknown,
			"2026-11-21 endpoint_trail endpoint_owner=own vpc_id= service_name= private_dns= created= deleted=2026-11-21T10:00:00Z",
			"2026-11-22" + unknown,
		}},
		"an inventory that holds what the trail says": {saved("trail"), always("endpoint_trail")},
		"an inventory that EC2 confirms too":          {saved("inventory"), always("endpoint_inventory")},
	} {
		t.Run(name, func(t *testing.T) {
			inventory, err := endpoints.ParseInventory([]byte(tc.inventory))
			if err != nil {
				t.Fatal(err)
			}
			for _, describedFirst := range []bool{true, false} {
				dir := writeLife(t, describedFirst)
				rep := testRun{sources: []string{dir}, window: day.All(), inventory: inventory}.report(t)
				if got := lived(t, rep); !slices.Equal(got, tc.want) {
					t.Errorf("described first: %v\ngot  %q\nwant %q", describedFirst, got, tc.want)
				}
				for i, line := range tc.want { // each day alone says the same
					d := rep.Days[i].Day
					alone := testRun{sources: []string{dir}, window: day.Window{From: d, To: d}, inventory: inventory}.report(t)
					if got := lived(t, alone); !slices.Equal(got, []string{line}) {
						t.Errorf("%s alone, described first: %v\ngot  %q\nwant %q", d, describedFirst, got, line)
					}
				}
			}
		})
	}
}
