package report

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"path/filepath"
	"testing"

	"vpcetrail/classify"
	"vpcetrail/fixtures/trail"
	"vpcetrail/ingest"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/source"
	"vpcetrail/ingest/spill"
)

// TestShardGivesTheReportAgain makes a report of what a shard keeps: the tables are those of the run that read the
// trail, however many workers and parts there were, and however short memory is when it is read back.
func TestShardGivesTheReportAgain(t *testing.T) {
	dir := t.TempDir()
	cfg := trail.Default()
	cfg.Objects, cfg.Records = 3, 120
	cfg.Duplicates, cfg.Corrections, cfg.Shared, cfg.Invalid = 0.05, 0.03, 0.03, 0.005
	if _, err := trail.Generate(t.Context(), cfg, dir); err != nil {
		t.Fatal(err)
	}
	writeFile(t, dir, "trail/broken.json", []byte(`{"Records":[{"eventTime":"2026-11-20T10:00:00Z"},{`))
	run := testRun{sources: []string{filepath.Join(dir, "trail")}, window: day.All(), workers: 1}
	want := run.report(t)
	days := fmt.Sprintf("%+v", readDays(t, want))
	var first [][]byte
	for _, how := range []struct{ workers, memory, partBytes, again int }{
		{1, 0, partBytes, 0}, {3, 0, partBytes, 0}, {2, 16 << 10, partBytes, 16 << 10}, {2, 0, 5000, 16 << 10},
	} {
		t.Run(fmt.Sprintf("%+v", how), func(t *testing.T) {
			run.workers, run.memory = how.workers, how.memory
			parts, accounts, heard := run.shard(t, how.partBytes)
			if how.partBytes == partBytes {
				if first == nil {
					first = parts
				}
				if !bytes.Equal(bytes.Join(parts, nil), bytes.Join(first, nil)) {
					t.Error("the shard depends on the workers or on the memory")
				}
			} else if len(parts) < 20 {
				t.Errorf("only %d parts", len(parts))
			}
			got := again(t, parts, accounts, &heard, how.again)
			if got.Balance != want.Balance || fmt.Sprint(got.Statuses) != fmt.Sprint(want.Statuses) {
				t.Errorf("balance %+v, objects %v\nwant    %+v, %v", got.Balance, got.Statuses, want.Balance, want.Statuses)
			}
			if fmt.Sprintf("%+v", readDays(t, got)) != days {
				t.Error("tables differ")
			}
		})
	}
}

// shard reads a trail, and returns what its shard is made of.
func (r testRun) shard(t *testing.T, size int) (parts [][]byte, accounts []string, heard Hearsay) {
	t.Helper()
	from, err := source.Open(t.Context(), r.sources, source.Selection{Window: r.window}, source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	disk := spill.NewDisk(t.TempDir())
	defer disk.Close()
	counters, sinks, ids := make([]*Counter, r.workers), make([]ingest.Sink, r.workers), make([]*ingest.IDLog, r.workers)
	for i := range counters {
		counters[i] = NewCounter(classify.EmbeddedRanges(), CounterOptions{Disk: disk, Memory: r.memory, Lateness: 1, Keep: true})
		sinks[i], ids[i] = counters[i], ingest.NewIDLog(disk, r.memory)
	}
	if _, err := ingest.Run(t.Context(), from, sinks, ingest.Config{Window: r.window, Disk: disk, IDs: ids}); err != nil {
		t.Fatal(err)
	}
	w, err := newPartWriter(func(part []byte) error {
		parts = append(parts, bytes.Clone(part))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	w.limit = size
	if err := w.copyAll(t.Context(), counters, ids); err != nil {
		t.Fatal(err)
	}
	return parts, from.Accounts(), HearsayOf(counters)
}

// again makes a report of a shard's parts.
func again(t *testing.T, parts [][]byte, accounts []string, heard *Hearsay, memory int) *Report {
	t.Helper()
	disk := spill.NewDisk(t.TempDir())
	t.Cleanup(func() { disk.Close() })
	c := NewCounter(nil, CounterOptions{Disk: disk, Memory: memory, Lateness: 1})
	c.Hear(heard)
	ids := ingest.NewLedger(disk, memory)
	r, err := NewShardReader(func() ([]byte, error) {
		if len(parts) == 0 {
			return nil, io.EOF
		}
		part := parts[0]
		parts = parts[1:]
		return part, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for seq := 0; ; seq++ {
		err := r.Next()
		if err == io.EOF {
			break
		}
		if err == nil {
			err = r.Take(seq, c, ids)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	marks, err := ids.Settle(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	rep, err := New(context.Background(), Input{
		Counters: []*Counter{c}, Marks: marks, Window: day.All(), TrailAccounts: accounts, NATPrice: 0.045, Disk: disk, Memory: memory,
	})
	if err != nil {
		t.Fatal(err)
	}
	return rep
}
