package report_test

import (
	"context"
	"fmt"
	"testing"

	"vpcetrail/ingest/day"
	"vpcetrail/report"
	"vpcetrail/report/reporttest"
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
