package engines

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// An engine reads reports. It is used by one goroutine.
type engine struct {
	name           string
	word           string // for vpcetrail athena --engine
	location       func(dir string) string
	query          func(sql string) (result, error)
	types          [4]string // of table.Text, Count, Moment, Real
	reportsScanned bool      // result.Scanned is set
}

// A result is the result of a query. Values are text. The same value has the same text in
// every engine.
type result struct {
	Columns []string
	Types   []string
	Rows    [][]*string // nil is NULL
	Scanned int64       // rows read from files, if the engine reports it
}

// lines returns the rows as text, with <NULL> for NULL.
func (r result) lines() []string {
	out := make([]string, len(r.Rows))
	for i, row := range r.Rows {
		values := make([]string, len(row))
		for k, v := range row {
			values[k] = "<NULL>"
			if v != nil {
				values[k] = *v
			}
		}
		out[i] = strings.Join(values, " | ")
	}
	return out
}

// must runs a statement that must succeed.
func (e *engine) must(t *testing.T, sql string) result {
	t.Helper()
	r, err := e.query(sql)
	if err != nil {
		t.Fatalf("%s: %v\n%s", e.name, err, sql)
	}
	return r
}

// errAbsent says that an engine is not on this machine. For no other reason may a test
// skip an engine.
var errAbsent = errors.New("not installed")

// A starter starts an engine.
type starter struct {
	name  string
	start func(t *testing.T) (*engine, error)
}

// starters are the engines to compare. Build tags add to them.
var starters = []starter{{"DuckDB", startDuckDB}}

// start starts all engines that are available.
func start(t *testing.T) []*engine {
	t.Helper()
	var list []*engine
	for _, s := range starters {
		e, err := s.start(t)
		switch {
		case errors.Is(err, errAbsent):
			t.Logf("SKIPPED %s: %v", s.name, err)
		case err != nil:
			t.Fatalf("%s: %v", s.name, err)
		default:
			list = append(list, e)
		}
	}
	if len(starters) == 1 {
		t.Log("SKIPPED Spark and Trino: they take part with -tags engines")
	}
	return list
}

// A statement is a statement that vpcetrail athena prints.
type statement struct{ title, sql string }

// declare gives an engine the statements of vpcetrail athena for a report in dir, and
// returns the sample queries.
func declare(t *testing.T, e *engine, dir, database string) (samples []statement) {
	t.Helper()
	for _, s := range printed(t, dir, "--engine", e.word, "--location", e.location(dir), "--database", database) {
		if strings.HasPrefix(s.sql, "SELECT") {
			samples = append(samples, s)
			continue
		}
		e.must(t, s.sql)
	}
	return samples
}

// printed returns the output of vpcetrail athena for a report, as statements.
func printed(t *testing.T, dir string, args ...string) []statement {
	t.Helper()
	var list []statement
	for block := range strings.SplitSeq(vpcetrail(t, append([]string{"athena", dir}, args...)...), ";\n") {
		var s statement
		for line := range strings.Lines(block) {
			if title, ok := strings.CutPrefix(line, "-- "); ok && s.sql == "" {
				s.title = strings.TrimSpace(title)
			} else if strings.TrimSpace(line) != "" {
				s.sql += line
			}
		}
		if s.sql != "" {
			list = append(list, s)
		}
	}
	if len(list) < 20 {
		t.Fatalf("vpcetrail athena prints %d statements", len(list))
	}
	return list
}

// difference describes the first row that differs between two results, or returns "" if
// they are the same.
func difference(a, b []string) string {
	for i := range max(len(a), len(b)) {
		switch {
		case i >= len(a):
			return fmt.Sprintf("%d rows and %d; the first one more is\n%s", len(a), len(b), b[i])
		case i >= len(b):
			return fmt.Sprintf("%d rows and %d; the first one more is\n%s", len(a), len(b), a[i])
		case a[i] != b[i]:
			return fmt.Sprintf("row %d:\n%s\n%s", i+1, a[i], b[i])
		}
	}
	return ""
}
