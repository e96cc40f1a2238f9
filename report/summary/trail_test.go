package summary

import (
	"strings"
	"testing"

	"vpcetrail/ingest"
	"vpcetrail/ingest/day"

	"vpcetrail/report"
	"vpcetrail/report/grid"
	"vpcetrail/report/reporttest"
	"vpcetrail/report/table"
)

// A summary of a day of which only other sources were read says that its calls are not known.
func TestSummaryWithoutATrail(t *testing.T) {
	store := reporttest.Store{}
	reporttest.Publish(t, store, &report.Report{Statuses: map[ingest.Status]int64{}, Days: []*report.Day{
		{Day: 20_000, Traffic: report.RowsOf[table.TrafficRow](nil)},
		{Day: 20_001, S3Access: report.RowsOf[table.S3AccessRow](nil)},
	}}, report.Run{})
	const said = "no trail was read for 2024-10-05: its calls are not known\n"
	for d, want := range map[day.Day]bool{20_000: false, 20_001: true} {
		s, err := Read(t.Context(), store, []day.Day{d})
		if err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		if err := s.Write(&out, grid.FormatTable, grid.Style{}, 3); err != nil || strings.Contains(out.String(), said) != want {
			t.Errorf("%s: %v\n%s", d, err, out.String())
		}
	}
}
