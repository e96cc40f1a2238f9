package notify

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"vpcetrail/cmd/vpcetrail/exit"
	"vpcetrail/fixtures"
	"vpcetrail/ingest"
	"vpcetrail/report"
)

const (
	before = "2026-11-20"
	today  = "2026-11-21"
	bus    = "arn:aws:events:eu-west-1:111122223333:event-bus/audit"
)

// busOf is the flag --bus of the target that has one.
var busOf = map[string][]string{"eventbridge": {"--bus", "audit"}, "securityhub": nil}

// hostile is a name that tries to look like markup, other lines, and controls.
const hostile = "arn:aws:iam::444455556666:role/<!channel>\x1b[2J\u009b\r\n\"\\|`\u202e"

func twoNights(t *testing.T) *story {
	s := newStory(t)
	s.publish(night{day: before, findings: []string{"high foreign_endpoint role/stays", "medium past_endpoint role/goes", "low endpoint_unused quiet"}})
	s.publish(night{day: today, calls: 5, findings: []string{"high foreign_endpoint role/stays", "critical keys_elsewhere " + hostile, "medium past_endpoint role/comes", "low endpoint_unused other"}})
	return s
}

func pretty(t *testing.T, texts []string, dir string) []byte {
	t.Helper()
	var all strings.Builder
	for _, text := range texts {
		var v any
		if err := json.Unmarshal([]byte(text), &v); err != nil {
			t.Fatal(err)
		}
		out, err := json.MarshalIndent(v, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		all.Write(append(out, '\n'))
	}
	return []byte(strings.ReplaceAll(all.String(), dir, "REPORT"))
}

// The events of a night, exactly. Sent again, nothing new arrives. The ids depend on the
// report's place, so that the golden file holds none.
func TestEventBridge(t *testing.T) {
	c, s := startCloud(t), twoNights(t)
	out, errOut := s.notify(0, "--to", "eventbridge", "--bus", "audit")
	if want := today + ": 2 findings new, 1 gone, sent to " + bus + "\n"; out != want || errOut != "" {
		t.Errorf("it says %q %q, want %q", out, errOut, want)
	}
	text := pretty(t, c.texts, s.dir)
	for id := range c.ids() {
		text = []byte(strings.ReplaceAll(string(text), id, "ID"))
	}
	fixtures.Golden(t, "testdata/eventbridge.golden", text)
	for range 2 {
		out, _ := s.notify(0, "--to", "eventbridge", "--bus", "audit")
		if want := "nothing new since " + today + ": nothing is sent to " + bus + "\n"; out != want || len(c.events) != 4 || c.calls["PutEvents"] != 1 {
			t.Errorf("again, it says %q, and there are %d events in %d calls", out, len(c.events), c.calls["PutEvents"])
		}
	}
	// The next night has what the one before had: one event, for the day.
	s.publish(night{day: "2026-11-22", calls: 9, findings: []string{"high foreign_endpoint role/stays", "critical keys_elsewhere " + hostile, "medium past_endpoint role/comes"}})
	s.notify(0, "--to", "eventbridge", "--bus", "audit", "--date", "2026-11-22")
	if len(c.events) != 5 || c.events[4]["day"] != "2026-11-22" {
		t.Errorf("the next night: %d events", len(c.events))
	}
	// An earlier day was sent already.
	_, errOut = s.notify(0, "--to", "eventbridge", "--bus", "audit", "--date", today)
	if want := "vpcetrail: " + bus + " was sent 2026-11-22, which is later: nothing of " + today + " is sent\n"; errOut != want || len(c.events) != 5 {
		t.Errorf("an earlier day: it says %q, want %q", errOut, want)
	}
}

// A day that is restated with other findings is news again.
func TestARestatedDayIsSentAgain(t *testing.T) {
	c, s := startCloud(t), twoNights(t)
	s.notify(0, "--to", "eventbridge", "--bus", "audit")
	s.publish(night{day: today, calls: 6, findings: []string{"high foreign_endpoint role/stays", "medium past_endpoint role/comes", "medium past_endpoint role/late"}})
	s.notify(0, "--to", "eventbridge", "--bus", "audit")
	var got []string
	for _, e := range c.events[4:] {
		got = append(got, fmt.Sprint(e["state"], " ", e["principal"]))
	}
	if strings.Join(got, ", ") != "<nil> <nil>, gone "+hostile+", new role/late" {
		t.Errorf("sent: %q", got)
	}
}

// Security Hub holds what is open. What is gone is archived. What comes back is active again,
// under the same Id.
func TestSecurityHub(t *testing.T) {
	c, s := startCloud(t), twoNights(t)
	s.notify(0, "--to", "securityhub", "--date", before)
	if got := c.states(); got != "map[ACTIVE:2]" {
		t.Errorf("the first night: %s", got)
	}
	c.texts = nil
	out, _ := s.notify(0, "--to", "securityhub")
	if want := today + ": 2 findings new, 1 gone, sent to arn:aws:securityhub:eu-west-1:111122223333:product/111122223333/default\n"; out != want {
		t.Errorf("it says %q, want %q", out, want)
	}
	if got := c.states(); got != "map[ACTIVE:3 ARCHIVED:1]" {
		t.Errorf("the second night: %s", got)
	}
	text := string(pretty(t, c.texts, s.dir))
	for id := range c.found {
		text = strings.ReplaceAll(text, id, "vpcetrail/ID")
	}
	fixtures.Golden(t, "testdata/securityhub.golden", []byte(text))
	for range 2 {
		s.notify(0, "--to", "securityhub")
	}
	if c.calls["BatchImportFindings"] != 2 {
		t.Errorf("%d calls, want 2: the same was sent again", c.calls["BatchImportFindings"])
	}
	s.publish(night{day: "2026-11-22", findings: []string{"medium past_endpoint role/goes"}})
	s.notify(0, "--to", "securityhub", "--date", "2026-11-22")
	if got := c.states(); got != "map[ACTIVE:1 ARCHIVED:3]" || len(c.found) != 4 {
		t.Errorf("the third night: %s", got)
	}
	// Security Hub deletes what is not updated for 90 days.
	s.publish(night{day: "2026-12-21", findings: []string{"medium past_endpoint role/goes"}})
	s.notify(0, "--to", "securityhub", "--date", "2026-12-21")
	if c.calls["BatchImportFindings"] != 3 {
		t.Error("a finding is sent again after 29 days")
	}
	s.publish(night{day: "2026-12-22", findings: []string{"medium past_endpoint role/goes"}})
	s.notify(0, "--to", "securityhub", "--date", "2026-12-22")
	if c.calls["BatchImportFindings"] != 4 {
		t.Error("a finding is not sent again after 30 days")
	}
}

// Texts are cut where Security Hub would refuse them.
func TestSecurityHubTakesAnyText(t *testing.T) {
	c, s := startCloud(t), newStory(t)
	long := strings.Repeat("\U0001F512<é>", 3000)
	s.publish(night{day: today, findings: []string{"high foreign_principal " + long, "high foreign_principal " + hostile}})
	s.notify(0, "--to", "securityhub")
	units := func(v any) int { return len(utf16.Encode([]rune(v.(string)))) }
	for _, f := range c.found {
		if units(f["Title"]) > 256 || units(f["Description"]) > 1024 {
			t.Errorf("title of %d, description of %d characters", units(f["Title"]), units(f["Description"]))
		}
		for name, value := range f["ProductFields"].(map[string]any) {
			if units(value) > 2048 || strings.ContainsAny(value.(string), "\x1b\u009b\r\n\u202e") {
				t.Errorf("%s: %q", name, value)
			}
		}
		for _, r := range f["Resources"].([]any) {
			if id := r.(map[string]any)["Id"]; units(id) > 512 || strings.ContainsAny(id.(string), "\x1b\u009b\r\n\u202e") {
				t.Errorf("resource %q", id)
			}
		}
	}
	if len(c.found) != 2 {
		t.Errorf("%d findings", len(c.found))
	}
}

func TestClip(t *testing.T) {
	for _, tc := range []struct{ text, want string }{
		{"abcd", "abcd"}, {"abcde", "abc…"}, {"", ""}, {"ab\U0001F512", "ab\U0001F512"}, {"abc\U0001F512", "abc…"}, {"\U0001F512\U0001F512\U0001F512", "\U0001F512…"},
	} {
		if got := clip(tc.text, 4); got != tc.want {
			t.Errorf("clip(%q) = %q, want %q", tc.text, got, tc.want)
		}
	}
}

// Some events are refused: they are named, with status 3, and sent the next time, with the same
// ids. No other is sent again.
func TestPartOfTheEventsFails(t *testing.T) {
	c, s := startCloud(t), twoNights(t)
	c.refuseOne = func(text string) string {
		switch {
		case strings.Contains(text, "role/comes"):
			return "InternalFailure"
		case strings.Contains(text, "vpcetrail day"):
			return "InvalidArgument"
		}
		return ""
	}
	var ids []string
	c.refuseOne = func(refuse func(string) string) func(string) string {
		return func(text string) string {
			code := refuse(text)
			if code != "" {
				_, rest, _ := strings.Cut(text, `\"id\":\"`)
				ids = append(ids, rest[:32])
			}
			return code
		}
	}(c.refuseOne)
	_, errOut := s.notify(exit.Incomplete, "--to", "eventbridge", "--bus", "audit")
	want := "vpcetrail: not delivered: the day 2026-11-21: InvalidArgument: Not now.\n" +
		"vpcetrail: not delivered: past_endpoint of role/comes: s3.amazonaws.com: InternalFailure: Not now.\n" +
		"2 of 4 could not be delivered to " + bus + ": the next run sends what is still true\n"
	if errOut != want {
		t.Errorf("it says\n%swant\n%s", errOut, want)
	}
	if len(c.events) != 2 || c.calls["PutEvents"] != tries {
		t.Errorf("%d events in %d calls", len(c.events), c.calls["PutEvents"])
	}
	c.refuseOne = nil
	s.publish(night{day: "2026-11-22", findings: []string{"high foreign_endpoint role/stays", "critical keys_elsewhere " + hostile, "medium past_endpoint role/comes"}})
	s.notify(0, "--to", "eventbridge", "--bus", "audit", "--date", "2026-11-22")
	if len(c.events) != 5 {
		t.Errorf("%d events, want 5: both days, and three findings", len(c.events))
	}
	for id, n := range c.ids() {
		if n != 1 {
			t.Errorf("%s came %d times", id, n)
		}
	}
	for _, id := range ids {
		if c.ids()[id] != 1 {
			t.Errorf("%s was refused, and did not come later", id)
		}
	}
}

// Some findings are refused: the same for Security Hub.
func TestPartOfTheFindingsFails(t *testing.T) {
	c, s := startCloud(t), twoNights(t)
	c.refuseOne = func(text string) string {
		if strings.Contains(text, "role/comes") {
			return "InvalidInput"
		}
		return ""
	}
	_, errOut := s.notify(exit.Incomplete, "--to", "securityhub")
	if !strings.HasPrefix(errOut, "vpcetrail: not delivered: past_endpoint of role/comes: s3.amazonaws.com: InvalidInput: Not now.\n1 of 3 could not") || len(c.found) != 2 {
		t.Errorf("it says %s", errOut)
	}
	c.refuseOne = nil
	s.notify(0, "--to", "securityhub")
	if got := c.states(); got != "map[ACTIVE:3]" || c.calls["BatchImportFindings"] != 2 {
		t.Errorf("then: %s in %d calls", got, c.calls["BatchImportFindings"])
	}
}

// What was not delivered, and is gone the next night, is taken back all the same: the answer may
// have been lost, and not the finding.
func TestFailedAndGone(t *testing.T) {
	c, s := startCloud(t), twoNights(t)
	c.refuseOne = func(string) string { return "InvalidInput" }
	s.notify(exit.Failed, "--to", "securityhub")
	c.refuseOne = nil
	s.publish(night{day: "2026-11-22"})
	s.notify(0, "--to", "securityhub", "--date", "2026-11-22")
	r, err := readRecord(t.Context(), s.open(), "arn:aws:securityhub:eu-west-1:111122223333:product/111122223333/default")
	if err != nil || len(r.Findings) > 0 || c.states() != "map[ARCHIVED:3]" {
		t.Errorf("Security Hub has %s, and the record %v %v", c.states(), r, err)
	}
}

// A service that throttles gets the call again. If it does not stop, nothing is lost.
func TestThrottling(t *testing.T) {
	for _, tc := range []struct {
		to, op, answer, says string
	}{
		{"eventbridge", "PutEvents", `{"__type": "com.amazon.coral#ThrottlingException", "message": "Rate exceeded"}`, "EventBridge in eu-west-1: ThrottlingException: Rate exceeded, tried 3 times"},
		{"securityhub", "BatchImportFindings", `{"Code": "TooManyRequestsException", "Message": "Rate exceeded"}`, "Security Hub in eu-west-1: TooManyRequestsException: Rate exceeded, tried 3 times"},
	} {
		c, s := startCloud(t), twoNights(t)
		c.refuse = func(op string, nth int) (int, string) {
			if op == tc.op && nth < 6 {
				return http.StatusTooManyRequests, tc.answer
			}
			return 0, ""
		}
		if _, errOut := s.notify(exit.Failed, append([]string{"--to", tc.to}, busOf[tc.to]...)...); !strings.HasPrefix(errOut, tc.says) {
			t.Errorf("%s: it says %s", tc.to, errOut)
		}
		if len(c.events)+len(c.found) > 0 {
			t.Errorf("%s: something came", tc.to)
		}
		s.notify(0, append([]string{"--to", tc.to}, busOf[tc.to]...)...)
		if n := len(c.events) + len(c.found); n != map[string]int{"eventbridge": 4, "securityhub": 3}[tc.to] || c.calls[tc.op] != 6 {
			t.Errorf("%s: %d came, in %d calls", tc.to, n, c.calls[tc.op])
		}
	}
}

// A service that throttles without end does not hold a run for long, however it says so. What is
// left comes the next time, once.
func TestEndlessThrottling(t *testing.T) {
	waits := backoff
	defer func() { backoff = waits }()
	var waited time.Duration
	backoff = retry.BackoffDelayerFunc(func(attempt int, err error) (time.Duration, error) {
		wait, err := realBackoff.BackoffDelay(attempt, err)
		waited += wait
		return 0, err
	})
	const slow = `{"__type": "ThrottlingException", "message": "Rate exceeded"}`
	for name, tc := range map[string]struct {
		refuse    func(op string, nth int) (int, string)
		refuseOne func(text string) string
		status    int
		says      string
	}{
		"each call": {
			refuse: func(op string, _ int) (int, string) { return map[string]int{"PutEvents": 429}[op], slow },
			status: exit.Failed, says: "EventBridge in eu-west-1: ThrottlingException: Rate exceeded, tried 6 times\n",
		},
		"each event": {
			refuseOne: func(string) string { return "ThrottlingException" },
			status:    exit.Failed, says: "nothing could be delivered to " + bus + ": run again; the next run sends what is still true\n",
		},
		"all but each sixth call": {
			refuse: func(op string, nth int) (int, string) {
				if op == "PutEvents" && nth%6 > 0 {
					return 429, slow
				}
				return 0, ""
			},
			status: exit.Incomplete, says: "481 of 501 could not be delivered to " + bus + ": the next run sends what is still true\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			c, s, n := startCloud(t), newStory(t), night{day: today}
			t.Setenv("AWS_MAX_ATTEMPTS", "")
			for i := range 500 {
				n.findings = append(n.findings, fmt.Sprintf("high foreign_endpoint role/%03d", i))
			}
			s.publish(n)
			c.refuse, c.refuseOne, waited = tc.refuse, tc.refuseOne, 0
			if _, errOut := s.notify(tc.status, "--to", "eventbridge", "--bus", "audit"); !strings.HasSuffix(errOut, tc.says) {
				t.Errorf("it says %s", errOut)
			}
			if waited > 100*time.Second {
				t.Errorf("it waits %s", waited)
			}
			c.refuse, c.refuseOne = nil, nil
			s.notify(0, "--to", "eventbridge", "--bus", "audit")
			if len(c.events) != 501 || len(c.ids()) != 501 {
				t.Errorf("then there are %d events, %d ids", len(c.events), len(c.ids()))
			}
		})
	}
}

