package athena

import (
	"cmp"
	"embed"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"text/template"

	"vpcetrail/ingest/day"
	"vpcetrail/report/grid"
	"vpcetrail/report/table"
)

// A Report describes a published report for one engine.
type Report struct {
	Engine   Engine
	Database string
	Location string  // the report's folder for the engine, such as s3://bucket/prefix, without a final slash
	First    day.Day // first day of the report; queries do not search earlier days
	// Empty names the tables that have no file in the report. Only DuckDB needs it.
	Empty map[string]bool
}

// A Statement is one SQL statement.
type Statement struct {
	Name  string // name of the database, table, view or query
	Title string // one sentence
	SQL   string // without a final semicolon, and without comments, which would take the semicolon
}

// Tables returns the statements that declare the database and its tables. Running them twice changes
// nothing.
func (r *Report) Tables() []Statement {
	list := []Statement{r.createDatabase()}
	for _, t := range table.Tables() {
		for _, sql := range r.Engine.dialect().declare(r, &t) {
			list = append(list, Statement{t.Name, t.Doc, sql})
		}
	}
	return list
}

func (r *Report) createDatabase() Statement {
	name := r.database()
	if r.Engine == Athena { // Athena's declarations are in Hive's DDL
		name = "`" + r.Database + "`"
	}
	return Statement{r.Database, "The database of all that follows.", fmt.Sprintf(r.Engine.dialect().schema, name)}
}

// Views returns the statements that create or replace the views. They need the tables.
func (r *Report) Views() []Statement {
	list := r.load("views")
	for i := range list {
		list[i].SQL = "CREATE OR REPLACE VIEW " + r.name(list[i].Name) + " AS\n" + list[i].SQL
	}
	return list
}

// Samples returns sample queries for typical questions of an audit. They need the tables and views.
func (r *Report) Samples() []Statement { return r.load("samples") }

//go:embed sql
var sources embed.FS

// load returns the statements in a folder of sql/ in the engine's dialect, sorted by file name.
func (r *Report) load(folder string) []Statement {
	files, err := fs.Glob(sources, path.Join("sql", folder, "*.sql"))
	if err != nil {
		panic("BUG: " + err.Error())
	}
	var list []Statement
	for _, file := range files {
		title, sql, _ := strings.Cut(r.expand(file), "\n")
		list = append(list, Statement{
			Name:  strings.TrimSuffix(path.Base(file), ".sql"),
			Title: strings.TrimPrefix(title, "-- "),
			SQL:   strings.TrimSuffix(sql, "\n"),
		})
	}
	return list
}

// expand returns the text of a file of sql/ in the engine's dialect.
func (r *Report) expand(file string) string {
	words := template.FuncMap{
		"table":   r.name,
		"daysAgo": func(n int) string { return fmt.Sprintf(r.Engine.dialect().daysAgo, n) },
		"share": func() string {
			return "CAST(sum(vpce_calls) AS double) / nullif(sum(vpce_calls) + sum(internet_calls), 0)"
		},
	}
	t := template.Must(template.New(path.Base(file)).Funcs(words).ParseFS(sources, file))
	var out strings.Builder
	if err := t.Execute(&out, nil); err != nil {
		panic("BUG: " + err.Error())
	}
	return out.String()
}

// WriteSQL writes all statements, ready to paste.
func (r *Report) WriteSQL(out io.Writer) error {
	var text strings.Builder
	fmt.Fprintf(&text, "-- The vpcetrail report at %s, for %s: tables, views, and sample queries.\n%s", grid.Clean(r.Location), r.Engine.dialect().title, r.advice())
	last := ""
	for _, s := range slices.Concat(r.Tables(), r.Views()) {
		if s.Name != last {
			fmt.Fprintf(&text, "\n-- %s: %s\n", s.Name, s.Title)
		}
		last = s.Name
		text.WriteString(s.SQL + ";\n")
	}
	for i, s := range r.Samples() {
		fmt.Fprintf(&text, "\n-- Question %d: %s\n%s;\n", i+1, s.Title, s.SQL)
	}
	_, err := io.WriteString(out, text.String())
	return err
}

// advice says when to run the statements again.
func (r *Report) advice() string {
	const older = `-- A table of an older version, or of a report that has got days before %s since: drop it and run its statement again.
-- It is external: no file goes with it.`
	switch r.Engine {
	case DuckDB:
		return "-- New days show by themselves. Run all again after an update of vpcetrail. s3:// needs the extension httpfs.\n"
	case Spark:
		return "-- New days show after MSCK REPAIR TABLE, or ALTER TABLE … ADD PARTITION. The session's time zone is to be UTC.\n" +
			"-- A table of an older version: drop it and run its statement again. It is external: no file goes with it.\n"
	case Trino:
		return "-- For a catalog of the Hive connector with partition projection. New days show by themselves.\n" + fmt.Sprintf(older, r.First) + "\n"
	}
	return "-- New days show by themselves.\n" + fmt.Sprintf(older, r.First) + " vpcetrail athena --apply adds what is missing instead.\n"
}

// folder returns the folder of a table.
func (r *Report) folder(table string) string { return r.Location + "/" + table + "/" }

// dayFolder returns the folder of a day of a table, with ${dt} for the day.
func (r *Report) dayFolder(table string) string { return r.folder(table) + "dt=${dt}/" }

// The properties by which Apply recognizes its tables.
const (
	ownerProperty    = "made_by"
	owner            = "vpcetrail"
	rangeProperty    = "projection.dt.range"
	locationProperty = "storage.location.template"
)

// properties returns the properties of a table in a Hive metastore and in Glue, sorted by name.
// Partition projection ends today, in UTC: no day is later, and a fixed end would hide days.
func (r *Report) properties(t *table.Info) [][2]string {
	list := [][2]string{
		{"classification", "parquet"},
		{ownerProperty, owner},
		{"projection.enabled", "true"},
		{"projection.dt.type", "date"},
		{"projection.dt.format", dtFormat},
		{rangeProperty, r.First.String() + ",NOW"},
		{"projection.dt.interval", "1"},
		{"projection.dt.interval.unit", "DAYS"},
		{locationProperty, r.dayFolder(t.Name)},
	}
	slices.SortFunc(list, func(a, b [2]string) int { return cmp.Compare(a[0], b[0]) })
	return list
}
