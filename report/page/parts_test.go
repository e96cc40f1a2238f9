package page

import (
	"fmt"
	"math"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"vpcetrail/classify/phrase"
	"vpcetrail/ingest/day"
	"vpcetrail/report/findings"
	"vpcetrail/report/grid"
	"vpcetrail/report/overview"
	"vpcetrail/report/readiness"
	"vpcetrail/report/reporttest"
	"vpcetrail/report/table"
	"vpcetrail/report/words"
)

func TestTextsThatCannotBeSeenAreNamed(t *testing.T) {
	for text, want := range map[string]string{
		"role/über-app 東京 \uFFFD":  "role/über-app 東京 \uFFFD",
		"a\u202eb\x00":             "a⟨U+202E⟩b⟨U+0000⟩",
		"\xffa\xc3":                "⟨byte FF⟩a⟨byte C3⟩",
		"\u00ad\ufe0f\u2800x":      "⟨U+00AD⟩⟨U+FE0F⟩⟨U+2800⟩x",
		strings.Repeat("x", 290):   strings.Repeat("x", 280) + "⟨10 more⟩",
		strings.Repeat("<", 57):    strings.Repeat("<", 56) + "⟨1 more⟩",
		strings.Repeat("\n", 1000): strings.Repeat("⟨U+000A⟩", 7) + "⟨993 more⟩",
	} {
		if got := plain(nil, text); got != want {
			t.Errorf("%q\n got %s\nwant %s", text, got, want)
		}
	}
}