// A bus that takes nothing is a failure. Nothing is lost: the next night's run sends both days, and
// findings with the day on which they were new.
func TestNothingIsTaken(t *testing.T) {
	c, s := startCloud(t), newStory(t)
	s.publish(night{day: before})
	s.publish(night{day: today, findings: []string{"high foreign_endpoint role/new"}})
	c.refuseOne = func(string) string { return "InternalFailure" }
	out, errOut := s.notify(exit.Failed, "--to", "eventbridge", "--bus", "audit")
	want := "vpcetrail: not delivered: the day 2026-11-21, foreign_endpoint of role/new: s3.amazonaws.com: InternalFailure: Not now.\n" +
		"nothing could be delivered to " + bus + ": run again; the next run sends what is still true\n"
	if out != "" || errOut != want {
		t.Errorf("it says %q\n%swant\n%s", out, errOut, want)
	}
	c.refuseOne = nil
	s.publish(night{day: "2026-11-22", findings: []string{"high foreign_endpoint role/new"}})
	s.notify(0, "--to", "eventbridge", "--bus", "audit", "--date", "2026-11-22")
	var got []string
	for _, e := range c.events {
		got = append(got, fmt.Sprint(e["day"], " ", e["since"], " ", e["principal"]))
	}
	if want := "2026-11-21 <nil> <nil>, 2026-11-21 2026-11-21 role/new, 2026-11-22 <nil> <nil>"; strings.Join(got, ", ") != want {
		t.Errorf("sent: %s", strings.Join(got, ", "))
	}
}

