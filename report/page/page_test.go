package page

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"vpcetrail/classify/phrase"
	"vpcetrail/fixtures"
	"vpcetrail/ingest"
	"vpcetrail/ingest/day"
	"vpcetrail/report"
	"vpcetrail/report/findings"
	"vpcetrail/report/overview"
	"vpcetrail/report/policy"
	"vpcetrail/report/prices"
	"vpcetrail/report/readiness"
	"vpcetrail/report/reporttest"
	"vpcetrail/report/table"
	"vpcetrail/report/words"
)

// aMonth is the page of 30 days, 500 principals and 40 services, with readiness. It is made once: that takes seconds.
var aMonth = sync.OnceValue(func() string {
	m := month{days: 30, principals: 500, services: 40}
	p := read(failer{}, m.publish(failer{}))
	p.Readiness, p.Why = m.someReadiness(), m.someChanges()
	return write(failer{}, p)
})

// A failer is a testing.TB for what no test owns.
type failer struct{ testing.TB }

func (failer) Helper()           {}
func (failer) Fatal(args ...any) { panic(fmt.Sprint(args...)) }

func TestPageOfTheWorkshop(t *testing.T) {
	fixtures.Golden(t, "testdata/workshop.html", []byte(workshopPage(t, nil)))
}

func TestJapanesePageOfTheWorkshop(t *testing.T) {
	text := workshopPage(t, words.In("ja"))
	fixtures.Golden(t, "testdata/workshop.ja.html", []byte(text))
	if found := reporttest.English(text, policy.SupportAsOf); len(found) > 0 {
		t.Errorf("English in the Japanese page: %q", found)
	}
	if script := script(words.In("ja")); len(scriptTexts) == 0 || strings.Contains(script, "rows") && strings.Contains(script, "rows shown") {
		t.Error("the script speaks English")
	}
	for _, f := range scriptTexts {
		if strings.Count(pageJS, string(f)) != 1 {
			t.Errorf("page.js has %s not once", f)
		}
	}
}

// Japanese stays whole: nothing takes its first byte for a letter, and no line breaks before 件.
func TestJapanesePageOfChanges(t *testing.T) {
	m := month{days: 2, principals: 30, services: 20}
	p := read(t, m.publish(t))
	p.Readiness, p.Why, p.Words = m.someReadiness(), m.someChanges(), words.In("ja")
	p.trust.runs.Incomplete, p.trust.runs.Objects[ingest.Corrupt] = 1, 2
	text := write(t, p)
	if found := regexp.MustCompile(`.{0,20}(\x{FFFD}|class="odd"|\d 件).{0,20}`).FindAllString(text, -1); len(found) > 0 {
		t.Errorf("%q", found)
	}
	if counted.MatchString(pageCSS + pageCSSJapanese + script(p.Words)) {
		t.Error("the policy would not allow the style or the script")
	}
}

// workshopPage is the page of the workshop, with the readiness of its restricted bucket.
func workshopPage(t *testing.T, words *words.Language) string {
	t.Helper()
	store := workshop(t)
	span, err := report.ReadSpan(context.Background(), store, day.All())
	if err != nil {
		t.Fatal(err)
	}
	answer, err := readiness.Read(context.Background(), span, readiness.Question{Resource: "arn:aws:s3:::amzn-s3-demo-restricted"})
	if err != nil {
		t.Fatal(err)
	}
	p := read(t, store)
	p.Words = words
	p.Readiness = []Readiness{ReadinessOf(answer, words)}
	return write(t, p)
}

func TestThePageOfAReportIsTheSameAgain(t *testing.T) {
	m := month{days: 3, principals: 40, services: 12}
	if a, b := write(t, read(t, m.publish(t))), write(t, read(t, m.publish(t))); a != b {
		t.Error("two pages of the same report differ")
	}
}

// hostile is text that means something to HTML, scripts, attributes, terminals or bidirectional layout.
const hostile = "\u202e\x1b<script>alert(1)</script>\"' onload=alert(2) x='</title><!--{{.}}\u2066\u0000[31m\u200b\u3164"

func TestHostileTextStaysText(t *testing.T) {
	for _, tag := range words.Tags() {
		t.Run(tag, func(t *testing.T) { testHostile(t, words.In(tag)) })
	}
}

