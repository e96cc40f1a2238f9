package sqlcheck

import (
	"context"
	"database/sql"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/duckdb/duckdb-go/v2"

	"vpcetrail/benchmarks/workload"
	"vpcetrail/fixtures/trail"
	"vpcetrail/fixtures/trail/outcome"
	"vpcetrail/report/table"
)

// fixture is what all tests read: a generated trail, and the reports that the vpcetrail
// command made from it.
var fixture struct {
	dir     string // trail/, endpoints.json, expected/, and the reports by workers: out-1/, out-8/
	command string // the path of vpcetrail
	balance outcome.Balance
	objects int
}

var allWorkers = []int{1, 8}

func TestMain(m *testing.M) {
	flag.Parse() // for -short
	code, err := setUp(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "sqlcheck:", err)
	}
	os.Exit(code)
}

func setUp(m *testing.M) (code int, err error) {
	dir, err := os.MkdirTemp("", "sqlcheck")
	if err != nil {
		return 1, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	fixture.dir = dir
	ctx := context.Background()
	if fixture.command, err = workload.Build(ctx, dir); err != nil {
		return 1, err
	}
	cfg := workload.Config(416)
	if testing.Short() {
		cfg = workload.Config(16)
	}
	expected, err := trail.Generate(ctx, cfg, dir)
	if err != nil {
		return 1, err
	}
	fixture.balance = expected.All().Balance
	fixture.objects, _ = expected.Objects()
	for _, workers := range allWorkers {
		if err := analyze(workers); err != nil {
			return 1, err
		}
	}
	return m.Run(), nil
}

func out(workers int) string { return filepath.Join(fixture.dir, fmt.Sprintf("out-%d", workers)) }

// analyze makes the report as a user does.
func analyze(workers int) error {
	cmd := exec.Command(fixture.command, "analyze", filepath.Join(fixture.dir, "trail"), "--quiet",
		"--endpoints", filepath.Join(fixture.dir, "endpoints.json"), "--out", out(workers), "--workers", fmt.Sprint(workers))
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", strings.Join(cmd.Args, " "), err, said)
	}
	return nil
}

// A session queries one report.
type session struct {
	*sql.DB
	report string
}

// open returns a session with a view for each table of a report, over all days, with dt
// as a column.
func open(t testing.TB, report string) *session {
	t.Helper()
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	db.SetMaxOpenConns(1) // views and settings belong to the connection
	s := &session{db, report}
	s.exec(t, "SET TimeZone = 'UTC'")
	for _, tab := range table.Tables() {
		if _, err := os.Stat(filepath.Join(report, tab.Name)); err == nil {
			s.exec(t, "CREATE VIEW "+tab.Name+" AS FROM read_parquet("+s.files(tab.Name)+", hive_partitioning = true, hive_types = {dt: VARCHAR})")
		}
	}
	return s
}

// files returns the files of a table, or of all for "*", as an SQL literal.
func (s *session) files(table string) string {
	return "'" + filepath.Join(s.report, table, "*", "*.parquet") + "'"
}

func (s *session) exec(t testing.TB, statement string) {
	t.Helper()
	if _, err := s.Exec(statement); err != nil {
		t.Fatalf("%v\n%s", err, statement)
	}
}

// count returns the single number of a query's single row.
func (s *session) count(t testing.TB, query string) (n int64) {
	t.Helper()
	if err := s.QueryRow(query).Scan(&n); err != nil {
		t.Fatalf("%v\n%s", err, query)
	}
	return n
}

// rows returns a query's rows as lines of text, with | between values. NULL is <nil>.
func (s *session) rows(t testing.TB, query string) []string {
	t.Helper()
	rows, err := s.Query(query)
	if err != nil {
		t.Fatalf("%v\n%s", err, query)
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	values, places := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		places[i] = &values[i]
	}
	var lines []string
	for rows.Next() {
		if err := rows.Scan(places...); err != nil {
			t.Fatal(err)
		}
		line := make([]string, len(values))
		for i, v := range values {
			line[i] = fmt.Sprint(v)
		}
		lines = append(lines, strings.Join(line, "|"))
	}
	if err := rows.Err(); err != nil {
		t.Fatalf("%v\n%s", err, query)
	}
	return lines
}

// none fails the test if query, which looks for errors, finds anything.
func (s *session) none(t testing.TB, what, query string) {
	t.Helper()
	if wrong := s.rows(t, query); len(wrong) > 0 {
		t.Errorf("%s: %d rows, among them\n%s\n%s", what, len(wrong), strings.Join(wrong[:min(len(wrong), 5)], "\n"), query)
	}
}

// same fails the test unless two queries return the same rows, in any order. NULLs are
// equal.
func (s *session) same(t testing.TB, what, got, want string) {
	t.Helper()
	s.none(t, what+": too much", "("+got+") EXCEPT ALL ("+want+")")
	s.none(t, what+": missing", "("+want+") EXCEPT ALL ("+got+")")
	if s.count(t, "SELECT count(*) FROM ("+want+")") == 0 {
		t.Errorf("%s: there is nothing to compare", what)
	}
}
