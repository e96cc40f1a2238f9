package engines

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"vpcetrail/report/table"
)

// TestEngines declares a report to every engine, and runs the same queries on each.
func TestEngines(t *testing.T) {
	list := start(t)
	large := largeReport(t)
	samples := map[string][]statement{}
	for _, e := range list {
		started := time.Now()
		samples[e.name] = declare(t, e, fixture.report, "month")
		declare(t, e, large, "large")
		declare(t, e, large, "large") // again: it changes nothing
		t.Logf("%s takes the declarations of two reports, one of them twice: %.1f s", e.name, time.Since(started).Seconds())
	}
	t.Run("types", func(t *testing.T) {
		for _, e := range list {
			checkTypes(t, e)
		}
	})
	t.Run("evolution", func(t *testing.T) { checkEvolution(t, list) })
	t.Run("statistics", func(t *testing.T) {
		for _, e := range list {
			checkPruning(t, e, large)
		}
	})
	t.Run("tables", func(t *testing.T) {
		for _, info := range written() {
			compare(t, list, info.Name, true, func(string) string { return "SELECT * FROM month." + info.Name })
		}
	})
	t.Run("views", func(t *testing.T) {
		for _, view := range []string{"by_principal_30d", "past_the_endpoint", "endpoint_policy_denials", "vpce_share_by_service_and_day", "newly_past_the_endpoint"} {
			compare(t, list, view, true, func(string) string { return "SELECT * FROM month." + view })
		}
	})
	t.Run("samples", func(t *testing.T) {
		if n := len(samples["DuckDB"]); n != 10 {
			t.Errorf("%d sample queries, want 10", n)
		}
		for i, s := range samples["DuckDB"] {
			compare(t, list, s.title, false, func(engine string) string { return samples[engine][i].sql })
		}
	})
}

// written describes the tables that every run writes.
func written() []table.Info {
	return slices.DeleteFunc(table.Tables(), func(t table.Info) bool { return t.Flag != "" })
}

// compare runs a query on every engine, and compares all results with the first, row for
// row. The rows are in the query's order or, if it gives none, sorted.
func compare(t *testing.T, list []*engine, what string, unordered bool, query func(engine string) string) {
	t.Helper()
	var first []string
	var took []string
	same := true
	for i, e := range list {
		started := time.Now()
		rows := e.must(t, query(e.name)).lines()
		took = append(took, fmt.Sprintf("%s %.1f s", e.name, time.Since(started).Seconds()))
		if unordered {
			slices.Sort(rows)
		}
		if i == 0 {
			first = rows
		}
		if diff := difference(first, rows); diff != "" {
			same = false
			t.Errorf("%s: %s and %s differ: %s", what, list[0].name, e.name, diff)
		}
	}
	if len(first) == 0 {
		t.Errorf("%s: no rows: nothing is compared", what)
		return
	}
	if same {
		t.Logf("%6d rows, the same in all: %s (%s), such as\n    %s", len(first), what, strings.Join(took, ", "), first[len(first)/2])
	}
}

// checkTypes compares the columns of every table, their order and their types with the
// schema.
func checkTypes(t *testing.T, e *engine) {
	t.Helper()
	for _, info := range written() {
		var names, types []string
		for _, c := range info.Columns {
			names, types = append(names, c.Name), append(types, e.types[c.Type])
		}
		names, types = append(names, "dt"), append(types, e.types[table.Text])
		r := e.must(t, "SELECT * FROM month."+info.Name+" LIMIT 1")
		if !slices.Equal(r.Columns, names) || !slices.Equal(r.Types, types) {
			t.Errorf("%s: %s has columns %v of types %v\nwant %v of %v", e.name, info.Name, r.Columns, r.Types, names, types)
		}
	}
}

