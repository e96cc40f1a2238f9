package recommend

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"vpcetrail/classify/network"
	"vpcetrail/fixtures"
	"vpcetrail/ingest/day"
	"vpcetrail/report"
	"vpcetrail/report/grid"
	"vpcetrail/report/metrics"
	"vpcetrail/report/prices"
	"vpcetrail/report/reporttest"
	"vpcetrail/report/table"
)

const (
	account = "111122223333"
	region  = "us-east-1"
	vpc     = "vpc-0a0000000000000a1"
	first   = day.Day(20777) // 2026-11-20
)

// A testCase is a file of testdata/cases: rows of a report, what differs from base.json and
// from the example of prices, and the expected recommendations.
type testCase struct {
	Title  string
	Days   int // 1, if it is 0
	Causes []struct {
		Day int
		table.CauseRow
	}
	Through []struct {
		Day int
		table.EndpointRow
	}
	Uncovered bool            // the report has no calls of the account
	Things    []network.Thing // replace or add
	Remove    []string        // ids
	Unread    map[string]string
	Policies  []string
	Metrics   *measured
	Prices    [][2]string // texts to replace in the example
	Want      []wanted
	Others    map[string]int64
}

// measured are the sums of some days. Each endpoint has them on the first day, and nothing on the
// others.
type measured struct {
	From, To  string
	Endpoints map[string]struct {
		Connections int64            `json:"new_connections"`
		Bytes       int64            `json:"bytes_processed"`
		SubnetBytes map[string]int64 `json:"bytes_by_subnet"`
	}
}

func (m *measured) endpoints(t testing.TB) metrics.Endpoints {
	t.Helper()
	window, err := day.ParseWindow(m.From+".."+m.To, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	all := metrics.Endpoints{}
	for id, sum := range m.Endpoints {
		e := &metrics.Endpoint{ID: id, Account: account, Region: region, Days: map[day.Day]metrics.Point{}}
		none := map[string]int64{}
		for subnet := range sum.SubnetBytes {
			none[subnet] = 0
		}
		for d := window.From; d <= window.To; d++ {
			e.Days[d] = metrics.Point{SubnetBytes: none}
		}
		e.Days[window.From] = metrics.Point{NewConnections: sum.Connections, Bytes: sum.Bytes, SubnetBytes: sum.SubnetBytes}
		all[id] = e
	}
	return all
}

type wanted struct {
	Do, Service, Type, Endpoint, VPC string
	Tables, With                     []string
	Past, Through, Principals        int64
	Zones                            int
	Cost, Saves, Least, Most         string
	Floor                            bool
	BreakEven                        int64 `json:"break_even"` // GiB
	Says                             []string
	SaysNot                          []string `json:"says_not"`
	Check                            string
}

func readJSON(t testing.TB, path string, to any) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, to)
	}
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// snapshot returns the network of a case at the end of its last day.
func (c *testCase) snapshot(t testing.TB) *network.Snapshot {
	t.Helper()
	var things []network.Thing
	readJSON(t, "testdata/base.json", &things)
	things = slices.DeleteFunc(things, func(b network.Thing) bool {
		return slices.Contains(c.Remove, b.ID) || slices.ContainsFunc(c.Things, func(o network.Thing) bool { return o.ID == b.ID })
	})
	s := network.New()
	at := (first + day.Day(c.Days)).Time().UnixMilli()
	s.AddSweep(network.Sweep{Place: network.Place{Account: account, Region: region}, At: at, Unread: c.Unread}, append(things, c.Things...))
	return s
}

// span publishes the report of a case and returns its days.
func (c *testCase) span(t testing.TB) *report.Span {
	t.Helper()
	c.Days = max(c.Days, 1)
	rep, store := &report.Report{}, reporttest.Store{}
	for i := range c.Days {
		d := &report.Day{
			Day: first + day.Day(i), Traffic: report.RowsOf[table.TrafficRow](nil), Principals: report.RowsOf[table.PrincipalRow](nil),
			Objects: report.RowsOf[table.ObjectRow](nil), Services: report.RowsOf([]table.ServiceRow{{AccountID: account, Region: region, Service: "s3.amazonaws.com"}}),
			Network: func() *network.Snapshot { return c.snapshot(t) },
		}
		if c.Uncovered {
			d.Services = report.RowsOf[table.ServiceRow](nil)
		}
		causes, through := []table.CauseRow{}, []table.EndpointRow{}
		for _, row := range c.Causes {
			if row.Day == i {
				causes = append(causes, filled(row.CauseRow))
			}
		}
		for _, row := range c.Through {
			if row.Day == i {
				row.AccountID, row.Region = account, region
				through = append(through, row.EndpointRow)
			}
		}
		table.Causes.Sort(causes)
		d.Causes, d.Endpoints = report.RowsOf(causes), report.RowsOf(through)
		rep.Days = append(rep.Days, d)
	}
	reporttest.Publish(t, store, rep, report.Run{})
	span, err := report.ReadSpan(t.Context(), store, day.All())
	if err != nil {
		t.Fatal(err)
	}
	return span
}

// filled sets what most cases have in common.
func filled(r table.CauseRow) table.CauseRow {
	r.AccountID, r.Region = account, region
	switch r.VPCID {
	case "":
		r.VPCID = vpc
	case "-":
		r.VPCID = ""
	}
	if r.VPCID != "" && r.ServiceName != "" {
		r.VPCAccountID, r.VPCRegion = account, region
	}
	return r
}

