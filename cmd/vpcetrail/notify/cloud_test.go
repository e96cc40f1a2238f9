package notify

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/retry"

	"vpcetrail/cmd/vpcetrail/dest"
	"vpcetrail/cmd/vpcetrail/exit"
	"vpcetrail/ingest"
	"vpcetrail/ingest/aws"
	"vpcetrail/ingest/day"
	"vpcetrail/report"
	"vpcetrail/report/reporttest"
	"vpcetrail/report/table"
)

// realBackoff waits as users do.
var realBackoff = backoff

func TestMain(m *testing.M) {
	backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return time.Millisecond, nil })
	Now = func() time.Time { return time.Date(2026, 11, 22, 3, 30, 0, 0, time.UTC) }
	os.Exit(m.Run())
}

// A cloud is a stub of EventBridge, Security Hub and STS.
type cloud struct {
	mu     sync.Mutex
	calls  map[string]int // by operation
	events []map[string]any
	found  map[string]map[string]any // what Security Hub holds, by Id
	texts  []string                  // bodies of the calls that were taken

	// refuse returns the status and the answer of a call that fails, or 0.
	refuse func(op string, nth int) (int, string)
	// refuseOne returns the code with which one event or finding is refused, or "".
	refuseOne func(text string) string
}

func startCloud(t *testing.T) *cloud {
	t.Helper()
	c := &cloud{calls: map[string]int{}, found: map[string]map[string]any{}}
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": server.URL, "AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "",
		"AWS_PROFILE": "", "AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull, "AWS_EC2_METADATA_DISABLED": "true", "AWS_MAX_ATTEMPTS": "3",
	} {
		t.Setenv(name, value)
	}
	return c
}

func (c *cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	_, op, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	signed := "/eu-west-1/events/aws4_request"
	switch {
	case r.URL.Path == "/findings/import":
		op, signed = "BatchImportFindings", "/eu-west-1/securityhub/aws4_request"
	case strings.Contains(string(body), "Action=GetCallerIdentity"):
		op, signed = "GetCallerIdentity", "/eu-west-1/sts/aws4_request"
	}
	c.calls[op]++
	if !strings.Contains(r.Header.Get("Authorization"), signed) {
		http.Error(w, `{"__type": "IncompleteSignature"}`, http.StatusForbidden)
		return
	}
	if c.refuse != nil {
		if status, text := c.refuse(op, c.calls[op]); status != 0 {
			w.WriteHeader(status)
			fmt.Fprint(w, text)
			return
		}
	}
	switch op {
	case "GetCallerIdentity":
		fmt.Fprint(w, `<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:sts::111122223333:assumed-role/notify/run</Arn><Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`)
	case "DescribeEventBus":
		fmt.Fprint(w, `{"Name": "audit", "Arn": "arn:aws:events:eu-west-1:111122223333:event-bus/audit"}`)
	case "PutEvents":
		c.putEvents(w, body)
	case "BatchImportFindings":
		c.importFindings(w, body)
	default:
		http.Error(w, "{}", http.StatusNotFound)
	}
}

func (c *cloud) refused(text []byte) string {
	if c.refuseOne == nil {
		return ""
	}
	return c.refuseOne(string(text))
}

func (c *cloud) putEvents(w http.ResponseWriter, body []byte) {
	var in struct{ Entries []json.RawMessage }
	if err := json.Unmarshal(body, &in); err != nil || len(in.Entries) > 10 || len(body) > 256<<10 {
		http.Error(w, `{"__type": "ValidationException", "message": "too many"}`, http.StatusBadRequest)
		return
	}
	c.texts = append(c.texts, string(body))
	failed := 0
	answers := []map[string]string{}
	for _, text := range in.Entries {
		if code := c.refused(text); code != "" {
			failed++
			answers = append(answers, map[string]string{"ErrorCode": code, "ErrorMessage": "Not now."})
			continue
		}
		var e struct{ Detail string }
		var detail map[string]any
		if json.Unmarshal(text, &e) != nil || json.Unmarshal([]byte(e.Detail), &detail) != nil {
			answers = append(answers, map[string]string{"ErrorCode": "MalformedDetail"})
			continue
		}
		c.events = append(c.events, detail)
		answers = append(answers, map[string]string{"EventId": fmt.Sprint(len(c.events))})
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"FailedEntryCount": failed, "Entries": answers})
}

