package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"vpcetrail/cmd/vpcetrail/exit"
	"vpcetrail/fixtures"
	"vpcetrail/report/table"
)

// emptyReport makes a directory that looks like a report of the given days, and
// returns its path.
func emptyReport(t *testing.T, days ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, day := range days {
		folder := filepath.Join(dir, "_runs", "dt="+day)
		if err := os.MkdirAll(folder, 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, "run.json"), []byte("{}"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const atLocation = "--location=s3://audit-reports/vpcetrail/"

// TestAthenaApplies applies a report to an account without tables, then again, and
// then after a table has lost columns and days.
func TestAthenaApplies(t *testing.T) {
	d := newAthenaDouble(t)
	dir := emptyReport(t, "2026-11-20", "2026-11-19")
	apply := []string{"athena", dir, atLocation, "--apply", "--workgroup", "audit", "--results", "s3://results/x"}
	f := mustRun(t, 0, apply...)
	tables, views := len(table.Tables()), 5
	if len(d.ran) != 1+tables+views || strings.Count(f.out, "\n") != 1+tables+views {
		t.Errorf("%d statements ran, %d are told of, want %d:\n%s", len(d.ran), strings.Count(f.out, "\n"), 1+tables+views, f.out)
	}
	for _, told := range []string{"vpcetrail                      made sure of (", "traffic                        created (", "past_the_endpoint              view made ("} {
		if !strings.Contains(f.out, told) {
			t.Errorf("it does not say %q:\n%s", told, f.out)
		}
	}
	if slices.ContainsFunc(d.groups, func(s string) bool { return s != "audit" }) || slices.ContainsFunc(d.results, func(s string) bool { return s != "s3://results/x" }) {
		t.Errorf("work groups %q, results %q", d.groups, d.results)
	}
	if got := d.tables["traffic"].Parameters["projection.dt.range"]; got != "2026-11-19,NOW" {
		t.Errorf("traffic looks for %s", got)
	}

	d.ran = nil
	f = mustRun(t, 0, apply...)
	if want := 1 + views; len(d.ran) != want || strings.Count(f.out, " as it is to be\n") != tables {
		t.Errorf("the second time: %d statements, want %d:\n%s", len(d.ran), want, f.out)
	}

	d.ran = nil
	d.tables["findings"].Columns = d.tables["findings"].Columns[:3]
	d.tables["findings"].Parameters["projection.dt.range"] = "2026-11-20,NOW"
	mustRun(t, 0, apply...)
	if n := len(d.tables["findings"].Columns); n != 16 {
		t.Errorf("findings has %d columns", n)
	}
	d.ran = nil
	if mustRun(t, 0, apply...); len(d.ran) != 1+views {
		t.Errorf("after the repair: %q", d.ran)
	}
}

// TestAthenaFails ends with the first statement that fails, unless Athena says that it
// can be retried.
func TestAthenaFails(t *testing.T) {
	d := newAthenaDouble(t)
	dir := emptyReport(t, "2026-11-20")
	d.fail = func(sql string, run int) (string, bool) {
		switch {
		case strings.Contains(sql, "`vpcetrail`.`services`"):
			return "FAILED: no permission\nfor glue:CreateTable", false
		case strings.Contains(sql, "`vpcetrail`.`principals`") && run < 3:
			return "internal error", true
		}
		return "", false
	}
	f := mustRun(t, exit.Failed, "athena", dir, atLocation, "--apply")
	want := "vpcetrail: services: CREATE EXTERNAL TABLE: failed, query 5: FAILED: no permission for glue:CreateTable\n"
	if f.errOut != want {
		t.Errorf("it says %swant %s", f.errOut, want)
	}
	if !strings.Contains(f.out, "principals                     created") || strings.Contains(f.out, "services") {
		t.Errorf("it tells of\n%s", f.out)
	}

	d.throttle["StartQueryExecution"] = 1000
	t.Setenv("AWS_MAX_ATTEMPTS", "2")
	f = mustRun(t, exit.Failed, "athena", dir, atLocation, "--apply")
	if want := "vpcetrail: vpcetrail: CREATE DATABASE: TooManyRequestsException: Rate exceeded, tried 2 times\n"; f.errOut != want {
		t.Errorf("it says %swant %s", f.errOut, want)
	}
}

// TestAthenaInterrupted stops the running statement.
func TestAthenaInterrupted(t *testing.T) {
	d := newAthenaDouble(t)
	d.hang = true
	dir := emptyReport(t, "2026-11-20")
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	f := vpcetrail(ctx, "athena", dir, atLocation, "--apply")
	if f.code == 0 {
		t.Fatalf("exit code 0: %s", f.out)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if !slices.Equal(d.stopped, []string{"0"}) {
		t.Errorf("stopped %q", d.stopped)
	}
}

// TestAthenaPrints checks what the command adds to report/athena: the report's first
// day, its place, and which tables are empty.
func TestAthenaPrints(t *testing.T) {
	dir := emptyReport(t, "2026-11-20", "2026-11-18")
	for _, tc := range []struct {
		name string
		args []string
		want []string
	}{
		{"athena", []string{atLocation}, []string{"'projection.dt.range' = '2026-11-18,NOW'", "LOCATION 's3://audit-reports/vpcetrail/traffic/'"}},
		{"trino", []string{"--engine=trino"}, []string{"external_location = 'file://" + dir + "/traffic/'"}},
		{"spark", []string{"--engine=spark", "--database=audit"}, []string{"MSCK REPAIR TABLE `audit`.`traffic`;"}},
		{"duckdb", []string{"--engine=duckdb"}, []string{"WHERE false\n)"}},
		{"cloudformation", []string{"--format=cloudformation", atLocation, "--workgroup=audit"}, []string{`"WorkGroup": "audit"`}},
	} {
		f := mustRun(t, 0, append([]string{"athena", dir}, tc.args...)...)
		for _, want := range tc.want {
			if !strings.Contains(f.out, want) {
				t.Errorf("%s: %q is missing", tc.name, want)
			}
		}
	}
	f := mustRun(t, 0, "athena", dir, "--format=glue", atLocation)
	for line := range strings.Lines(f.out) {
		var in struct{ TableInput struct{ Name string } }
		if err := json.Unmarshal([]byte(line), &in); err != nil || in.TableInput.Name == "" {
			t.Errorf("%v: %s", err, line)
		}
	}
}

func TestAthenaUsage(t *testing.T) {
	dir := emptyReport(t, "2026-11-20")
	for _, tc := range []struct {
		code int
		args []string
		want string
	}{
		{exit.Usage, []string{}, "athena takes one DEST"},
		{exit.Usage, []string{dir}, "Athena reads from S3 alone: give the report's place there as --location s3://bucket/prefix"},
		{exit.Usage, []string{dir, "--engine=presto"}, `--engine "presto": want athena, duckdb, trino or spark`},
		{exit.Usage, []string{dir, "--format=xml"}, `--format "xml": want sql, glue or cloudformation`},
		{exit.Usage, []string{dir, "--engine=spark", "--format=glue"}, "--format glue is for --engine athena alone"},
		{exit.Usage, []string{dir, "--engine=spark", "--apply"}, "--apply is for --engine athena"},
		{exit.Usage, []string{dir, atLocation, "--results=s3://x"}, "--results is for --apply alone"},
		{exit.Usage, []string{dir, atLocation, "--database=a-b"}, `--database "a-b": want small letters`},
		{exit.Usage, []string{dir, "--location=s3://arn:aws:s3:us-east-1:1:accesspoint/x"}, "tables take no access point's ARN"},
		{exit.Failed, []string{t.TempDir(), atLocation}, "holds no report: run vpcetrail analyze SOURCE --out "},
	} {
		f := mustRun(t, tc.code, append([]string{"athena"}, tc.args...)...)
		if !strings.Contains(f.errOut, tc.want) {
			t.Errorf("%q: says %q, want %q", tc.args, f.errOut, tc.want)
		}
	}
}

// TestReadmeAthena compares the question in the README with the printed one.
func TestReadmeAthena(t *testing.T) {
	f := mustRun(t, 0, "athena", emptyReport(t, "2026-11-20"), atLocation)
	_, shown, _ := strings.Cut(f.out, "\n-- Question 3: ")
	shown, _, _ = strings.Cut(shown, "\n\n")
	fixtures.Section(t, "../../report/athena/README.md", "athena", []byte("```sql\n-- Question 3: "+shown+"\n```\n"))
}
