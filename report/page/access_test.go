package page

import (
	"strings"
	"testing"

	"vpcetrail/ingest"
	"vpcetrail/report"
	"vpcetrail/report/reporttest"
	"vpcetrail/report/table"
)

// A report with S3 access logs, and one with query logs or metrics, has a section of its own. Any other has none.
func TestPageShowsOtherSources(t *testing.T) {
	for _, logged := range []bool{true, false} {
		d := &report.Day{
			Day: 20777, Traffic: report.RowsOf[table.TrafficRow](nil), Principals: report.RowsOf[table.PrincipalRow](nil),
			Services: report.RowsOf[table.ServiceRow](nil), Endpoints: report.RowsOf[table.EndpointRow](nil), Objects: report.RowsOf[table.ObjectRow](nil),
		}
		if logged {
			d.S3Access = report.RowsOf([]table.S3AccessRow{{
				S3AccessKey: table.S3AccessKey{Bucket: "<ledger>", Route: "internet"}, Requests: 4321, Matched: -1,
			}, {
				S3AccessKey: table.S3AccessKey{Bucket: "media", Route: "internet"}, Requests: 2100, Matched: -1,
			}, {
				S3AccessKey: table.S3AccessKey{Bucket: "media", Route: "vpce"}, Requests: 1900, Matched: 1789,
			}})
			d.DNS = report.RowsOf([]table.DNSRow{{Name: "*.s3.amazonaws.com", Service: "<s3>", Answered: "both", Queries: 8765}})
			d.EndpointMetrics = report.RowsOf([]table.EndpointMetricsRow{{EndpointID: "<vpce>", Compared: "conflict", Calls: 5432}})
		}
		store := reporttest.Store{}
		reporttest.Publish(t, store, &report.Report{Statuses: map[ingest.Status]int64{ingest.OK: 1}, Days: []*report.Day{d}}, report.Run{})
		text := write(t, read(t, store))
		if has := strings.Contains(text, "&lt;ledger&gt;") && strings.Contains(text, "4,321") && strings.Contains(text, `href="#buckets"`); has != logged || strings.Contains(text, `id="buckets"`) != logged {
			t.Errorf("with access logs %v: shown %v", logged, has)
		}
		for _, wanted := range []string{`href="#evidence"`, `id="evidence"`, "&lt;s3&gt;", "<td>both</td>", "8,765", "&lt;vpce&gt;", "<td>conflict</td>", "5,432", "4,000", "1,900", "1,789"} {
			if strings.Contains(text, wanted) != logged {
				t.Errorf("with other sources %v: %s shown %v", logged, wanted, !logged)
			}
		}
	}
}

// A page without any trail shows the other sources, and says what it does not know. Nothing in it is about calls.
// Of days with calls and days without, it shows both.
func TestPageOfDaysWithoutTrail(t *testing.T) {
	logged := &report.Day{Day: 20778, S3Access: report.RowsOf([]table.S3AccessRow{{
		S3AccessKey: table.S3AccessKey{Bucket: "ledger", Route: "internet"}, Requests: 4321, Matched: -1,
	}})}
	called := &report.Day{
		Day: 20777, Traffic: report.RowsOf[table.TrafficRow](nil), Principals: report.RowsOf[table.PrincipalRow](nil), Findings: report.RowsOf[table.FindingRow](nil),
		Services: report.RowsOf[table.ServiceRow](nil), Endpoints: report.RowsOf[table.EndpointRow](nil), Objects: report.RowsOf[table.ObjectRow](nil),
	}
	ofCalls := []string{`class="tiles"`, `href="#routes"`, `id="findings"`, `id="days"`, `id="services"`, `id="endpoints"`, `id="balance"`, "Balanced: ", "Counts come from CloudTrail"}
	for _, days := range [][]*report.Day{{logged}, {called, logged}} {
		store := reporttest.Store{}
		reporttest.Publish(t, store, &report.Report{Statuses: map[ingest.Status]int64{}, Days: days}, report.Run{})
		text := write(t, read(t, store))
		for _, wanted := range []string{"<td class=\"n\" data-v=\"4321\">4,321", "<li>No trail was read for 2026-11-21: its calls are not known.</li>", `class="trust bad"`} {
			if !strings.Contains(text, wanted) {
				t.Errorf("%d days: no %s", len(days), wanted)
			}
		}
		for _, part := range ofCalls {
			if strings.Contains(text, part) != (len(days) == 2) {
				t.Errorf("%d days: %s shown %v", len(days), part, len(days) != 2)
			}
		}
		if strings.Contains(text, "No trail was read, so this page shows no routes of calls.") != (len(days) == 1) {
			t.Errorf("%d days: another headline", len(days))
		}
		for _, wrong := range []string{"No table of findings", "without a report"} {
			if strings.Contains(text, wrong) {
				t.Errorf("%d days: %s", len(days), wrong)
			}
		}
	}
}
