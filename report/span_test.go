package report_test

import (
	"context"
	"fmt"
	"testing"

	"vpcetrail/ingest"
	"vpcetrail/ingest/day"
	"vpcetrail/report"
	"vpcetrail/report/reporttest"
	"vpcetrail/report/table"
)

func TestDaysWithin(t *testing.T) {
	store := reporttest.Store{"_runs/dt=2024-10-04/run.json": nil, "_runs/dt=2024-10-05/run.json": nil, "_runs/dt=2024-10-07/run.json": nil}
	later := day.All()
	later.From = 20001
	days, err := report.DaysWithin(context.Background(), store, later)
	if err != nil || fmt.Sprint(days) != "[2024-10-05 2024-10-07]" {
		t.Errorf("%v, %v", days, err)
	}
	later.From = 20100
	for _, tc := range []struct {
		store  reporttest.Store
		window day.Window
		want   string
	}{
		{store, day.Window{From: 20002, To: 20002}, "memory holds no day of 2024-10-06: it has 2024-10-04..2024-10-07"},
		{store, later, "memory holds no day of 2025-01-12 and later: it has 2024-10-04..2024-10-07"},
		{nil, later, "memory holds no report: run vpcetrail analyze SOURCE --out memory"},
	} {
		if _, err := report.DaysWithin(context.Background(), tc.store, tc.window); err == nil || err.Error() != tc.want {
			t.Errorf("%v, want %s", err, tc.want)
		}
	}
}

// A first or last day of which only sources beside the trail were read is a missing day.
func TestMissingAtTheEnds(t *testing.T) {
	const first = day.Day(20_000) // 2024-10-04
	store := reporttest.Store{}
	var days []*report.Day
	for d := first; d < first+3; d++ {
		one := &report.Day{Day: d, S3Access: report.RowsOf[table.S3AccessRow](nil)}
		if d == first+1 {
			one.Traffic, one.Objects = report.RowsOf[table.TrafficRow](nil), report.RowsOf[table.ObjectRow](nil)
		}
		days = append(days, one)
	}
	reporttest.Publish(t, store, &report.Report{Statuses: map[ingest.Status]int64{}, Days: days}, report.Run{})

	for window, want := range map[day.Window]string{
		day.All():                             "days [2024-10-05], missing [2024-10-04 2024-10-06], published [2024-10-04 2024-10-05 2024-10-06]",
		{From: first + 1, To: day.All().To}:   "days [2024-10-05], missing [2024-10-06], published [2024-10-05 2024-10-06]",
		{From: day.All().From, To: first + 1}: "days [2024-10-05], missing [2024-10-04], published [2024-10-04 2024-10-05]",
		{From: first + 1, To: first + 1}:      "days [2024-10-05], missing [], published [2024-10-05]",
	} {
		span, err := report.ReadSpan(t.Context(), store, window)
		if err != nil {
			t.Fatal(err)
		}
		var published []day.Day
		for d, m := range span.Published() {
			if published = append(published, d); m.HasTrail() != (d == first+1) {
				t.Errorf("%s: the manifest of another day", d)
			}
		}
		if got := fmt.Sprintf("days %v, missing %v, published %v", span.Days, span.Missing, published); got != want {
			t.Errorf("%s: %s, want %s", window, got, want)
		}
	}
}
