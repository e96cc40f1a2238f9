package why

import (
	"encoding/json"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"vpcetrail/classify/network"
	"vpcetrail/fixtures"
	"vpcetrail/ingest"
	"vpcetrail/ingest/day"
	"vpcetrail/report"
	"vpcetrail/report/grid"
	"vpcetrail/report/prices"
	"vpcetrail/report/reporttest"
	"vpcetrail/report/table"
	"vpcetrail/report/words"
)

// testDay is the day of the story in testdata.
var testDay = day.Of(time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC))

func load[T any](t *testing.T, name string) (v T) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err == nil {
		err = json.Unmarshal(text, &v)
	}
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// snapshotOf returns the things as sweeps after the end of day d saw them.
func snapshotOf(things []network.Thing, d day.Day) *network.Snapshot {
	s := network.New()
	byPlace := map[network.Place][]network.Thing{}
	for _, t := range things {
		place := network.Place{Account: t.Account, Region: t.Region}
		byPlace[place] = append(byPlace[place], t)
	}
	for place, things := range byPlace {
		s.AddSweep(network.Sweep{Place: place, At: (d + 1).Time().UnixMilli()}, things)
	}
	return s
}

// A call is calls of the story.
type call struct {
	Account, Region, Source, Address string
	AWS                              bool
	Host, Workload, Principal        string
	Calls, Bytes                     int64
	First, Last                      time.Time
}

// answer returns why the calls went past the endpoints, and their path.
func (c *call) answer(t *testing.T, v *network.View) (network.Answer, network.Path) {
	t.Helper()
	address, err := netip.ParseAddr(c.Address)
	if err != nil {
		t.Fatal(err)
	}
	path := network.Path{Place: v.PlaceOf(address, c.AWS), Host: network.ShapeOf([]byte(c.Host)), IPv6: address.Is6(), Workload: c.Workload}
	return v.Cause(network.Callee{Account: c.Account, Region: c.Region, Source: c.Source}, path), path
}

// row returns the row of table causes for the calls.
func (c *call) row(t *testing.T, v *network.View) table.CauseRow {
	t.Helper()
	a, path := c.answer(t, v)
	return table.CauseRow{
		CauseKey: table.CauseKey{
			AccountID: c.Account, Region: c.Region, Service: c.Source, Principal: c.Principal, Workload: c.Workload, Cause: string(a.Cause), Reason: string(a.Reason),
			VPCID: a.VPC, VPCRegion: a.Region, VPCAccountID: a.Owner, SubnetIDs: strings.Join(a.Subnets, " "), RouteTableIDs: strings.Join(a.Tables, " "),
			EndpointID: a.Endpoint, ServiceName: a.Service, Host: path.Host, HostClass: string(network.ClassOf(path.Host, c.Region)),
			Egress: network.Egress(path.Place), ReasonDetail: a.Detail,
		},
		Proof: a.String(), Calls: c.Calls, Bytes: c.Bytes, FirstSeen: c.First.UnixMilli(), LastSeen: c.Last.UnixMilli(),
	}
}

// publish publishes a day of the story. natPrice is the price that the run knew.
func publish(t *testing.T, store reporttest.Store, d day.Day, things []network.Thing, calls []call, natPrice float64) {
	t.Helper()
	networks, err := network.ParseNetworks([]byte("office: 198.51.100.0/28"))
	if err != nil {
		t.Fatal(err)
	}
	snapshot := snapshotOf(things, d)
	view := snapshot.View(d, networks)
	var rows []table.CauseRow
	for _, c := range calls {
		later := time.Duration(d-testDay) * 24 * time.Hour
		c.First, c.Last = c.First.Add(later), c.Last.Add(later)
		rows = append(rows, c.row(t, view))
	}
	table.Causes.Sort(rows)
	rep := &report.Report{Statuses: map[ingest.Status]int64{ingest.OK: 1}, Days: []*report.Day{{
		Day: d, Traffic: report.RowsOf[table.TrafficRow](nil), Principals: report.RowsOf[table.PrincipalRow](nil), Services: report.RowsOf[table.ServiceRow](nil),
		Endpoints: report.RowsOf[table.EndpointRow](nil), Objects: report.RowsOf[table.ObjectRow](nil), Causes: report.RowsOf(rows), Network: func() *network.Snapshot { return snapshot.On(d) },
	}}}
	reporttest.Publish(t, store, rep, report.Run{Version: "test", NATPrice: natPrice})
}