func testHostile(t *testing.T, words *words.Language) {
	t.Helper()
	m := month{days: 1, principals: 30, services: 20, text: hostile, name: func(i int) string {
		return fmt.Sprintf("arn:aws:iam::<b>%d</b>:role/%s", i, hostile)
	}}
	p := read(t, m.publish(t))
	p.Readiness, p.Why, p.Words = m.someReadiness(), m.someChanges(), words
	p.Readiness[0].Resource += hostile
	p.Readiness[0].Conditions[0].Values += hostile
	p.Readiness[0].Notes = []string{hostile}
	p.Readiness[0].Statement += hostile
	p.store = hostile
	text := write(t, p)
	for _, tag := range []string{"<script", "<style", "<title>VPC", "<html"} {
		if n := strings.Count(text, tag); n != 1 {
			t.Errorf("%d times %s", n, tag)
		}
	}
	for _, unwanted := range []string{"<script>alert", "<b>1", "<!--", "\u202e", "\u2066", "\x00", "\x1b", "\u200b", "\u3164"} {
		if strings.Contains(text, unwanted) {
			t.Errorf("the page holds %q", unwanted)
		}
	}
	for _, wanted := range []string{"&lt;script&gt;alert(1)&lt;/script&gt;", `<span class="odd">U&#43;202E</span>`, `<span class="odd">U&#43;001B</span>`} {
		if !strings.Contains(text, wanted) {
			t.Errorf("the page lacks %q", wanted)
		}
	}
}

func TestALargePageIsSmall(t *testing.T) {
	const limit = 2 << 20
	if n := len(aMonth()); n > limit/4 {
		t.Errorf("a month takes %d bytes, want a quarter of %d at most", n, limit)
	}
	// As many rows as a page takes, with the dearest text in every place that a caller can fill.
	worst := strings.Repeat("\U000e0001", 3000)
	m := month{days: 2, principals: 3 * keep.Principals, services: 3 * keep.Services, text: worst, name: func(i int) string { return fmt.Sprint(i, worst) }}
	p := read(t, m.publish(t))
	for range 2 * maxReadiness {
		r := m.someReadiness()[0]
		r.Conditions[0].Values += worst
		for range 2 * maxNotes {
			r.Notes = append(r.Notes, worst)
		}
		for i := range r.Outcomes {
			for len(r.Outcomes[i].Rows) < 100 {
				r.Outcomes[i].Rows = append(r.Outcomes[i].Rows, r.Outcomes[i].Rows...)
			}
		}
		p.Readiness = append(p.Readiness, r)
	}
	p.Why = m.someChanges()
	for range 5 {
		p.Why.Groups = append(p.Why.Groups, m.someChanges().Groups...)
	}
	for i := range p.Findings.Rows {
		p.Findings.Rows[i].Detail = phrase.Of(findings.EndpointIsAnother, "", "", "1", worst, "").String()
	}
	for _, tag := range words.Tags() {
		p.Words = words.In(tag)
		if n := len(write(t, p)); n > limit || len(p.Names.Rows) != keep.Services || len(p.Measured.Rows) != keep.Services {
			t.Errorf("the largest page takes %d bytes in %s, want %d at most", n, tag, limit)
		}
	}
}

// TestPolicyAllowsThePageAlone checks the hashes against the content of the page, as a browser does.
func TestPolicyAllowsThePageAlone(t *testing.T) {
	text := aMonth()
	between := func(start, end string) string {
		_, rest, _ := strings.Cut(text, start)
		inside, _, _ := strings.Cut(rest, end)
		return inside
	}
	policy := strings.NewReplacer("&#39;", "'", "&#43;", "+").Replace(between(`http-equiv="Content-Security-Policy" content="`, `"`))
	want := "default-src 'none'; style-src '" + hash(between("<style>", "</style>")) + "'; script-src '" + hash(between("<script>", "</script>")) + "'; base-uri 'none'; form-action 'none'"
	if policy != want {
		t.Errorf("policy %s\nwant   %s", policy, want)
	}
	if found := regexp.MustCompile(`(?i)<[^>]* (style=|on[a-z]+=|src=|href="[^#])[^>]*>`).FindString(between("<body>", "<script>")); found != "" {
		t.Errorf("the policy, or having no network, forbids %s", found)
	}
}

func TestLinksLeadSomewhere(t *testing.T) {
	text := aMonth()
	for _, m := range regexp.MustCompile(`(?:href="#|aria-labelledby="|aria-describedby="|for=")([^"]+)"`).FindAllStringSubmatch(text, -1) {
		if n := strings.Count(text, ` id="`+m[1]+`"`); n != 1 {
			t.Errorf("%s: %d elements have that id", m[0], n)
		}
	}
}

