package explain

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"vpcetrail/classify"
	"vpcetrail/classify/endpoints"
	"vpcetrail/fixtures"
	"vpcetrail/ingest"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/source"
	"vpcetrail/ingest/source/list"
	"vpcetrail/ingest/spill"
)

// explained runs the sources through the pipeline and returns what is found of each record. memory is the
// Collector's.
func explained(t testing.TB, sources []string, known Known, memory int, ids ...string) []*Record {
	t.Helper()
	ctx := context.Background()
	trail, err := source.Open(ctx, sources, list.Selection{Window: day.All()}, source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer trail.Close()
	disk := spill.NewDisk(t.TempDir())
	t.Cleanup(func() { disk.Close() })
	problem := func(text string) { t.Log(text) }
	c := NewCollector(Options{Ranges: classify.EmbeddedRanges(), IDs: ids, Disk: disk, Memory: memory, Problem: problem})
	if err := ingest.Run(ctx, trail, []ingest.Sink{c}, ingest.Config{Window: day.All()}); err != nil {
		t.Fatal(err)
	}
	known.TrailAccounts = trail.Accounts()
	var records []*Record
	if err := c.Each(ctx, known, func(r *Record) error { records = append(records, r); return nil }); err != nil {
		t.Fatal(err)
	}
	if memory == 0 && len(records) > 0 && disk.Files() == 0 {
		t.Error("without memory nothing has spilled")
	}
	return records
}

// explainedCase lays a case out as a trail, as the report's tests do, and returns what is found of its
// record: the last one. nil stands for a record that cannot be counted.
func explainedCase(t testing.TB, c *fixtures.Case) *Record {
	t.Helper()
	dir := t.TempDir()
	for _, account := range c.Ours {
		write(t, filepath.Join(dir, "AWSLogs", account, "CloudTrail/us-east-1/2026/11/20/empty.json"), []byte(`{"Records":[]}`))
	}
	name := "log.json" // says nothing about its records
	if c.Folder != nil {
		name = "AWSLogs/" + c.Folder.AccountID + "/CloudTrail/" + c.Folder.Region + "/2026/11/20/log.json"
	}
	write(t, filepath.Join(dir, name), c.Log())
	inventory, err := endpoints.ParseInventory(c.Endpoints())
	if err != nil {
		t.Fatal(err)
	}
	all := explained(t, []string{dir, dir + "/" + name}, Known{OwnAccounts: c.OwnAccounts, Inventory: inventory}, 1<<20)
	if len(all) <= len(c.Trail) {
		return nil
	}
	last := all[len(all)-1]
	last.Object = filepath.Base(last.Object)
	return last
}

func write(t testing.TB, path string, text []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o666); err != nil {
		t.Fatal(err)
	}
}