func read(t *testing.T, store reporttest.Store, f Filter) *Why {
	t.Helper()
	span, err := report.ReadSpan(t.Context(), store, day.All())
	if err != nil {
		t.Fatal(err)
	}
	y, err := Read(t.Context(), span, f)
	if err != nil {
		t.Fatal(err)
	}
	return y
}

func story(t *testing.T) reporttest.Store {
	t.Helper()
	store := reporttest.Store{}
	publish(t, store, testDay, load[[]network.Thing](t, "things.json"), load[[]call](t, "calls.json"), 0.045)
	return store
}

// The story has a group for each cause. Each format has all of them.
func TestGroups(t *testing.T) {
	y := read(t, story(t), Filter{})
	for _, format := range grid.Formats() {
		var out strings.Builder
		if err := y.Write(&out, format, grid.Style{}, 0); err != nil {
			t.Fatal(err)
		}
		fixtures.Golden(t, "testdata/story."+format+".golden", []byte(out.String()))
	}
	seen := map[network.Cause]bool{}
	var calls int64
	for i := range y.Groups {
		seen[y.Groups[i].Cause] = true
		calls += y.Groups[i].Calls
	}
	for _, cause := range network.Causes {
		if !seen[cause] {
			t.Errorf("no group of cause %s", cause)
		}
	}
	if calls != y.Calls {
		t.Errorf("the groups have %d calls of %d", calls, y.Calls)
	}
}

// Japanese is Japanese: the groups on a terminal, and the fixes. What is pasted is the same in both languages.
func TestJapanese(t *testing.T) {
	y := read(t, story(t), Filter{})
	var out strings.Builder
	style := grid.Style{Width: 80, Words: words.In("ja")}
	if err := y.Write(&out, grid.FormatTable, style, 0); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(out.String()) {
		if grid.Width(line) > 81 && strings.Count(line, " ") > 10 {
			t.Errorf("too wide: %s", line)
		}
	}
	if err := y.WriteFixes(&out, "cli", grid.Style{Words: style.Words}, "out", 0); err != nil {
		t.Fatal(err)
	}
	var prose strings.Builder
	for line := range strings.Lines(out.String()) {
		if comment, ok := strings.CutPrefix(line, "# "); ok && !strings.HasPrefix(comment, "aws ") && (comment[0] < '1' || comment[0] > '9') || !strings.HasPrefix(line, "#") && !strings.HasPrefix(line, "aws ") && !strings.Contains(line, "_group") {
			prose.WriteString(line)
		}
	}
	if found := reporttest.English(prose.String()); len(found) > 0 {
		t.Errorf("%q in\n%s", found, prose.String())
	}
	fixtures.Golden(t, "testdata/japanese.golden", []byte(out.String()))
}

// Every fix is accepted by a parser of its language, and so are all of them in one file. Templates of
// CloudFormation are one a change.
func TestFixesOfAllGroups(t *testing.T) {
	y := read(t, story(t), Filter{})
	for format, check := range map[string][]string{"cli": {"sh", "-n"}, "terraform": {"hcl2tojson"}, "cloudformation": {"cfn-lint", "--"}} {
		t.Run(format, func(t *testing.T) {
			var out strings.Builder
			if err := y.WriteFixes(&out, format, grid.Style{}, "out", 0); err != nil {
				t.Fatal(err)
			}
			fixtures.Golden(t, "testdata/story.fix."+format+".golden", []byte(out.String()))
			parts := []string{out.String()}
			if format == "cloudformation" {
				parts = strings.Split(out.String(), "\n---\n")[1:]
			}
			lint(t, check, parts)
		})
	}
}