// A finding that no target took, and that the next night no longer has, is sent as new, and then as
// gone. Nobody hears that something is gone of which nobody heard.
func TestNeverSentAndGone(t *testing.T) {
	c, s := startCloud(t), newStory(t)
	s.publish(night{day: before})
	s.publish(night{day: today, findings: []string{"high foreign_endpoint role/a", "medium past_endpoint role/b"}})
	c.refuseOne = func(string) string { return "InvalidArgument" }
	s.notify(exit.Failed, "--to", "eventbridge", "--bus", "audit")
	s.publish(night{day: "2026-11-22"})
	c.refuseOne = func(text string) string { // the first time, all that is new is refused
		if strings.Contains(text, `\"state\":\"new\"`) || strings.Contains(text, `\"state\": \"new\"`) {
			return "InvalidArgument"
		}
		return ""
	}
	s.notify(exit.Incomplete, "--to", "eventbridge", "--bus", "audit", "--date", "2026-11-22")
	c.refuseOne, c.events = nil, nil
	for range 2 {
		s.notify(0, "--to", "eventbridge", "--bus", "audit", "--date", "2026-11-22")
	}
	var got []string
	for _, e := range c.events {
		got = append(got, fmt.Sprint(e["state"], " ", e["principal"], " ", e["since"]))
	}
	if want := "new role/a 2026-11-21, new role/b 2026-11-21, gone role/a 2026-11-21, gone role/b 2026-11-21"; strings.Join(got, ", ") != want {
		t.Errorf("sent: %s", strings.Join(got, ", "))
	}
}

