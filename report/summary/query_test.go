package summary

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"strings"
	"testing"

	"vpcetrail/classify/phrase"
	"vpcetrail/fixtures"
	"vpcetrail/ingest/day"
	"vpcetrail/report"
	"vpcetrail/report/grid"
	"vpcetrail/report/overview"
	"vpcetrail/report/reporttest"
	"vpcetrail/report/table"
	"vpcetrail/report/words"
)

const bucket = "arn:aws:s3:::ledger"

// threeDays publishes a report. Its first day is from an older version, without findings and resources.
func threeDays(t *testing.T) reporttest.Store {
	t.Helper()
	rep := &report.Report{}
	for i := range 3 {
		d := &report.Day{
			Day: 20000 + day.Day(i), Traffic: report.RowsOf(trafficOf(i)),
			Principals: report.RowsOf[table.PrincipalRow](nil), Services: report.RowsOf[table.ServiceRow](nil),
			Endpoints: report.RowsOf(endpointsOf(i)), Objects: report.RowsOf[table.ObjectRow](nil),
		}
		if i > 0 {
			d.Resources, d.Findings = report.RowsOf(resourcesOf(i)), report.RowsOf(findingsOf(i))
			d.S3Access, d.DNS, d.EndpointMetrics = report.RowsOf(accessOf(i)), report.RowsOf(namesOf(i)), report.RowsOf(measuredOf(i))
		}
		rep.Days = append(rep.Days, d)
	}
	store := reporttest.Store{}
	reporttest.Publish(t, store, rep, report.Run{Version: "v1.0.0"})
	return store
}

// at is a moment of the day after i days.
func at(i int) int64 { return (20000+int64(i))*24*3600*1000 + 5000 }

func trafficOf(i int) []table.TrafficRow {
	row := func(principal, service, route, origin string, calls int64) table.TrafficRow {
		return table.TrafficRow{
			TrafficKey: table.TrafficKey{
				AccountID: "111122223333", Region: "eu-west-1", Principal: principal, PrincipalAccountID: "111122223333",
				Service: service, Route: route, Origin: origin,
			},
			Measures: table.Measures{Calls: calls, Denied: 1, BytesIn: 1000 * calls, FirstSeen: at(i), LastSeen: at(i) + calls},
		}
	}
	const app, hostile = "arn:aws:iam::111122223333:role/team/application-of-a-long-name", "\x1b[2J|nobody, \"none\""
	return []table.TrafficRow{
		row(app, "s3.amazonaws.com", "internet", "aws", 10), row(app, "s3.amazonaws.com", "vpce", "", 30),
		row(app, "sqs.amazonaws.com", "internet", "external", int64(i)+1),
		row(hostile, "s3.amazonaws.com", "internet", "external", 2500),
		row("", "sts.amazonaws.com", "unknown", "", 7),
		row("ec2.amazonaws.com", "", "aws_service", "", 3),
	}
}

func endpointsOf(i int) []table.EndpointRow {
	return []table.EndpointRow{
		{EndpointID: "vpce-0a1b2c3d", Service: "s3.amazonaws.com", EndpointOwner: "unknown", Calls: 100, FirstSeen: at(i), LastSeen: at(i)},
		{
			EndpointID: "vpce-0a1b2c3d", AccountID: "444455556666", Service: "s3.amazonaws.com", EndpointType: "gateway", EndpointOwner: "own",
			EndpointAccountID: "444455556666", VPCID: "vpc-1", Calls: 20, Denied: 2, PolicyDenied: 1, NetworkEvents: 4, Bytes: 123456789, FirstSeen: at(i), LastSeen: at(i) + 1,
		},
	}
}

func resourcesOf(i int) []table.ResourceRow {
	row := func(resource, route string, calls int64) table.ResourceRow {
		return table.ResourceRow{
			ResourceKey: table.ResourceKey{Resource: resource, Service: "s3.amazonaws.com", EventName: "GetObject", Principal: "p", Route: route},
			Calls:       calls, Bytes: calls * 100, FirstSeen: at(i), LastSeen: at(i),
		}
	}
	return []table.ResourceRow{row(bucket, "internet", 5), row(bucket, "vpce", 15), row(bucket+"-copy", "vpce", 100)}
}