// lint gives texts to a parser. It may be absent, but not where .ci/run has installed it.
func lint(t *testing.T, check, texts []string) {
	t.Helper()
	program, err := exec.LookPath(check[0])
	if err != nil && os.Getenv("CI") == "true" {
		t.Fatal(err)
	}
	if err != nil {
		t.Logf("%s is not on PATH: .ci/run installs it, from PyPI", check[0])
		return
	}
	args, dir := check[1:], t.TempDir()
	for i, text := range texts {
		file := filepath.Join(dir, strconv.Itoa(i)+".yaml")
		if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		args = append(args, file)
	}
	if out, err := exec.Command(program, args...).CombinedOutput(); err != nil {
		t.Errorf("%s refuses it: %v\n%s", check[0], err, out)
	}
}

// Two changes in one configuration have two names.
func TestNamesDiffer(t *testing.T) {
	var out strings.Builder
	if err := read(t, story(t), Filter{}).WriteFixes(&out, "terraform", grid.Style{}, "out", 0); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for line := range strings.Lines(out.String()) {
		if strings.HasPrefix(line, "resource ") {
			if seen[line] {
				t.Errorf("twice: %s", line)
			}
			seen[line] = true
		}
	}
	if len(seen) < 6 {
		t.Errorf("%d resources", len(seen))
	}
}

func TestFilters(t *testing.T) {
	store := story(t)
	for name, tc := range map[string]struct {
		filter Filter
		calls  int64
		groups int
	}{
		"cause":                     {Filter{Causes: []string{"no_endpoint"}}, 18050, 3},
		"two causes":                {Filter{Causes: []string{"keys_elsewhere", "ipv6"}}, 213, 2},
		"service by its short name": {Filter{Services: []string{"sqs"}}, 12890, 3},
		"service":                   {Filter{Services: []string{"sqs.amazonaws.com"}}, 12890, 3},
		"principal":                 {Filter{Principals: []string{"*:role/orders-*"}}, 17661, 3},
		"account":                   {Filter{Accounts: []string{"444455556666"}}, 2400, 1},
		"VPC":                       {Filter{VPCs: []string{"vpc-0b*"}}, 2400, 1},
		"all of them":               {Filter{Services: []string{"s3"}, Principals: []string{"*/ana"}}, 88, 1},
		"nothing":                   {Filter{Services: []string{"glue"}}, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			y := read(t, store, tc.filter)
			if y.Calls != tc.calls || len(y.Groups) != tc.groups {
				t.Errorf("%d calls in %d groups, want %d in %d", y.Calls, len(y.Groups), tc.calls, tc.groups)
			}
		})
	}
	const none = "2026-11-20: no call past the endpoints matches the filter; 63,583 calls without it."
	if y := read(t, store, Filter{Services: []string{"glue"}}); y.Headline().String() != none {
		t.Errorf("%q, want %q", y.Headline(), none)
	}
	unknown := Filter{Causes: []string{"no_endpoint", "nonsense"}}
	const want = `--cause "nonsense": want one of no_endpoint, route_missing, private_dns_off, name_not_covered, other_region, ipv6, not_in_vpc, keys_elsewhere, unexplained`
	if err := unknown.Check(); err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

// The newest snapshot decides what is left to do.
func TestChangesMadeSince(t *testing.T) {
	store := reporttest.Store{}
	things, calls := load[[]network.Thing](t, "things.json"), load[[]call](t, "calls.json")
	publish(t, store, testDay, things, calls, 0.045)
	for i := range things {
		e := &things[i]
		switch {
		case e.ID == "vpce-0a000000000000530":
			e.Tables = append(e.Tables, "rtb-0a000000000000001")
		case e.ID == "rtb-0a000000000000001":
			e.Routes = append(slices.Clone(e.Routes), network.Route{To: "pl-6da54004", Via: "vpce-0a000000000000530"})
		case e.ID == "vpce-0a000000000000531":
			on := true
			e.PrivateDNS = &on
		}
	}
	things = append(things, network.Thing{
		Kind: network.Endpoint, Account: "111122223333", Region: "eu-west-1", ID: "vpce-0a000000000000533", VPC: "vpc-0a000000000000001",
		Type: "interface", State: "available", Service: "com.amazonaws.eu-west-1.sqs",
	})
	publish(t, store, testDay+1, things, nil, 0.045)
	y := read(t, store, Filter{})
	var done []string
	for i := range y.Groups {
		if g := &y.Groups[i]; g.Done {
			done = append(done, string(g.Cause)+" "+g.Service)
		}
	}
	want := []string{"route_missing com.amazonaws.eu-west-1.s3", "no_endpoint com.amazonaws.eu-west-1.sqs", "private_dns_off com.amazonaws.eu-west-1.kms"}
	if !slices.Equal(done, want) {
		t.Errorf("done: %q, want %q", done, want)
	}
	var out strings.Builder
	if err := y.WriteFixes(&out, "cli", grid.Style{}, "out", 1); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "\naws ") || !strings.Contains(out.String(), "shows this change already") {
		t.Errorf("a change that was made is to be made again:\n%s", out.String())
	}
}

