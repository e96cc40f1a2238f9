package measured

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"vpcetrail/ingest/day"

	"vpcetrail/report"
	"vpcetrail/report/analyze"
	"vpcetrail/report/findings"
	"vpcetrail/report/metrics"
	"vpcetrail/report/prices"
	"vpcetrail/report/reporttest"
	"vpcetrail/report/table"
)

const (
	account = "111122223333"
	region  = "us-east-1"
	d       = day.Day(20777) // 2026-11-20
)

// An endpointCase is an endpoint on one day: what CloudWatch measured, and what the trail has.
type endpointCase struct {
	title, service string
	account        string // "": the covered one
	point          metrics.Point
	calls          int64
	from, to       int64 // seconds of the day, of the calls
	want           string
	finding        string // code and detail
}

const (
	unseenText = "endpoint_unseen info: CloudWatch counted 2 new connections and 512 bytes at it, and the trail has no call by it: CloudTrail does not record all calls."
	idleText   = "endpoint_idle low 0.48: CloudWatch measured no traffic at an interface endpoint of ours on the whole day, and the trail has no call by it. The estimate is what AWS charges for the day, by --prices. Only with --metrics."
	clashText  = "witnesses_disagree medium: The trail has 3 calls by it, and CloudWatch counted neither a connection nor a byte on that day."
)

var (
	two     = map[string]int64{"subnet-1": 512, "subnet-2": 0}
	none    = map[string]int64{"subnet-1": 0, "subnet-2": 0}
	traffic = metrics.Point{NewConnections: 2, ActiveConnections: 1, Bytes: 512, PacketsDropped: 3, SubnetBytes: two}
	silence = metrics.Point{SubnetBytes: none}
)

var cases = []endpointCase{
	{"traffic and calls", "sqs", "", traffic, 3, 40_000, 50_000, Seen, ""},
	{"traffic and no call", "sqs", "", traffic, 0, 0, 0, Unseen, unseenText},
	{"only a connection that stays open", "logs", "", metrics.Point{ActiveConnections: 1, SubnetBytes: none}, 3, 40_000, 50_000, Seen, ""},
	{"only bytes", "logs", "", metrics.Point{Bytes: 1, SubnetBytes: none}, 3, 40_000, 50_000, Seen, ""},
	{"calls and no traffic", "sqs", "", silence, 3, 40_000, 50_000, Conflict, clashText},
	{"dropped packets are no traffic", "sqs", "", metrics.Point{PacketsDropped: 9, SubnetBytes: none}, 3, 40_000, 50_000, Conflict, clashText},
	{"calls in the first minute alone", "sqs", "", silence, 3, 0, 59, Seen, ""},
	{"calls in the last minute alone", "sqs", "", silence, 3, 86_340, 86_399, Seen, ""},
	{"calls in the first and the last minute", "sqs", "", silence, 3, 0, 86_399, Conflict, clashText},
	{"neither", "kms", "", silence, 0, 0, 0, Idle, idleText},
	{"CloudTrail records no calls of the service", "execute-api", "", traffic, 0, 0, 0, Unrecorded, ""},
	{"nor its silence", "execute-api", "", silence, 0, 0, 0, Idle, idleText},
	{"the trail does not cover the account", "sqs", "444455556666", traffic, 0, 0, 0, NotCovered, ""},
	{"but CloudWatch alone proves that nothing uses it", "sqs", "444455556666", silence, 0, 0, 0, Idle, idleText},
}

func id(i int) string { return fmt.Sprintf("vpce-%017x", i+1) }

// measure returns the metrics of the cases.
func measure(t *testing.T) *Metrics {
	t.Helper()
	p, err := prices.Parse([]byte(prices.Example()))
	if err != nil {
		t.Fatal(err)
	}
	m := &Metrics{Files: []string{"metrics.json"}, Endpoints: metrics.Endpoints{}, Prices: p}
	for i, c := range cases {
		of := account
		if c.account != "" {
			of = c.account
		}
		m.Endpoints[id(i)] = &metrics.Endpoint{ID: id(i), Account: of, Region: region, VPC: "vpc-1", Service: "com.amazonaws.us-east-1." + c.service, Days: map[day.Day]metrics.Point{d: c.point}}
	}
	return m
}

