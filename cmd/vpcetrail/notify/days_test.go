package notify

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"vpcetrail/cmd/vpcetrail/exit"
	"vpcetrail/ingest"
	"vpcetrail/report"
)

// sent says in short what arrived at the bus, in order.
func (c *cloud) sent() string {
	var list []string
	for _, e := range c.events {
		if e["state"] == nil {
			list = append(list, fmt.Sprintf("day %s %v", e["day"], e["vpce_calls"]))
			continue
		}
		list = append(list, fmt.Sprintf("%s %s %s since %s", e["day"], e["state"], e["principal"], e["since"]))
	}
	return strings.Join(list, ", ")
}

// sends runs notify for a day, and checks what arrives at the bus.
func (s *story) sends(c *cloud, date, want string) {
	s.t.Helper()
	c.events = nil
	s.notify(0, "--to", "eventbridge", "--bus", "audit", "--date", date)
	if got := c.sent(); got != want {
		s.t.Errorf("%s sends\n%s\nwant\n%s", date, got, want)
	}
}

// A run after nights without notify sends what runs of these nights would have sent, to both targets.
func TestNightsLeftOut(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 3 {
		nights := make([]night, 6)
		for i := range nights {
			nights[i] = night{day: fmt.Sprintf("2026-11-%d", 14+i), calls: random.Int64N(5)}
			for _, role := range []string{"a", "b", "c"} {
				if random.IntN(2) == 0 {
					nights[i].findings = append(nights[i].findings, "high foreign_endpoint role/"+role)
				}
			}
		}
		var each, once string
		for _, of := range []struct {
			got   *string
			sends func(i int) bool
		}{{&each, func(int) bool { return true }}, {&once, func(i int) bool { return i == 1 || i == 5 }}} {
			c, s := startCloud(t), newStory(t)
			for i, n := range nights {
				if s.publish(n); i > 0 && of.sends(i) {
					s.notify(0, "--to", "eventbridge", "--bus", "audit", "--date", n.day)
					s.notify(0, "--to", "securityhub", "--date", n.day)
				}
			}
			*of.got = c.sent() + c.states()
		}
		if each != once {
			t.Errorf("each night: %s\nafter some:  %s", each, once)
		}
	}
}

// An earlier day that is restated, or analyzed late, is sent too: its event, and findings that the target
// was not sent on or after that day.
func TestEarlierDays(t *testing.T) {
	c, s := startCloud(t), newStory(t)
	const a, b = "high foreign_endpoint role/a", "high foreign_endpoint role/b"
	s.publish(night{day: "2026-11-16"})
	s.publish(night{day: "2026-11-17", findings: []string{a}})
	s.sends(c, "2026-11-17", "day 2026-11-17 30, 2026-11-17 new role/a since 2026-11-17")
	s.publish(night{day: "2026-11-19"})
	s.sends(c, "2026-11-19", "day 2026-11-19 30, 2026-11-19 gone role/a since 2026-11-17")
	// More of a day, of which the finding was sent.
	s.publish(night{day: "2026-11-17", findings: []string{a}, calls: 1})
	s.sends(c, "2026-11-19", "day 2026-11-17 31, day 2026-11-19 30") // it compares itself with the other
	// A day that was left out: its findings are gone on the newest day.
	s.publish(night{day: "2026-11-18", findings: []string{a, b}})
	s.sends(c, "2026-11-19", "day 2026-11-18 30, 2026-11-18 new role/b since 2026-11-18, day 2026-11-19 30, 2026-11-19 gone role/b since 2026-11-18")
	// After it was gone, a finding is new again.
	s.publish(night{day: "2026-11-20"})
	s.sends(c, "2026-11-20", "day 2026-11-20 30")
	s.publish(night{day: "2026-11-19", findings: []string{b}})
	s.publish(night{day: "2026-11-21", findings: []string{b}})
	s.sends(c, "2026-11-21", "day 2026-11-19 30, 2026-11-19 new role/b since 2026-11-19, day 2026-11-21 30")
	// Days before the first that was sent are none of the target's.
	s.publish(night{day: "2026-11-16", findings: []string{a, b}})
	s.publish(night{day: "2026-11-15", findings: []string{a, b}})
	s.sends(c, "2026-11-21", "")
	// Of an earlier day alone, the run looks at no later one.
	s.publish(night{day: "2026-11-20", calls: 2})
	s.sends(c, "2026-11-19", "")
	s.sends(c, "2026-11-20", "day 2026-11-20 32")
	s.sends(c, "2026-11-21", "day 2026-11-21 30") // its day before has other counts
	s.sends(c, "2026-11-21", "")
}

