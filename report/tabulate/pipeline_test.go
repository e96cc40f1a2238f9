package tabulate

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"vpcetrail/classify"
	"vpcetrail/classify/endpoints"
	"vpcetrail/classify/network"
	"vpcetrail/ingest"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/source"
	"vpcetrail/ingest/source/list"
	"vpcetrail/ingest/spill"

	"vpcetrail/report"
	"vpcetrail/report/count"
	"vpcetrail/report/table"
)

// A testRun is a whole run over a tree of files, up to its report.
type testRun struct {
	sources   []string
	window    day.Window
	own       []string
	inventory map[string]endpoints.Endpoint
	network   *network.Days
	workers   int
	memory    int // bytes for each part of the run; 0 is the default
}

func (r testRun) report(t testing.TB) *report.Report {
	t.Helper()
	ctx := context.Background()
	trail, err := source.Open(ctx, r.sources, list.Selection{Window: r.window}, source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer trail.Close()
	disk := spill.NewDisk(t.TempDir())
	t.Cleanup(func() { disk.Close() })
	counters := make([]*count.Counter, max(r.workers, 1))
	sinks := make([]ingest.Sink, len(counters))
	for i := range counters {
		counters[i] = count.NewCounter(classify.EmbeddedRanges(), count.Options{Disk: disk, Memory: r.memory, Lateness: 1, Network: r.network})
		sinks[i] = counters[i]
	}
	if err := ingest.Run(ctx, trail, sinks, ingest.Config{Window: r.window}); err != nil {
		t.Fatal(err)
	}
	rep, err := Report(ctx, Input{
		Counters: counters, Window: r.window, Disk: disk, Memory: r.memory,
		TrailAccounts: trail.Accounts(), OwnAccounts: r.own, Inventory: r.inventory, Network: r.network, NATPrice: 0.045,
	})
	if err != nil {
		t.Fatal(err)
	}
	if r.memory > 0 && disk.Files() == 0 {
		t.Errorf("with %d bytes nothing has spilled", r.memory)
	}
	return rep
}

// dayInMemory is a Day, read.
type dayInMemory struct {
	Day        day.Day
	Kinds      report.Kinds
	Traffic    []table.TrafficRow
	Principals []table.PrincipalRow
	Services   []table.ServiceRow
	Endpoints  []table.EndpointRow
	Resources  []table.ResourceRow
	Findings   []table.FindingRow
	Causes     []table.CauseRow
	Objects    []table.ObjectRow
}

func (d *dayInMemory) traffic() []table.TrafficRow    { return d.Traffic }
func (d *dayInMemory) resources() []table.ResourceRow { return d.Resources }
func (d *dayInMemory) findings() []table.FindingRow   { return d.Findings }

// readDays reads all days of rep, and leaves a Report that can be read again.
func readDays(t testing.TB, rep *report.Report) []dayInMemory {
	t.Helper()
	var days []dayInMemory
	for i, d := range rep.Days {
		m := dayInMemory{
			d.Day, d.Kinds, readRows(t, d.Traffic), readRows(t, d.Principals), readRows(t, d.Services),
			readRows(t, d.Endpoints), readRows(t, d.Resources),
			readRows(t, d.Findings), nil, readRows(t, d.Objects),
		}
		if d.Causes != nil {
			m.Causes = readRows(t, d.Causes)
		}
		days = append(days, m)
		rep.Days[i] = &report.Day{
			Day: m.Day, Kinds: m.Kinds, Traffic: report.RowsOf(m.Traffic), Principals: report.RowsOf(m.Principals),
			Services: report.RowsOf(m.Services), Endpoints: report.RowsOf(m.Endpoints),
			Resources: report.RowsOf(m.Resources), Findings: report.RowsOf(m.Findings), Objects: report.RowsOf(m.Objects),
		}
	}
	return days
}

func readRows[T any](t testing.TB, rows report.Rows[T]) []T {
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

// writeFile writes a file below dir, with its directories.
func writeFile(t testing.TB, dir, name string, data []byte) {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}