// A day that is restated to and fro: each event has an id of its own.
func TestRestatedToAndFro(t *testing.T) {
	c, s := startCloud(t), newStory(t)
	s.publish(night{day: before})
	for i := range 5 {
		n := night{day: today}
		if i%2 == 0 {
			n.findings = []string{"high foreign_endpoint role/a"}
		}
		s.publish(n)
		s.notify(0, "--to", "eventbridge", "--bus", "audit")
	}
	ids, states := map[any]bool{}, []any{}
	for _, e := range c.events {
		if e["state"] != nil {
			ids[e["id"]], states = true, append(states, e["state"])
		}
	}
	if fmt.Sprint(states) != "[new gone new gone new]" || len(ids) != 5 {
		t.Errorf("states %v with %d ids", states, len(ids))
	}
}

// A report of a part of the trail is not announced as one of the whole.
func TestPartOfATrail(t *testing.T) {
	c, s := startCloud(t), newStory(t)
	s.publish(night{day: today, findings: []string{"high foreign_endpoint role/a"}, run: report.Run{Shard: "2/3"}})
	for _, args := range []string{"--to eventbridge --bus audit", "--to securityhub", "--to textfile --dry-run"} {
		_, errOut := s.notify(exit.Failed, strings.Fields(args)...)
		if want := "REPORT: 2026-11-21 covers shard 2/3 of the trail alone: merge all shards, and notify of the merged report\n"; errOut != want || len(c.calls) > 0 {
			t.Errorf("%s: it says %s", args, errOut)
		}
	}
}

// Each refusal is one clear line, and nothing is sent.
func TestRefusals(t *testing.T) {
	for _, tc := range []struct {
		name, to, op string
		status       int
		answer, want string
	}{
		{"an unknown bus", "eventbridge", "DescribeEventBus", 400, `{"__type": "ResourceNotFoundException", "message": "Event bus audit does not exist."}`,
			"--bus audit: EventBridge has no such event bus in eu-west-1: create it, or see --region\n"},
		{"a bus that may not be looked at", "eventbridge", "DescribeEventBus", 400, `{"__type": "AccessDeniedException", "message": "User is not authorized"}`,
			"EventBridge in eu-west-1: AccessDeniedException: User is not authorized: allow events:DescribeEventBus and events:PutEvents on it\n"},
		{"events that may not be sent", "eventbridge", "PutEvents", 400, `{"__type": "AccessDeniedException", "Message": "no"}`,
			"EventBridge in eu-west-1: AccessDeniedException: no: allow events:PutEvents on " + bus + "\n"},
		{"Security Hub is off", "securityhub", "BatchImportFindings", 401, `{"Code": "InvalidAccessException", "Message": "Account 111122223333 is not subscribed to AWS Security Hub"}`,
			"Security Hub in eu-west-1: InvalidAccessException: Account 111122223333 is not subscribed to AWS Security Hub: turn Security Hub on in this account and Region, and allow securityhub:BatchImportFindings\n"},
		{"expired credentials", "securityhub", "GetCallerIdentity", 403, `<ErrorResponse><Error><Code>ExpiredToken</Code><Message>The security token is expired</Message></Error></ErrorResponse>`,
			"get the account of the credentials: ExpiredToken: The security token is expired: renew the credentials, and run again\n"},
		{"a proxy's page", "eventbridge", "PutEvents", 200, `<html>Sign in</html>`,
			"EventBridge in eu-west-1: the answer of EventBridge is no JSON, as a proxy in between gives it: see AWS_ENDPOINT_URL and HTTPS_PROXY: allow events:PutEvents\n"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, s := startCloud(t), twoNights(t)
			c.refuse = func(op string, _ int) (int, string) {
				if op == tc.op {
					return tc.status, tc.answer
				}
				return 0, ""
			}
			_, errOut := s.notify(exit.Failed, append([]string{"--to", tc.to}, busOf[tc.to]...)...)
			if errOut != tc.want && !strings.Contains(tc.name, "proxy") || !strings.Contains(errOut, strings.Split(tc.want, ": allow events:PutEvents\n")[0]) {
				t.Errorf("it says %s\nwant    %s", errOut, tc.want)
			}
			if len(c.events)+len(c.found) > 0 {
				t.Error("something was sent")
			}
			c.refuse = nil
			s.notify(0, append([]string{"--to", tc.to}, busOf[tc.to]...)...)
			if n := len(c.events) + len(c.found); n != map[string]int{"eventbridge": 4, "securityhub": 3}[tc.to] {
				t.Errorf("the next run sends %d", n)
			}
		})
	}
}

