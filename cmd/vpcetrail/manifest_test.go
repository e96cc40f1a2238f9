package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"vpcetrail/cmd/vpcetrail/dest"
	"vpcetrail/cmd/vpcetrail/exit"
	"vpcetrail/fixtures"
	"vpcetrail/fixtures/trail"
	"vpcetrail/fixtures/trail/outcome"
	"vpcetrail/ingest/day"
	"vpcetrail/report"
)

// manifest reads the manifest of a day.
func manifest(t *testing.T, dir, date string) *report.Manifest {
	t.Helper()
	store, err := dest.Open(t.Context(), dir, nil, dest.S3Options{})
	if err != nil {
		t.Fatal(err)
	}
	d, err := day.Parse(date)
	if err != nil {
		t.Fatal(err)
	}
	m, err := report.ReadManifest(t.Context(), store, d)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// ofParquet matches the parts of a manifest that depend on how Parquet is written.
var ofParquet = regexp.MustCompile(`("(?:bytes|sha256|offset|length)": )[^,\n]+`)

func TestManifestOfTheWorkshop(t *testing.T) {
	golden, err := filepath.Abs("testdata/workshop-run.json.golden")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir("../../fixtures/workshop")
	out := t.TempDir()
	mustRun(t, 0, "analyze", "AWSLogs", "--endpoints", "endpoints.json", "--out", out, "--quiet", "--date", "2026-11-20",
		"--lateness", "48h", "--regions", "us-east-1,eu-west-1", "--own-accounts", "444455556666,111122223333,444455556666")
	text, err := os.ReadFile(filepath.Join(out, "_runs/dt=2026-11-20/run.json"))
	if err != nil {
		t.Fatal(err)
	}
	fixtures.Golden(t, golden, ofParquet.ReplaceAll(text, []byte(`$1"-"`)))
}

// The manifest describes every file of its day, byte by byte.
func TestManifestNamesEveryFile(t *testing.T) {
	t.Parallel()
	out := t.TempDir()
	mustRun(t, 0, "analyze", generate(t, 1, 2), "--out", out, "--quiet")
	for _, date := range []string{"2026-11-20", "2026-11-21"} {
		files := of("/dt="+date+"/", tree(t, out))
		delete(files, "_runs/dt="+date+"/run.json")
		for _, f := range manifest(t, out, date).Files {
			text := files[f.Name]
			sum := sha256.Sum256([]byte(text))
			if int64(len(text)) != f.Bytes || hex.EncodeToString(sum[:]) != f.SHA256 {
				t.Errorf("%s has %d bytes and digest %x, the manifest says %d and %s", f.Name, len(text), sum, f.Bytes, f.SHA256)
			}
			delete(files, f.Name)
		}
		for name := range files {
			t.Errorf("the manifest of %s does not name %s", date, name)
		}
	}
}

// Every record is accounted for, as the trail's generator expects, and every call has
// a route.
func TestManifestBalances(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cfg := trail.Default()
	cfg.Objects, cfg.Records, cfg.Invalid = 4, 60, 0.01
	cfg.Duplicates, cfg.Shared, cfg.Corrections, cfg.Others = 0.02, 0.02, 0.01, 0.01
	expected, err := trail.Generate(t.Context(), cfg, dir)
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "report")
	mustRun(t, exit.Incomplete, "analyze", filepath.Join(dir, "trail"), "--out", out, "--quiet")
	var days report.Kinds
	for _, date := range []string{"2026-11-20", "2026-11-21"} {
		m := manifest(t, out, date)
		want := expected.All().Balance
		if got := asGenerated(t, m.Balance); got != want {
			t.Errorf("%s: balance %+v\nwant %+v", date, got, want)
		}
		b := m.Balance
		if sum := b.Calls + b.Duplicates + b.SharedCopies + b.NetworkEvents + b.Corrections + b.OtherEvents + b.OutsideWindow + b.Invalid; sum != b.Records ||
			b.Duplicates*b.SharedCopies*b.NetworkEvents*b.Corrections*b.OtherEvents*b.Invalid == 0 {
			t.Errorf("%s: %d of %d records are accounted for, or a kind is missing: %+v", date, sum, b.Records, b)
		}
		var routes int64
		for _, n := range m.Routes {
			routes += n
		}
		if routes != m.Counts.Calls {
			t.Errorf("%s: %d calls have a route, of %d", date, routes, m.Counts.Calls)
		}
		days.Calls += m.Counts.Calls
		days.Duplicates += m.Counts.Duplicates
		if m.Complete() {
			t.Errorf("%s: the run counts as complete, with objects %v", date, m.Objects)
		}
	}
	if all := expected.All().Balance; days.Calls != all.Calls || days.Duplicates != all.Duplicates {
		t.Errorf("the days have %d calls and %d duplicates, the run %d and %d", days.Calls, days.Duplicates, all.Calls, all.Duplicates)
	}
}

// asGenerated converts a balance into the generator's type, which has the same JSON.
func asGenerated(t *testing.T, b report.Balance) (g outcome.Balance) {
	t.Helper()
	text, err := json.Marshal(b)
	if err == nil {
		err = json.Unmarshal(text, &g)
	}
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// A run is complete if every object could be read completely. It is not if one was
// damaged.
func TestManifestOfACompleteRun(t *testing.T) {
	t.Parallel()
	out := t.TempDir()
	mustRun(t, 0, "analyze", "../../fixtures/workshop/AWSLogs", "--out", out, "--quiet")
	if m := manifest(t, out, "2026-11-20"); !m.Complete() || m.Objects["ok"] != 6 || len(m.Objects) != 1 {
		t.Errorf("complete %v, objects %v", m.Complete(), m.Objects)
	}
}