func namesOf(i int) []table.DNSRow {
	row := func(client, name, answered string, queries int64) table.DNSRow {
		return table.DNSRow{
			VPCID: "vpc-1", Client: client, Name: name, Service: "sqs.amazonaws.com", Answered: answered, Queries: queries, FirstSeen: at(i), LastSeen: at(i) + 1000,
		}
	}
	return []table.DNSRow{
		row("i-1", "queue.amazonaws.com", "public", 2), row("i-1", "sqs.eu-west-1.amazonaws.com", "private", 4000),
		row("i-2", "sqs.eu-west-1.amazonaws.com", []string{"private", "private", "both"}[i], 1), row("i-3", "sqs.us-east-1.amazonaws.com", "", 1),
	}
}

func measuredOf(i int) []table.EndpointMetricsRow {
	row := func(id, compared string, calls, connections int64) table.EndpointMetricsRow {
		return table.EndpointMetricsRow{
			EndpointID: id, ServiceName: "com.amazonaws.eu-west-1.sqs", Compared: compared, Calls: calls,
			NewConnections: connections, ActiveConnections: connections / int64(i+1), Bytes: 1_000_000 * connections, PacketsDropped: 1,
		}
	}
	return []table.EndpointMetricsRow{
		row("vpce-0a1b2c3d", "seen", 100, 50), row("vpce-0b1b2c3d", []string{"", "idle", "unseen"}[i], 0, int64(i-1)), row("vpce-0c1b2c3d", "conflict", 7, 0),
	}
}

func accessOf(i int) []table.S3AccessRow {
	row := func(bucket, requester, route string, requests, matched int64) table.S3AccessRow {
		return table.S3AccessRow{
			S3AccessKey: table.S3AccessKey{Bucket: bucket, Requester: requester, Operation: "REST.GET.OBJECT", Route: route},
			Requests:    requests, Denied: 1, Bytes: 1000 * requests, Matched: matched, FirstSeen: at(i), LastSeen: at(i) + 1000,
		}
	}
	return []table.S3AccessRow{
		row("logs", "p", "internet", 5, []int64{0, 4, -1}[i]), row("logs", "p", "vpce", 15, []int64{0, 15, -1}[i]), row("logs", "q", "unknown", 2, []int64{0, 0, -1}[i]),
		row("media", "AmazonS3", "aws_service", 7, -1), row("media", "p", "vpce", 30, -1),
	}
}

func findingsOf(i int) []table.FindingRow {
	row := func(finding, severity, principal string, calls int64, usd float64) table.FindingRow {
		return table.FindingRow{
			FindingKey: table.FindingKey{Finding: finding, Severity: severity, Principal: principal},
			Calls:      calls, EstimatedUSD: usd, FirstSeen: at(i), LastSeen: at(i),
		}
	}
	unused := row("endpoint_unused", "low", "", 0, math.NaN())
	unused.FirstSeen, unused.LastSeen = -1, -1
	return []table.FindingRow{
		row(overview.DetourCost, "medium", "p", 40, 0.125), row(overview.DetourCost, "medium", "q", 4, 1000.005), unused,
		row("past_endpoint", "high", fmt.Sprint("p", i), 2, math.NaN()),
	}
}

// answer writes what a query answers.
func answer(t *testing.T, store report.Store, q Query, format string, style grid.Style) (string, []phrase.Phrase) {
	t.Helper()
	var out bytes.Buffer
	lacks, err := q.Answer(context.Background(), store, nil, func(l *grid.Listing) error { return l.Write(&out, format, style) })
	if err != nil {
		t.Fatal(err)
	}
	return out.String(), lacks
}

// TestSubjects holds what a report says by each thing, in each format, on terminals too.
func TestSubjects(t *testing.T) {
	store := threeDays(t)
	for _, by := range Subjects() {
		t.Run(by, func(t *testing.T) {
			var out strings.Builder
			for _, format := range grid.Formats() {
				text, _ := answer(t, store, Query{By: by}, format, grid.Style{})
				fmt.Fprintf(&out, "== %s\n%s", format, text)
			}
			text, _ := answer(t, store, Query{By: by, Top: 1}, grid.FormatTable, grid.Style{Color: true, Width: 72})
			fmt.Fprintf(&out, "== terminal\n%s", text)
			fixtures.Golden(t, "testdata/by-"+by+".golden", []byte(out.String()))
			text, _ = answer(t, store, Query{By: by}, grid.FormatTable, grid.Style{Width: 80, Words: words.In("ja")})
			if found := reporttest.English(text); len(found) > 0 {
				t.Errorf("%q in\n%s", found, text)
			}
		})
	}
}