// The same with Security Hub: a finding of an earlier day is active, and then archived.
func TestEarlierDaysInSecurityHub(t *testing.T) {
	c, s := startCloud(t), newStory(t)
	for _, d := range []string{"2026-11-17", "2026-11-18"} {
		s.publish(night{day: d})
		s.notify(0, "--to", "securityhub", "--date", d)
	}
	s.publish(night{day: "2026-11-17", findings: []string{"high foreign_endpoint role/late"}})
	for range 2 {
		s.notify(0, "--to", "securityhub", "--date", "2026-11-18")
	}
	if c.calls["BatchImportFindings"] != 2 || c.states() != "map[ARCHIVED:1]" || !strings.Contains(c.texts[0], `"ACTIVE"`) {
		t.Errorf("%d calls, %s: %s", c.calls["BatchImportFindings"], c.states(), c.texts)
	}
}

// Security Hub ignores what is not later than the finding that it has. A clock that was set back does
// not keep findings active.
func TestClockSetBack(t *testing.T) {
	c, s := startCloud(t), twoNights(t)
	defer func(now func() time.Time) { Now = now }(Now)
	s.notify(0, "--to", "securityhub")
	Now = func() time.Time { return time.Date(2026, 11, 22, 2, 0, 0, 0, time.UTC) }
	s.publish(night{day: today})
	s.notify(0, "--to", "securityhub", "--date", today)
	if got := c.states(); got != "map[ARCHIVED:3]" {
		t.Errorf("Security Hub has %s", got)
	}
}

// A finding of an earlier day is gone only if a later day covers what that day covered.
func TestEarlierDayOfAnotherScope(t *testing.T) {
	c, s := startCloud(t), newStory(t)
	some := report.Run{Accounts: []string{"111122223333"}}
	for _, d := range []string{"2026-11-17", "2026-11-18"} {
		s.publish(night{day: d, run: some})
		s.sends(c, d, "day "+d+" 30")
	}
	s.publish(night{day: "2026-11-17", findings: []string{"high foreign_endpoint role/a"}})
	s.sends(c, "2026-11-18", "day 2026-11-17 30, 2026-11-17 new role/a since 2026-11-17, day 2026-11-18 30")
	if out, errOut := s.notify(0, "--to", "eventbridge", "--bus", "audit", "--date", "2026-11-18"); !strings.Contains(errOut, "not sent as gone: foreign_endpoint of role/a: s3.amazonaws.com: 2026-11-18: it covers other accounts") {
		t.Errorf("it says %s%s", out, errOut)
	}
	s.publish(night{day: "2026-11-19"})
	s.sends(c, "2026-11-19", "day 2026-11-19 30, 2026-11-19 gone role/a since 2026-11-17")
}

// A day that is restated to and fro: each change has an event with an id of its own, on every day.
func TestEventsOfADayRestatedToAndFro(t *testing.T) {
	c, s := startCloud(t), newStory(t)
	for _, d := range []string{"2026-11-19", "2026-11-20", "2026-11-21"} {
		s.publish(night{day: d})
		s.notify(0, "--to", "eventbridge", "--bus", "audit", "--date", d)
	}
	for i := range 4 {
		for _, d := range []string{"2026-11-20", "2026-11-21"} {
			s.publish(night{day: d, calls: int64(1 - i%2)})
		}
		for range 2 {
			s.notify(0, "--to", "eventbridge", "--bus", "audit", "--date", "2026-11-21")
		}
	}
	if len(c.events) != 3+8 || len(c.ids()) != len(c.events) {
		t.Errorf("%d events with %d ids: %s", len(c.events), len(c.ids()), c.sent())
	}
}

