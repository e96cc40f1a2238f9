package sqlcheck

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestPrintedScript runs what vpcetrail athena prints for DuckDB as one script. The report's first day
// has no calls, so all calls are of the first day that has some, and none of them is new.
func TestPrintedScript(t *testing.T) {
	const workshop, name = "../../fixtures/workshop/", "-10-55-12-6C0E7B51D2A94F38"
	lines, err := os.ReadFile(workshop + "access-logs/2026-11-20" + name)
	if err != nil {
		t.Fatal(err)
	}
	logs := t.TempDir()
	lines = bytes.ReplaceAll(lines, []byte("[20/Nov/2026:"), []byte("[19/Nov/2026:"))
	if err := os.WriteFile(filepath.Join(logs, "2026-11-19"+name), lines, 0o600); err != nil {
		t.Fatal(err)
	}
	s := asked(t, workshop+"AWSLogs")
	if said, err := exec.Command(fixture.command, "analyze", "--access-logs", logs, "--quiet", "--out", s.report).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	script, err := exec.Command(fixture.command, "athena", s.report, "--engine", "duckdb").Output()
	if err != nil {
		t.Fatal(err)
	}
	s.exec(t, string(script))
	for view, want := range map[string]string{"newly_past_the_endpoint": "0", "past_the_endpoint": "1"} {
		s.same(t, view, "SELECT count(*) > 0 FROM vpcetrail."+view, "SELECT "+want+" = 1")
	}
	s.same(t, "days", "SELECT DISTINCT dt FROM vpcetrail.s3_access", "SELECT '2026-11-19'")
}
