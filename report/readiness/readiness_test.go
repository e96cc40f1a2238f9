package readiness

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"vpcetrail/cmd/vpcetrail/dest"
	"vpcetrail/fixtures"
	"vpcetrail/ingest"
	"vpcetrail/ingest/day"
	"vpcetrail/report"
	"vpcetrail/report/grid"
	"vpcetrail/report/policy"
	"vpcetrail/report/reporttest"
	"vpcetrail/report/table"
	"vpcetrail/report/words"
)

const bucket = "arn:aws:s3:::ledger"

// A row is one row of table resources in a form that is quick to write and to read:
// principal, type, event, route/origin/evidence, endpoint/owner/account, calls, denied.
type row struct {
	principal, kind, event string
	route                  string
	endpoint               string
	calls, denied          int64
}

func role(name string) string { return "arn:aws:iam::111122223333:role/" + name }

// ledger is a day of a bucket that is used in every way there is.
var ledger = []row{
	{role("app"), "AssumedRole", "PutObject", "vpce//endpoint_account", "vpce-0a11b22c/own/111122223333", 40, 2},
	{role("app"), "AssumedRole", "GetObject", "vpce//endpoint_account", "vpce-0b22c33d/own/111122223333", 7, 0},
	{role("old"), "AssumedRole", "GetObject", "vpce//endpoint_inventory", "vpce-0c33d44e/own/", 3, 0},
	{role("batch"), "AssumedRole", "GetObject", "internet/aws/public_source", "//", 1200, 0},
	{role("batch"), "AssumedRole", "DeleteObject", "internet/aws/public_source", "//", 12, 12},
	{"arn:aws:iam::444455556666:user/partner", "IAMUser", "HeadObject", "vpce//endpoint_foreign_account", "vpce-0f66a77b/foreign/444455556666", 5, 0},
	{"arn:aws:iam::111122223333:user/\x1b[2Jclerk", "IAMUser", "ListObjectsV2", "internet/external/public_source", "//", 3, 0},
	{role("aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_1"), "AssumedRole", "GetObject", "internet/external/console_public_source", "vpce-f40dc59d//", 4, 0},
	{role("mystery"), "AssumedRole", "GetObject", "vpce//endpoint_private_source", "vpce-0d44e55f/unknown/", 9, 0},
	{role("nat"), "AssumedRole", "GetObject", "unknown//private_source", "//", 6, 0},
	{role("etl"), "AssumedRole", "GetObject", "aws_service//invoked_by", "//", 21, 0},
	{"arn:aws:iam::111122223333:user/clerk", "IAMUser", "GetObject", "aws_service//invoked_by", "//", 2, 0},
	{role("aws-service-role/access-analyzer.amazonaws.com/AWSServiceRoleForAccessAnalyzer"), "AssumedRole", "GetBucketPolicy", "aws_service//invoked_by", "//", 8, 0},
	{role("mwaa"), "AssumedRole", "GetObject", "aws_service//endpoint_internal", "//", 1, 0},
	{"cloudtrail.amazonaws.com", "AWSService", "PutObject", "aws_service//service_principal", "//", 30, 0},
	{"", "", "GetObject", "internet/external/public_source", "//", 2, 2},
}

func resourceRow(resource string, r row, at time.Time) table.ResourceRow {
	way, endpoint := strings.Split(r.route, "/"), strings.Split(r.endpoint, "/")
	account := ""
	if parts := strings.Split(r.principal, ":"); len(parts) > 4 {
		account = parts[4]
	}
	return table.ResourceRow{
		ResourceKey: table.ResourceKey{
			Resource: resource, Service: "s3.amazonaws.com", EventName: r.event, Principal: r.principal, PrincipalType: r.kind, PrincipalAccountID: account,
			AccountID: "111122223333", Region: "eu-west-1", Route: way[0], Origin: way[1], Evidence: way[2],
			EndpointID: endpoint[0], EndpointOwner: endpoint[1], EndpointAccountID: endpoint[2],
		},
		Calls: r.calls, Denied: r.denied, FirstSeen: at.UnixMilli(), LastSeen: at.Add(time.Hour).UnixMilli(),
	}
}

func endpointRow(id, service, owner, account, vpc string) table.EndpointRow {
	return table.EndpointRow{EndpointID: id, AccountID: "111122223333", Region: "eu-west-1", Service: service, EndpointOwner: owner, EndpointAccountID: account, VPCID: vpc, Calls: 1}
}

var endpoints = []table.EndpointRow{
	endpointRow("vpce-0a11b22c", "s3.amazonaws.com", "own", "111122223333", "vpc-0a"),
	endpointRow("vpce-0b22c33d", "s3.amazonaws.com", "own", "111122223333", "vpc-0b"),
	endpointRow("vpce-0c33d44e", "s3.amazonaws.com", "own", "", ""),
	endpointRow("vpce-0d44e55f", "s3.amazonaws.com", "unknown", "", ""),
	endpointRow("vpce-0f66a77b", "s3.amazonaws.com", "foreign", "444455556666", ""),
	endpointRow("vpce-0e55f66a", "sqs.amazonaws.com", "own", "777788889999", "vpc-0a"),
}