// A run looks at no more than a month, and says so.
func TestLookBack(t *testing.T) {
	c, s := startCloud(t), newStory(t)
	at := func(n int) string { return time.Date(2026, 10, n, 0, 0, 0, 0, time.UTC).Format(time.DateOnly) }
	s.publish(night{day: at(1)})
	s.sends(c, at(1), "day 2026-10-01 30")
	for _, n := range []int{2, 10, 11, 41} {
		s.publish(night{day: at(n)})
	}
	_, errOut := s.notify(0, "--to", "eventbridge", "--bus", "audit", "--date", at(41))
	if want := "vpcetrail: not sent: news of 2 days before 2026-10-11: notify looks back 31 days\n"; errOut != want || c.sent() != "day 2026-10-01 30, day 2026-10-11 30, day 2026-11-10 30" {
		t.Errorf("it sends %s, and says %q, want %q", c.sent(), errOut, want)
	}
	s.publish(night{day: at(10), calls: 1})
	s.publish(night{day: at(11), calls: 1})
	s.sends(c, at(41), "day 2026-10-11 31, day 2026-11-10 30")
}

// An earlier day that cannot be read holds up no other one, and is sent once it can.
func TestAnEarlierDayCannotBeRead(t *testing.T) {
	c, s := startCloud(t), newStory(t)
	for _, d := range []string{"2026-11-17", "2026-11-18", "2026-11-19", "2026-11-20", "2026-11-21"} {
		n := night{day: d}
		if d == "2026-11-20" {
			n.run.Shard = "2/3"
		}
		if d == "2026-11-19" {
			n.findings = []string{"high foreign_endpoint role/a"}
		}
		if s.publish(n); d == "2026-11-17" {
			s.notify(0, "--to", "eventbridge", "--bus", "audit", "--date", d)
		}
	}
	manifest := filepath.Join(s.dir, "_runs/dt=2026-11-18/run.json")
	whole, err := os.ReadFile(manifest)
	if err == nil {
		err = os.WriteFile(manifest, []byte("{"), 0o666)
	}
	if err != nil {
		t.Fatal(err)
	}
	_, errOut := s.notify(exit.Incomplete, "--to", "eventbridge", "--bus", "audit", "--date", "2026-11-21")
	const damaged = " is not sent: REPORT: _runs/dt=2026-11-18/run.json: decode: unexpected end of JSON input: run analyze again for this day\n"
	want := "vpcetrail: 2026-11-18" + damaged + "vpcetrail: the event of 2026-11-19" + damaged + // which is compared with it
		"vpcetrail: 2026-11-20 is not sent: REPORT: 2026-11-20 covers shard 2/3 of the trail alone: merge all shards, and notify of the merged report\n" +
		"3 days could not be read: the next run looks again\n"
	const sent = "day 2026-11-17 30, 2026-11-19 new role/a since 2026-11-19, day 2026-11-21 30, 2026-11-21 gone role/a since 2026-11-19"
	if errOut != want || c.sent() != sent {
		t.Errorf("it sends %s, and says\n%swant\n%s", c.sent(), errOut, want)
	}
	if err := os.WriteFile(manifest, whole, 0o666); err != nil {
		t.Fatal(err)
	}
	s.publish(night{day: "2026-11-20"})
	s.sends(c, "2026-11-21", "day 2026-11-18 30, day 2026-11-19 30, day 2026-11-20 30, day 2026-11-21 30")
}

// If the newest day cannot be read, the run says why, though news of an earlier day were refused too.
func TestTheNewestDayCannotBeRead(t *testing.T) {
	c, s := startCloud(t), newStory(t)
	for _, d := range []string{"2026-11-18", "2026-11-19", "2026-11-20"} {
		n := night{day: d, findings: []string{"high foreign_endpoint role/" + d}}
		if s.publish(n); d == "2026-11-18" {
			s.notify(0, "--to", "eventbridge", "--bus", "audit", "--date", d)
		}
	}
	files, err := filepath.Glob(s.dir + "/findings/dt=2026-11-20/*")
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	if err := os.WriteFile(files[0], []byte("x"), 0o666); err != nil {
		t.Fatal(err)
	}
	c.refuseOne = func(text string) string {
		return map[bool]string{true: "InvalidArgument"}[strings.Contains(text, "vpcetrail day")]
	}
	_, errOut := s.notify(exit.Failed, "--to", "eventbridge", "--bus", "audit", "--date", "2026-11-20")
	if !strings.HasPrefix(errOut, "vpcetrail: not delivered: the day 2026-11-19: InvalidArgument: Not now.\n") || !strings.Contains(errOut, "findings/dt=2026-11-20/") {
		t.Errorf("it says %s", errOut)
	}
}

