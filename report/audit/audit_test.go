package audit

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"slices"
	"strings"
	"testing"

	"vpcetrail/cmd/vpcetrail/dest"
	"vpcetrail/fixtures"
	"vpcetrail/ingest"
	"vpcetrail/ingest/day"
	"vpcetrail/report"
	"vpcetrail/report/grid"
	"vpcetrail/report/reporttest"
	"vpcetrail/report/table"
)

const (
	today = day.Day(20777) // 2026-11-20
	ours  = "111122223333"
)

func call(principal, service, action, resource, way, endpoint, owner string, calls, denied int64) Call {
	route, origin, _ := strings.Cut(way, "/")
	at := today.Time().UnixMilli()
	c := Call{CallKey: CallKey{
		AccountID: ours, Region: "eu-west-1", Principal: "arn:aws:iam::" + ours + ":" + principal, PrincipalType: "AssumedRole", PrincipalAccountID: ours,
		Service: service + ".amazonaws.com", Action: action, Resource: resource, Route: route, Origin: origin, EndpointID: endpoint, EndpointOwner: owner,
	}, Calls: calls, Denied: denied, FirstSeen: at, LastSeen: at + 1000}
	if strings.HasPrefix(principal, "user/") {
		c.PrincipalType = "IAMUser"
	}
	return c
}

// calls are a day's, each kind of route twice.
var calls = []Call{
	call("role/app", "s3", "GetObject", "arn:aws:s3:::ledger", "vpce", "vpce-1", "own", 90, 0),
	call("role/app", "s3", "PutObject", "arn:aws:s3:::ledger", "vpce", "vpce-2", "own", 10, 4),
	call("role/app", "s3", "GetObject", "arn:aws:s3:::ledger", "internet/aws", "", "", 3, 0),
	call("user/\x1b[2Jclerk", "s3", "DeleteObject", "arn:aws:s3:::ledger", "internet/external", "", "", 5, 2),
	call("user/clerk", "s3", "PutObject", "arn:aws:s3:::ledger", "internet/external", "", "", 6, 6),
	call("user/guest", "s3", "GetObject", "arn:aws:s3:::ledger", "vpce", "vpce-9", "foreign", 2, 0),
	call("role/app", "s3", "GetObject", "arn:aws:s3:::ledger", "vpce", "vpce-8", "unknown", 7, 0),
	call("role/nat", "s3", "GetObject", "arn:aws:s3:::ledger", "unknown", "", "", 11, 0),
	call("role/etl", "s3", "GetObject", "arn:aws:s3:::ledger", "aws_service", "", "", 13, 0),
	call("role/app", "sqs", "SendMessage", "arn:aws:sqs:eu-west-1:111122223333:orders", "vpce", "vpce-3", "own", 17, 0),
}

