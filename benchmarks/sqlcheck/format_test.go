package sqlcheck

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"vpcetrail/cmd/vpcetrail/dest"
	"vpcetrail/ingest/day"
	"vpcetrail/report"
	"vpcetrail/report/reporttest"
	"vpcetrail/report/table"
)

// keys are the columns that each table's rows are sorted by.
var keys = map[string][]string{
	"traffic":    trafficKey,
	"principals": {"account_id", "principal", "principal_type", "principal_account_id"},
	"services":   {"account_id", "region", "service"},
	"endpoints":  {"vpc_endpoint_id", "account_id", "region", "service"},
	"objects":    {"key"},
}

// duckType is a column's type in DuckDB, and the logical type that the file must declare.
var duckType = map[table.Type][2]string{
	table.Text:   {"VARCHAR", "StringType()"},
	table.Count:  {"BIGINT", "IntType("},
	table.Moment: {"TIMESTAMP WITH TIME ZONE", "TimestampType(isAdjustedToUTC=1, unit=TimeUnit(MILLIS="},
	table.Real:   {"DOUBLE", "<nil>"},
}

// written describes the tables that every run writes.
func written() []table.Info {
	return slices.DeleteFunc(table.Tables(), func(t table.Info) bool { return t.Flag != "" })
}

// TestColumnsAndTypes compares each table's columns, in the files' order, with the
// product's own description.
func TestColumnsAndTypes(t *testing.T) {
	s := open(t, out(8))
	for _, tab := range written() {
		var want []string
		for _, c := range tab.Columns {
			want = append(want, c.Name+"|"+duckType[c.Type][0])
		}
		got := s.rows(t, "SELECT column_name, column_type FROM (DESCRIBE FROM "+tab.Name+") WHERE column_name != 'dt'")
		if !slices.Equal(got, want) {
			t.Errorf("%s has columns\n%v, want\n%v", tab.Name, got, want)
		}
		declared := s.rows(t, "SELECT DISTINCT column_id, name, logical_type FROM parquet_schema("+s.files(tab.Name)+") WHERE column_id > 0 ORDER BY 1")
		for i, c := range tab.Columns {
			if want := fmt.Sprintf("%d|%s|%s", i+1, c.Name, duckType[c.Type][1]); i >= len(declared) || !strings.HasPrefix(declared[i], want) {
				t.Errorf("%s declares %v, want %s… for column %d", tab.Name, declared, want, i+1)
				break
			}
		}
	}
	names, _ := trafficColumns()
	if got := s.rows(t, "SELECT column_name FROM (DESCRIBE SELECT dt, * EXCLUDE (dt) FROM traffic)"); !slices.Equal(got, names) {
		t.Errorf("traffic has columns\n%v, want\n%v", got, names)
	}
}

// TestPacking checks every column chunk of every file.
func TestPacking(t *testing.T) {
	s := open(t, out(8))
	s.none(t, "chunks without dictionary and ZSTD", `SELECT file_name, path_in_schema, encodings, compression FROM parquet_metadata(`+s.files("*")+`)
		WHERE compression != 'ZSTD' OR encodings NOT LIKE '%RLE_DICTIONARY%' OR dictionary_page_offset IS NULL`)
}

// TestRowsAreSorted checks the order and the uniqueness of keys, file by file, and dt
// against the times.
func TestRowsAreSorted(t *testing.T) {
	s := open(t, out(8))
	for table, columns := range keys {
		// There is one file a day here, so the order within files is the order of the
		// day.
		key := "(coalesce(" + strings.Join(columns, ", ''), coalesce(") + ", ''))"
		s.none(t, table+": rows out of order", `SELECT * FROM (SELECT *, lag(key) OVER (PARTITION BY dt ORDER BY file_row_number) AS before
			FROM (SELECT dt, file_row_number, `+key+` AS key FROM read_parquet(`+s.files(table)+`, hive_partitioning = true, file_row_number = true)))
			WHERE before >= key`)
	}
	for _, table := range []string{"traffic", "principals", "services", "endpoints"} {
		s.none(t, table+": rows of another day", "SELECT dt, first_seen, last_seen FROM "+table+
			" WHERE strftime(first_seen, '%Y-%m-%d') != dt OR strftime(last_seen, '%Y-%m-%d') != dt OR first_seen > last_seen")
	}
}