// More news than fit into a call, and more than a run may send.
func TestManyFindings(t *testing.T) {
	c, s := startCloud(t), newStory(t)
	n := night{day: today}
	for i := range 125 {
		n.findings = append(n.findings, fmt.Sprintf("high foreign_endpoint role/%03d", i))
	}
	s.publish(n)
	_, errOut := s.notify(exit.Incomplete, "--to", "eventbridge", "--bus", "audit", "--most", "24")
	if want := "left for the next run: 101 findings: see --most and --severity\n"; errOut != want {
		t.Errorf("it says %q, want %q", errOut, want)
	}
	if c.calls["PutEvents"] != 3 || len(c.events) != 25 { // with the day
		t.Errorf("%d events in %d calls", len(c.events), c.calls["PutEvents"])
	}
	s.notify(0, "--to", "eventbridge", "--bus", "audit")
	if len(c.events) != 126 || len(c.ids()) != 126 {
		t.Errorf("%d events, %d ids", len(c.events), len(c.ids()))
	}
	s.notify(0, "--to", "securityhub")
	if c.calls["BatchImportFindings"] != 2 || len(c.found) != 125 {
		t.Errorf("%d findings in %d calls", len(c.found), c.calls["BatchImportFindings"])
	}
}

// News that are large go in calls with fewer of them. What is too large for a call is named.
func TestLargeFindings(t *testing.T) {
	c, s, n := startCloud(t), newStory(t), night{day: today}
	for i := range 12 {
		n.findings = append(n.findings, fmt.Sprintf("high foreign_endpoint role/%02d%s", i, strings.Repeat("x", 60_000)))
	}
	n.findings = append(n.findings, "high foreign_endpoint role/large"+strings.Repeat("x", 300_000))
	s.publish(n)
	_, errOut := s.notify(exit.Incomplete, "--to", "eventbridge", "--bus", "audit")
	if !strings.Contains(errOut, "more than the target takes\n1 of 14 could not be delivered to "+bus) || len(c.events) != 13 || c.calls["PutEvents"] < 3 {
		t.Errorf("%d events in %d calls, it says %.300s", len(c.events), c.calls["PutEvents"], errOut)
	}
}

// Ten thousand findings, to both targets.
func TestTenThousandFindings(t *testing.T) {
	c, s, n := startCloud(t), newStory(t), night{day: today}
	for i := range 10_000 {
		n.findings = append(n.findings, fmt.Sprintf("high foreign_endpoint role/%05d", i))
	}
	s.publish(n)
	for to, args := range busOf {
		s.notify(0, append([]string{"--most", "20000", "--to", to}, args...)...)
	}
	if c.calls["PutEvents"] != 1001 || len(c.ids()) != 10_001 || c.calls["BatchImportFindings"] != 100 || len(c.found) != 10_000 {
		t.Errorf("%d events, %d findings, in %v calls", len(c.events), len(c.found), c.calls)
	}
}

// A day that is incomplete, or lacks an input, takes nothing back, and says why.
func TestNothingIsGoneUnlessProved(t *testing.T) {
	c, s := startCloud(t), newStory(t)
	inputs := report.Run{Inputs: map[string]string{"network": "a"}}
	s.publish(night{day: before, findings: []string{"critical keys_elsewhere role/a"}, run: inputs})
	s.notify(0, "--to", "securityhub", "--date", before)
	s.publish(night{day: today, objects: map[ingest.Status]int64{ingest.OK: 1, ingest.Denied: 1}, run: inputs})
	_, errOut := s.notify(0, "--to", "securityhub")
	if want := "vpcetrail: not sent as gone: keys_elsewhere of role/a: s3.amazonaws.com: 2026-11-21: 1 of 2 objects could not be read whole; table objects names each object\n"; errOut != want {
		t.Errorf("it says %q, want %q", errOut, want)
	}
	if got := c.states(); got != "map[ACTIVE:2]" { // with incomplete_input
		t.Errorf("an incomplete day: %s", got)
	}
	s.publish(night{day: "2026-11-22"})
	if _, errOut = s.notify(0, "--to", "securityhub", "--date", "2026-11-22"); !strings.Contains(errOut, "it was made without --network") || c.states() != "map[ACTIVE:2]" {
		t.Errorf("a day without --network: %s %s", errOut, c.states())
	}
	s.publish(night{day: "2026-11-23", run: inputs})
	s.notify(0, "--to", "securityhub", "--date", "2026-11-23")
	if got := c.states(); got != "map[ARCHIVED:2]" {
		t.Errorf("a complete day: %s", got)
	}
}

// A run that sends nothing says so, and names findings that only seem to be gone.
func TestNothingIsNew(t *testing.T) {
	_, s := startCloud(t), newStory(t)
	says := func(date, wantOut, wantErr string, more ...string) {
		t.Helper()
		out, errOut := s.notify(0, append([]string{"--to", "securityhub", "--date", date}, more...)...)
		if out != wantOut || errOut != wantErr {
			t.Errorf("%s: it says %q and %q, want %q and %q", date, out, errOut, wantOut, wantErr)
		}
	}
	s.publish(night{day: "2026-11-19"})
	says("2026-11-19", "2026-11-19: nothing to send to "+hubARN+"\n", "")
	s.publish(night{day: before, findings: []string{"medium witnesses_disagree role/a"}})
	says(before, before+": 1 finding new, 0 gone, sent to "+hubARN+"\n", "")
	s.publish(night{day: today})
	const nothing, waits = "nothing new since " + before + ": nothing is sent to " + hubARN, "vpcetrail: not sent as gone: witnesses_disagree of role/a: s3.amazonaws.com: " + today + ": it has nothing of --metrics\n"
	says(today, "", "vpcetrail: "+nothing+": this is a dry run\n"+waits, "--dry-run")
	says(today, nothing+"\n", waits)
}

// fullDisk is a disk with room for some writes.
type fullDisk int

func (d *fullDisk) Write(text []byte) (int, error) {
	if *d--; *d < 0 {
		return 0, errors.New("no space left on device")
	}
	return len(text), nil
}