// published publishes calls in both tables, on each of the days, and returns the span of window.
func published(t *testing.T, window day.Window, status ingest.Status, resources bool, days ...day.Day) *report.Span {
	t.Helper()
	ctx := context.Background()
	store, err := dest.Open(ctx, t.TempDir(), nil, dest.S3Options{})
	if err != nil {
		t.Fatal(err)
	}
	rep := &report.Report{Statuses: map[ingest.Status]int64{status: 1}}
	for _, d := range days {
		var traffic []table.TrafficRow
		var named []table.ResourceRow
		for _, c := range calls {
			traffic = append(traffic, table.TrafficRow{TrafficKey: table.TrafficKey{
				AccountID: c.AccountID, Region: c.Region, Principal: c.Principal, PrincipalType: c.PrincipalType, PrincipalAccountID: c.PrincipalAccountID, Session: "i-0a1b2c3d",
				Service: c.Service, Route: c.Route, Origin: c.Origin, EndpointID: c.EndpointID, EndpointOwner: c.EndpointOwner,
			}, Measures: table.Measures{Calls: c.Calls, Denied: c.Denied, FirstSeen: c.FirstSeen, LastSeen: c.LastSeen}})
			named = append(named, table.ResourceRow{ResourceKey: table.ResourceKey{
				AccountID: c.AccountID, Region: c.Region, Principal: c.Principal, PrincipalType: c.PrincipalType, PrincipalAccountID: c.PrincipalAccountID,
				Resource: c.Resource, EventName: c.Action, Service: c.Service, Route: c.Route, Origin: c.Origin, EndpointID: c.EndpointID, EndpointOwner: c.EndpointOwner,
			}, Calls: c.Calls, Denied: c.Denied, FirstSeen: c.FirstSeen, LastSeen: c.LastSeen})
		}
		one := &report.Day{
			Day: d, Traffic: report.RowsOf(traffic), Principals: report.RowsOf[table.PrincipalRow](nil), Services: report.RowsOf[table.ServiceRow](nil),
			Endpoints: report.RowsOf[table.EndpointRow](nil), Objects: report.RowsOf[table.ObjectRow](nil),
		}
		if resources {
			one.Resources = report.RowsOf(named)
		}
		rep.Days = append(rep.Days, one)
	}
	reporttest.Publish(t, store, rep, report.Run{})
	s, err := report.ReadSpan(ctx, store, window)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestRules(t *testing.T) {
	s := published(t, day.All(), ingest.OK, true, today)
	const ledger = "scope: {resources: 'arn:aws:s3:::ledger'}, "
	for _, tc := range []struct{ name, rule, want string }{
		{"by vpce", ledger + "require: {route: vpce}", "violated: 6 of 111, 11 open, 13 by services, 12 denied, rows 2"},
		{"denied too", ledger + "require: {route: vpce}, denied: count", "violated: 14 of 123, 11 open, 13 by services, 0 denied, rows 3"},
		{"ours", ledger + "require: {owners: own}", "violated: 8 of 104, 18 open, 13 by services, 12 denied, rows 3"},
		{"unknown violates", ledger + "require: {owners: own}, unknown: violate", "violated: 26 of 122, 0 open, 13 by services, 12 denied, rows 5"},
		{"services violate", ledger + "require: {route: vpce}, aws_service: violate", "violated: 19 of 124, 11 open, 0 by services, 12 denied, rows 3"},
		{"services may", ledger + "require: {route: [vpce, aws_service]}", "violated: 6 of 124, 11 open, 0 by services, 12 denied, rows 2"},
		{"one endpoint", ledger + "require: {endpoints: vpce-1}", "violated: 21 of 111, 11 open, 13 by services, 12 denied, rows 5"},
		{"from AWS", ledger + "require: {route: [vpce, internet], origins: aws}", "violated: 3 of 111, 11 open, 13 by services, 12 denied, rows 1"},
		{"nobody", "scope: {principal_types: IAMUser}, require: {route: none}", "violated: 5 of 5, 0 open, 0 by services, 8 denied, rows 2"},
		{"nobody by an unknown way", "scope: {principals: '*role/nat'}, require: {route: none}", "violated: 11 of 11, 0 open, 0 by services, 0 denied, rows 1"},
		{"kept", "scope: {services: sqs.*}, require: {endpoints: vpce-3}", "kept: 0 of 17, 0 open, 0 by services, 0 denied, rows 0"},
		{"tolerated calls", ledger + "require: {route: vpce}, allow: {calls: 6}", "kept: 6 of 111, 11 open, 13 by services, 12 denied, rows 2"},
		{"tolerated share", ledger + "require: {route: vpce}, allow: {share: 6%}", "kept: 6 of 111, 11 open, 13 by services, 12 denied, rows 2"},
		{"too great a share", ledger + "require: {route: vpce}, allow: {calls: 100, share: 0.05}", "violated: 6 of 111, 11 open, 13 by services, 12 denied, rows 2"},
		{"nothing in it", "scope: {resources: 'arn:aws:s3:::leger'}, require: {route: vpce}", "empty: 0 of 0, 0 open, 0 by services, 0 denied, rows 0"},
		{"action", "scope: {actions: 's3:Delete*'}, require: {route: vpce}", "violated: 3 of 3, 0 open, 0 by services, 2 denied, rows 1"},
		{"action of another service", "scope: {actions: 'sqs:Delete*'}, require: {route: vpce}", "empty: 0 of 0, 0 open, 0 by services, 0 denied, rows 0"},
		{"exception", ledger + "require: {route: vpce}, except: [{reason: X, principals: '*role/app'}]", "violated: 3 of 5, 11 open, 13 by services, 8 denied, rows 1"},
		{"all of it excepted", "scope: {principal_types: IAMUser}, require: {route: none}, except: [{reason: X, principals: '*'}]", "kept: 0 of 0, 0 open, 0 by services, 0 denied, rows 0"},
		{"sessions", "scope: {sessions: i-*}, require: {route: vpce}", "violated: 6 of 128, 11 open, 13 by services, 12 denied, rows 2"},
		{"other account", "scope: {accounts: 444455556666}, require: {route: vpce}", "empty: 0 of 0, 0 open, 0 by services, 0 denied, rows 0"},
	} {
		rules, err := Parse([]byte("rules: [{name: x, " + tc.rule + "}]"))
		if err != nil {
			t.Fatal(err)
		}
		a, err := Run(context.Background(), s, rules)
		if err != nil {
			t.Fatal(err)
		}
		r := a.Results[0]
		got := fmt.Sprintf("%s: %d of %d, %d open, %d by services, %d denied, rows %d", r.Status, r.Violating, r.Judged, r.Open, r.ByService, r.Denied, len(r.Rows))
		if got != tc.want {
			t.Errorf("%s: %s\nwant %s", tc.name, got, tc.want)
		}
	}
}

// mixed are rules of each outcome.
const mixed = `rules:
  - {name: orders, severity: low, scope: {services: sqs.amazonaws.com}, require: {owners: own}}
  - {name: misspelt, scope: {resources: "arn:aws:s3:::leger"}, require: {owners: own}}
  - name: ledger
    description: The ledger is reached through its endpoints only, whoever it is that asks for what it holds, on whatever day.
    severity: critical
    scope: {resources: "arn:aws:s3:::ledger"}
    require: {owners: own}
    except:
      - {reason: The partner is known., principals: "*:user/guest"}
      - {reason: Nobody., principals: "*:user/nobody"}
  - {name: some, severity: high, scope: {principals: "*:role/app"}, require: {route: vpce}, allow: {calls: 10, share: 5%}}
  - {name: users, severity: high, scope: {principal_types: IAMUser}, require: {route: vpce}}
`

func TestOutputs(t *testing.T) {
	rules, err := Parse([]byte(mixed))
	if err != nil {
		t.Fatal(err)
	}
	s := published(t, day.Window{From: today - 1, To: today + 1}, ingest.Corrupt, true, today)
	a, err := Run(context.Background(), s, rules)
	if err != nil {
		t.Fatal(err)
	}
	var text, junit bytes.Buffer
	if err := a.WriteText(&text, grid.Style{}); err != nil {
		t.Fatal(err)
	}
	if err := a.WriteJUnit(&junit); err != nil {
		t.Fatal(err)
	}
	doc, err := json.MarshalIndent(a.Document(), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	for name, got := range map[string][]byte{"mixed.txt": text.Bytes(), "mixed.xml": junit.Bytes(), "mixed.json": append(doc, '\n')} {
		fixtures.Golden(t, "testdata/"+name, got)
	}
	if bytes.ContainsRune(text.Bytes(), '\x1b') || bytes.ContainsRune(junit.Bytes(), '\x1b') {
		t.Error("control characters of the log")
	}
	if err := xml.Unmarshal(junit.Bytes(), new(struct{})); err != nil {
		t.Error(err)
	}
	if a.Violations("info") != 2 || a.Violations("critical") != 1 || a.Whole() {
		t.Errorf("%d, %d violations, whole %v", a.Violations("info"), a.Violations("critical"), a.Whole())
	}
}

func TestGapsDoNotPass(t *testing.T) {
	const kept = "rules: [{name: x, scope: {services: 'sqs*'}, require: {route: vpce}}]"
	for _, tc := range []struct {
		name                string
		window              day.Window
		status              ingest.Status
		days                []day.Day
		missing, incomplete []string
	}{
		{"nothing lacks", day.All(), ingest.OK, []day.Day{today}, nil, nil},
		{"an object", day.All(), ingest.Truncated, []day.Day{today}, nil, []string{"2026-11-20"}},
		{"a day between", day.All(), ingest.OK, []day.Day{today, today + 2}, []string{"2026-11-21"}, nil},
		{"days at the ends", day.Window{From: today - 1, To: today + 1}, ingest.OK, []day.Day{today}, []string{"2026-11-19", "2026-11-21"}, nil},
		{"the first day", day.Window{From: today - 1, To: day.All().To}, ingest.OK, []day.Day{today}, []string{"2026-11-19"}, nil},
	} {
		s := published(t, tc.window, tc.status, true, tc.days...)
		for _, strict := range []string{"true", "false"} {
			rules, err := Parse([]byte("require_complete: " + strict + "\n" + kept))
			if err != nil {
				t.Fatal(err)
			}
			a, err := Run(context.Background(), s, rules)
			if err != nil {
				t.Fatal(err)
			}
			whole := tc.missing == nil && tc.incomplete == nil
			passed := a.Document().Passed
			if !slices.Equal(a.Missing, tc.missing) || !slices.Equal(a.Incomplete, tc.incomplete) || a.Whole() != whole || passed != (whole || strict == "false") {
				t.Errorf("%s, strict %s: missing %v, incomplete %v, passed %v", tc.name, strict, a.Missing, a.Incomplete, passed)
			}
		}
	}
}

// TestUnprovedDays checks what each output says about days that digests do not prove.
func TestUnprovedDays(t *testing.T) {
	rules, err := Parse([]byte("require_verified: true\nrules: [{name: x, scope: {services: 'sqs*'}, require: {route: vpce}}]"))
	if err != nil {
		t.Fatal(err)
	}
	verified := func(mode string, invalid, unchecked int64) *report.Verified {
		v := report.NewVerified(mode)
		v.Invalid, v.Unchecked = invalid, unchecked
		return v
	}
	s := published(t, day.All(), ingest.OK, true, today, today+1, today+2, today+3, today+4)
	s.Manifests[0].Verified = verified("report", 0, 0)
	s.Manifests[1].Verified = verified("report", 0, 1)
	s.Manifests[2].Verified = verified("require", 0, 1) // what was allowed
	s.Manifests[3].Verified = verified("require", 1, 0)
	a, err := Run(context.Background(), s, rules)
	if err != nil {
		t.Fatal(err)
	}
	unproved := []string{"2026-11-21", "2026-11-23", "2026-11-24"}
	if doc := a.Document(); doc.Passed || !slices.Equal(doc.Unproved, unproved) {
		t.Errorf("passed %v, unproved %v", doc.Passed, doc.Unproved)
	}
	var text, junit bytes.Buffer
	if err := a.WriteText(&text, grid.Style{Width: 60}); err != nil {
		t.Fatal(err)
	}
	if err := a.WriteJUnit(&junit); err != nil {
		t.Fatal(err)
	}
	const says = "require_verified: digests do not prove the logs of 2026-11-21, 2026-11-23, 2026-11-24: run analyze --verify for these days, or see summary"
	if got := strings.Join(strings.Fields(text.String()), " "); !strings.Contains(got, "UNPROVED: "+says) {
		t.Errorf("text: %s", text.String())
	}
	for line := range strings.Lines(text.String()) {
		if len(line) > 61 {
			t.Errorf("wider than the terminal: %s", line)
		}
	}
	for _, want := range []string{`tests="3" failures="1"`, `name="digests prove the logs"`, `<failure message="` + says + `" type="unproved">`} {
		if !strings.Contains(junit.String(), want) {
			t.Errorf("JUnit lacks %s:\n%s", want, junit.String())
		}
	}
	s.Manifests = s.Manifests[:1]
	s.Days = s.Days[:1]
	if a, err = Run(context.Background(), s, rules); err != nil || !a.Document().Passed || a.Unverified() != "" {
		t.Errorf("%v, unproved %v", err, a.Unproved)
	}
}

func TestTablesThatAreNotThere(t *testing.T) {
	s := published(t, day.All(), ingest.OK, false, today)
	for rule, wantErr := range map[string]bool{"scope: {services: s3*}": false, "scope: {actions: Get*}": true, "except: [{reason: x, resources: y}]": true} {
		rules, err := Parse([]byte("rules: [{name: x, require: {route: vpce}, " + rule + "}]"))
		if err != nil {
			t.Fatal(err)
		}
		_, err = Run(context.Background(), s, rules)
		if (err != nil) != wantErr || err != nil && !strings.Contains(err.Error(), "has no table resources: it was made by an older vpcetrail; run vpcetrail analyze again") {
			t.Errorf("%s: %v", rule, err)
		}
	}
}

// Rows that look the same in text become one row.
func TestRowsThatLookTheSame(t *testing.T) {
	call := func(evidence, endpoint string, calls, last int64) Call {
		return Call{CallKey: CallKey{Principal: "role", Route: "vpce", Evidence: evidence, EndpointID: endpoint, EndpointOwner: "own"}, Calls: calls, Denied: 1, LastSeen: last}
	}
	r := Result{Rows: []Call{call("a", "vpce-1", 5, 10), call("a", "vpce-2", 4, 10), call("b", "vpce-2", 3, 20)}}
	var got []string
	for _, c := range r.shown() {
		got = append(got, fmt.Sprint(c.EndpointID, " ", c.Calls, " ", c.Denied, " ", c.LastSeen))
	}
	if want := []string{"vpce-2 7 2 20", "vpce-1 5 1 10"}; !slices.Equal(got, want) || r.Rows[1].Calls != 4 {
		t.Errorf("%q, want %q; the second row has %d calls", got, want, r.Rows[1].Calls)
	}
}
