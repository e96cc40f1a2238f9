package changes

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"vpcetrail/classify/endpoints"
	"vpcetrail/classify/network"
	"vpcetrail/fixtures"
	"vpcetrail/ingest"
	"vpcetrail/ingest/day"
	"vpcetrail/report"
	"vpcetrail/report/grid"
	"vpcetrail/report/overview"
	"vpcetrail/report/reporttest"
	"vpcetrail/report/table"
)

// A caseDay is a day in a case file.
type caseDay struct {
	Run        report.Run
	Objects    map[ingest.Status]int64
	Verified   *report.Verified
	Witnesses  map[string]*report.Witness
	Sweeps     map[string]int // the account of a network snapshot: how many days after this one it was taken
	Refused    string         // a call that was refused then
	Measured   []string       // the endpoints that CloudWatch measured
	Endpoints  []string       // those in the network snapshot
	NoFindings bool           `json:"no_findings"`
	Findings   []struct {
		Severity, Finding, Account, Region, Principal, Service, Resource, Endpoint string
		Calls                                                                      int64
	}
	Services [][]any // name, calls by endpoint, calls past it
	Causes   [][]any // cause, calls
	Egress   [][]any // way out, calls
}

// publish publishes the day in store.
func (c *caseDay) publish(t *testing.T, store reporttest.Store, at day.Day) {
	t.Helper()
	d := &report.Day{
		Day: at, Traffic: report.RowsOf[table.TrafficRow](nil), Principals: report.RowsOf[table.PrincipalRow](nil), Verified: c.Verified, Witnesses: c.Witnesses,
		Endpoints: report.RowsOf[table.EndpointRow](nil), Objects: report.RowsOf[table.ObjectRow](nil),
	}
	if c.Sweeps != nil {
		snapshot := network.New()
		for account, days := range c.Sweeps {
			sweep := network.Sweep{Place: network.Place{Account: account, Region: "eu-west-1"}, At: (at + day.Day(days)).Time().UnixMilli()}
			if c.Refused != "" {
				sweep.Unread = map[string]string{c.Refused: "UnauthorizedOperation"}
			}
			snapshot.AddSweep(sweep, nil)
		}
		for _, id := range c.Endpoints {
			snapshot.Endpoints.Add(endpoints.Endpoint{ID: id})
		}
		d.Network = func() *network.Snapshot { return snapshot.On(at) }
	}
	var services []table.ServiceRow
	var traffic []table.TrafficRow
	add := func(key table.TrafficKey, calls any) int64 {
		traffic = append(traffic, table.TrafficRow{TrafficKey: key, Measures: table.Measures{Calls: int64(calls.(float64))}})
		return int64(calls.(float64))
	}
	for _, s := range c.Services {
		row := table.ServiceRow{Service: s[0].(string)}
		row.VPCE, row.Internet = add(table.TrafficKey{Service: row.Service, Route: "vpce"}, s[1]), add(table.TrafficKey{Service: row.Service, Route: "internet"}, s[2])
		row.Calls = row.VPCE + row.Internet
		services = append(services, row)
	}
	for _, e := range c.Egress {
		add(table.TrafficKey{Route: "internet", Egress: e[0].(string)}, e[1])
	}
	table.Traffic.Sort(traffic)
	d.Traffic, d.Services = report.RowsOf(traffic), report.RowsOf(services)
	if c.Measured != nil {
		var rows []table.EndpointMetricsRow
		for _, id := range c.Measured {
			rows = append(rows, table.EndpointMetricsRow{EndpointID: id})
		}
		d.EndpointMetrics = report.RowsOf(rows)
	}
	if c.Causes != nil {
		var rows []table.CauseRow
		for _, cause := range c.Causes {
			row := table.CauseRow{Calls: int64(cause[1].(float64))}
			row.Cause = cause[0].(string)
			rows = append(rows, row)
		}
		d.Causes = report.RowsOf(rows)
	}
	if !c.NoFindings {
		var rows []table.FindingRow
		for _, f := range c.Findings {
			rows = append(rows, table.FindingRow{FindingKey: table.FindingKey{
				Finding: f.Finding, Severity: f.Severity, AccountID: f.Account, Region: f.Region, Principal: f.Principal, Service: f.Service, Resource: f.Resource, EndpointID: f.Endpoint,
			}, Calls: f.Calls, EstimatedUSD: math.NaN(), FirstSeen: -1, LastSeen: -1})
		}
		table.Findings.Sort(rows)
		d.Findings = report.RowsOf(rows)
	}
	reporttest.Publish(t, store, &report.Report{Days: []*report.Day{d}, Statuses: c.Objects}, c.Run)
}

// A changeCase is a case file.
type changeCase struct {
	Note          string
	Before, After *caseDay
	Want          struct {
		New, Gone []string
		Unproved  string
		Doubts    []string // of the findings of the day before
	}
}

func readCase(t *testing.T, path string) (c changeCase, store reporttest.Store) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &c); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	store = reporttest.Store{}
	if c.Before != nil {
		c.Before.publish(t, store, 20000)
	}
	c.After.publish(t, store, 20002) // the report need not have every day
	return c, store
}

