package analyze

import (
	"bytes"
	"encoding/csv"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"vpcetrail/classify/network"
	"vpcetrail/fixtures/organization"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/source"
	"vpcetrail/ingest/source/list"
	"vpcetrail/ingest/spill"

	"vpcetrail/report"
	"vpcetrail/report/table"
)

var organizationCalls = flag.Int("organization-calls", 100_000, "calls of the organization; the whole has 2,000,000")

// TestCausesOfAnOrganization holds table causes of a generated organization against the causes that its generator
// knows, and the size of traffic against that of a run that asks for none.
func TestCausesOfAnOrganization(t *testing.T) {
	cfg := organization.Default()
	cfg.Calls = *organizationCalls
	o, err := organization.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := o.Write(dir); err != nil {
		t.Fatal(err)
	}
	snapshot, err := network.Parse(readFile(t, dir, "network.json"))
	if err != nil {
		t.Fatal(err)
	}
	networks, err := network.ParseNetworks(readFile(t, dir, "networks.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	expected, err := csv.NewReader(bytes.NewReader(readFile(t, dir, "causes.csv"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	columns := expected[0][:len(expected[0])-2] // but calls and bytes
	want, got := map[string][2]int64{}, map[string][2]int64{}
	for _, row := range expected[1:] {
		calls, err := strconv.ParseInt(row[len(columns)], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		bytes, err := strconv.ParseInt(row[len(columns)+1], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		want[strings.Join(row[:len(columns)], " ")] = [2]int64{calls, bytes}
	}
	rows := trafficRows(t, dir, Job{Workers: 2})
	with := trafficRows(t, dir, Job{Workers: 2, Network: snapshot, Networks: networks}, func(row *table.CauseRow) {
		var key []string
		for _, name := range columns {
			key = append(key, table.Causes.Column(name).Format(row))
		}
		sum := got[strings.Join(key, " ")]
		got[strings.Join(key, " ")] = [2]int64{sum[0] + row.Calls, sum[1] + row.Bytes}
	})
	if !maps.Equal(got, want) {
		t.Errorf("%d sorts of calls, want %d", len(got), len(want))
		for key, sum := range want {
			if got[key] != sum {
				t.Errorf("%s: %v, want %v", key, got[key], sum)
				break
			}
		}
	}
	t.Logf("%d rows of traffic, %d with causes, %d sorts of causes", rows, with, len(want))
	if float64(with) > 1.3*float64(rows) {
		t.Errorf("%d rows of traffic, %d without causes: more than 1.3 times as many", with, rows)
	}
}

func readFile(t *testing.T, dir, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// trafficRows makes the report of the trail in dir. It returns how many rows table traffic has, and calls each
// with those of table causes.
func trafficRows(t *testing.T, dir string, job Job, each ...func(*table.CauseRow)) (n int) {
	t.Helper()
	trail, err := source.Open(t.Context(), []string{filepath.Join(dir, "trail")}, list.Selection{Window: day.All()}, source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer trail.Close()
	job.Window, job.Disk = day.All(), spill.NewDisk(t.TempDir())
	defer job.Disk.Close()
	rep, err := job.Report(t.Context(), trail)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range rep.Days {
		n += eachRow(t, d.Traffic, func(*table.TrafficRow) {})
		for _, fn := range each {
			eachRow(t, d.Causes, fn)
		}
	}
	return n
}

func eachRow[T any](t *testing.T, rows report.Rows[T], fn func(*T)) (n int) {
	t.Helper()
	for row, err := range rows {
		if err != nil {
			t.Fatal(err)
		}
		fn(row)
		n++
	}
	return n
}