// What does not fit into memory changes nothing.
func TestSpilledQuery(t *testing.T) {
	store := threeDays(t)
	for _, by := range Subjects() {
		want, _ := answer(t, store, Query{By: by}, grid.FormatCSV, grid.Style{})
		if got, _ := answer(t, store, Query{By: by, memory: 1}, grid.FormatCSV, grid.Style{}); got != want {
			t.Errorf("by %s, with no memory:\n%swant\n%s", by, got, want)
		}
	}
}

func TestWhere(t *testing.T) {
	store := threeDays(t)
	for _, tc := range []struct {
		by, where, want string
	}{
		{"service", "route=internet", "s3.amazonaws.com 7530, sqs.amazonaws.com 6"},
		{"service", "route=internet principal=arn:*", "s3.amazonaws.com 30, sqs.amazonaws.com 6"},
		{"service", "route!=internet", "s3.amazonaws.com 90, sts.amazonaws.com 21,  9"},
		{"service", "service=", " 9"},
		{"service", "service!= dt=2024-10-04 principal=", "sts.amazonaws.com 7"},
		{"day", "service=s*.amazonaws.com service!=*3* calls=30", ""},
		{"day", "service=s*3*.com calls=30 dt=2024-10-0*", "2024-10-04 30, 2024-10-05 30, 2024-10-06 30"},
		{"day", "last_seen=2024-10-05T*", "2024-10-05 2552"},
		{"endpoint", "endpoint_owner=own", "vpce-0a1b2c3d 60"},
		{"resource", "resource=*-copy", bucket + "-copy 200"},
		{"finding", "severity=high", "high 4"},
	} {
		text, _ := answer(t, store, Query{By: tc.by, Where: strings.Fields(tc.where)}, grid.FormatCSV, grid.Style{})
		if got := nameAndCalls(text); got != tc.want {
			t.Errorf("by %s where %s: %q, want %q", tc.by, tc.where, got, tc.want)
		}
	}
}

// nameAndCalls returns the first column and the calls of CSV that holds no quotes.
func nameAndCalls(text string) string {
	var rows []string
	calls := 0
	for i, line := range strings.Split(strings.TrimSpace(text), "\n") {
		cells := strings.Split(line, ",")
		if i > 0 {
			rows = append(rows, cells[0]+" "+cells[calls])
			continue
		}
		for k, name := range cells {
			if name == "calls" {
				calls = k
			}
		}
	}
	return strings.Join(rows, ", ")
}

func TestQueriesThatAreWrong(t *testing.T) {
	for _, tc := range []struct {
		Query
		want string
	}{
		{Query{By: "colour"}, `--by "colour": want one of principal, service, endpoint, resource, finding, account, region, day, bucket, name, measured`},
		{Query{By: "day", Where: []string{"service"}}, `--where "service": want column=value or column!=value`},
		{Query{By: "finding", Where: []string{"colour!=red"}}, `--where "colour!=red": table findings has no column "colour": it has dt, finding, severity, ` +
			"account_id, region, principal, principal_account_id, service, resource, vpc_endpoint_id, calls, bytes, estimated_usd, sample_event_ids, detail, first_seen, last_seen"},
	} {
		if err := tc.Check(); err == nil || err.Error() != tc.want {
			t.Errorf("%+v: %v, want %s", tc.Query, err, tc.want)
		}
	}
}

func TestDaysWithoutTheTable(t *testing.T) {
	store := threeDays(t)
	if _, lacks := answer(t, store, Query{By: "finding"}, grid.FormatCSV, grid.Style{}); fmt.Sprint(lacks) != "[left out, since they have no such table: 2024-10-04]" {
		t.Errorf("lacks %v", lacks)
	}
	const want = "memory holds no table findings: an earlier version of vpcetrail has written it: run vpcetrail analyze again for the days that you want"
	q := Query{By: "finding"}
	if _, err := q.Answer(context.Background(), store, []day.Day{20000}, nil); err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

// The digest of findings shows each finding once, and the cost of the detours.
func TestSummaryWithFindings(t *testing.T) {
	s, err := Read(context.Background(), threeDays(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, format := range []string{grid.FormatTable, grid.FormatMarkdown, grid.FormatJSON} {
		var out bytes.Buffer
		if err := s.Write(&out, format, grid.Style{}, 2); err != nil {
			t.Fatal(err)
		}
		fixtures.Golden(t, "testdata/findings-"+format+".golden", out.Bytes())
	}
}
