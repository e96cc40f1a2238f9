package why

import (
	"fmt"
	"testing"

	"vpcetrail/ingest"
	"vpcetrail/report"
	"vpcetrail/report/reporttest"
	"vpcetrail/report/table"
)

// Requests past the endpoints that only S3 access logs show are named before the groups, and apart
// from them those that nobody compared with the trail.
func TestWarningOfAccessLogs(t *testing.T) {
	row := func(bucket, route string, requests, matched int64) table.S3AccessRow {
		return table.S3AccessRow{S3AccessKey: table.S3AccessKey{Bucket: bucket, Requester: "p", Operation: "REST.GET.OBJECT", Route: route}, Requests: requests, Matched: matched}
	}
	store := reporttest.Store{}
	reporttest.Publish(t, store, &report.Report{Statuses: map[ingest.Status]int64{ingest.OK: 1}, Days: []*report.Day{{
		Day: testDay, Traffic: report.RowsOf[table.TrafficRow](nil), Objects: report.RowsOf[table.ObjectRow](nil), Causes: report.RowsOf[table.CauseRow](nil),
		S3Access: report.RowsOf([]table.S3AccessRow{row("a", "internet", 10, 4), row("a", "vpce", 7, 0), row("b", "internet", 3, -1), row("c", "internet", 2, 2)}),
	}, { // a day without calls
		Day: testDay + 1, S3Access: report.RowsOf([]table.S3AccessRow{row("b", "internet", 4, -1)}),
	}}}, report.Run{})
	for want, f := range map[string]Filter{
		"6 requests, 1 buckets; 7, 1":  {},
		"6 requests, 1 buckets; 7, 1 ": {Services: []string{"s3"}, Principals: []string{"p"}},
		"0 requests, 0 buckets; 0, 0":  {Services: []string{"sqs"}},
		"0 requests, 0 buckets; 0, 0 ": {Accounts: []string{"111122223333"}},
	} {
		y := read(t, store, f)
		if got := fmt.Sprintf("%d requests, %d buckets; %d, %d", y.Logged, y.Buckets, y.Uncompared, y.UncomparedBuckets); got != want[:len(got)] {
			t.Errorf("%+v: %s, want %s", f, got, want)
		}
		if want := 2 * min(int(y.Logged), 1); len(y.Warnings()) != want {
			t.Errorf("%+v: %v", f, y.Warnings())
		}
	}
}
