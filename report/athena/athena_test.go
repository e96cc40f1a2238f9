package athena

import (
	"bytes"
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"vpcetrail/fixtures"
	"vpcetrail/ingest/day"
	"vpcetrail/report/table"
)

func newReport(t *testing.T, engine Engine) *Report {
	t.Helper()
	first, err := day.Parse("2026-11-20")
	if err != nil {
		t.Fatal(err)
	}
	place := map[Engine]string{Athena: "s3://audit-reports/vpcetrail", DuckDB: "/reports/o'brien", Trino: "file:///reports/o'brien", Spark: "file:///reports/o'brien"}
	return &Report{Engine: engine, Database: "vpcetrail", Location: place[engine], First: first, Empty: map[string]bool{"findings": true}}
}

// TestGolden holds what is printed for every engine, and the definitions for Glue, against testdata.
func TestGolden(t *testing.T) {
	forms := map[string]func(io.Writer) error{}
	for _, e := range Engines {
		forms[string(e)+".sql"] = newReport(t, e).WriteSQL
	}
	r := newReport(t, Athena)
	forms["glue.jsonl"] = r.WriteGlue
	forms["cloudformation.json"] = func(out io.Writer) error { return r.WriteCloudFormation(out, "audit") }
	for name, write := range forms {
		t.Run(name, func(t *testing.T) {
			var got bytes.Buffer
			if err := write(&got); err != nil {
				t.Fatal(err)
			}
			fixtures.Golden(t, path.Join("testdata", name+".golden"), got.Bytes())
		})
	}
}

// TestComments holds every comment against what Glue takes: ASCII is safe, and a column's has 255 characters.
func TestComments(t *testing.T) {
	ascii := regexp.MustCompile(`^[ -~]{10,}$`)
	for _, info := range table.Tables() {
		docs := map[string]string{info.Name: info.Doc}
		for _, c := range info.Columns {
			docs[info.Name+"."+c.Name] = c.Doc
		}
		for name, doc := range docs {
			if text := plain(doc); !ascii.MatchString(text) || len(text) > 255 {
				t.Errorf("%s: comment is empty, not ASCII, or longer than 255: %q", name, text)
			}
		}
	}
}

// TestNoCommentTakesTheSemicolon holds that no statement has a comment.
func TestNoCommentTakesTheSemicolon(t *testing.T) {
	text := regexp.MustCompile(`'[^']*'`)
	for _, e := range Engines {
		r := newReport(t, e)
		for _, s := range slices.Concat(r.Tables(), r.Views(), r.Samples()) {
			for line := range strings.Lines(s.SQL) {
				if strings.Contains(text.ReplaceAllString(line, ""), "--") {
					t.Errorf("%s, %s: %s", e, s.Name, line)
				}
			}
		}
	}
}

// TestSameQueries holds Athena's queries against Trino's, which the SQL checks run.
func TestSameQueries(t *testing.T) {
	a, b := newReport(t, Athena), newReport(t, Trino)
	if got, want := fmt.Sprint(a.Views(), a.Samples()), fmt.Sprint(b.Views(), b.Samples()); got != want {
		t.Errorf("Athena's views and queries are not Trino's:\n%s\n%s", got, want)
	}
}

// TestSamples holds the sample queries against what they promise.
func TestSamples(t *testing.T) {
	samples := newReport(t, Athena).Samples()
	if len(samples) != 10 {
		t.Errorf("%d samples, want 10", len(samples))
	}
	for _, s := range samples {
		if !strings.Contains(s.Title, "?") {
			t.Errorf("%s: title %q is no question", s.Name, s.Title)
		}
		if !strings.Contains(s.SQL, "dt >= CAST(current_date") && !strings.Contains(s.SQL, "by_principal_30d") {
			t.Errorf("%s: reads every day", s.Name)
		}
	}
	for _, v := range newReport(t, Athena).Views() {
		if !strings.HasPrefix(v.SQL, "CREATE OR REPLACE VIEW vpcetrail."+v.Name+" AS\nSELECT ") {
			t.Errorf("%s: %s", v.Name, v.SQL)
		}
	}
}

// TestDatabaseNames holds names that need quotes against the words of the engines.
func TestDatabaseNames(t *testing.T) {
	for _, tc := range []struct {
		engine        Engine
		database      string
		create, query string
	}{
		{Athena, "audit", "CREATE DATABASE IF NOT EXISTS `audit`", "FROM audit.traffic\n"},
		{Athena, "2026", "CREATE DATABASE IF NOT EXISTS `2026`", "FROM \"2026\".traffic\n"},
		{Spark, "2026", "CREATE DATABASE IF NOT EXISTS `2026`", "FROM `2026`.traffic\n"},
		{DuckDB, "default", `CREATE SCHEMA IF NOT EXISTS "default"`, "FROM \"default\".traffic\n"},
		{Trino, "default", `CREATE SCHEMA IF NOT EXISTS "default"`, "FROM \"default\".traffic\n"},
	} {
		r := newReport(t, tc.engine)
		r.Database = tc.database
		if got := r.Tables()[0].SQL; got != tc.create {
			t.Errorf("%s %s: %s, want %s", tc.engine, tc.database, got, tc.create)
		}
		if view := r.Views()[3]; !strings.Contains(view.SQL, tc.query) {
			t.Errorf("%s %s: %s, want %s", tc.engine, tc.database, view.SQL, tc.query)
		}
	}
}