// killAt prepares for a run that is killed while its target takes the nth call. killed makes the record,
// and what arrived, as they were then. It reports whether there was such a call.
func (s *story) killAt(c *cloud, op string, n int) (killed func() bool) {
	target := bus
	if op == "BatchImportFindings" {
		target = hubARN
	}
	path, text, back := filepath.Join(s.dir, filepath.FromSlash(recordName(target))), []byte(nil), func() {}
	first := c.calls[op]
	c.refuse = func(of string, nth int) (int, string) {
		switch {
		case of != op:
		case nth == first+n:
			text, _ = os.ReadFile(path)
		case nth == first+n+1:
			events, found := len(c.events), maps.Clone(c.found)
			back = func() { c.events, c.found = c.events[:events], found }
		}
		return 0, ""
	}
	return func() bool {
		if c.refuse = nil; text == nil {
			return false
		}
		back()
		if err := os.WriteFile(path, text, 0o666); err != nil {
			s.t.Fatal(err)
		}
		return true
	}
}

const hubARN = "arn:aws:securityhub:eu-west-1:111122223333:product/111122223333/default"

// Whatever happens, in the end each target knows what the newest day has, and the bus the counts of each
// day: runs that are killed or refused, nights that are left out, days that are restated to and fro.
func TestTargetsKnowTheTruth(t *testing.T) {
	for seed := range uint64(4) {
		random := rand.New(rand.NewPCG(seed, 5))
		c, s := startCloud(t), newStory(t)
		published, newest := map[string]night{}, 14
		publish := func(at int) {
			n := night{day: fmt.Sprintf("2026-11-%d", at), calls: random.Int64N(3)}
			for role := range 11 {
				if at > 14 && random.IntN(2) == 0 {
					n.findings = append(n.findings, fmt.Sprintf("high foreign_endpoint role/%d", role))
				}
			}
			published[n.day] = n
			s.publish(n)
		}
		run := func() {
			for to, op := range map[string]string{"eventbridge": "PutEvents", "securityhub": "BatchImportFindings"} {
				args := append([]string{"--to", to, "--date", fmt.Sprintf("2026-11-%d", newest)}, busOf[to]...)
				switch random.IntN(3) {
				case 0:
					kill := s.killAt(c, op, 1+random.IntN(3))
					s.notify(0, args...)
					kill()
				case 1:
					c.refuseOne = func(string) string { return []string{"", "InvalidArgument"}[random.IntN(2)] }
					s.runs(args)
					c.refuseOne = nil
				default:
					s.notify(0, args...)
				}
			}
		}
		publish(newest)
		s.notify(0, "--to", "eventbridge", "--bus", "audit", "--date", "2026-11-14")
		for range 16 {
			switch random.IntN(3) {
			case 0:
				newest = min(newest+1, 21)
				publish(newest)
			case 1:
				publish(14 + random.IntN(newest-13))
			default:
				run()
			}
		}
		date := fmt.Sprintf("2026-11-%d", newest)
		for range 2 {
			s.notify(0, "--to", "eventbridge", "--bus", "audit", "--date", date)
			s.notify(0, "--to", "securityhub", "--date", date)
		}
		open, seen := map[any]bool{}, map[any]bool{}
		for _, e := range c.events {
			if seen[e["id"]] {
				continue
			}
			if seen[e["id"]] = true; e["state"] != nil {
				open[e["principal"]] = e["state"] == "new"
			} else if n := published[e["day"].(string)]; n.day != "" {
				open[n.day] = e["vpce_calls"] == float64(30+n.calls)
			}
		}
		for _, n := range published {
			if !open[n.day] {
				t.Errorf("seed %d: the bus does not know %s", seed, n.day)
			}
		}
		for role := range 11 {
			name := fmt.Sprintf("role/%d", role)
			is, active := slices.Contains(published[date].findings, "high foreign_endpoint "+name), false
			for _, f := range c.found {
				active = active || f["RecordState"] == "ACTIVE" && strings.Contains(f["Title"].(string), name+":")
			}
			if open[name] != is || active != is {
				t.Errorf("seed %d: %s is found: %t, for the bus %t, in Security Hub %t", seed, name, is, open[name], active)
			}
		}
	}
}

