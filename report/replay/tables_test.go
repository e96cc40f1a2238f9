package replay

import (
	"context"
	"testing"

	"vpcetrail/classify/endpoints"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/source"
	"vpcetrail/ingest/source/list"
	"vpcetrail/ingest/spill"
	"vpcetrail/report"
	"vpcetrail/report/analyze"
	"vpcetrail/report/reporttest"
)

// TestTablesNeverContradictRecords holds that what the tables of a report say of a call for certain, the records say
// too: they may only know more.
func TestTablesNeverContradictRecords(t *testing.T) {
	const demo = "../../fixtures/demo"
	ctx := context.Background()
	known := Known{Inventory: inventory(t, demo+"/endpoints.json")}
	span := demoReport(t, known.Inventory)
	type call struct{ principal, account, service, event, resource string }
	certain := 0
	for _, name := range perimeters(t) {
		a, err := ReadTables(ctx, span, perimeter(t, name, known.Inventory), nil)
		if err != nil {
			t.Fatal(err)
		}
		records := map[call]map[Outcome]bool{}
		for _, r := range replayed(t, perimeter(t, name, known.Inventory), demo+"/AWSLogs", known).Rows {
			k := call{r.Principal, r.PrincipalAccount, r.Service, r.EventName, r.Resource}
			if records[k] == nil {
				records[k] = map[Outcome]bool{}
			}
			records[k][r.Outcome] = true
		}
		for _, r := range a.Rows {
			of := records[call{r.Principal, r.PrincipalAccount, r.Service, r.EventName, r.Resource}]
			if r.Outcome == Unknown || r.EventName == "" || of == nil { // of == nil: the record names several resources
				continue
			}
			if certain++; !of[r.Outcome] {
				t.Errorf("%s: the tables say %q, the records %v", name, lines([]Row{r}), of)
			}
		}
	}
	if certain < 500 {
		t.Errorf("only %d rows are certain", certain)
	}
}

// demoReport publishes the report of the demo.
func demoReport(t *testing.T, inventory endpoints.Inventory) *report.Span {
	t.Helper()
	ctx := t.Context()
	trail, err := source.Open(ctx, []string{"../../fixtures/demo/AWSLogs"}, list.Selection{Window: day.All()}, source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer trail.Close()
	disk := spill.NewDisk(t.TempDir())
	defer disk.Close()
	rep, err := analyze.Job{Window: day.All(), Lateness: 1, Inventory: inventory, NATPrice: 0.045, Disk: disk}.Report(ctx, trail)
	if err != nil {
		t.Fatal(err)
	}
	store := reporttest.Store{}
	reporttest.Publish(t, store, rep, report.Run{})
	span, err := report.ReadSpan(ctx, store, day.All())
	if err != nil {
		t.Fatal(err)
	}
	return span
}
