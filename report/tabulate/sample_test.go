package tabulate

import (
	"cmp"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"vpcetrail/ingest/day"

	"vpcetrail/report"
	"vpcetrail/report/findings"
)

// A record is what this file's tests write of one.
type record map[string]any

// reportOf makes the report of a trail of those records, one object for each list.
func reportOf(t *testing.T, objects ...[]record) *report.Report {
	t.Helper()
	dir := t.TempDir()
	for i, records := range objects {
		text, err := json.Marshal(map[string]any{"Records": records})
		if err != nil {
			t.Fatal(err)
		}
		writeFile(t, dir, fmt.Sprintf("%d.json", i), text)
	}
	return testRun{sources: []string{filepath.Clean(dir)}, window: day.All(), workers: 1}.report(t)
}

// call returns a call of an IAM user, from an address outside of AWS.
func call(more record) record {
	r := record{
		"eventTime": "2026-11-20T10:00:00Z", "eventSource": "sqs.amazonaws.com", "eventName": "ListQueues", "awsRegion": "us-east-1",
		"recipientAccountId": "111122223333", "sourceIPAddress": "203.0.113.9",
		"userIdentity": record{"type": "IAMUser", "accountId": "111122223333", "arn": "arn:aws:iam::111122223333:user/u"},
	}
	for k, v := range more {
		r[k] = v
	}
	return r
}

// Calls count in findings though none of them has an eventID that could be named.
func TestFindingsCountCallsWithoutSamples(t *testing.T) {
	r := reportOf(t, []record{call(nil), call(nil), call(record{"eventID": "with a space"})})
	rows := readRows(t, r.Days[0].Findings)
	if len(rows) != 1 || rows[0].Finding != "long_term_credentials_external" || rows[0].Calls != 3 || rows[0].SampleEventIDs != "" {
		t.Errorf("findings: %+v", rows)
	}
}

// Samples of calls that an endpoint refused are network events of calls without another record. Other
// network events before them make no difference.
func TestSamplesOfNetworkEvents(t *testing.T) {
	var ids []string
	for i := range 12 {
		ids = append(ids, fmt.Sprint("network-", i))
	}
	slices.SortFunc(ids, func(a, b string) int { return cmp.Compare(findings.Hash(a), findings.Hash(b)) })
	known, alone := ids[:6], ids[6:]
	var calls, events []record
	for _, id := range ids {
		refused := record{
			"requestID": "request of " + id, "errorCode": "VpceAccessDenied", "vpcEndpointId": "vpce-0a11b22c33d44e55f",
			"vpcEndpointAccountId": "111122223333", "sourceIPAddress": "10.0.0.1",
			"errorMessage": "no identity-based policy allows it because no VPC endpoint policy allows the sqs:ListQueues action",
		}
		event := call(refused)
		event["eventID"], event["eventCategory"], event["eventType"] = id, "NetworkActivity", "AwsVpceEvent"
		events = append(events, event)
		if slices.Contains(known, id) {
			refused["eventID"] = "call-" + id
			calls = append(calls, call(refused))
		}
	}
	r := reportOf(t, events, calls)
	for _, row := range readRows(t, r.Days[0].Findings) {
		if row.Finding == "endpoint_policy_denied" && row.Principal == "" {
			if want := strings.Join(alone[:findings.MaxSamples], " "); row.SampleEventIDs != want || row.Calls != int64(len(alone)) {
				t.Errorf("%d calls, samples %s; want %d, %s", row.Calls, row.SampleEventIDs, len(alone), want)
			}
			return
		}
	}
	t.Error("there is no such finding")
}
