package report

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"vpcetrail/classify"
	"vpcetrail/ingest"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/source"
)

// A testRun is a whole run over a tree of files, up to its report.
type testRun struct {
	sources   []string
	window    day.Window
	own       []string
	inventory map[string]classify.Endpoint
	workers   int
}

func (r testRun) report(t testing.TB) *Report {
	t.Helper()
	ctx := context.Background()
	trail, err := source.Open(ctx, r.sources, source.Selection{Window: r.window}, source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer trail.Close()
	counters := make([]*Counter, max(r.workers, 1))
	sinks := make([]ingest.Sink, len(counters))
	for i := range counters {
		counters[i] = NewCounter(classify.EmbeddedRanges())
		sinks[i] = counters[i]
	}
	if err := ingest.Run(ctx, trail, sinks, ingest.Config{Window: r.window}); err != nil {
		t.Fatal(err)
	}
	rep, err := New(Input{
		Counters: counters, Window: r.window, Lateness: 1,
		TrailAccounts: trail.Accounts(), OwnAccounts: r.own, Inventory: r.inventory,
	})
	if err != nil {
		t.Fatal(err)
	}
	return rep
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