// A dry run that cannot print all fails, and does not say that something could not be delivered.
func TestDryRunCannotPrint(t *testing.T) {
	startCloud(t)
	s, n := newStory(t), night{day: today}
	for role := range 20 { // more than fit into a call
		n.findings = append(n.findings, fmt.Sprintf("high foreign_endpoint role/%d", role))
	}
	s.publish(n)
	room, errOut, cmd := fullDisk(15), strings.Builder{}, New()
	cmd.SetArgs([]string{s.dir, "--to", "eventbridge", "--bus", bus, "--dry-run"})
	cmd.SetOut(&room)
	cmd.SetErr(&errOut)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	if err := cmd.ExecuteContext(t.Context()); exit.Code(err) != exit.Failed || err.Error() != "no space left on device" || errOut.String() != "" {
		t.Errorf("it ends with %v, and says %s", err, errOut.String())
	}
}

// A finding is gone only if a day does not have it that covers what the day covered that had it last,
// whatever the days in between cover.
func TestAFindingKeepsItsScope(t *testing.T) {
	a, b := "high foreign_endpoint role/a", "high foreign_endpoint role/b"
	some, whole := report.Run{Accounts: []string{"111122223333"}}, report.Run{}
	with, without := report.Run{Inputs: map[string]string{"endpoints": "a"}}, report.Run{}
	part := map[ingest.Status]int64{ingest.OK: 1, ingest.Denied: 1}
	for name, nights := range map[string][]night{
		"accounts":       {{run: some, findings: []string{a}}, {run: whole, findings: []string{a, b}}, {run: some}, {run: some}, {run: whole}},
		"inputs":         {{run: without, findings: []string{a}}, {run: with, findings: []string{a, b}, objects: part}, {run: without}, {run: without}, {run: with}},
		"another source": {{run: report.Run{Sources: []string{"trail"}}, findings: []string{a, b}}, {run: report.Run{Sources: []string{"trail/"}}, findings: []string{a, b}}, {run: report.Run{Sources: []string{"other"}}}, {run: report.Run{Sources: []string{"trail/AWSLogs"}}}, {run: report.Run{Sources: []string{"./trail"}}}},
	} {
		t.Run(name, func(t *testing.T) {
			c, s := startCloud(t), newStory(t)
			var errOut string
			for i, n := range nights {
				n.day = fmt.Sprintf("2026-11-%d", 20+i)
				s.publish(n)
				_, errOut = s.notify(0, "--to", "securityhub", "--date", n.day)
				active := 0
				for _, f := range c.found {
					if f["RecordState"] == "ACTIVE" && strings.Contains(fmt.Sprint(f["Title"]), "foreign_endpoint of role/b") {
						active++
					}
				}
				if i > 0 && (active == 1) != (i < 4) {
					t.Errorf("%s: the finding of a wider scope is active %d times: %s", n.day, active, errOut)
				}
				if (i == 2 || i == 3) != (strings.Contains(errOut, "not sent as gone: ") && strings.Contains(errOut, ": "+n.day+": it ")) {
					t.Errorf("%s: it says %q", n.day, errOut)
				}
			}
		})
	}
}

// A run that is interrupted keeps what it has sent.
func TestInterrupted(t *testing.T) {
	c, s := startCloud(t), newStory(t)
	n := night{day: today}
	for i := range 40 {
		n.findings = append(n.findings, fmt.Sprintf("high foreign_endpoint role/%03d", i))
	}
	s.publish(n)
	ctx, cancel := context.WithCancel(t.Context())
	c.refuse = func(op string, nth int) (int, string) {
		if op == "PutEvents" && nth == 3 {
			cancel()
			return 500, "{}"
		}
		return 0, ""
	}
	cmd := New()
	cmd.SetArgs([]string{s.dir, "--to", "eventbridge", "--bus", "audit"})
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	if err := cmd.ExecuteContext(ctx); exit.Code(err) != exit.Interrupted {
		t.Fatalf("it ends with %v", err)
	}
	c.refuse = nil
	s.notify(0, "--to", "eventbridge", "--bus", "audit")
	if len(c.events) != 41 || len(c.ids()) != 41 {
		t.Errorf("%d events, %d ids, want 41", len(c.events), len(c.ids()))
	}
}

// Two runs at once do not send the same twice: the second one says so.
func TestTwoAtOnce(t *testing.T) {
	c, s := startCloud(t), twoNights(t)
	second := ""
	c.refuse = func(op string, _ int) (int, string) {
		if op == "PutEvents" && second == "" {
			second = "started"
			c.mu.Unlock()
			_, second = s.notify(exit.Failed, "--to", "eventbridge", "--bus", "audit")
			c.mu.Lock()
		}
		return 0, ""
	}
	s.notify(0, "--to", "eventbridge", "--bus", "audit")
	if want := "REPORT: another run of notify is sending: wait for it, and run again\n"; second != want || len(c.events) != 4 {
		t.Errorf("the second says %q, want %q; %d events", second, want, len(c.events))
	}
}

// The report may be in S3. The record is written there under a lock, and the lock is released.
func TestReportInS3(t *testing.T) {
	c := startCloud(t)
	backend := s3mem.New()
	s3 := httptest.NewServer(gofakes3.New(backend, gofakes3.WithAutoBucket(true)).Server())
	t.Cleanup(s3.Close)
	t.Setenv("AWS_ENDPOINT_URL_S3", s3.URL)
	if err := backend.CreateBucket("reports"); err != nil {
		t.Fatal(err)
	}
	s := &story{t, "s3://reports/out"}
	s.publish(night{day: today, findings: []string{"high foreign_endpoint role/a"}})
	for range 2 {
		s.notify(0, "--to", "eventbridge", "--bus", "audit")
	}
	if len(c.events) != 2 {
		t.Errorf("%d events, want 2", len(c.events))
	}
	// A job may give the flags of its report to all commands.
	s.notify(0, "--to", "textfile", "-o", filepath.Join(t.TempDir(), "day.prom"), "--sse", "AES256")
	kept, err := s.open().List(t.Context(), "_notify/")
	if err != nil || len(kept) != 1 || kept[0] != recordName(bus) {
		t.Errorf("records: %q %v", kept, err)
	}
	objects, err := backend.ListBucket("reports", &gofakes3.Prefix{HasPrefix: true, Prefix: "out/.staging/"}, gofakes3.ListBucketPage{})
	if err != nil || len(objects.Contents) > 0 {
		t.Errorf("locks are left: %v %v", objects, err)
	}
}

