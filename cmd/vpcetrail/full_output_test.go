package main

import (
	"io"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"vpcetrail/cmd/vpcetrail/exit"
)

// fullDisk is a standard output on a full disk.
type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, syscall.ENOSPC }

// A reader must not take a part of the output for all of it: the command fails, and
// says so in one line.
func TestOutputThatCannotBeWritten(t *testing.T) {
	const workshop = "../../fixtures/workshop/"
	report := filepath.Join(t.TempDir(), "report")
	mustRun(t, 0, "analyze", workshop+"AWSLogs", "--out", report, "--quiet")
	for _, line := range []string{
		"summary REPORT", "summary REPORT --by day --format csv", "summary REPORT --by day --format json", "diff REPORT REPORT",
		"audit REPORT --policy " + workshop + "audit.yaml", "audit REPORT --policy " + workshop + "audit.yaml --format json", "audit --example no-strangers",
		"athena REPORT --engine duckdb", "athena REPORT --location s3://audit-reports --format glue", "html REPORT -o -",
		"readiness REPORT --resource arn:aws:s3:::amzn-s3-demo-restricted", "readiness REPORT --resource arn:aws:s3:::amzn-s3-demo-restricted --format json",
		"endpoints " + workshop + "AWSLogs --quiet", "explain " + workshop + "AWSLogs", "explain " + workshop + "AWSLogs --format json", "version", "--version",
	} {
		args := strings.Fields(strings.ReplaceAll(line, "REPORT", report))
		err := run(t.Context(), args, strings.NewReader(""), fullDisk{}, io.Discard)
		if err == nil || exit.Code(err) != exit.Failed || !strings.HasSuffix(err.Error(), "no space left on device") || strings.Contains(err.Error(), "\n") {
			t.Errorf("vpcetrail %s\nexit code %d, error %v", line, exit.Code(err), err)
		}
	}
}
