package tabulate

import (
	"maps"
	"os"
	"testing"

	"vpcetrail/ingest"
	"vpcetrail/ingest/day"

	"vpcetrail/report"
)

// TestCapturedTrail reads a captured trail. The expected numbers were worked out from its records
// with jq, by the rules. The publisher replaced account ids and people's addresses: that is
// why most sources are private and no endpoint is the folder account's.
func TestCapturedTrail(t *testing.T) {
	const captured = "../../../shared/data/trail-2023-07-10"
	if _, err := os.Stat(captured); err != nil {
		t.Skip("the captured trail is not here: ", err)
	}
	rep := testRun{sources: []string{captured}, window: day.All(), workers: 2}.report(t)
	if want := (report.Balance{Records: 1233, Kinds: report.Kinds{Calls: 1233}}); rep.Balance != want {
		t.Errorf("balance %+v, want %+v", rep.Balance, want)
	}
	if want := map[ingest.Status]int64{ingest.OK: 28}; !maps.Equal(rep.Statuses, want) {
		t.Errorf("objects %v, want %v", rep.Statuses, want)
	}
	got, consoles := map[string]int64{}, map[string]int64{}
	for _, d := range readDays(t, rep) {
		for _, row := range d.Traffic {
			got[row.Route+" "+row.Evidence] += row.Calls
		}
		for _, row := range d.Findings {
			consoles[row.Finding+" "+row.EndpointID] += row.Calls
		}
	}
	// The console's endpoints are AWS's, and no other finding, such as one on an endpoint of ours, is there.
	if want := map[string]int64{"aws_owned_endpoint vpce-00dc1369": 1, "aws_owned_endpoint vpce-f40dc59d": 44}; !maps.Equal(consoles, want) {
		t.Errorf("findings %v\nwant     %v", consoles, want)
	}
	want := map[string]int64{
		"aws_service invoked_by": 117, "aws_service service_principal": 14, "internet public_source": 9,
		"unknown console_private_source": 45, "unknown private_source": 1048,
	}
	if !maps.Equal(got, want) {
		t.Errorf("calls %v\nwant  %v", got, want)
	}
}

// TestCapturedContainers reads records as their publishers keep them, not as a trail does. The numbers
// were taken with jq: of Records, of arrays, of envelopes and of lines.
func TestCapturedContainers(t *testing.T) {
	const captured = "../../../shared/data/"
	if _, err := os.Stat(captured); err != nil {
		t.Skip("the captured records are not here: ", err)
	}
	for _, tc := range []struct {
		folder         string
		objects, calls int64
	}{
		{"as-delivered", 1, 2}, {"lookup-events", 1, 2}, {"eventbridge", 8, 8}, {"stratus-red-team", 12, 99},
	} {
		t.Run(tc.folder, func(t *testing.T) {
			rep := testRun{sources: []string{captured + tc.folder}, window: day.All()}.report(t)
			if want := (report.Balance{Records: tc.calls, Kinds: report.Kinds{Calls: tc.calls}}); rep.Balance != want {
				t.Errorf("balance %+v, want %+v", rep.Balance, want)
			}
			if want := map[ingest.Status]int64{ingest.OK: tc.objects}; !maps.Equal(rep.Statuses, want) {
				t.Errorf("objects %v, want %v", rep.Statuses, want)
			}
		})
	}
}