// --dry-run prints what a run would send, and sends nothing. With a bus's ARN it needs no network.
func TestDryRun(t *testing.T) {
	c, s := startCloud(t), twoNights(t)
	out, _ := s.notify(0, "--to", "eventbridge", "--bus", bus, "--dry-run")
	if len(c.calls) > 0 || strings.Count(out, "\n") != 4 || !strings.Contains(out, "vpcetrail day") {
		t.Errorf("calls %v, it prints\n%s", c.calls, out)
	}
	if strings.ContainsAny(out, "\x1b\u009b\r\u202e") {
		t.Error("a name moves the cursor")
	}
	if out, _ = s.notify(0, "--to", "securityhub", "--dry-run"); c.calls["BatchImportFindings"] > 0 || strings.Count(out, "\n") != 3 {
		t.Errorf("calls %v, it prints\n%s", c.calls, out)
	}
	s.notify(0, "--to", "eventbridge", "--bus", "audit")
	if out, _ = s.notify(0, "--to", "eventbridge", "--bus", bus, "--dry-run"); out != "" {
		t.Errorf("after a run, it prints\n%s", out)
	}
}

// A record that notify has not written ends the run before anything is sent.
func TestDamagedRecord(t *testing.T) {
	c, s := startCloud(t), twoNights(t)
	s.notify(0, "--to", "eventbridge", "--bus", "audit")
	to, id := `{"to": "`+bus+`", `, `{"id": "0123456789abcdef0123456789abcdef", "since": "2026-11-20", "sent": "2026-11-20"`
	for _, text := range []string{
		"", "{", "[]", "null", `{"day": 3}`, to + `"day": "x"}`, to + `"day": "2026-11-20", "findings": {}}`, `{"to": "another", "day": "2026-11-20"}`,
		to + `"day": "2026-11-20", "updated_ms": 9223372036854775807}`, to + `"day": "2026-11-20", "updated_ms": -1}`, to + `"day": "0000-01-01"}`, to + `"day": "1969-12-31"}`, to + `"day": "12026-11-20"}`, to + `"day": "2026-11-20", "left": ["x"]}`,
		to + `"day": "2026-11-20", "days": {"2026-11-21": {}}}`, to + `"day": "2026-11-20", "days": {"0000-01-01": {}}}`, to + `"day": "2026-11-20", "gone": {"a": "9999-01-01"}}`,
		to + `"day": "2026-11-20", "findings": [{"since": "2026-11-20"}]}`, to + `"day": "2026-11-20", "findings": [{"id": "../../x", "since": "2026-11-20"}]}`,
		to + `"day": "2026-11-20", "findings": [` + strings.Replace(id, "2026", "0000", 1) + `}]}`, to + `"day": "2026-11-20", "findings": [` + strings.Replace(id, `"sent": "2026`, `"sent": "9999`, 1) + `}]}`,
		to + `"day": "2026-11-20", "findings": [` + id + `, "older_scope": 1}]}`, to + `"day": "2026-11-20", "findings": [` + id + `}, ` + id + `}]}`,
	} {
		s.writeRecord(text)
		_, errOut := s.notify(exit.Failed, "--to", "eventbridge", "--bus", "audit")
		want := "REPORT: " + recordName(bus) + ": is not what notify keeps of " + bus + ": remove it to start as with a new target\n"
		if errOut != want || len(c.events) != 4 {
			t.Errorf("%s: it says %swant %s", text, errOut, want)
		}
	}
	s.writeRecord(to + `"day": "9999-01-01"}`)
	_, errOut := s.notify(exit.Failed, "--to", "eventbridge", "--bus", "audit")
	want := "REPORT: " + recordName(bus) + ": names 9999-01-01 as the newest day that was sent, which is in the future: set the clock of this machine, or remove the file to start as with a new target\n"
	if errOut != want || len(c.events) != 4 {
		t.Errorf("it says %swant %s", errOut, want)
	}
}

func (s *story) writeRecord(text string) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, filepath.FromSlash(recordName(bus))), []byte(text), 0o666); err != nil {
		s.t.Fatal(err)
	}
}

// A record of an older version: its event is not sent again, and what it has left is.
func TestRecordOfAnOlderVersion(t *testing.T) {
	c, s := startCloud(t), newStory(t)
	for _, d := range []string{"2026-11-18", "2026-11-19", "2026-11-20"} {
		s.publish(night{day: d})
	}
	const old = `{"to": "` + bus + `", "day": "2026-11-20", "event": "%s", "left": ["2026-11-18"], "runs": 3, "scope": {}, "findings": []}`
	out, _ := s.notify(0, "--to", "eventbridge", "--bus", bus, "--date", "2026-11-20", "--dry-run")
	_, rest, _ := strings.Cut(out, `\"id\":\"`)
	if err := os.Mkdir(filepath.Join(s.dir, "_notify"), 0o777); err != nil {
		t.Fatal(err)
	}
	s.writeRecord(fmt.Sprintf(old, rest[:32]))
	s.sends(c, "2026-11-20", "day 2026-11-18 30, day 2026-11-19 30")
	s.sends(c, "2026-11-20", "")
}