// published publishes days of a report with these rows and returns its span. A nil slice is a day without the table.
func published(t *testing.T, window day.Window, days map[day.Day][]table.ResourceRow) (*report.Span, error) {
	t.Helper()
	ctx := context.Background()
	store, err := dest.Open(ctx, t.TempDir(), nil, dest.S3Options{})
	if err != nil {
		t.Fatal(err)
	}
	rep := &report.Report{Statuses: map[ingest.Status]int64{ingest.OK: 1}}
	for d, rows := range days {
		table.Resources.Sort(rows)
		one := &report.Day{
			Day: d, Traffic: report.RowsOf[table.TrafficRow](nil), Principals: report.RowsOf[table.PrincipalRow](nil), Services: report.RowsOf[table.ServiceRow](nil),
			Endpoints: report.RowsOf(endpoints), Objects: report.RowsOf[table.ObjectRow](nil),
		}
		if rows != nil {
			one.Resources = report.RowsOf(rows)
		}
		rep.Days = append(rep.Days, one)
	}
	reporttest.Publish(t, store, rep, report.Run{})
	return report.ReadSpan(ctx, store, window)
}

const today = day.Day(20777) // 2026-11-20

func ledgerSpan(t *testing.T) *report.Span {
	t.Helper()
	at := today.Time().Add(10 * time.Hour)
	var rows []table.ResourceRow
	for _, r := range ledger {
		rows = append(rows, resourceRow(bucket, r, at))
	}
	rows = append(rows, resourceRow("arn:aws:s3:::ledger-archive", ledger[0], at), resourceRow("arn:aws:s3:::invoices", ledger[0], at))
	later := []table.ResourceRow{resourceRow(bucket, ledger[3], at.Add(48*time.Hour))}
	s, err := published(t, day.All(), map[day.Day][]table.ResourceRow{today: rows, today + 2: later})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func ask(t *testing.T, q Question) *Answer {
	t.Helper()
	a, err := Read(context.Background(), ledgerSpan(t), q)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// forgetful is a bucket policy that forgot half of the actions, and with them some callers.
const forgetful = `{"Version": "2012-10-17", "Statement": [
  {"Effect": "Deny", "Principal": "*", "Action": ["s3:GetObject*", "s3:PutObject*"], "Resource": "arn:aws:s3:::ledger/*",
   "Condition": {"StringNotEquals": {"aws:SourceVpce": ["vpce-0a11b22c", "vpce-0f66a77b"]}, "ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/batch"}}},
  {"Effect": "Deny", "Principal": "*", "Action": "s3:List*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}]}`

func TestAnswerInText(t *testing.T) {
	a := ask(t, Question{Resource: bucket})
	p, err := policy.Parse([]byte(forgetful))
	if err != nil {
		t.Fatal(err)
	}
	a.FindOpen(p)
	for _, key := range []string{SourceVpce, SourceVpc} {
		var out strings.Builder
		if err := a.WriteText(&out, grid.Style{}, key, "forgetful.json"); err != nil {
			t.Fatal(err)
		}
		if strings.ContainsRune(out.String(), '\x1b') {
			t.Error("the text holds control characters of the log")
		}
		fixtures.Golden(t, "testdata/ledger-"+strings.TrimPrefix(key, "aws:")+".txt", []byte(out.String()))
	}
	var out strings.Builder
	if err := a.WriteText(&out, grid.Style{Width: 80, Words: words.In("ja")}, SourceVpc, "forgetful.json"); err != nil {
		t.Fatal(err)
	}
	if found := reporttest.English(out.String(), policy.SupportAsOf); len(found) > 0 {
		t.Errorf("%q in\n%s", found, out.String())
	}
	fixtures.Golden(t, "testdata/ledger-japanese.txt", []byte(out.String()))
	text, err := json.MarshalIndent(a, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	fixtures.Golden(t, "testdata/ledger.json", append(text, '\n'))
}

// TestVerdicts judges each row of ledger alone.
func TestVerdicts(t *testing.T) {
	a := ask(t, Question{Resource: bucket, OrgID: "o-a1b2c3d4e5"})
	for i, want := range []string{
		"passes passes passes", "passes passes passes",
		"passes unknown unknown", // our endpoint of which neither VPC nor account is known
		"stopped stopped stopped", "stopped stopped stopped",
		"stopped stopped stopped", // a foreign endpoint
		"stopped stopped stopped", "stopped stopped stopped",
		"stopped unknown unknown", // the owner of the endpoint is unknown
		"unknown unknown unknown",
		"exempt exempt exempt", "exempt exempt exempt", "exempt exempt exempt",
		"unknown unknown unknown", // a service, for an unknown caller
		"exempt exempt exempt",
		"stopped stopped stopped", // anonymous
	} {
		r := ledger[i]
		found := 0
		for _, u := range a.Uses {
			if u.Principal == r.principal && u.EventName == r.event && strings.HasPrefix(r.endpoint, u.EndpointID+"/") && r.route == u.Route+"/"+u.Origin+"/"+u.Evidence {
				found++
				got := u.Verdicts[SourceVpce].Outcome + " " + u.Verdicts[SourceVpc].Outcome + " " + u.Verdicts[VpceAccount].Outcome
				if string(got) != want {
					t.Errorf("%+v: %s, want %s", r, got, want)
				}
			}
		}
		if found != 1 {
			t.Errorf("%+v: %d uses", r, found)
		}
	}
	for i, u := range a.Uses {
		if org := u.Verdicts[VpceOrgID].Outcome; org != u.Verdicts[VpceAccount].Outcome && u.EndpointID != "vpce-0c33d44e" {
			t.Errorf("%+v: by the organization %s", u, org)
		}
		if u.Principal == role("batch") && u.EventName == "GetObject" && (i != 0 || u.Calls != 2400 || u.LastSeenAt != "2026-11-22T11:00:00Z") {
			t.Errorf("use %d adds up to %+v", i, u.Counts)
		}
	}
}

func TestAccountsAreThoseOfAllOurEndpoints(t *testing.T) {
	a := ask(t, Question{Resource: bucket})
	if got := a.Conditions[3]; got.Key != VpceAccount || !slices.Equal(got.Values, []string{"111122223333", "777788889999"}) {
		t.Errorf("%+v", got)
	}
}

func TestChosenEndpoints(t *testing.T) {
	a := ask(t, Question{Resource: bucket, Endpoints: []string{"vpce-0b22c33d", "vpce-0d44e55f", "vpce-99999999"}})
	if got := a.Conditions[0]; !slices.Equal(got.Values, []string{"vpce-0b22c33d", "vpce-0d44e55f", "vpce-99999999"}) || got.Calls[Passes] != 7+9 {
		t.Errorf("%+v", got)
	}
	if len(a.Notes) < 2 || !strings.HasPrefix(a.Notes[0].String(), "vpce-0d44e55f is not known as ours: the report says unknown.") || !strings.HasPrefix(a.Notes[1].String(), "vpce-99999999 is not in the report") {
		t.Errorf("%q", a.Notes)
	}
}

func TestGapsAreSaid(t *testing.T) {
	a := ask(t, Question{Resource: bucket})
	if !slices.Equal(a.Missing, []string{"2026-11-21"}) || a.Days.String() != "2 days between 2026-11-20 and 2026-11-22" {
		t.Errorf("%v, %s", a.Missing, a.Days)
	}
}

func TestUnknownResource(t *testing.T) {
	s := ledgerSpan(t)
	for asked, want := range map[string]string{
		"arn:aws:s3:::legder": `no call of 2 days between 2026-11-20 and 2026-11-22 names the resource "arn:aws:s3:::legder"; near to it: arn:aws:s3:::ledger`,
		"ledger":              `no call of 2 days between 2026-11-20 and 2026-11-22 names the resource "ledger"; near to it: arn:aws:s3:::ledger, arn:aws:s3:::ledger-archive`,
		"arn:aws:s3:::zz":     `no call of 2 days between 2026-11-20 and 2026-11-22 names the resource "arn:aws:s3:::zz": calls on what a resource holds are recorded only where the trail has data events for it`,
	} {
		_, err := Read(context.Background(), s, Question{Resource: asked})
		var unknown *UnknownResourceError
		if !errors.As(err, &unknown) || err.Error() != want {
			t.Errorf("%s:\n%v\nwant\n%s", asked, err, want)
		}
	}
}

func TestReportWithoutResources(t *testing.T) {
	rows := []table.ResourceRow{resourceRow(bucket, ledger[0], today.Time())}
	for _, tc := range []struct {
		days map[day.Day][]table.ResourceRow
		want string
	}{
		{map[day.Day][]table.ResourceRow{today: nil}, "has no table resources: it was made by an older vpcetrail; run vpcetrail analyze again for these days"},
		{map[day.Day][]table.ResourceRow{today: nil, today + 1: rows}, "has no table resources for 2026-11-20: run vpcetrail analyze again for these days, or leave them out"},
	} {
		s, err := published(t, day.All(), tc.days)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Read(context.Background(), s, Question{Resource: bucket}); err == nil || !strings.HasSuffix(err.Error(), tc.want) {
			t.Errorf("%v, want %s", err, tc.want)
		}
	}
}
