package readiness

import (
	"fmt"
	"strings"
	"testing"

	"vpcetrail/ingest"
	"vpcetrail/ingest/day"
	"vpcetrail/report"
	"vpcetrail/report/grid"
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
			if after, ok := strings.CutPrefix(fmt.Sprint(note), "From S3 access logs alone: "); ok {
				requests, _, _ = strings.Cut(after, ",")
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

// Requests of days of which only the access logs were read count too, and the answer says so. A day with
// neither is missing.
func TestAccessLogsOfDaysWithoutCalls(t *testing.T) {
	logged := func(matched, denied int64) report.Rows[table.S3AccessRow] {
		return report.RowsOf([]table.S3AccessRow{{
			S3AccessKey: table.S3AccessKey{Bucket: "ledger", Requester: role("app"), Operation: "REST.GET.OBJECT", Route: "internet", Evidence: "public_address"},
			Requests:    7, Denied: denied, Matched: matched, FirstSeen: 1, LastSeen: 2,
		}})
	}
	trail := func(d day.Day) *report.Day {
		return &report.Day{
			Day: d, Traffic: report.RowsOf[table.TrafficRow](nil), Endpoints: report.RowsOf(endpoints), Objects: report.RowsOf[table.ObjectRow](nil), Resources: report.RowsOf[table.ResourceRow](nil),
		}
	}
	both := trail(today)
	both.S3Access = logged(4, 3)
	names := &report.Day{Day: today + 3, DNS: report.RowsOf([]table.DNSRow{})}
	without := &report.Day{Day: today + 1, S3Access: logged(-1, 2)}
	later := &report.Day{Day: today + 3, S3Access: logged(-1, 0)}
	const alone = "no trail was read for %s: only S3 access logs show who uses the bucket"
	for name, tc := range map[string]struct {
		days []*report.Day
		want []string
	}{
		"a trail alone on the first day": {[]*report.Day{trail(today), without}, []string{
			"2026-11-20 to 2026-11-21: 7 calls by 1 principal, 2 denied INCOMPLETE: " + fmt.Sprintf(alone, "2026-11-21") + " Calls,", "From S3 access logs alone: 7 requests, on days without a trail."}},
		"both on the first day": {[]*report.Day{both, without}, []string{
			"10 calls by 1 principal, 2-5 denied ", "aws:SourceVpce 1 10 5-8 ", "role/app GetObject 10 2-5 1970-01-01",
			"From S3 access logs alone: 10 requests, 7 of them on days without a trail, the others without a data event in the trail.", "A range, such as 0-5,"}},
		"no trail, and a day with nothing": {[]*report.Day{without, later}, []string{
			"2 days between 2026-11-21 and 2026-11-23: ", "INCOMPLETE: " + fmt.Sprintf(alone, "2026-11-21, 2026-11-23") + " INCOMPLETE: the report lacks 2026-11-22: others may use the resource "}},
		"no trail, and a day with names": {[]*report.Day{without, names}, []string{
			"2026-11-21: ", "INCOMPLETE: the report lacks 2026-11-22, 2026-11-23: others may use the resource "}},
	} {
		store := reporttest.Store{}
		reporttest.Publish(t, store, &report.Report{Statuses: map[ingest.Status]int64{}, Days: tc.days}, report.Run{})
		span, err := report.ReadPublished(t.Context(), store, day.All())
		if err != nil {
			t.Fatal(err)
		}
		a, err := Read(t.Context(), span, Question{Resource: bucket, Endpoints: []string{"vpce-0a11b22c"}})
		if err != nil {
			t.Fatal(err)
		}
		var text strings.Builder
		if err := a.WriteText(&text, grid.Style{}, SourceVpce, ""); err != nil {
			t.Fatal(err)
		}
		oneLine := strings.Join(strings.Fields(text.String()), " ")
		for _, want := range tc.want {
			if !strings.Contains(oneLine, want) {
				t.Errorf("%s: %q is not in\n%s", name, want, &text)
			}
		}
	}
}

// Where a condition could not be judged, the answer does not say that it stops nobody.
func TestNotJudged(t *testing.T) {
	for want, q := range map[string]Question{
		"not known: give vpcetrail readiness --endpoints those that the policy should let through": {Resource: bucket, Endpoints: []string{}},
		"none": {Resource: bucket, Endpoints: []string{"vpce-0a11b22c", "vpce-0b22c33d", "vpce-0c33d44e", "vpce-0d44e55f", "vpce-0f66a77b"}},
	} {
		span, err := published(t, day.All(), map[day.Day][]table.ResourceRow{today: {resourceRow(bucket, ledger[0], today.Time())}})
		if err != nil {
			t.Fatal(err)
		}
		a, err := Read(t.Context(), span, q)
		if err != nil {
			t.Fatal(err)
		}
		var text strings.Builder
		if err := a.WriteText(&text, grid.Style{}, SourceVpce, ""); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(text.String(), "\nWould be stopped by aws:SourceVpce\n  "+want+"\n") {
			t.Errorf("%q is not in\n%s", want, &text)
		}
	}
}
