package report_test

import (
	"os"
	"testing"

	"vpcetrail/classify/endpoints"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/source"
	"vpcetrail/ingest/source/list"
	"vpcetrail/ingest/spill"

	"vpcetrail/report"
	"vpcetrail/report/analyze"
)

// The tests of package report publish the endpoint workshop, which packages make that import it.
func init() {
	report.Workshop = func(t *testing.T) *report.Report {
		t.Helper()
		text, err := os.ReadFile("../fixtures/workshop/endpoints.json")
		if err != nil {
			t.Fatal(err)
		}
		inventory, err := endpoints.ParseInventory(text)
		if err != nil {
			t.Fatal(err)
		}
		trail, err := source.Open(t.Context(), []string{"../fixtures/workshop/AWSLogs"}, list.Selection{Window: day.All()}, source.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer trail.Close()
		disk := spill.NewDisk(t.TempDir())
		t.Cleanup(func() { disk.Close() })
		rep, err := analyze.Job{Window: day.All(), Lateness: 1, Inventory: inventory, NATPrice: 0.045, Disk: disk}.Report(t.Context(), trail)
		if err != nil {
			t.Fatal(err)
		}
		return rep
	}
}
