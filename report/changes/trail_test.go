package changes

import (
	"fmt"
	"testing"

	"vpcetrail/ingest"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/spill"

	"vpcetrail/report"
	"vpcetrail/report/diff"
	"vpcetrail/report/reporttest"
	"vpcetrail/report/table"
)

// A day of which only sources beside the trail were read is no day without calls.
func TestADayWithoutATrailIsNoDayWithoutCalls(t *testing.T) {
	const first = day.Day(20_000) // 2024-10-04
	store := reporttest.Store{}
	trail := func(d day.Day) *report.Day {
		return &report.Day{Day: d, Traffic: report.RowsOf[table.TrafficRow](nil), Objects: report.RowsOf[table.ObjectRow](nil)}
	}
	alone := &report.Day{Day: first + 1, S3Access: report.RowsOf[table.S3AccessRow](nil)}
	reporttest.Publish(t, store, &report.Report{Statuses: map[ingest.Status]int64{}, Days: []*report.Day{trail(first), alone, trail(first + 2)}}, report.Run{})

	span, err := report.ReadSpan(t.Context(), store, day.All())
	if err != nil || fmt.Sprint(span.Days, span.Missing) != "[2024-10-04 2024-10-06] [2024-10-05]" {
		t.Errorf("%v: %+v", err, span)
	}
	after, err := Latest(t.Context(), store, day.All())
	if err != nil {
		t.Fatal(err)
	}
	before, err := after.Before(t.Context())
	if err != nil || before.Day != first || after.Day != first+2 {
		t.Errorf("%v: %v, %v", err, before, after)
	}
	const want = "memory has no calls of 2024-10-05: only sources beside the trail were read: run vpcetrail analyze SOURCE for this day"
	only := day.Window{From: first + 1, To: first + 1}
	_, ofSpan := report.ReadSpan(t.Context(), store, only)
	_, ofChanges := Latest(t.Context(), store, only)
	disk := spill.NewDisk(t.TempDir())
	defer disk.Close()
	_, ofDiff := diff.Compare(t.Context(), diff.Side{Store: store, Days: []day.Day{first}}, diff.Side{Store: store, Days: []day.Day{first + 1}}, 0, disk)
	for name, err := range map[string]error{"span": ofSpan, "changes": ofChanges, "diff": ofDiff} {
		if err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
	}
}
