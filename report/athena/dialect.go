package athena

import (
	"fmt"
	"regexp"
	"strings"

	"vpcetrail/report/table"
)

// An Engine is a query engine that can query a report.
type Engine string

// The engines. Athena runs queries on Trino. Its statements that declare tables are those of Hive,
// as in Spark.
const (
	Athena Engine = "athena"
	DuckDB Engine = "duckdb"
	Trino  Engine = "trino"
	Spark  Engine = "spark"
)

// Engines lists all engines.
var Engines = []Engine{Athena, DuckDB, Trino, Spark}

// A dialect holds all differences between engines.
type dialect struct {
	title   string
	schema  string // statement that creates the database %s
	daysAgo string // today in UTC minus %d days, as text
	declare func(*Report, *table.Info) []string
}

func (e Engine) dialect() dialect {
	const ago = "CAST(current_date - INTERVAL '%d' DAY AS "
	switch e {
	case DuckDB: // date minus interval is a timestamp
		return dialect{"DuckDB", "CREATE SCHEMA IF NOT EXISTS %s", "CAST(" + ago + "date) AS varchar)", duckView}
	case Trino:
		return dialect{"Trino", "CREATE SCHEMA IF NOT EXISTS %s", ago + "varchar)", trinoTable}
	case Spark:
		return dialect{"Spark SQL", "CREATE DATABASE IF NOT EXISTS %s", ago + "string)", sparkTable}
	}
	return dialect{"Athena", "CREATE DATABASE IF NOT EXISTS %s", ago + "varchar)", func(r *Report, t *table.Info) []string {
		return []string{hiveTable(r, t)}
	}}
}

// The comments of dt, the partition column of every table.
const (
	dtDoc    = "Day of eventTime in UTC, as 2026-11-20. Name it in every query: it decides what is read."
	dtFormat = "yyyy-MM-dd"
)

// hiveTable declares a table in Hive's DDL. Days need no declaration, because Athena uses partition
// projection.
func hiveTable(r *Report, t *table.Info) string {
	var columns, properties []string
	for _, c := range t.Columns {
		columns = append(columns, fmt.Sprintf("`%s` %s COMMENT %s", c.Name, c.Type, hiveText(c.Doc)))
	}
	for _, p := range r.properties(t) {
		properties = append(properties, hiveText(p[0])+" = "+hiveText(p[1]))
	}
	return "CREATE EXTERNAL TABLE IF NOT EXISTS " + hiveName(r, t.Name) + block(columns) +
		"\nCOMMENT " + hiveText(t.Doc) +
		"\nPARTITIONED BY (`dt` string COMMENT " + hiveText(dtDoc) + ")" +
		"\nSTORED AS PARQUET" +
		"\nLOCATION " + hiveText(r.folder(t.Name)) +
		"\nTBLPROPERTIES" + block(properties)
}

// sparkTable declares a table in Hive's DDL for Spark. Spark has no partition projection, so it has
// to search for days.
func sparkTable(r *Report, t *table.Info) []string {
	return []string{hiveTable(r, t), "MSCK REPAIR TABLE " + hiveName(r, t.Name)}
}

func trinoTable(r *Report, t *table.Info) []string {
	types := map[table.Type]string{table.Text: "varchar", table.Count: "bigint", table.Moment: "timestamp(3)", table.Real: "double"}
	var columns []string
	for _, c := range t.Columns {
		columns = append(columns, fmt.Sprintf("%s %s COMMENT %s", c.Name, types[c.Type], sqlText(c.Doc)))
	}
	columns = append(columns, "dt varchar COMMENT "+sqlText(dtDoc)+" WITH ("+
		"partition_projection_type = 'date', partition_projection_format = "+sqlText(dtFormat)+
		", partition_projection_range = ARRAY["+sqlText(r.First.String())+", 'NOW']"+
		", partition_projection_interval = 1, partition_projection_interval_unit = 'DAYS')")
	return []string{"CREATE TABLE IF NOT EXISTS " + r.name(t.Name) + block(columns) +
		"\nCOMMENT " + sqlText(t.Doc) +
		"\nWITH" + block([]string{
		"format = 'PARQUET'",
		"external_location = " + sqlText(r.folder(t.Name)),
		"partitioned_by = ARRAY['dt']",
		"partition_projection_enabled = true",
		"partition_projection_location_template = " + sqlText(r.dayFolder(t.Name)),
	})}
}

