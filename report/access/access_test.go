package access

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"vpcetrail/classify/network"

	"vpcetrail/ingest/day"
	"vpcetrail/ingest/source"
	"vpcetrail/ingest/source/list"
	"vpcetrail/ingest/spill"

	"vpcetrail/report"
	"vpcetrail/report/analyze"
	"vpcetrail/report/dated"
	"vpcetrail/report/reporttest"
	"vpcetrail/report/table"
)

const (
	november20 = "2026-11-20"
	workshop   = "../../fixtures/workshop"
)

// A told is a run over logs, and over a trail if there is one.
type told struct {
	trail   string
	logs    []string
	date    string
	workers int
	memory  int
	store   reporttest.Store // of earlier runs; nil: a new one
	before  int              // days that are restated
	network *network.Snapshot

	problems []string
}

func parseDay(t *testing.T, text string) day.Day {
	t.Helper()
	d, err := day.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// run publishes what the run finds, and returns its store.
func (r *told) run(t *testing.T) reporttest.Store {
	t.Helper()
	d, store := parseDay(t, r.date), r.store
	if store == nil {
		store = reporttest.Store{}
	}
	w, err := store.Begin(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	disk := spill.NewDisk(t.TempDir())
	t.Cleanup(func() { _ = disk.Close() })
	p := &analyze.Publication{
		Job: analyze.Job{
			Window: day.Window{From: d, To: d}, Lateness: 1, Workers: r.workers, Disk: disk, Witnesses: []analyze.Witness{&Logs{Logs: dated.Logs{Sources: r.logs}}},
			Memory: analyze.Memory{Counting: r.memory, Report: r.memory}, Network: r.network,
		},
		Run: report.Run{Inputs: map[string]string{}}, Store: store, Writer: w, Before: r.before,
		Problem: func(text string) { r.problems = append(r.problems, text) },
		Commit:  func(ctx context.Context, commit func(context.Context) error) error { return commit(ctx) },
	}
	if r.trail == "" {
		if _, err := p.Testify(t.Context()); err != nil {
			t.Fatal(err)
		}
		return store
	}
	p.Sources, p.Selection = []string{r.trail}, list.Selection{Window: p.Job.Window}
	trail, err := source.Open(t.Context(), p.Sources, p.Selection, source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer trail.Close()
	c, err := p.Count(t.Context(), trail)
	if err == nil {
		err = p.Publish(t.Context(), c)
	}
	if err == nil {
		_, err = p.Restate(t.Context(), c.Report)
	}
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// rowsIn returns the rows of a table of the run's day as lines of some columns.
func rowsIn[T any](t *testing.T, store reporttest.Store, of *table.Table[T], date string, columns ...string) string {
	t.Helper()
	d := parseDay(t, date)
	m, err := report.ReadManifest(t.Context(), store, d)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for row, err := range report.ReadTable(t.Context(), store, of, m, d) {
		if err != nil {
			t.Fatal(err)
		}
		var fields []string
		for _, name := range columns {
			text := of.Column(name).Format(row)
			fields = append(fields, shown(text))
		}
		lines = append(lines, strings.Join(fields, " "))
	}
	return strings.Join(lines, "\n")
}

func shown(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

func witness(t *testing.T, store reporttest.Store, date string) *report.Witness {
	t.Helper()
	m, err := report.ReadManifest(t.Context(), store, parseDay(t, date))
	if err != nil {
		t.Fatal(err)
	}
	return m.Witnesses[Flag]
}

// The workshop's story of S3: the access log and the trail have the same requests, one to one. Those
// that an endpoint's policy refused are in neither log of S3, and the expiry of an object is not in
// the trail.
func TestWorkshopIsInBothLogs(t *testing.T) {
	r := told{trail: workshop + "/AWSLogs", logs: []string{workshop + "/access-logs"}, date: november20}
	store := r.run(t)
	got := rowsIn(t, store, &table.S3Access, november20, "bucket", "requester", "operation", "route", "evidence", "requests", "denied", "bytes", "matched")
	const role, user = "arn:aws:iam::111122223333:role/", "arn:aws:iam::111122223333:user/"
	want := strings.Join([]string{
		"amzn-s3-demo-restricted " + role + "reportsengine REST.GET.OBJECT vpce private_address 1 0 1024 1",
		"amzn-s3-demo-restricted " + role + "reportsengine REST.HEAD.OBJECT vpce private_address 1 1 0 1",
		"amzn-s3-demo-restricted " + role + "salesapp REST.PUT.OBJECT vpce private_address 1 0 0 1",
		"amzn-s3-demo-restricted " + user + "clerk REST.DELETE.OBJECT internet public_address 1 0 0 1",
		"amzn-s3-demo-restricted " + user + "clerk REST.PUT.OBJECT internet public_address 1 1 438 1",
		"amzn-s3-demo-unrestricted AmazonS3 S3.EXPIRE.OBJECT aws_service service_operation 1 0 0 0",
		"amzn-s3-demo-unrestricted " + user + "clerk REST.DELETE.OBJECT internet public_address 1 0 0 1",
		"amzn-s3-demo-unrestricted " + user + "clerk REST.PUT.OBJECT internet public_address 1 0 0 1",
	}, "\n")
	if got != want || len(r.problems) > 0 {
		t.Errorf("%q\n%s\nwant\n%s", r.problems, got, want)
	}
	if w := witness(t, store, november20); fmt.Sprint(w.Lines, w.Objects) != "map[ambiguous:0 duplicates:1 invalid:0 requests:8] map[ok:2]" {
		t.Errorf("%+v", w)
	}
	alone := told{logs: r.logs, date: november20}
	got = rowsIn(t, alone.run(t), &table.S3Access, november20, "bucket", "matched")
	if strings.Contains(got, "1") || strings.Count(got, "\n") != 7 {
		t.Errorf("without a trail:\n%s", got)
	}
}

// A logLine is a line of an access log, and a record of the trail, of one request.
type logLine struct {
	id, ip, host, endpoint string // host and endpoint may be ""
	trailIP                string
	forged                 bool // a parameter of the request has the name of the host id
}

func (l logLine) line(at string) string {
	return fmt.Sprintf("0123 logged [20/Nov/2026:%s +0000] %s arn:aws:iam::111122223333:user/ana %s REST.GET.OBJECT a.csv "+
		`"GET /a.csv HTTP/1.1" 200 - 5 5 1 1 "-" "x" - HOST/%s= SigV4 C AuthHeader %s TLSv1.2 - - -`+"\n", at, l.ip, l.id, l.id, or(l.host, "logged.s3.eu-west-1.amazonaws.com"))
}

func or(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

func (l logLine) record() string {
	endpoint := ""
	if l.endpoint != "" {
		endpoint = `,"vpcEndpointId":"` + l.endpoint + `"`
	}
	parameters := ""
	if l.forged {
		parameters = `"requestParameters":{"x-amz-id-2":"zzz","additionalEventData":{"x-amz-id-2":"zzz"}},`
	}
	return fmt.Sprintf(`{`+parameters+`"eventVersion":"1.11","eventTime":"2026-11-20T10:00:00Z","eventID":"event-%s","requestID":"%s","eventSource":"s3.amazonaws.com","eventName":"GetObject",`+
		`"awsRegion":"eu-west-1","recipientAccountId":"111122223333","sourceIPAddress":"%s","eventType":"AwsApiCall","eventCategory":"Data",`+
		`"userIdentity":{"type":"IAMUser","accountId":"111122223333","arn":"arn:aws:iam::111122223333:user/ana"},`+
		`"additionalEventData":{"x-amz-id-2":"HOST\/%s="}%s}`, l.id, l.id, l.trailIP, l.id, endpoint)
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

const (
	trailObject = "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/11/20/111122223333_CloudTrail_eu-west-1_20261120T1005Z_A.json"
	logObject   = "2026-11-20-11-00-00-0123456789ABCDEF"
)

func TestDisagreementsNameBothSides(t *testing.T) {
	const one, two = "vpce-0a1b2c3d4e5f60718", "vpce-0a1b2c3d4e5f60719"
	host := "logged.bucket." + two + "-x.s3.eu-west-1.vpce.amazonaws.com"
	inside, err := network.Parse([]byte(`{"format":"vpcetrail-network","version":1,"sweeps":[{"account_id":"111122223333","region":"eu-west-1","at":"2026-11-21T02:00:00Z"}],"changes":[],
"things":[{"kind":"vpc","account_id":"111122223333","region":"eu-west-1","id":"vpc-0a1b2c3d4e5f60718","cidrs":["25.9.0.0/16"],"seen":["2026-11-21T02:00:00Z/"]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		of   logLine
		want string
	}{
		"the same private address":                  {logLine{ip: "10.0.0.1", trailIP: "10.0.0.1", endpoint: one}, ""},
		"the same endpoint":                         {logLine{ip: "10.0.0.1", trailIP: "10.0.0.1", endpoint: two, host: host}, ""},
		"the same public address":                   {logLine{ip: "198.51.100.7", trailIP: "198.51.100.7"}, ""},
		"an endpoint and the same public address":   {logLine{ip: "25.1.2.3", trailIP: "25.1.2.3", endpoint: one}, ""},
		"an endpoint and the same IPv6 address":     {logLine{ip: "2001:db8::7", trailIP: "2001:DB8:0::7", endpoint: one}, ""},
		"an endpoint and another public address":    {logLine{ip: "25.1.2.4", trailIP: "25.1.2.3", endpoint: one}, one + ": record event-r of the trail names endpoint " + one + ", and the line at byte LOG shows a public address."},
		"a caller that writes a host id of its own": {logLine{ip: "198.51.100.7", trailIP: "10.0.0.1", endpoint: one, forged: true}, one + ": record event-r of the trail names endpoint " + one + ", and the line at byte LOG shows a public address."},
		"a private address and no id":               {logLine{ip: "10.0.0.1", trailIP: "10.0.0.1"}, ""},
		"an endpoint and a public address":          {logLine{ip: "198.51.100.7", trailIP: "10.0.0.1", endpoint: one}, one + ": record event-r of the trail names endpoint " + one + ", and the line at byte LOG shows a public address."},
		"two endpoints":                             {logLine{ip: "10.0.0.1", trailIP: "10.0.0.1", endpoint: one, host: host}, one + ": record event-r of the trail names endpoint " + one + ", and the line at byte LOG proves endpoint " + two + "."},
		"no endpoint and one":                       {logLine{ip: "10.0.0.1", trailIP: "198.51.100.7", host: host}, two + ": record event-r of the trail names no endpoint and a public address, and the line at byte LOG proves endpoint " + two + "."},
		"the same address inside a VPC":             {logLine{ip: "25.9.2.3", trailIP: "25.9.2.3"}, ""},
		"the same, and a host name of an endpoint":  {logLine{ip: "25.9.2.3", trailIP: "25.9.2.3", host: host}, ""},
		"a public address and one inside a VPC":     {logLine{ip: "25.9.2.3", trailIP: "198.51.100.7"}, "-: record event-r of the trail names no endpoint and a public address, and the line at byte LOG shows an address inside a VPC."},
		"a public and a private address":            {logLine{ip: "10.0.0.1", trailIP: "198.51.100.7"}, "-: record event-r of the trail names no endpoint and a public address, and the line at byte LOG shows a private address."},
	} {
		dir := t.TempDir()
		tc.of.id = "r"
		write(t, dir, trailObject, `{"Records":[`+tc.of.record()+`]}`)
		write(t, dir, "logs/"+logObject, "\n"+tc.of.line("10:00:00"))
		store := (&told{trail: dir + "/AWSLogs", logs: []string{dir + "/logs"}, date: november20, network: inside}).run(t)
		if got := rowsIn(t, store, &table.S3Access, november20, "requests", "matched"); got != "1 1" {
			t.Errorf("%s: %s", name, got)
		}
		got := ""
		for found := range strings.SplitSeq(rowsIn(t, store, &table.Findings, november20, "finding", "resource", "calls", "sample_event_ids", "vpc_endpoint_id", "detail"), "\n") {
			if rest, ok := strings.CutPrefix(found, "witnesses_disagree arn:aws:s3:::logged 1 event-r "); ok {
				got = strings.Replace(rest, " Of the same request, ", ": ", 1)
			}
		}
		if got = strings.Replace(got, "1 of "+dir+"/logs/"+logObject, "LOG", 1); got != tc.want {
			t.Errorf("%s:\n%q, want\n%q", name, got, tc.want)
		}
	}
}

// A request of one account to the bucket of another is in the trails of both: both records are compared.
func TestTwoAccountsRecordOneRequest(t *testing.T) {
	dir := t.TempDir()
	l := logLine{id: "r", ip: "198.51.100.7", trailIP: "10.0.0.1", endpoint: "vpce-0a1b2c3d4e5f60718"}
	caller := strings.Replace(l.record(), `"recipientAccountId":"111122223333"`, `"recipientAccountId":"444455556666"`, 1)
	write(t, dir, trailObject, `{"Records":[`+strings.Join([]string{l.record(), l.record(), caller}, ",")+`]}`)
	write(t, dir, "logs/"+logObject, l.line("10:00:00"))
	store := (&told{trail: dir + "/AWSLogs", logs: []string{dir + "/logs"}, date: november20}).run(t)
	if got := rowsIn(t, store, &table.S3Access, november20, "requests", "matched"); got != "1 1" {
		t.Error(got)
	}
	got := rowsIn(t, store, &table.Findings, november20, "finding", "account_id", "calls")
	for _, want := range []string{"witnesses_disagree 111122223333 1", "witnesses_disagree 444455556666 1"} {
		if !strings.Contains(got, want) {
			t.Errorf("%s\nlacks %s", got, want)
		}
	}
}

// A line has the time when the request was received, and its record that when it was completed. Both
// belong together on both sides of midnight, in a run for one day and when that day is restated. The
// record counts on its own day alone.
func TestARequestAcrossMidnight(t *testing.T) {
	const next, late = "2026-11-21", "2026-11-21-02-00-00-0123456789ABCDEF"
	dir := t.TempDir()
	at := func(id, record, line string) (string, string) {
		l := logLine{id: id, ip: "10.0.0.1", trailIP: "10.0.0.1", endpoint: "vpce-0a1b2c3d4e5f60718"}
		return strings.Replace(l.record(), "2026-11-20T10:00:00Z", record, 1), strings.Replace(l.line("10:00:00"), "20/Nov/2026:10:00:00", line, 1)
	}
	noonRecord, noon := at("noon", "2026-11-20T12:00:00Z", "20/Nov/2026:12:00:00")
	longRecord, long := at("long", "2026-11-21T00:10:00Z", "20/Nov/2026:23:50:00")
	earlyRecord, early := at("early", "2026-11-20T23:59:59Z", "21/Nov/2026:00:00:00")
	object := strings.Replace(trailObject, "/20/", "/21/", 1)
	write(t, dir, trailObject, `{"Records":[`+noonRecord+`]}`)
	write(t, dir, strings.Replace(object, "20261120T1005Z", "20261121T0005Z", 1), `{"Records":[`+earlyRecord+`]}`)
	write(t, dir, strings.Replace(object, "20261120T1005Z", "20261121T0415Z", 1), `{"Records":[`+longRecord+`]}`)
	write(t, dir, "logs/2026-11-21-01-00-00-0123456789ABCDEF", noon+long+early)
	store := reporttest.Store{}
	night := func(date string, before int) {
		(&told{trail: dir + "/AWSLogs", logs: []string{dir + "/logs"}, date: date, store: store, before: before}).run(t)
	}
	check := func(date, requests, calls string) {
		t.Helper()
		if got := rowsIn(t, store, &table.S3Access, date, "requests", "matched"); got != requests {
			t.Errorf("%s: requests %s, want %s", date, got, requests)
		}
		if got := rowsIn(t, store, &table.Traffic, date, "calls"); got != calls {
			t.Errorf("%s: calls %s, want %s", date, got, calls)
		}
	}
	night(november20, 0)
	check(november20, "2 2", "2")
	_, unmatched := at("unmatched", "", "20/Nov/2026:13:00:00")
	write(t, dir, "logs/"+late, unmatched)
	night(next, 1)
	check(next, "1 1", "1")
	check(november20, "3 2", "2")
}

// Duplicates, damaged objects and other days change nothing, nor do the number of workers, the memory
// and the form of the log.
func TestSameRowsHoweverTheyAreRead(t *testing.T) {
	dir := t.TempDir()
	var text, records []string
	for i := range 500 {
		l := logLine{id: fmt.Sprintf("r%03d", i), ip: fmt.Sprintf("10.0.%d.9", i%7), trailIP: "10.0.0.9", endpoint: "vpce-0a1b2c3d4e5f60718"}
		if i%3 == 0 {
			l.ip = "198.51.100.7"
		}
		text = append(text, l.line(fmt.Sprintf("10:%02d:%02d", i/60, i%60)))
		if i%2 == 0 {
			records = append(records, l.record())
		}
	}
	write(t, dir, trailObject, `{"Records":[`+strings.Join(records, ",")+`]}`)
	write(t, dir, "a/"+logObject, strings.Join(text[:300], ""))
	write(t, dir, "a/2026-11-21-00-10-00-0123456789ABCDEF", strings.Join(text[200:], "")+strings.ReplaceAll(text[0], "20/Nov", "21/Nov"))
	write(t, dir, "a/2026-11-22-00-10-00-0123456789ABCDEF", "is not read: it is too late")
	read := func(workers, memory int, logs ...string) (string, *report.Witness) {
		r := told{trail: dir + "/AWSLogs", logs: logs, date: november20, workers: workers, memory: memory}
		store := r.run(t)
		return rowsIn(t, store, &table.S3Access, november20, "bucket", "requester", "route", "requests", "matched", "bytes", "first_seen", "last_seen") + "\n" +
			rowsIn(t, store, &table.Findings, november20, "finding", "calls", "sample_event_ids", "first_seen"), witness(t, store, november20)
	}
	want, w := read(1, 0, dir+"/a")
	if fmt.Sprint(w.Lines, w.Objects) != "map[ambiguous:0 duplicates:100 invalid:0 requests:500] map[ok:2]" || !strings.Contains(want, "internet 167 84") || !strings.Contains(want, "vpce 333 166") {
		t.Fatalf("%s\n%+v", want, w)
	}
	if got, again := read(3, 1<<16, dir+"/a"); got != want || again.SHA256 != w.SHA256 {
		t.Errorf("by several workers in little memory:\n%s\nwant\n%s", got, want)
	}
	if got, _ := read(2, 0, dir+"/a", dir+"/a/"+logObject); got != want {
		t.Errorf("with an object that is named twice:\n%s", got)
	}
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	fmt.Fprint(z, strings.Join(text, ""))
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	write(t, dir, "b/"+logObject, zipped.String())
	write(t, dir, "b/2026-11-20-12-00-00-0123456789ABCDEF", zipped.String()[:zipped.Len()/2]) // counts not at all
	write(t, dir, "b/2026-11-20-13-00-00-0123456789ABCDEF", "a,b\n1,2\n")
	if got, w := read(2, 0, dir+"/b"); got != want || fmt.Sprint(w.Objects) != "map[corrupt:1 ok:1 truncated:1]" {
		t.Errorf("gzipped, with damaged ones:\n%s\n%+v\nwant\n%s", got, w, want)
	}
}

func TestProblemsNameObjectAndPlace(t *testing.T) {
	dir := t.TempDir()
	line := logLine{id: "r", ip: "10.0.0.1"}.line("10:00:00")
	write(t, dir, "2026-11-20-01-00-00-0123456789ABCDEF", line+"broken\n"+line)
	write(t, dir, "2026-11-20-02-00-00-0123456789ABCDEF", "a,b\n")
	write(t, dir, "2026-11-20-03-00-00-0123456789ABCDEF", "\x1f\x8b")
	r := told{logs: []string{dir}, date: november20}
	w := witness(t, r.run(t), november20)
	if fmt.Sprint(w.Lines, w.Objects) != "map[ambiguous:0 duplicates:1 invalid:1 requests:1] map[corrupt:1 invalid_records:1 truncated:1]" {
		t.Errorf("%+v", w)
	}
	want := fmt.Sprintf(`%[1]s/2026-11-20-01-00-00-0123456789ABCDEF: 1 of 3 lines is not of an access log, at byte %[2]d
%[1]s/2026-11-20-02-00-00-0123456789ABCDEF: decode: no line is of an S3 access log
%[1]s/2026-11-20-03-00-00-0123456789ABCDEF: inflate: ends too early`, dir, len(line))
	if got := strings.Join(r.problems, "\n"); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

// An object holds lines of the day in its name, and of as many days before as --lateness says. It does
// not matter for which days it is read.
func TestALineHasADayThatItsObjectMayHold(t *testing.T) {
	dir := t.TempDir()
	line := func(id, date string) string {
		return strings.Replace(logLine{id: id, ip: "10.0.0.1"}.line("10:00:00"), "20/Nov/2026", date, 1)
	}
	write(t, dir, "2026-11-21-01-00-00-0123456789ABCDEF",
		line("a", "20/Nov/2026")+line("b", "21/Nov/2026")+line("c", "22/Nov/2026")+line("d", "19/Nov/2026")+line("e", "20/Nov/1926"))
	const problem = "/2026-11-21-01-00-00-0123456789ABCDEF: 3 lines are of a day that is neither 2026-11-21, as its name says, nor up to 1 day before (see --lateness), such as 2026-11-22"
	for date, want := range map[string]string{
		november20:   "map[ambiguous:0 duplicates:0 invalid:0 requests:1]",
		"2026-11-21": "map[ambiguous:0 duplicates:0 invalid:0 requests:1 stray:3]",
	} {
		r := told{logs: []string{dir}, date: date}
		w := witness(t, r.run(t), date)
		if fmt.Sprint(w.Lines) != want || fmt.Sprint(w.Objects) != "map[invalid_records:1]" || !slices.Equal(r.problems, []string{dir + problem}) {
			t.Errorf("%s: %v %v, problems %q", date, w.Lines, w.Objects, r.problems)
		}
	}
	for date, want := range map[string]string{"13/Mar/2006": "map[invalid_records:1]", "14/Mar/2006": "map[ok:1]", "31/Dec/2099": "map[ok:1]", "01/Jan/2100": "map[invalid_records:1]"} {
		undated := t.TempDir()
		write(t, undated, "undated", line("a", "20/Nov/2026")+line("b", date))
		r := told{logs: []string{undated}, date: november20}
		if w := witness(t, r.run(t), november20); fmt.Sprint(w.Objects) != want {
			t.Errorf("without a day in the name, %s: %v, problems %q", date, w.Objects, r.problems)
		}
	}
}

// What is listed for a day identifies it: an object more, or another version, is another day.
func TestLateObjectsChangeTheDay(t *testing.T) {
	dir := t.TempDir()
	l := Logs{Logs: dated.Logs{Sources: []string{dir}}}
	sum := func(date string) string {
		t.Helper()
		s, err := l.SHA256(t.Context(), &analyze.Job{Lateness: 1, Disk: spill.NewDisk(t.TempDir())}, parseDay(t, date))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	write(t, dir, logObject, "x")
	first, before := sum(november20), sum("2026-11-18")
	write(t, dir, "2026-11-21-01-00-00-0123456789ABCDEF", "x")
	if second := sum(november20); second == first {
		t.Error("an object that came the day after changes nothing")
	}
	second := sum(november20)
	write(t, dir, "2026-11-22-01-00-00-0123456789ABCDEF", "x")
	if sum(november20) != second || sum("2026-11-18") != before {
		t.Error("an object of another day changes the day")
	}
	write(t, dir, "no-day", "x")
	if sum(november20) == second || sum("2026-11-18") == before {
		t.Error("an object that names no day may be of every day")
	}
}
