package report

import (
	"testing"

	"vpcetrail/report/table"
)

// Workshop returns the report of the endpoint workshop. Package report_test sets it.
var Workshop func(*testing.T) *Report

func workshop(t *testing.T) *Report {
	t.Helper()
	return Workshop(t)
}

func readRows[T any](t testing.TB, rows Rows[T]) []T {
	t.Helper()
	var all []T
	for row, err := range rows {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, *row)
	}
	return all
}

// dayInMemory is a Day, read.
type dayInMemory struct {
	*Day
	Traffic    []table.TrafficRow
	Principals []table.PrincipalRow
	Services   []table.ServiceRow
	Endpoints  []table.EndpointRow
	Objects    []table.ObjectRow
}

// readDay reads a day, which can then be read no more.
func readDay(t testing.TB, d *Day) *dayInMemory {
	t.Helper()
	return &dayInMemory{
		d, readRows(t, d.Traffic), readRows(t, d.Principals), readRows(t, d.Services), readRows(t, d.Endpoints), readRows(t, d.Objects),
	}
}