// oneDay publishes a day with one service and the given findings.
func oneDay(t *testing.T, store reporttest.Store, d day.Day, run report.Run, objects map[ingest.Status]int64, findings report.Rows[table.FindingRow]) {
	t.Helper()
	service := table.ServiceRow{AccountID: "111122223333", Region: "us-east-1", Service: "s3.amazonaws.com"}
	service.Calls, service.VPCE = 10, 10
	kinds := report.Kinds{Calls: 10}
	reporttest.Publish(t, store, &report.Report{
		Statuses: objects, Balance: report.Balance{Records: 10, Kinds: kinds}, Days: []*report.Day{{
			Day: d, Kinds: kinds, Traffic: report.RowsOf[table.TrafficRow](nil), Principals: report.RowsOf[table.PrincipalRow](nil),
			Services: report.RowsOf([]table.ServiceRow{service}), Endpoints: report.RowsOf[table.EndpointRow](nil), Findings: findings,
			Objects: report.RowsOf[table.ObjectRow](nil),
		}},
	}, run)
}

func TestAPageSaysWhatItLacks(t *testing.T) {
	store := reporttest.Store{}
	oneDay(t, store, 20778, report.Run{Window: "a", Accounts: []string{"111122223333"}}, map[ingest.Status]int64{ingest.OK: 3, ingest.Corrupt: 2}, nil)
	oneDay(t, store, 20781, report.Run{Window: "b"}, map[ingest.Status]int64{ingest.OK: 3}, report.RowsOf[table.FindingRow](nil))
	v := read(t, store).view()
	want := []string{
		"Incomplete: 2 of 8 objects could not be read whole, in 1 of 2 runs. Table objects names each object: 2 corrupt.",
		"Balanced: 20 records, each counted once: 20 calls.",
		"2 days between the first and the last without a report: 2026-11-22, 2026-11-23.",
		"Filtered: the runs read only the accounts 111122223333.",
		"Made without an inventory of endpoints: only the records show who owns an endpoint.",
	}
	if v.Trust.OK || fmt.Sprintf("%q", v.Trust.Lines) != fmt.Sprintf("%q", want) {
		t.Errorf("ok %v, lines %q\nwant %q", v.Trust.OK, v.Trust.Lines, want)
	}
	if want := "No table of findings for 1 day of 2, from an older version of vpcetrail: run analyze again."; v.Findings.Missing != want {
		t.Errorf("findings: %s\nwant %s", v.Findings.Missing, want)
	}
	if want := "All calls on a proven network path used a VPC endpoint; none went past it."; v.Headline != want {
		t.Errorf("headline: %s\nwant %s", v.Headline, want)
	}
}

// A page says what the digests prove, and warns of what is invalid.
func TestAPageSaysWhatDigestsProve(t *testing.T) {
	store := reporttest.Store{}
	oneDay(t, store, 20778, report.Run{Endpoints: 1}, map[ingest.Status]int64{ingest.OK: 3}, nil)
	p := read(t, store)
	p.Verified, p.Checked = report.NewVerified("report"), 1
	p.Verified.Logs["valid"], p.Verified.Digests["valid"] = 3, 24
	for _, want := range []string{
		"Digests, of 1 of 1 day: 3 of 3 logs proved by digests.",
		"INVALID: digests, of 1 of 1 day: 3 of 4 logs proved by digests, 1 log modified. Tables objects and digests name each problem.",
	} {
		if v := p.trustView(); v.OK != (p.Verified.Invalid == 0) || v.Lines[2] != want {
			t.Errorf("%v, %q\nwant %q", v.OK, v.Lines, want)
		}
		p.Verified.Logs["modified"], p.Verified.Invalid = 1, 1
	}
}

func TestALostRecordShows(t *testing.T) {
	store := reporttest.Store{}
	oneDay(t, store, 20778, report.Run{Endpoints: 1}, map[ingest.Status]int64{ingest.OK: 3}, nil)
	p := read(t, store)
	if v := p.trustView(); !v.OK {
		t.Errorf("not relied upon: %q", v.Lines)
	}
	p.trust.tables++
	if v := p.trustView(); v.OK || v.Lines[1] != "Out of balance: the tables hold 11 calls, the runs counted 10." {
		t.Errorf("%v, %q", v.OK, v.Lines)
	}
	p.trust.tables--
	p.trust.unbalanced++
	if v := p.trustView(); v.OK || v.Lines[1] != "Out of balance: in 1 run of 1 records are lost or counted twice." {
		t.Errorf("%v, %q", v.OK, v.Lines)
	}
}