// A run that is killed after it sent something, and before it kept the answer, is made again with the
// same ids. So nothing is lost, and who drops ids that were seen has nothing twice.
func TestKilled(t *testing.T) {
	c, s := startCloud(t), newStory(t)
	for i, d := range []string{"2026-11-18", "2026-11-19", "2026-11-20", "2026-11-21"} {
		n := night{day: d, calls: int64(i), findings: []string{"high foreign_endpoint role/" + d}}
		for role := range 11 {
			n.findings = append(n.findings, fmt.Sprintf("high foreign_endpoint role/%d", role*2+i%2))
		}
		s.publish(n)
		if i == 2 {
			s.publish(night{day: "2026-11-18", calls: 9, findings: []string{"high foreign_endpoint role/late"}})
			continue // a night is left out
		}
		c.events = nil
		for call, killed := 1, true; killed; call++ {
			kill := s.killAt(c, "PutEvents", call)
			s.notify(0, "--to", "eventbridge", "--bus", "audit", "--date", d)
			killed = kill()
		}
		if want := []int{13, 25, 0, 53}[i]; len(c.ids()) != want {
			t.Errorf("%s: %d ids, want %d: %v", d, len(c.ids()), want, c.sent())
		}
		s.sends(c, d, "")
	}
}

// A run that is killed leaves nothing behind that it sent, though the day is restated without it.
func TestKilledAndRestated(t *testing.T) {
	c, s := startCloud(t), newStory(t)
	s.publish(night{day: before})
	s.sends(c, before, "day 2026-11-20 30")
	s.publish(night{day: today, calls: 1, findings: []string{"high foreign_endpoint role/a"}})
	s.sends(c, today, "day 2026-11-21 31, 2026-11-21 new role/a since 2026-11-21")
	s.publish(night{day: today, calls: 2, findings: []string{"high foreign_endpoint role/a", "high foreign_endpoint role/b"}})
	kill := s.killAt(c, "PutEvents", 1)
	s.sends(c, today, "day 2026-11-21 32, 2026-11-21 new role/b since 2026-11-21")
	kill()
	ids := c.ids()
	s.publish(night{day: today, calls: 1, findings: []string{"high foreign_endpoint role/a"}})
	// That it is new is sent again: nobody knows whether it came.
	s.sends(c, today, "day 2026-11-21 31, 2026-11-21 new role/b since 2026-11-21, 2026-11-21 gone role/b since 2026-11-21")
	for _, e := range c.events {
		if ids[e["id"].(string)] > 0 != (e["state"] == "new") {
			t.Errorf("the id of %v", e)
		}
	}
	s.sends(c, today, "")
}

// If it cannot be kept what is sent, nothing is sent.
func TestNothingIsSentThatCannotBeKept(t *testing.T) {
	c := startCloud(t)
	backend := s3mem.New()
	if err := backend.CreateBucket("reports"); err != nil {
		t.Fatal(err)
	}
	server := gofakes3.New(backend).Server()
	s3 := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && strings.Contains(r.URL.Path, "/_notify/") {
			http.Error(w, "<Error><Code>AccessDenied</Code><Message>no</Message></Error>", http.StatusForbidden)
			return
		}
		server.ServeHTTP(w, r)
	}))
	defer s3.Close()
	t.Setenv("AWS_ENDPOINT_URL_S3", s3.URL)
	s := &story{t, "s3://reports/out"}
	s.publish(night{day: today, findings: []string{"high foreign_endpoint role/a"}})
	for to, args := range busOf {
		_, errOut := s.notify(exit.Failed, append([]string{"--to", to}, args...)...)
		if want := "nothing of 2026-11-21 is sent, as it could not be kept that it was: REPORT/_notify/"; !strings.HasPrefix(errOut, want) || strings.Count(errOut, "\n") != 1 {
			t.Errorf("it says %s, want %s", errOut, want)
		}
	}
	if len(c.events)+len(c.found) > 0 {
		t.Error("something is sent")
	}
}