func (c *testCase) question(t testing.TB) Question {
	t.Helper()
	text := prices.Example()
	for _, change := range c.Prices {
		if !strings.Contains(text, change[0]) {
			t.Fatalf("the example has no %q", change[0])
		}
		text = strings.ReplaceAll(text, change[0], change[1])
	}
	p, err := prices.Parse([]byte(text))
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	q := Question{Prices: p, Policies: c.Policies}
	if c.Metrics != nil {
		q.Metrics = c.Metrics.endpoints(t)
	}
	return q
}

func (c *testCase) advice(t testing.TB) *Advice {
	t.Helper()
	a, err := Read(t.Context(), c.span(t), c.question(t))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func eachCase(t *testing.T, fn func(t *testing.T, c *testCase)) {
	files, err := filepath.Glob("testdata/cases/*.json")
	if err != nil || len(files) < 50 {
		t.Fatalf("%d cases, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			var c testCase
			readJSON(t, file, &c)
			fn(t, &c)
		})
	}
}

// Each decision and each trap has its answer, with its sums.
func TestRecommend(t *testing.T) {
	eachCase(t, func(t *testing.T, c *testCase) {
		a := c.advice(t)
		if len(a.Rows) != len(c.Want) {
			t.Fatalf("%s:\ngot  %d: %+v\nwant %d", c.Title, len(a.Rows), a.Rows, len(c.Want))
		}
		for i := range c.Want {
			c.Want[i].compare(t, &a.Rows[i])
		}
		if c.Others != nil && !maps.Equal(a.Others, c.Others) {
			t.Errorf("others: %v, want %v", a.Others, c.Others)
		}
	})
}

// compare compares the fields that are given.
func (w *wanted) compare(t *testing.T, r *Recommendation) {
	t.Helper()
	saves := func(n int64) string {
		if !r.Saves.Known {
			return "-"
		}
		return prices.Amount(n).Round()
	}
	for _, f := range []struct {
		name      string
		got, want any
	}{
		{"do", r.Do, w.Do}, {"service", r.Service, w.Service}, {"type", r.Type, w.Type}, {"endpoint", r.Endpoint, w.Endpoint}, {"vpc", r.VPC, w.VPC},
		{"tables", r.Tables, w.Tables}, {"with", r.With, w.With}, {"past", r.Past, w.Past}, {"through", r.Through, w.Through}, {"principals", r.Principals, w.Principals},
		{"zones", r.Zones, w.Zones}, {"cost", r.Cost.Round(), w.Cost}, {"saves", saves(r.Saves.Mean), w.Saves}, {"least", saves(r.Saves.Least), w.Least},
		{"most", saves(r.Saves.Most), w.Most}, {"floor", r.Saves.Floor, w.Floor}, {"break_even", r.BreakEven / prices.GB, w.BreakEven},
	} {
		if want := reflect.ValueOf(f.want); !reflect.DeepEqual(f.got, f.want) && (!want.IsZero() || f.name == "endpoint" && w.Do != CannotTell) {
			t.Errorf("%s of %s %s: %v, want %v", f.name, r.Do, r.Service, f.got, f.want)
		}
	}
	text := strings.Join(append([]string{r.headline(), r.Because, r.Sum, r.before()}, r.Watch...), "\n")
	for _, says := range w.Says {
		if !strings.Contains(text, says) {
			t.Errorf("%q does not say %q", text, says)
		}
	}
	for _, not := range w.SaysNot {
		if strings.Contains(text, not) {
			t.Errorf("%q says %q", text, not)
		}
	}
	if !strings.Contains(r.Check, w.Check) || strings.Contains(text, "%!") {
		t.Errorf("check %q, want %q; %q", r.Check, w.Check, text)
	}
}

// The order of rows in the report makes no difference, and all formats can be written.
func TestWrite(t *testing.T) {
	eachCase(t, func(t *testing.T, c *testCase) {
		a := c.advice(t)
		slices.Reverse(c.Causes)
		again := c.advice(t)
		for _, format := range grid.Formats() {
			var one, two strings.Builder
			if err := a.Write(&one, format, grid.Style{Width: 80}, 0); err != nil {
				t.Fatal(err)
			}
			if err := again.Write(&two, format, grid.Style{Width: 80}, 0); err != nil || one.String() != two.String() {
				t.Errorf("%v:\n%s\n%s", err, one.String(), two.String())
			}
		}
	})
}

// TestFormats shows one report with all that can be recommended, in all formats.
func TestFormats(t *testing.T) {
	var c testCase
	for _, name := range []string{"101-gateway-by-bytes", "301-interface-three-zones", "307-ecr-needs-a-set", "501-used", "403-changed-that-day", "901-no-endpoint-helps"} {
		var one testCase
		readJSON(t, "testdata/cases/"+name+".json", &one)
		c.Days = max(c.Days, one.Days)
		c.Causes, c.Through, c.Things = append(c.Causes, one.Causes...), append(c.Through, one.Through...), append(c.Things, one.Things...)
	}
	unused := c.Things[0]
	unused.ID, unused.Service = "vpce-0a0000000000000b2", "com.amazonaws.us-east-1.kms"
	c.Things = append(c.Things, unused)
	a := c.advice(t)
	var out strings.Builder
	for _, format := range grid.Formats() {
		out.WriteString("== " + format + "\n")
		if err := a.Write(&out, format, grid.Style{Width: 80}, 0); err != nil {
			t.Fatal(err)
		}
	}
	fixtures.Golden(t, "testdata/formats.golden", []byte(out.String()))
}