func TestFindingsOfSeveralDaysAreOne(t *testing.T) {
	store := reporttest.Store{}
	key := table.FindingKey{Finding: "detour_cost", Severity: "medium", Principal: "arn:aws:iam::111122223333:role/a\x00b", Service: "s3.amazonaws.com"}
	objects := map[ingest.Status]int64{ingest.OK: 1}
	oneDay(t, store, 20778, report.Run{}, objects, report.RowsOf([]table.FindingRow{
		{FindingKey: key, Calls: 5, Bytes: 1 << 30, EstimatedUSD: 0.5, SampleEventIDs: "a b", Detail: "first", FirstSeen: 100, LastSeen: 200},
		{FindingKey: table.FindingKey{Finding: "endpoint_unused", Severity: "info"}, Detail: "unused", FirstSeen: -1, LastSeen: -1},
	}))
	oneDay(t, store, 20779, report.Run{}, objects, report.RowsOf([]table.FindingRow{
		{FindingKey: key, Calls: 7, Bytes: 1 << 30, EstimatedUSD: 0.25, SampleEventIDs: "c", Detail: "second", FirstSeen: 300, LastSeen: 400},
	}))
	p := read(t, store)
	if len(p.Findings.Rows) != 2 {
		t.Fatalf("%+v", p.Findings.Rows)
	}
	want := overview.Finding{FindingKey: key, FindingSum: overview.FindingSum{Days: 2, Calls: 12, Bytes: 2 << 30, Estimate: prices.Estimate{Known: 2, Sum: 750_000_000}, First: 100, Last: 400, LastDay: 20779, Samples: "c", Detail: "second"}}
	if p.Findings.Rows[0] != want {
		t.Errorf("%+v\nwant %+v", p.Findings.Rows[0], want)
	}
	var again overview.FindingSum
	again.Parse(want.Append(nil))
	if again != want.FindingSum {
		t.Errorf("parsed %+v", again)
	}
	if unused := p.findingsView("").Rows[1]; unused.Name != "Endpoint unused" || minute(unused.Last) != "–" {
		t.Errorf("%+v", unused)
	}
}

// The findings that most callers have are one row a service. No call is lost, and none is counted twice.
func TestPastEndpointIsFoldedByService(t *testing.T) {
	past := func(service, principal string, calls int64) overview.Finding {
		return overview.Finding{
			FindingKey: table.FindingKey{Finding: "past_endpoint", Severity: "medium", Service: service, Principal: principal, AccountID: "1"},
			FindingSum: overview.FindingSum{Days: 1, Calls: calls, First: 10, Last: 20, Detail: "sentence", Samples: "a"},
		}
	}
	unused := overview.Finding{FindingKey: table.FindingKey{Finding: "endpoint_policy_denied", Severity: "medium"}, FindingSum: overview.FindingSum{Days: 1, Calls: 7}}
	var got []string
	for _, f := range fold([]overview.Finding{past("kms", "a", 9), unused, past("s3", "b", 6), past("s3", "c", 5)}) {
		got = append(got, fmt.Sprintf("%s %q %d of %d", f.Service, f.Principal, f.Calls, len(f.Folded)))
	}
	if want := []string{`s3 "" 11 of 2`, `kms "a" 9 of 0`, ` "" 7 of 0`}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// The page opens with what to change, and findings follow.
func TestChangesComeFirst(t *testing.T) {
	text := aMonth()
	last := 0
	for _, id := range []string{"routes", "changes", "findings", "days", "services", "balance"} {
		at := strings.Index(text, `<section id="`+id+`"`)
		if at < last {
			t.Errorf("section %s is at %d", id, at)
		}
		last = at
	}
	for _, wanted := range []string{"Add the route table to the gateway endpoint for s3", "aws ec2 modify-vpc-endpoint --region eu-west-1", "aws_vpc_endpoint_route_table_association",
		"AWS::EC2::VPCEndpoint", "shows this change already", "vpcetrail why memory --date yesterday"} {
		if !strings.Contains(text, wanted) {
			t.Errorf("the page lacks %q", wanted)
		}
	}
}

func TestPageOfNoDay(t *testing.T) {
	if _, err := Read(context.Background(), reporttest.Store{}, nil); err == nil || err.Error() != "memory: no day of a report to show" {
		t.Error(err)
	}
}