// TestAbsentIsNull looks for empty texts, and for NULL in numbers that every row has.
func TestAbsentIsNull(t *testing.T) {
	s := open(t, out(8))
	mayBeAbsent := []string{"vpce_share", "error_offset", "created", "deleted", "estimated_usd"}
	for _, tab := range written() {
		for _, c := range tab.Columns {
			seen := tab.Name == table.Findings.Name && (c.Name == "first_seen" || c.Name == "last_seen")
			switch {
			case c.Type == table.Text:
				s.none(t, tab.Name+": empty text", "SELECT * FROM "+tab.Name+" WHERE "+c.Name+" = ''")
			case !seen && !slices.Contains(mayBeAbsent, c.Name):
				s.none(t, tab.Name+": no "+c.Name, "SELECT * FROM "+tab.Name+" WHERE "+c.Name+" IS NULL")
			}
		}
	}
}

// TestStatisticsPrune publishes a day with three row groups, and queries one principal.
func TestStatisticsPrune(t *testing.T) {
	const principals, services = 1_500, 50
	var rows []table.TrafficRow
	for p := range principals {
		for n := range services {
			rows = append(rows, table.TrafficRow{
				TrafficKey: table.TrafficKey{
					AccountID: "111122223333", Region: "eu-west-1", Service: fmt.Sprintf("service-%02d.amazonaws.com", n),
					Principal: fmt.Sprintf("arn:aws:iam::111122223333:role/role-%05d", p),
				},
				Measures: table.Measures{Calls: 1},
			})
		}
	}
	s := open(t, publish(t, rows))
	groups := "parquet_metadata(" + s.files("traffic") + ")"
	if n := s.count(t, "SELECT count(DISTINCT row_group_id) FROM "+groups); n != 3 {
		t.Errorf("%d row groups, want 3", n)
	}
	wanted := "'" + rows[len(rows)/2].Principal + "'"
	if n := s.count(t, "SELECT count(*) FROM "+groups+" WHERE path_in_schema = 'principal' AND "+wanted+" BETWEEN stats_min_value AND stats_max_value"); n != 1 {
		t.Errorf("statistics leave %d row groups for one principal, want 1", n)
	}
	if n := s.count(t, "SELECT count(*) FROM traffic WHERE principal = "+wanted); n != services {
		t.Errorf("%d rows of the principal, want %d", n, services)
	}
}

// publish writes traffic as the product does, and returns the report's directory.
func publish(t *testing.T, rows []table.TrafficRow) string {
	t.Helper()
	ctx, dir := context.Background(), filepath.Join(t.TempDir(), "report")
	store, err := dest.Open(ctx, dir, nil, dest.S3Options{})
	if err != nil {
		t.Fatal(err)
	}
	rep := &report.Report{Days: []*report.Day{{
		Day: day.Day(20_000), Traffic: report.RowsOf(rows),
		Principals: report.RowsOf[table.PrincipalRow](nil), Services: report.RowsOf[table.ServiceRow](nil),
		Endpoints: report.RowsOf[table.EndpointRow](nil), Objects: report.RowsOf[table.ObjectRow](nil),
	}}}
	reporttest.Publish(t, store, rep, report.Run{})
	return dir
}

// TestStatisticsAreTrue compares the statistics of every key column with the rows. A
// wrong one would hide rows from filters.
func TestStatisticsAreTrue(t *testing.T) {
	s := open(t, out(8))
	for table, columns := range keys {
		for _, c := range columns {
			// There is one row group a file here.
			s.same(t, table+": statistics of "+c,
				"SELECT file_name, stats_min_value, stats_max_value, stats_null_count FROM parquet_metadata("+s.files(table)+") WHERE path_in_schema = '"+c+"'",
				"SELECT filename, min("+c+"), max("+c+"), count(*) - count("+c+") FROM read_parquet("+s.files(table)+", filename = true) GROUP BY filename")
		}
	}
}

// TestManifestNamesTheFiles compares the list in run.json, which readers trust for a
// whole day, with the files.
func TestManifestNamesTheFiles(t *testing.T) {
	s := open(t, out(8))
	s.same(t, "files",
		"SELECT parse_path(filename)[-3:], num_rows, size, sha256(content) FROM read_blob("+s.files("*")+") JOIN parquet_file_metadata("+s.files("*")+") ON filename = file_name",
		"SELECT parse_path(f.name)[-3:], f.rows, f.bytes, f.sha256 FROM (SELECT unnest(files) AS f FROM read_json('"+filepath.Join(s.report, "_runs", "*", "run.json")+"'))")
}