func TestNumbersAsPeopleReadThem(t *testing.T) {
	for got, want := range map[string]string{
		grid.Number(1234567): "1,234,567", grid.Number(-1234): "-1,234", grid.Number(0): "0",
		short(950): "950", short(1500): "1.5k", short(20000): "20k", short(4_000_000): "4M",
		share(1, 2): "50.0 %", share(99999, 100000): "> 99.9 %", share(1, 100000): "< 0.1 %", share(0, 5): "0.0 %", share(5, 5): "100.0 %", share(0, 0): "–",
		grid.Plural(1, "copy"): "1 copy", grid.Plural(2, "shared copy"): "2 shared copies", grid.Plural(2, "day"): "2 days", grid.Plural(1000, "call"): "1,000 calls",
		minute(1795219200000): "2026-11-21 00:00", minute(-1): "–",
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestNamesOfPrincipals(t *testing.T) {
	for principal, want := range map[string][2]string{
		"arn:aws:iam::111122223333:role/team/app": {"role/app", "111122223333"},
		"arn:aws:iam::111122223333:root":          {"root", "111122223333"},
		"111122223333:AROAEXAMPLE":                {"111122223333:AROAEXAMPLE", ""},
		"":                                        {"", ""},
	} {
		if name, account := nameAndAccount(principal); [2]string{name, account} != want {
			t.Errorf("%s: %s, %s", principal, name, account)
		}
	}
}

func TestAxesEndInRoundNumbers(t *testing.T) {
	for n, want := range map[int64]int64{0: 1, 1: 1, 2: 2, 3: 4, 9: 10, 10: 10, 11: 20, 61: 80, 999: 1000, 3_700_000: 4_000_000} {
		if got := niceCeiling(n); got != want {
			t.Errorf("%d: %d, want %d", n, got, want)
		}
	}
}

func TestManyDaysShareBars(t *testing.T) {
	var days []overview.Day
	for i := range 400 {
		if i != 7 { // a gap
			days = append(days, overview.Day{Day: day.Day(20000 + i), Routes: table.Routes{Calls: 1}})
		}
	}
	all := spans(days)
	var calls int64
	for i := range all {
		calls += all[i].Calls
	}
	if len(all) != 80 || calls != 399 || all[1].days != 4 || all[79].last != 20399 {
		t.Errorf("%d bars, %d calls, %+v", len(all), calls, all[1])
	}
	if few := spans(days[:10]); len(few) != 11 || few[7].days != 0 || few[7].name().String() != "2024-10-11" {
		t.Errorf("%d bars, %+v", len(few), few[7])
	}
}

// TestBarsStandOnTheAxis holds the geometry of a bar against its numbers, and shows few calls beside many.
func TestBarsStandOnTheAxis(t *testing.T) {
	days := []overview.Day{{Day: 20000, Routes: table.Routes{Calls: 4_000_001, VPCE: 3_000_000, InternetAWS: 1_000_000, Unknown: 1}}, {Day: 20001, Routes: table.Routes{}}}
	c := newChart(nil, "id", "title", "note", spans(days), routeSeries)
	want := []part{{"vpce", "85", "85"}, {"aws", "56.67", "28.33"}, {"unk", "55.67", "1"}}
	if got := c.Bars[0].Parts; !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if tip := "2024-10-04\nby an endpoint: 3,000,000\ninternet, from AWS addresses: 1,000,000\ninternet, from elsewhere: 0\nby AWS services: 0\nunknown: 1"; c.Bars[0].Tip != tip {
		t.Errorf("tip %q", c.Bars[0].Tip)
	}
	if grid := []gridLine{{"170", "0"}, {"85", "3M"}, {"0", "6M"}}; !reflect.DeepEqual(c.Grid, grid) {
		t.Errorf("grid %v", c.Grid)
	}
}

// TestColoursCanBeRead holds the colours against WCAG AA in both themes: text 4.5, shapes 3.
func TestColoursCanBeRead(t *testing.T) {
	colours := map[string][2]string{}
	for _, m := range regexp.MustCompile(`--([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)`).FindAllStringSubmatch(pageCSS, -1) {
		colours[m[1]] = [2]string{m[2], m[3]}
	}
	for _, tc := range []struct {
		least  float64
		names  string
		ground string
	}{
		{4.5, "ink dim link good bad critical high medium low info", "paper"},
		{4.5, "ink dim link", "ground"},
		{3, "vpce aws ext svc unk-over", "paper"},
	} {
		for _, name := range strings.Fields(tc.names) {
			for theme, colour := range colours[name] {
				if got := contrast(t, colour, colours[tc.ground][theme]); got < tc.least {
					t.Errorf("%s %s on %s: contrast %.2f, want %.1f", name, colour, tc.ground, got, tc.least)
				}
			}
			if _, ok := colours[name]; !ok {
				t.Errorf("page.css has no --%s", name)
			}
		}
	}
}

func contrast(t *testing.T, a, b string) float64 {
	x, y := luminance(t, a), luminance(t, b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// luminance is WCAG's relative luminance.
func luminance(t *testing.T, colour string) (sum float64) {
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(colour[1+2*i:3+2*i], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		c := float64(n) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}

func TestReadinessIsSaidInOneSentence(t *testing.T) {
	one := func(k OutcomeKind) Outcome { return Outcome{k, []OutcomeRow{{Calls: 3}}} }
	for _, tc := range []struct {
		outcomes []Outcome
		verdict  string
	}{
		{[]Outcome{one(Passing), one(Stopped)}, "Not ready: 3 calls would be stopped."},
		{[]Outcome{one(Passing), one(Unclear)}, "Probably ready: none is known to be stopped. Undecided: 3 calls."},
		{[]Outcome{one(Passing), one(Exempt)}, "Ready: no call in the report would be stopped."},
		{nil, "No call in the report names this resource."},
	} {
		r := Readiness{Asked: "aws:SourceVpce", Outcomes: tc.outcomes}
		v := r.view(nil)
		if v.Verdict != tc.verdict || v.Safe != strings.HasPrefix(v.Verdict, "Ready") {
			t.Errorf("%v %s, want %s", v.Safe, v.Verdict, tc.verdict)
		}
	}
}

// If the report knows no endpoint of ours, the page shows the first condition with known values.
func TestReadinessWithoutEndpoints(t *testing.T) {
	unknown := readiness.Condition{Key: readiness.SourceVpce, Values: []string{}}
	account := readiness.Condition{Key: readiness.VpceAccount, Values: []string{"111122223333"}, Calls: map[readiness.Outcome]int64{readiness.Stopped: 3}}
	org := readiness.Condition{Key: readiness.VpceOrgID, Values: []string{}, Calls: map[readiness.Outcome]int64{readiness.Stopped: 3}}
	for _, tc := range []struct {
		conditions  []readiness.Condition
		asked, keys string
	}{
		{[]readiness.Condition{unknown, account, org}, readiness.VpceAccount, "aws:VpceAccount 111122223333 3; aws:VpceOrgID your organization's id 3; "},
		{[]readiness.Condition{unknown, org}, "", "aws:VpceOrgID your organization's id 3; "},
	} {
		r := ReadinessOf(&readiness.Answer{Conditions: tc.conditions}, nil)
		keys := ""
		for _, c := range r.Conditions {
			keys += fmt.Sprintf("%s %s %d; ", c.Key, c.Values, c.Stopped)
		}
		if r.Asked != tc.asked || keys != tc.keys {
			t.Errorf("asked %q of %s", r.Asked, keys)
		}
		v := r.view(nil)
		if said := v.Verdict == "Not known: no condition has a known value."; said != (tc.asked == "") || v.Safe && said {
			t.Errorf("asked %q: %s", r.Asked, v.Verdict)
		}
	}
}

// Numbers that the report bounds only are ranges, and a route that names no endpoint has no empty parentheses.
func TestReadinessOfAccessLogs(t *testing.T) {
	counts := readiness.Counts{Calls: 1007, Denied: 2, PerhapsDenied: 3}
	r := ReadinessOf(&readiness.Answer{
		Conditions: []readiness.Condition{{Key: readiness.SourceVpce, Values: []string{"vpce-0a11b22c"}, Allowed: 1002, PerhapsAllowed: 3}},
		Uses:       []readiness.Use{{Route: "vpce", Evidence: "private_address", Counts: counts, Verdicts: map[string]readiness.Verdict{readiness.SourceVpce: {Outcome: readiness.Unknown}}}},
	}, nil)
	p := read(t, workshop(t))
	p.Readiness = []Readiness{r}
	text := write(t, p)
	for _, want := range []string{`<td class="n" data-v="1002">1,002-1,005</td>`, `<td>vpce, private_address</td><td class="n" data-v="1007">1,007</td><td class="n" data-v="2">2-5</td>`} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is not in the page", want)
		}
	}
}

// What was found is said in Japanese, with what the stored sentence names.
func TestJapaneseFindings(t *testing.T) {
	detail := func(row table.FindingRow) string {
		f := findingView{Finding: overview.Finding{FindingKey: row.FindingKey, FindingSum: overview.FindingSum{Detail: row.Detail}}}
		text := f.name(words.In("ja")) + ": " + f.detail(words.In("ja"))
		if found := reporttest.English(text); len(found) > 0 {
			t.Errorf("%s: %q in %s", row.Finding, found, text)
		}
		return text
	}
	for i := range findings.Codes {
		code := &findings.Codes[i]
		detail(table.FindingRow{FindingKey: table.FindingKey{Finding: code.Name, Severity: code.Severity}, Detail: string(code.Means)})
	}
	var key table.FindingKey
	for _, f := range []phrase.Format{findings.EndpointIsPublic, findings.EndpointIsAnother, findings.PublicIsEndpoint, findings.PublicIsPrivate} {
		text := detail(findings.Disagreement(key, f, "id-1", "vpce-0a", "17", "logs/x", "vpce-0b"))
		for _, wanted := range []string{"id-1", "17", "logs/x"} {
			if !strings.Contains(text, wanted) {
				t.Errorf("no %s in %s", wanted, text)
			}
		}
	}
	if text := detail(findings.Disagreement(key, findings.CallsAreUnseen, phrase.Count(1200, "call"))); !strings.Contains(text, "呼び出し 1,200 件") {
		t.Error(text)
	}
	if text := detail(findings.Unseen(key, 1, 2_000)); !strings.Contains(text, "新しい接続 1 件") || !strings.Contains(text, "2,000 バイト") {
		t.Error(text)
	}
}