// trailOf returns a day as the trail has it. Every endpoint without calls is unused.
func trailOf() *report.Day {
	var through []table.EndpointRow
	var found []table.FindingRow
	at := d.Time().UnixMilli()
	for i, c := range cases {
		if c.calls > 0 { // in two rows
			through = append(through, table.EndpointRow{EndpointID: id(i), AccountID: account, Region: region, Service: "a", Calls: 1, FirstSeen: at + c.from*1000, LastSeen: at + c.from*1000},
				table.EndpointRow{EndpointID: id(i), AccountID: account, Region: region, Service: "b", Calls: c.calls - 2, NetworkEvents: 1, FirstSeen: at + c.to*1000, LastSeen: at + c.to*1000})
			continue
		}
		found = append(found, table.FindingRow{FindingKey: table.FindingKey{Finding: findings.EndpointUnused, Severity: "low", AccountID: account, Region: region, EndpointID: id(i)}, EstimatedUSD: math.NaN(), FirstSeen: -1, LastSeen: -1})
	}
	found = append(found, table.FindingRow{FindingKey: table.FindingKey{Finding: findings.EndpointUnused, Severity: "low", AccountID: account, Region: region, EndpointID: "vpce-00000000"}, Detail: "was not measured", EstimatedUSD: math.NaN(), FirstSeen: -1, LastSeen: -1})
	table.Findings.Sort(found)
	return &report.Day{
		Day: d, Traffic: report.RowsOf[table.TrafficRow](nil), Principals: report.RowsOf[table.PrincipalRow](nil), Objects: report.RowsOf[table.ObjectRow](nil),
		Services:  report.RowsOf([]table.ServiceRow{{AccountID: account, Region: region, Service: "a"}}),
		Endpoints: report.RowsOf(through), Findings: report.RowsOf(found),
	}
}

// publish publishes the day with the witness, if it is not nil.
func publish(t *testing.T, store reporttest.Store, m *Metrics) {
	t.Helper()
	rep := &report.Report{Days: []*report.Day{trailOf()}}
	if m != nil {
		add(t, store, m, rep.Days[0])
	}
	reporttest.Publish(t, store, rep, report.Run{})
}

func add(t *testing.T, store report.Store, m *Metrics, to *report.Day) []day.Day {
	t.Helper()
	said, err := m.Read(t.Context(), &analyze.Job{Window: day.Window{From: d, To: d}, Store: store})
	if err != nil {
		t.Fatal(err)
	}
	said.Add(to)
	return said.Days
}

// check compares the published tables with the cases.
func check(t *testing.T, store reporttest.Store) {
	t.Helper()
	m, err := report.ReadManifest(t.Context(), store, d)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for row, err := range report.ReadTable(t.Context(), store, &table.EndpointMetrics, m, d) {
		if err != nil {
			t.Fatal(err)
		}
		c := cases[n]
		if row.EndpointID != id(n) || row.Compared != c.want || row.Calls != c.calls || row.Bytes != c.point.Bytes || row.Zones != 2 || !strings.HasSuffix(row.IdleSubnetIDs, "subnet-2") {
			t.Errorf("%s: got %+v, want %s", c.title, row, c.want)
		}
		n++
	}
	found := map[string]string{}
	for row, err := range report.ReadTable(t.Context(), store, &table.Findings, m, d) {
		if err != nil {
			t.Fatal(err)
		}
		text := row.Finding + " " + row.Severity
		if !math.IsNaN(row.EstimatedUSD) {
			text += fmt.Sprintf(" %.2f", row.EstimatedUSD)
		}
		found[row.EndpointID] += text + ": " + row.Detail
		if row.Finding == findings.WitnessesDisagree && (row.Calls != 3 || row.FirstSeen <= 0) {
			t.Errorf("%+v", row)
		}
	}
	for i, c := range cases {
		if found[id(i)] != c.finding {
			t.Errorf("%s: got  %q\nwant %q", c.title, found[id(i)], c.finding)
		}
		delete(found, id(i))
	}
	if n != len(cases) || len(found) != 1 || found["vpce-00000000"] != "endpoint_unused low: was not measured" {
		t.Errorf("%d rows; beside the cases: %q", n, found)
	}
}