// Days without the table are left out and named. Without any, the error says what to do.
func TestDaysWithoutCauses(t *testing.T) {
	store := story(t)
	rep := &report.Report{Statuses: map[ingest.Status]int64{ingest.OK: 1}, Days: []*report.Day{{
		Day: testDay - 1, Traffic: report.RowsOf[table.TrafficRow](nil), Principals: report.RowsOf[table.PrincipalRow](nil), Services: report.RowsOf[table.ServiceRow](nil),
		Endpoints: report.RowsOf[table.EndpointRow](nil), Objects: report.RowsOf[table.ObjectRow](nil),
	}}}
	reporttest.Publish(t, store, rep, report.Run{Version: "test"})
	if y := read(t, store, Filter{}); !slices.Equal(y.Days, []day.Day{testDay}) || !slices.Equal(y.Lacking, []day.Day{testDay - 1}) {
		t.Errorf("days %v, lacking %v", y.Days, y.Lacking)
	}
	span, err := report.ReadSpan(t.Context(), store, day.Window{From: testDay - 1, To: testDay - 1})
	if err != nil {
		t.Fatal(err)
	}
	_, err = Read(t.Context(), span, Filter{})
	if want := "memory has no table causes: run vpcetrail analyze again for these days with --network"; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

// Without a price no cost is shown.
func TestCostNeedsAPrice(t *testing.T) {
	store := reporttest.Store{}
	publish(t, store, testDay, load[[]network.Thing](t, "things.json"), load[[]call](t, "calls.json"), 0)
	for _, g := range read(t, store, Filter{}).Groups {
		if _, known := g.Cost(); known {
			t.Errorf("%s has a cost", g.Cause)
		}
	}
}

// A sum survives being written to a temporary file.
func TestSumIsParsed(t *testing.T) {
	sum := Sum{1, 2, -3, 4, prices.Estimate{Known: 5, Sum: 6}}
	var again Sum
	if again.Parse(sum.Append(nil)); again != sum {
		t.Errorf("%+v, want %+v", again, sum)
	}
}

// What the logs name cannot become a command.
func TestNamesStayInComments(t *testing.T) {
	const evil = "x'; touch pwned; '\ntouch pwned\n$(touch pwned)\u2028touch pwned"
	things, calls := load[[]network.Thing](t, "things.json"), load[[]call](t, "calls.json")
	for i := range calls {
		calls[i].Principal = evil
	}
	store := reporttest.Store{}
	publish(t, store, testDay, things, calls, 0.045)
	y := read(t, store, Filter{})
	for i := range y.Groups {
		y.Groups[i].Services, y.Groups[i].Accounts = []string{evil}, []string{evil}
	}
	var out strings.Builder
	if err := y.WriteFixes(&out, "cli", grid.Style{}, evil, 0); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sh", "-c", "aws() { :; }\n"+out.String())
	cmd.Dir = t.TempDir()
	if shown, err := cmd.CombinedOutput(); err != nil || len(shown) > 0 {
		t.Errorf("%v: %s in\n%s", err, shown, out.String())
	}
	if files, err := os.ReadDir(cmd.Dir); err != nil || len(files) > 0 {
		t.Errorf("it ran a command: %v, %v in\n%s", files, err, out.String())
	}
}