// --dry-run prints what the next run sends, and says what it says, whatever happened before. It writes
// nothing.
func TestDryRunSaysAll(t *testing.T) {
	c, s := startCloud(t), newStory(t)
	inputs := report.Run{Inputs: map[string]string{"network": "a"}}
	first := []string{"high foreign_endpoint role/a", "high foreign_endpoint role/b", "high foreign_endpoint role/" + strings.Repeat("x", 300_000)}
	for i, nights := range [][]night{
		{{day: "2026-11-16"}, {day: "2026-11-17", findings: first, run: inputs}},
		{{day: "2026-11-18", objects: map[ingest.Status]int64{ingest.OK: 1, ingest.Denied: 1}, run: inputs}},                       // incomplete
		{{day: "2026-11-17", calls: 4, findings: append(first, "high foreign_endpoint role/c"), run: inputs}, {day: "2026-11-20"}}, // restated, and another scope
		{{day: "2026-11-19", run: report.Run{Shard: "1/2"}}, {day: "2026-11-21", run: inputs}},                                     // a night that cannot be sent
	} {
		for _, n := range nights {
			s.publish(n)
		}
		for to, more := range busOf {
			args := append([]string{"--to", to, "--most", "2", "--incomplete-ok", "--date", nights[len(nights)-1].day}, more...)
			files := s.files()
			c.texts = nil
			printed, says := s.notify(0, append(args, "--dry-run")...)
			if !reflect.DeepEqual(files, s.files()) || len(c.texts) > 0 {
				t.Errorf("%d: --dry-run writes or sends something", i)
			}
			out, want := s.notify(0, args...)
			if withoutDryRun(says) != want {
				t.Errorf("%d %s: --dry-run says\n%swant\n%s", i, to, says, want)
			}
			if got, want := strings.Count(says, ": this is a dry run\n"), strings.Count(out, "\n"); got != want {
				t.Errorf("%d %s: --dry-run says\n%swant\n%s", i, to, says, out)
			}
			if got := s.bodies(c.texts); printed != got {
				t.Errorf("%d %s: --dry-run prints\n%.900s\nwant\n%.900s", i, to, printed, got)
			}
		}
	}
}

// withoutDryRun removes the lines that say what is not sent, as it is a dry run.
func withoutDryRun(says string) string {
	lines := slices.DeleteFunc(strings.SplitAfter(says, "\n"), func(line string) bool { return strings.HasSuffix(line, ": this is a dry run\n") })
	return strings.Join(lines, "")
}

// bodies returns the events and findings of calls, one a line.
func (s *story) bodies(texts []string) string {
	var all strings.Builder
	for _, text := range texts {
		var in struct{ Entries, Findings []json.RawMessage }
		if err := json.Unmarshal([]byte(text), &in); err != nil {
			s.t.Fatal(err)
		}
		for _, one := range append(in.Entries, in.Findings...) {
			all.Write(append(one, '\n'))
		}
	}
	return strings.ReplaceAll(all.String(), s.dir, "REPORT")
}

// files returns what is in the report, by name.
func (s *story) files() map[string]string {
	all := map[string]string{}
	if err := filepath.WalkDir(s.dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		all[path] = string(text)
		return err
	}); err != nil {
		s.t.Fatal(err)
	}
	return all
}

// A report has the same ids however its place is written: those of the path from the root.
func TestIdsOfAPlace(t *testing.T) {
	_, s := startCloud(t), twoNights(t)
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(s.dir, link); err != nil {
		t.Skip("no links can be made here: ", err)
	}
	t.Chdir(filepath.Dir(s.dir))
	path, err := filepath.EvalSymlinks(s.dir)
	if err != nil {
		t.Fatal(err)
	}
	want := hash("finding", path, "foreign_endpoint", "high", "444455556666", "eu-west-1", "role/stays", "", "s3.amazonaws.com", "", "")
	for _, dir := range []string{s.dir, "report", "./report", "report/", "../" + filepath.Base(filepath.Dir(s.dir)) + "/report", link, link + "/"} {
		out, _ := (&story{t, dir}).notify(0, "--to", "securityhub", "--dry-run")
		if !strings.Contains(out, `"vpcetrail/`+want+`"`) {
			t.Errorf("%s has the ids\n%s, want %s", dir, out, want)
		}
	}
	for _, dir := range []string{"s3://reports/out", "s3://reports/out/", "s3://reports//out//"} {
		if got, err := placeOf((&story{t, dir}).open()); err != nil || got != "s3://reports/out" {
			t.Errorf("%s is at %s: %v", dir, got, err)
		}
	}
}