func TestCompared(t *testing.T) {
	store := reporttest.Store{}
	publish(t, store, measure(t))
	check(t, store)
}

// addAlone adds the metrics to the published day.
func addAlone(t *testing.T, store reporttest.Store, m *Metrics) {
	t.Helper()
	alone := &report.Day{Day: d}
	if days := add(t, store, m, alone); len(days) != 1 {
		t.Fatalf("days %v", days)
	}
	before, err := report.ReadManifest(t.Context(), store, d)
	if err != nil {
		t.Fatal(err)
	}
	w, err := store.Begin(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	staged, err := report.Restage(t.Context(), store, w, alone, before)
	if err != nil {
		t.Fatal(err)
	}
	if err := staged.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// The metrics of one account and Region after another are those of all.
func TestAnotherFileKeepsTheEndpointsOfTheFirst(t *testing.T) {
	store := reporttest.Store{}
	publish(t, store, nil)
	parts := []*Metrics{measure(t), measure(t)}
	for i := range cases {
		delete(parts[i%2].Endpoints, id(i))
	}
	parts[1].Files = []string{"other.json"}
	for range 2 {
		for _, part := range parts {
			addAlone(t, store, part)
		}
		check(t, store)
	}
	job := &analyze.Job{Store: store}
	whole, err := measure(t).SHA256(t.Context(), &analyze.Job{}, d)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range parts {
		if sum, err := part.SHA256(t.Context(), job, d); err != nil || sum != whole {
			t.Errorf("a part makes the day out of date: %s, %v", sum, err)
		}
	}
	m, err := report.ReadManifest(t.Context(), store, d)
	if err != nil {
		t.Fatal(err)
	}
	if w := m.Witnesses[Flag]; fmt.Sprint(w.Sources, w.Count()) != fmt.Sprint([]string{"metrics.json", "other.json"}, len(cases)) {
		t.Errorf("%+v", w)
	}
}

// The metrics may come after the trail, without it.
func TestAlone(t *testing.T) {
	together, store := reporttest.Store{}, reporttest.Store{}
	publish(t, together, measure(t))
	publish(t, store, nil)
	for range 2 { // the second time, the findings of the first are replaced
		addAlone(t, store, measure(t))
		check(t, store)
	}
	for name, text := range together {
		if strings.HasSuffix(name, ".parquet") && string(store[name]) != string(text) {
			t.Errorf("%s differs from that of one run", name)
		}
	}
}

// A day that is made again without its file keeps what was measured.
func TestKept(t *testing.T) {
	store := reporttest.Store{}
	publish(t, store, measure(t))
	later := measure(t)
	for _, e := range later.Endpoints {
		e.Days = map[day.Day]metrics.Point{d + 1: e.Days[d]}
	}
	job := &analyze.Job{Store: store}
	was, err := measure(t).SHA256(t.Context(), job, d)
	if err != nil {
		t.Fatal(err)
	}
	if now, err := later.SHA256(t.Context(), job, d); err != nil || now != was {
		t.Errorf("the day is out of date: %s, %v, was %s", now, err, was)
	}
	rep := &report.Report{Days: []*report.Day{trailOf()}}
	add(t, store, later, rep.Days[0])
	reporttest.Publish(t, store, rep, report.Run{})
	check(t, store)
	never := &report.Day{Day: d + 5}
	add(t, store, later, never)
	if never.EndpointMetrics != nil || never.Witnesses != nil {
		t.Error("a day that was never measured has metrics")
	}
	if days := add(t, reporttest.Store{}, measure(t), &report.Day{Day: d}); len(days) != 0 {
		t.Errorf("metrics alone make days %v", days)
	}
}