func TestWrongUsage(t *testing.T) {
	s := newStory(t)
	for args, want := range map[string]string{
		"":                                 "--to is missing: want eventbridge, securityhub or textfile",
		"--to slack":                       `--to "slack": want eventbridge, securityhub or textfile`,
		"--to textfile":                    "--to textfile needs --output FILE.prom, or --dry-run",
		"--to textfile -o a.txt":           "--output a.txt: want a name that ends in .prom: node_exporter reads no others",
		"--to securityhub -o a.prom":       "--output is for --to textfile alone",
		"--to textfile --dry-run --most 5": "--severity, --most and --region are not for --to textfile: it counts all findings, and makes no call to AWS",
		"--to securityhub --bus audit":     "--bus is for --to eventbridge alone",
		"--to eventbridge --bus arn:aws:events:eu-west-1:111122223333:event-busv2/audit/1": `--bus "arn:aws:events:eu-west-1:111122223333:event-busv2/audit/1": want the name of an event bus, or an ARN such as arn:aws:events:eu-west-1:111122223333:event-bus/audit`,
		"--to eventbridge --bus a:b":                       `--bus "a:b": want the name of an event bus, or an ARN such as ` + bus,
		"--to securityhub --date all":                      `--date "all": want a day, YYYY-MM-DD, or yesterday`,
		"--to textfile -o a.prom --sse AES256":             "REPORT: is a directory: --sse and --expected-out-owner are for s3://bucket/prefix",
		"--to textfile -o s3://b/a.prom --kms-key-id k":    `--kms-key-id "k": give --sse aws:kms or aws:kms:dsse with it`,
		"--to securityhub --expected-out-owner 1":          `--expected-out-owner: "1" is not an account id of 12 digits`,
		"--to securityhub --severity x":                    `--severity "x": want critical, high, medium, low or info`,
		"--to securityhub --most 0":                        "--most 0: want at least 1",
		"--to eventbridge --region us-east-1 --bus " + bus: "--region us-east-1: the bus of --bus is in eu-west-1",
	} {
		if _, errOut := s.notify(exit.Usage, strings.Fields(args)...); errOut != want+"\n" {
			t.Errorf("%s: it says %swant %s", args, errOut, want)
		}
	}
}

// The text file, exactly, and checked by promtool where it is installed.
func TestTextFile(t *testing.T) {
	s := twoNights(t)
	path := filepath.Join(t.TempDir(), "vpcetrail.prom")
	s.notify(0, "--to", "textfile", "--output", path)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	fixtures.Golden(t, "testdata/textfile.golden", []byte(strings.ReplaceAll(string(text), s.dir, "REPORT")))
	if out, _ := s.notify(0, "--to", "textfile", "--dry-run"); out != strings.ReplaceAll(string(text), s.dir, "REPORT") {
		t.Error("--dry-run prints something else")
	}
	if left, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*")); err != nil || len(left) != 1 {
		t.Errorf("files: %q", left)
	}
	checkMetrics(t, text)
	first, _ := s.notify(0, "--to", "textfile", "--dry-run", "--date", before) // there is no day before it
	if strings.Contains(first, "findings_new") {
		t.Error("everything of the first day is new")
	}
	checkMetrics(t, []byte(first))
}

// The text file is encrypted as the flags say, wherever the report is.
func TestTextFileInS3(t *testing.T) {
	s, puts := twoNights(t), []string{}
	s3 := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		puts = append(puts, r.Method+" "+r.URL.Path)
		for _, name := range []string{"Server-Side-Encryption", "Server-Side-Encryption-Aws-Kms-Key-Id", "Expected-Bucket-Owner"} {
			puts = append(puts, r.Header.Get("X-Amz-"+name))
		}
	}))
	t.Cleanup(s3.Close)
	startCloud(t)
	t.Setenv("AWS_ENDPOINT_URL_S3", s3.URL)
	s.notify(0, strings.Fields("--to textfile -o s3://b/day.prom --sse aws:kms --kms-key-id alias/reports --expected-out-owner 111122223333")...)
	if want := "PUT /b/day.prom aws:kms alias/reports 111122223333"; strings.Join(puts, " ") != want {
		t.Errorf("S3 gets %q, want %s", puts, want)
	}
}

// checkMetrics checks metrics by promtool.
func checkMetrics(t *testing.T, text []byte) {
	t.Helper()
	if says := promtool(t, text, "check", "metrics"); says != "" {
		t.Errorf("promtool: %s", says)
	}
}

// promtool returns what promtool says: that of $PROMTOOL, or if it is installed.
func promtool(t *testing.T, in []byte, args ...string) string {
	t.Helper()
	path, err := exec.LookPath(cmp.Or(os.Getenv("PROMTOOL"), "promtool"))
	if err != nil {
		if os.Getenv("PROMTOOL") != "" {
			t.Fatal(err)
		}
		t.Log("promtool is not installed: .ci/full checks with it")
		return ""
	}
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Stdin = bytes.NewReader(in)
	says, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("promtool: %v: %s", err, says)
	}
	return string(says)
}

// The alerts of the README fire when they should, says promtool. Each is of a metric that there is.
func TestAlerts(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := bytes.Cut(readme, []byte("```yaml\n"))
	rules, _, found := bytes.Cut(rest, []byte("```"))
	if !found {
		t.Fatal("the README has no alerts")
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "rules.yml"), rules, 0o666); err != nil {
		t.Fatal(err)
	}
	cases, err := os.ReadFile("testdata/alerts.yml")
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "alerts.yml"), cases, 0o666)
	}
	if err != nil {
		t.Fatal(err)
	}
	promtool(t, nil, "test", "rules", filepath.Join(dir, "alerts.yml"))
	source, err := os.ReadFile("textfile.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range regexp.MustCompile(`vpcetrail_(day_\w+)`).FindAllSubmatch(rules, -1) {
		if !bytes.Contains(source, append(append([]byte{'"'}, name[1]...), '"')) {
			t.Errorf("there is no metric %s", name[0])
		}
	}
}

func TestLabelsAreEscaped(t *testing.T) {
	m := &metrics{report: "a\"b\\c\nd\x1b"}
	m.gauge("day_calls", "Calls.")(1, "route", "x\n# HELP y")
	const want = "# HELP vpcetrail_day_calls Calls.\n# TYPE vpcetrail_day_calls gauge\nvpcetrail_day_calls{report=\"a\\\"b\\\\c\uFFFDd\uFFFD\",route=\"x\uFFFD# HELP y\"} 1\n"
	if m.String() != want {
		t.Errorf("got %q\nwant %q", m.String(), want)
	}
}
