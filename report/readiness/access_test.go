package readiness

import (
	"fmt"
	"strings"
	"testing"

	"vpcetrail/ingest"
	"vpcetrail/ingest/day"
	"vpcetrail/report"
	"vpcetrail/report/reporttest"
	"vpcetrail/report/table"
)

// Of a bucket without data events, S3 access logs show who uses it. What the trail has too counts once.
func TestReadinessByAccessLogs(t *testing.T) {
	logged := func(requester, operation, route, evidence, endpoint string, requests, matched int64) table.S3AccessRow {
		return table.S3AccessRow{
			S3AccessKey: table.S3AccessKey{Bucket: "ledger", Requester: requester, Operation: operation, Route: route, Evidence: evidence, EndpointID: endpoint},
			Requests:    requests, Denied: requests / 2, Matched: matched, FirstSeen: 1, LastSeen: 2,
		}
	}
	rows := func(matched int64) []table.S3AccessRow {
		return []table.S3AccessRow{
			logged(role("app"), "REST.GET.OBJECT", "internet", "public_address", "", 10, matched),
			logged(role("app"), "REST.PUT.OBJECT", "vpce", "private_address", "", 5, min(matched, 0)),
			logged(role("etl"), "REST.GET.OBJECT", "vpce", "host_endpoint", "vpce-0a11b22c", 3, min(matched, 0)),
			logged(role("app"), "REST.GET.ACL", "vpce", "host_endpoint", "vpce-0a11b22c", 1, max(min(matched, 1), -1)),
			logged("AmazonS3", "S3.EXPIRE.OBJECT", "aws_service", "service_operation", "", 2, min(matched, 0)),
		}
	}
	acl := row{role("app"), "AssumedRole", "GetBucketAcl", "vpce//endpoint_account", "vpce-0a11b22c/own/111122223333", 1, 0}
	const alone = "stopped 10 (5 denied) GetObject, unknown 5 (2 denied) PutObject, exempt 2 (1 denied) S3.EXPIRE.OBJECT, passes 3 (1 denied) GetObject"
	const others = "stopped 1200 (0 denied) GetObject, "
	for name, tc := range map[string]struct {
		trail   []table.ResourceRow
		matched int64
		want    string
	}{
		"no call, no trail": {[]table.ResourceRow{}, -1, alone + ", passes 1 (0 denied) REST.GET.ACL: 21 requests, 0 not compared"},
		"no call":           {[]table.ResourceRow{}, 0, alone + ", passes 1 (0 denied) REST.GET.ACL: 21 requests, 0 not compared"},
		"some in the trail": {[]table.ResourceRow{resourceRow(bucket, ledger[3], today.Time())}, 4,
			others + "stopped 6 (1 denied) GetObject, unknown 5 (2 denied) PutObject, exempt 2 (1 denied) S3.EXPIRE.OBJECT, passes 3 (1 denied) GetObject: 16 requests, 0 not compared"},
		"not compared, and the trail has GetObject": {[]table.ResourceRow{resourceRow(bucket, ledger[3], today.Time())}, -1,
			others + "unknown 5 (2 denied) PutObject, exempt 2 (1 denied) S3.EXPIRE.OBJECT: 7 requests, 14 not compared"},
		"not compared, and the trail has no data event": {[]table.ResourceRow{resourceRow(bucket, acl, today.Time())}, -1,
			"stopped 10 (5 denied) GetObject, unknown 5 (2 denied) PutObject, exempt 2 (1 denied) S3.EXPIRE.OBJECT, passes 3 (1 denied) GetObject, passes 1 (0 denied) GetBucketAcl: 20 requests, 1 not compared"},
	} {
		store := reporttest.Store{}
		reporttest.Publish(t, store, &report.Report{Statuses: map[ingest.Status]int64{}, Days: []*report.Day{{
			Day: today, Traffic: report.RowsOf[table.TrafficRow](nil), Endpoints: report.RowsOf(endpoints), Objects: report.RowsOf[table.ObjectRow](nil),
			Resources: report.RowsOf(tc.trail), S3Access: report.RowsOf(rows(tc.matched)),
		}}}, report.Run{})
		span, err := report.ReadSpan(t.Context(), store, day.All())
		if err != nil {
			t.Fatal(err)
		}
		a, err := Read(t.Context(), span, Question{Resource: bucket, Endpoints: []string{"vpce-0a11b22c"}})
		if err != nil {
			t.Fatal(err)
		}
		var uses []string
		for _, u := range a.Uses {
			uses = append(uses, fmt.Sprintf("%s %d (%d denied) %s", u.Verdicts[SourceVpce].Outcome, u.Calls, u.Denied, u.EventName))
		}
		requests, uncompared := "", "0"
		for _, note := range a.Notes {
			if before, _, ok := strings.Cut(fmt.Sprint(note), " are from S3 access logs alone"); ok {
				requests = before
			}
			if after, ok := strings.CutPrefix(fmt.Sprint(note), "Not compared with the trail, and not counted here: "); ok {
				uncompared, _, _ = strings.Cut(after, " ")
			}
		}
		if got := strings.Join(uses, ", ") + ": " + requests + ", " + uncompared + " not compared"; got != tc.want {
			t.Errorf("%s:\n%s, want\n%s", name, got, tc.want)
		}
	}
}

// Requests of a day of which only the access logs were read count too, and the answer says so.
func TestAccessLogsOfADayWithoutCalls(t *testing.T) {
	store := reporttest.Store{}
	reporttest.Publish(t, store, &report.Report{Statuses: map[ingest.Status]int64{}, Days: []*report.Day{{
		Day: today, Traffic: report.RowsOf[table.TrafficRow](nil), Endpoints: report.RowsOf(endpoints), Objects: report.RowsOf[table.ObjectRow](nil), Resources: report.RowsOf[table.ResourceRow](nil),
	}, {
		Day: today + 1, S3Access: report.RowsOf([]table.S3AccessRow{{
			S3AccessKey: table.S3AccessKey{Bucket: "ledger", Requester: role("app"), Operation: "REST.GET.OBJECT", Route: "internet", Evidence: "public_address"},
			Requests:    7, Matched: -1, FirstSeen: 1, LastSeen: 2,
		}}),
	}}}, report.Run{})
	span, err := report.ReadSpan(t.Context(), store, day.All())
	if err != nil {
		t.Fatal(err)
	}
	a, err := Read(t.Context(), span, Question{Resource: bucket, Endpoints: []string{"vpce-0a11b22c"}})
	if err != nil {
		t.Fatal(err)
	}
	if n := a.Conditions[0].Calls[Stopped]; n != 7 || fmt.Sprint(a.Missing) != "[2026-11-21]" {
		t.Errorf("%d stopped, missing %v", n, a.Missing)
	}
	if notes := fmt.Sprint(a.Notes); !strings.Contains(notes, "7 requests of them are of days of which the report has no calls") {
		t.Error(notes)
	}
}
