package tabulate

import (
	"encoding/json"
	"reflect"
	"testing"

	"vpcetrail/classify/endpoints"
	"vpcetrail/fixtures"
	"vpcetrail/ingest/day"

	"vpcetrail/report"
	"vpcetrail/report/table"
)

// TestCases runs every documented case through the whole pipeline: once without its record and once
// with it. The difference is what the record was found to be.
func TestCases(t *testing.T) {
	for _, c := range fixtures.Cases(t) {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			without := c
			without.Record = nil
			before, after := runCase(t, &without), runCase(t, &c)
			if got := kindAdded(before.Balance, after.Balance); got != c.Want.Kind {
				t.Fatalf("counted as %q, want %q", got, c.Want.Kind)
			}
			if c.Want.Kind != "call" {
				return
			}
			if got, want := rowAdded(t, before, after), wantedRow(&c.Want); got != want {
				t.Errorf("%s\ngot  %+v\nwant %+v", c.Title, got, want)
			}
		})
	}
}

// runCase lays the case out as a trail: an object with its records, and a folder for each account of ours.
func runCase(t *testing.T, c *fixtures.Case) *report.Report {
	t.Helper()
	dir := t.TempDir()
	for _, account := range c.Ours {
		writeFile(t, dir, "AWSLogs/"+account+"/CloudTrail/us-east-1/2026/11/20/empty.json", []byte(`{"Records":[]}`))
	}
	name := "log.json" // says nothing about its records
	if c.Folder != nil {
		name = "AWSLogs/" + c.Folder.AccountID + "/CloudTrail/" + c.Folder.Region + "/2026/11/20/log.json"
	}
	log := c.Log()
	if c.Record == nil {
		records, err := json.Marshal(map[string]any{"Records": append([]json.RawMessage{}, c.Trail...)})
		if err != nil {
			t.Fatal(err)
		}
		log = records
	}
	writeFile(t, dir, name, log)
	inventory, err := endpoints.ParseInventory(c.Endpoints())
	if err != nil {
		t.Fatal(err)
	}
	return testRun{sources: []string{dir, dir + "/" + name}, window: day.All(), own: c.OwnAccounts, inventory: inventory}.report(t)
}

func kindAdded(before, after report.Balance) string {
	for kind, n := range map[string]int64{
		"call": after.Calls - before.Calls, "duplicate": after.Duplicates - before.Duplicates,
		"shared_copy": after.SharedCopies - before.SharedCopies, "network_event": after.NetworkEvents - before.NetworkEvents,
		"correction": after.Corrections - before.Corrections, "other_event": after.OtherEvents - before.OtherEvents,
		"invalid": after.Invalid - before.Invalid,
	} {
		if n == 1 {
			return kind
		}
	}
	return "nothing"
}

// rowAdded returns what after's traffic has more than before's: one call. Times are left out.
func rowAdded(t *testing.T, before, after *report.Report) table.TrafficRow {
	t.Helper()
	counted := map[table.TrafficKey]table.Measures{}
	for _, d := range readDays(t, before) {
		for _, row := range d.Traffic {
			counted[row.TrafficKey] = row.Measures
		}
	}
	var added []table.TrafficRow
	for _, d := range readDays(t, after) {
		for _, row := range d.Traffic {
			old := counted[row.TrafficKey]
			row.Calls -= old.Calls
			row.Denied -= old.Denied
			row.Errors -= old.Errors
			row.Reads -= old.Reads
			row.Writes -= old.Writes
			row.BytesIn -= old.BytesIn
			row.BytesOut -= old.BytesOut
			row.FirstSeen, row.LastSeen = 0, 0
			if row.Measures != (table.Measures{}) {
				added = append(added, row)
			}
		}
	}
	if len(added) != 1 {
		t.Fatalf("the record changed %d rows: %+v", len(added), added)
	}
	return added[0]
}

func wantedRow(w *fixtures.Want) table.TrafficRow {
	text := func(s *string) string {
		if s == nil {
			return ""
		}
		return *s
	}
	one := func(b bool) int64 {
		if b {
			return 1
		}
		return 0
	}
	return table.TrafficRow{
		TrafficKey: table.TrafficKey{
			AccountID: text(w.AccountID), Region: text(w.Region), Principal: text(w.Principal),
			PrincipalType: text(w.PrincipalType), PrincipalAccountID: text(w.PrincipalAccountID),
			Session: text(w.Session), Service: text(w.Service), Route: w.Route, Origin: text(w.Origin),
			Evidence: w.Evidence, EndpointID: text(w.VPCEndpointID), EndpointType: text(w.EndpointType),
			EndpointAccountID: text(w.EndpointAccountID), EndpointOwner: text(w.EndpointOwner),
		},
		Measures: table.Measures{
			Calls: 1, Denied: one(w.Denied), Errors: one(w.Error), Reads: one(w.Read), Writes: one(w.Write),
			BytesIn: w.BytesIn, BytesOut: w.BytesOut,
		},
	}
}

// TestCasesCoverTheWholeBalance keeps the test above from passing for want of a field.
func TestCasesCoverTheWholeBalance(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range fixtures.Cases(t) {
		seen[c.Want.Kind] = true
	}
	// outside_window needs a window, which a case has not; Records is the sum.
	if fields := reflect.TypeFor[report.Kinds]().NumField() + 1; len(seen) != fields {
		t.Errorf("cases of %d kinds, and the balance has %d", len(seen), fields)
	}
}