func (c *cloud) importFindings(w http.ResponseWriter, body []byte) {
	var in struct{ Findings []json.RawMessage }
	if err := json.Unmarshal(body, &in); err != nil || len(in.Findings) > 100 {
		http.Error(w, `{"Code": "InvalidInputException", "Message": "too many"}`, http.StatusBadRequest)
		return
	}
	c.texts = append(c.texts, string(body))
	failed := []map[string]string{}
	for _, text := range in.Findings {
		var f map[string]any
		_ = json.Unmarshal(text, &f)
		id, _ := f["Id"].(string)
		if code := c.refused(text); code != "" {
			failed = append(failed, map[string]string{"Id": id, "ErrorCode": code, "ErrorMessage": "Not now."})
			continue
		}
		if old := c.found[id]; old == nil || old["UpdatedAt"].(string) < f["UpdatedAt"].(string) { // else Security Hub ignores it
			c.found[id] = f
		}
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"FailedCount": len(failed), "SuccessCount": len(in.Findings) - len(failed), "FailedFindings": failed})
}

// states returns how many findings Security Hub holds by RecordState.
func (c *cloud) states() string {
	n := map[string]int{}
	for f := range maps.Values(c.found) {
		n[f["RecordState"].(string)]++
	}
	return fmt.Sprint(n)
}

// ids returns the ids of the events, by how often they came.
func (c *cloud) ids() map[string]int {
	ids := map[string]int{}
	for _, e := range c.events {
		ids[e["id"].(string)]++
	}
	return ids
}

// A story is a report in a directory, and the command run on it.
type story struct {
	t   *testing.T
	dir string
}

func newStory(t *testing.T) *story { return &story{t, t.TempDir() + "/report"} }

// A night is a day to publish. Each finding is "severity finding principal".
type night struct {
	day      string
	findings []string
	calls    int64
	objects  map[ingest.Status]int64
	run      report.Run
}

func (s *story) publish(n night) {
	s.t.Helper()
	at, err := day.Parse(n.day)
	if err != nil {
		s.t.Fatal(err)
	}
	var rows []table.FindingRow
	for _, f := range n.findings {
		part := strings.SplitN(f, " ", 3)
		rows = append(rows, table.FindingRow{
			FindingKey: table.FindingKey{Severity: part[0], Finding: part[1], Principal: part[2], AccountID: "444455556666", Region: "eu-west-1", Service: "s3.amazonaws.com"},
			Calls:      max(n.calls, 3), EstimatedUSD: math.NaN(), FirstSeen: at.Time().UnixMilli(), LastSeen: at.Time().UnixMilli() + 3600_000, SampleEventIDs: "a b",
			Detail: "What was found.",
		})
	}
	table.Findings.Sort(rows)
	d := &report.Day{
		Day: at, Principals: report.RowsOf[table.PrincipalRow](nil), Services: report.RowsOf[table.ServiceRow](nil),
		Endpoints: report.RowsOf[table.EndpointRow](nil), Objects: report.RowsOf[table.ObjectRow](nil), Findings: report.RowsOf(rows),
		Traffic: report.RowsOf([]table.TrafficRow{
			{TrafficKey: table.TrafficKey{Route: "internet"}, Measures: table.Measures{Calls: 10}},
			{TrafficKey: table.TrafficKey{Route: "vpce"}, Measures: table.Measures{Calls: 30 + n.calls}},
		}),
	}
	reporttest.Publish(s.t, s.open(), &report.Report{Days: []*report.Day{d}, Statuses: n.objects}, n.run)
}

func (s *story) open() report.Store {
	store, err := dest.Open(s.t.Context(), s.dir, aws.NewS3, dest.S3Options{})
	if err != nil {
		s.t.Fatal(err)
	}
	return store
}

// notify runs the command, which must end with the status.
func (s *story) notify(status int, args ...string) (out, errOut string) {
	s.t.Helper()
	out, errOut, got := s.runs(args)
	if got != status {
		s.t.Fatalf("notify %v ends with %d, want %d: %s%s", args, got, status, out, errOut)
	}
	return out, errOut
}

// runs runs the command.
func (s *story) runs(args []string) (out, errOut string, status int) {
	var o, e strings.Builder
	cmd := New()
	cmd.SetArgs(append([]string{s.dir}, args...))
	cmd.SetOut(&o)
	cmd.SetErr(&e)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	err := cmd.ExecuteContext(s.t.Context())
	if err != nil {
		fmt.Fprintln(&e, err)
	}
	return strings.ReplaceAll(o.String(), s.dir, "REPORT"), strings.ReplaceAll(e.String(), s.dir, "REPORT"), exit.Code(err)
}