func read(t *testing.T, store report.Store, keep int) *Changes {
	t.Helper()
	after, err := Latest(t.Context(), store, day.All())
	if err != nil {
		t.Fatal(err)
	}
	c, err := Read(t.Context(), after, keep)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func names(rows *overview.Top[table.FindingRow]) []string {
	list := []string{}
	for i := range rows.Rows {
		f := &rows.Rows[i]
		list = append(list, strings.Join(strings.Fields(strings.Join([]string{
			f.Severity, f.Finding, f.AccountID, f.Principal, f.Service, f.Resource, f.EndpointID}, " ")), " "))
	}
	return list
}

// doubts says why findings of the day before need not be gone.
func doubts(t *testing.T, c *Changes) (list []string) {
	t.Helper()
	if c.Before == nil {
		return nil
	}
	for row, err := range c.Before.Findings(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if doubt := c.After.Doubt(row); doubt.Is() {
			list = append(list, doubt.String())
		}
	}
	return list
}

func TestCases(t *testing.T) {
	paths, err := filepath.Glob("testdata/cases/*.json")
	if err != nil || len(paths) < 10 {
		t.Fatal(paths, err)
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			tc, store := readCase(t, path)
			c := read(t, store, 100)
			if got := names(&c.New); !slices.Equal(got, tc.Want.New) {
				t.Errorf("new: %q, want %q", got, tc.Want.New)
			}
			if got := names(&c.Gone); !slices.Equal(got, tc.Want.Gone) {
				t.Errorf("gone: %q, want %q", got, tc.Want.Gone)
			}
			if c.Unproved.String() != tc.Want.Unproved {
				t.Errorf("unproved: %q, want %q", c.Unproved, tc.Want.Unproved)
			}
			if got := doubts(t, c); !slices.Equal(got, tc.Want.Doubts) {
				t.Errorf("doubts: %q, want %q", got, tc.Want.Doubts)
			}
		})
	}
}

// The changes in each form, of a day with everything and of a first day. Names are hostile.
func TestWrite(t *testing.T) {
	for _, name := range []string{"everything", "first"} {
		_, store := readCase(t, "testdata/"+name+".json")
		var out strings.Builder
		for _, format := range []string{grid.FormatTable, grid.FormatMarkdown, grid.FormatJSON} {
			for _, top := range []int{100, 1} {
				fmt.Fprintf(&out, "== %s, top %d\n", format, top)
				if err := read(t, store, top).Write(&out, format, grid.Style{}, top); err != nil {
					t.Fatal(err)
				}
			}
		}
		if strings.ContainsAny(out.String(), "\x1b\u202e\u009b\r") {
			t.Error("a name moves the cursor")
		}
		fixtures.Golden(t, "testdata/"+name+".golden", []byte(out.String()))
	}
}

// Join finds the same as maps do, for random lists.
func TestJoin(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	list := func() []table.FindingRow {
		all := map[string]table.FindingRow{}
		for range random.IntN(20) {
			f := table.FindingRow{FindingKey: table.FindingKey{Finding: fmt.Sprint(random.IntN(3)), Principal: fmt.Sprint(random.IntN(3)), EndpointID: fmt.Sprint(random.IntN(3))}}
			all[strings.Join(f.Texts(), "/")] = f
		}
		rows := slices.Collect(maps.Values(all))
		table.Findings.Sort(rows)
		return rows
	}
	for range 500 {
		before, after := list(), list()
		want := map[string]string{}
		for i := range before {
			want[strings.Join(before[i].Texts(), "/")] += "before"
		}
		for i := range after {
			want[strings.Join(after[i].Texts(), "/")] += "after"
		}
		got := map[string]string{}
		err := Join(report.RowsOf(before), report.RowsOf(after), func(b, a *table.FindingRow) {
			if b != nil {
				got[strings.Join(b.Texts(), "/")] += "before"
			}
			if a != nil {
				got[strings.Join(a.Texts(), "/")] += "after"
			}
			if b != nil && a != nil && b.FindingKey != a.FindingKey {
				t.Fatal("two findings are taken as one")
			}
		})
		if err != nil || !maps.Equal(got, want) {
			t.Fatalf("%v: got %v, want %v", err, got, want)
		}
	}
}

// An error of either list ends a Join.
func TestJoinFails(t *testing.T) {
	good := []table.FindingRow{{FindingKey: table.FindingKey{Finding: "a"}}, {FindingKey: table.FindingKey{Finding: "b"}}}
	bad := func(yield func(*table.FindingRow, error) bool) {
		_ = yield(&good[0], nil) && yield(nil, context.Canceled)
	}
	for _, lists := range [][2]report.Rows[table.FindingRow]{{report.RowsOf(good), bad}, {bad, report.RowsOf(good)}, {bad, bad}} {
		if err := Join(lists[0], lists[1], func(*table.FindingRow, *table.FindingRow) {}); err != context.Canceled {
			t.Errorf("Join returns %v", err)
		}
	}
}