// checkEvolution queries columns that the older days lack, in the same table as the newer
// ones.
func checkEvolution(t *testing.T, list []*engine) {
	compare(t, list, "columns that older files of traffic lack", false, func(string) string {
		return "SELECT dt, count(*) AS n, count(errors) AS errors, count(calls) AS calls FROM month.traffic GROUP BY dt ORDER BY dt"
	})
	r := list[0].must(t, "SELECT dt, count(errors) AS errors FROM month.traffic GROUP BY dt ORDER BY dt")
	for i, row := range r.lines() {
		if missing := strings.HasSuffix(row, " | 0"); missing != (i < older) || !strings.HasPrefix(row, fixture.days[i]) {
			t.Errorf("day %d: %s", i, row)
		}
	}
	compare(t, list, "the way out of calls, which older files lack", false, func(string) string {
		return "SELECT dt, egress, sum(calls) AS calls FROM month.traffic WHERE route = 'internet' GROUP BY dt, egress ORDER BY dt, egress NULLS FIRST"
	})
	compare(t, list, "causes, which older days lack", false, func(string) string {
		return "SELECT dt, cause, reason, sum(calls) AS calls FROM month.causes GROUP BY dt, cause, reason ORDER BY dt, cause, reason"
	})
	compare(t, list, "calls of route internet beside those of causes", false, func(string) string {
		return "SELECT t.dt, t.calls, c.calls AS caused FROM (SELECT dt, sum(calls) AS calls FROM month.traffic WHERE route = 'internet' GROUP BY dt) t " +
			"LEFT JOIN (SELECT dt, sum(calls) AS calls FROM month.causes GROUP BY dt) c ON c.dt = t.dt ORDER BY t.dt"
	})
	compare(t, list, "days of a table that older versions did not write", false, func(string) string {
		return "SELECT min(dt) AS first_dt, count(DISTINCT dt) AS days FROM month.findings"
	})
	compare(t, list, "a filter on a column that older files lack", false, func(string) string {
		return "SELECT count(*) AS n FROM month.traffic WHERE session IS NULL"
	})
}

const largeRows = 100_000

// largeReport writes a report of one day with several row groups of traffic.
func largeReport(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "large")
	day := "dt=" + fixture.days[len(fixture.days)-1]
	rows := make([]table.TrafficRow, largeRows)
	for i := range rows {
		rows[i] = table.TrafficRow{
			TrafficKey: table.TrafficKey{AccountID: "111122223333", Region: "eu-west-1", Principal: principal(i / 10), PrincipalType: "AssumedRole",
				Service: fmt.Sprintf("service%d.amazonaws.com", i%10), Route: "internet", Origin: "aws", Evidence: "public_source"},
			Measures: table.Measures{Calls: int64(i), FirstSeen: 1, LastSeen: 2},
		}
	}
	if err := write(dir, day, &table.Traffic, rows); err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(dir, "_runs", day)
	if err := os.MkdirAll(folder, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "run.json"), []byte("{}"), 0o666); err != nil {
		t.Fatal(err)
	}
	return dir
}

func principal(i int) string { return fmt.Sprintf("arn:aws:iam::111122223333:role/role-%05d", i) }

// checkPruning queries one principal. By the statistics of the row groups, an engine
// needs to read one of four.
func checkPruning(t *testing.T, e *engine, large string) {
	t.Helper()
	r := e.must(t, "SELECT principal, service, calls FROM large.traffic WHERE principal = '"+principal(4321)+"'")
	if len(r.Rows) != 10 {
		t.Errorf("%s: %d rows, want 10", e.name, len(r.Rows))
	}
	scanned := r.Scanned
	if !e.reportsScanned { // DuckDB does not report it: ask what the statistics let it skip
		n := e.must(t, fmt.Sprintf(`SELECT sum(row_group_num_rows) FROM parquet_metadata('%s/traffic/*/*.parquet')
			WHERE path_in_schema = 'principal' AND '%s' BETWEEN stats_min_value AND stats_max_value`, large, principal(4321)))
		if _, err := fmt.Sscan(n.lines()[0], &scanned); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%s reads %d of %d rows for one principal", e.name, scanned, largeRows)
	if scanned < 10 || scanned > largeRows/2 {
		t.Errorf("%s reads %d of %d rows for one principal: no row group is passed over", e.name, scanned, largeRows)
	}
}