// duckView declares a table as a view of its files. A select of NULLs without rows adds the columns
// that older files lack. If the report has no file of the table, it is the whole view, because
// read_parquet fails without files.
func duckView(r *Report, t *table.Info) []string {
	types := map[table.Type]string{table.Text: "VARCHAR", table.Count: "BIGINT", table.Moment: "TIMESTAMPTZ", table.Real: "DOUBLE"}
	name := r.name(t.Name)
	var names, nulls, comments []string
	add := func(column, typ, doc string) {
		names = append(names, column)
		nulls = append(nulls, fmt.Sprintf("CAST(NULL AS %s) AS %s", typ, column))
		comments = append(comments, fmt.Sprintf("COMMENT ON COLUMN %s.%s IS %s", name, column, sqlText(doc)))
	}
	for _, c := range t.Columns {
		add(c.Name, types[c.Type], c.Doc)
	}
	add("dt", "VARCHAR", dtDoc)
	files := ""
	if !r.Empty[t.Name] {
		files = "\n  UNION ALL BY NAME\n  SELECT * FROM read_parquet(" + sqlText(r.folder(t.Name)+"dt=*/*.parquet") +
			", hive_partitioning = true, hive_types = {'dt': VARCHAR}, union_by_name = true)"
	}
	view := "CREATE OR REPLACE VIEW " + name + " AS\nSELECT " + wrap(names, "  ") +
		"\nFROM (\n  SELECT " + wrap(nulls, "    ") + " WHERE false" + files + "\n)"
	return append([]string{view, "COMMENT ON VIEW " + name + " IS " + sqlText(t.Doc)}, comments...)
}

// block returns items in parentheses, one per line.
func block(lines []string) string { return " (\n  " + strings.Join(lines, ",\n  ") + "\n)" }

// wrap joins words with commas into lines of about 100 characters. All lines except the first start
// with indent.
func wrap(words []string, indent string) string {
	var out strings.Builder
	width := 0
	for i, w := range words {
		if i > 0 {
			out.WriteByte(',')
			if width += len(w) + 2; width > 100 {
				out.WriteString("\n" + indent)
				width = 0
			} else {
				out.WriteByte(' ')
			}
		}
		out.WriteString(w)
	}
	return out.String()
}

var plainName = regexp.MustCompile(`^[a-z_][a-z0-9_]*$`)

// name returns the name of a table or view for queries.
func (r *Report) name(table string) string { return r.database() + "." + table }

// database returns the name of the database for queries.
func (r *Report) database() string {
	switch {
	case plainName.MatchString(r.Database) && r.Database != "default":
		return r.Database
	case r.Engine == Spark:
		return "`" + r.Database + "`"
	}
	return `"` + r.Database + `"`
}

// hiveName returns the name of a table for Hive's DDL.
func hiveName(r *Report, table string) string { return "`" + r.Database + "`.`" + table + "`" }

// hiveText returns s as a Hive string in ASCII, because Athena may not keep other characters in
// comments.
func hiveText(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(plain(s)) + "'"
}

// sqlText returns s as a standard SQL string.
func sqlText(s string) string { return "'" + strings.ReplaceAll(plain(s), "'", "''") + "'" }

// plain returns a sentence in ASCII.
func plain(s string) string {
	return strings.NewReplacer("…", "...", "’", "'", "–", "-", "×", "x").Replace(s)
}
