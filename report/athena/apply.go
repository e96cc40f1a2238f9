package athena

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"vpcetrail/report/grid"
	"vpcetrail/report/table"
)

// A Service keeps tables and runs statements. Apply uses it from one goroutine.
type Service interface {
	// Run runs a statement, and returns when it has ended.
	Run(ctx context.Context, sql string) error
	// Tables returns the tables and views of a database by their names.
	Tables(ctx context.Context, database string) (map[string]Existing, error)
}

// An Existing is a table or view that a Service keeps.
type Existing struct {
	View       bool
	Columns    []ExistingColumn
	Partitions []ExistingColumn
	Properties map[string]string
}

// An ExistingColumn is a column of one.
type ExistingColumn struct{ Name, Type, Comment string }

// A Step is a statement that Apply has run, or a table that it has found as it is to be.
type Step struct {
	Name string        // of the database, table or view
	What string        // what was done to it, as "created"
	Took time.Duration // 0 where there was nothing to do
}

// ErrForeign says that a name is taken by a table that is not of this report.
var ErrForeign = errors.New("nothing is changed: name another database")

// Apply declares the report: it makes the database and the tables that are not there, adds to those that are what
// they lack, and replaces the views. Run again it changes nothing. It calls done after each step, and ends with the first
// statement that fails; what was done until then stays, and the next Apply goes on from there.
//
// A table that has all columns but the last ones of the schema, or other comments, or looks for other days, is altered, which
// leaves the grants on it alone. Where a column has another type, or is one that the schema does not know, the table is dropped
// and made anew: it is external, so that no file goes with it. A table that Apply has not made, or that reads another report,
// is left alone, and the error wraps ErrForeign.
func (r *Report) Apply(ctx context.Context, service Service, done func(Step)) error {
	run := func(name, what, sql string) error {
		start := time.Now()
		if err := service.Run(ctx, sql); err != nil {
			return fmt.Errorf("%s: %s: %w", name, verb(sql), err)
		}
		done(Step{name, what, time.Since(start)})
		return nil
	}
	if err := run(r.Database, "made sure of", r.createDatabase().SQL); err != nil {
		return err
	}
	existing, err := service.Tables(ctx, r.Database)
	if err != nil {
		return fmt.Errorf("%s: list tables: %w", r.Database, err)
	}
	changes, err := r.changes(existing)
	if err != nil {
		return err
	}
	for _, c := range changes {
		if c.sql == "" {
			done(Step{Name: c.table, What: "as it is to be"})
			continue
		}
		if err := run(c.table, c.what, c.sql); err != nil {
			return err
		}
	}
	for _, v := range r.Views() {
		if err := run(v.Name, "view made", v.SQL); err != nil {
			return err
		}
	}
	return nil
}

// verb returns what a statement does, for messages: its first words in capitals, as CREATE EXTERNAL TABLE.
func verb(sql string) string {
	words := strings.Fields(sql)
	end := slices.IndexFunc(words, func(w string) bool { return w == "IF" || w != strings.ToUpper(w) || strings.ContainsAny(w, "`\".") })
	return strings.Join(words[:max(end, 1)], " ")
}

// A change is a statement that brings a table to what it is to be; of one that is so already, none.
type change struct{ table, what, sql string }

// changes returns what is to be done to the tables. It looks at all of them, and at the views' names, before anything is done.
func (r *Report) changes(existing map[string]Existing) ([]change, error) {
	var all []change
	for _, t := range table.Tables() {
		old, ok := existing[t.Name]
		if !ok {
			all = append(all, change{t.Name, "created", hiveTable(r, &t)})
			continue
		}
		if err := r.check(t.Name, &old); err != nil {
			return nil, err
		}
		list := r.alter(&t, &old)
		if len(list) == 0 {
			list = []change{{table: t.Name}}
		}
		all = append(all, list...)
	}
	for _, v := range r.Views() {
		if old, ok := existing[v.Name]; ok && !old.View {
			return nil, fmt.Errorf("%s.%s is a table, and no view of vpcetrail's: %w", r.Database, v.Name, ErrForeign)
		}
	}
	return all, nil
}

// check tells whether a table of a name is this report's.
func (r *Report) check(name string, old *Existing) error {
	switch {
	case old.View || old.Properties[ownerProperty] != owner:
		return fmt.Errorf("%s.%s was not made by vpcetrail: %w", r.Database, name, ErrForeign)
	case old.Properties[locationProperty] != r.dayFolder(name):
		return fmt.Errorf("%s.%s reads %s: %w", r.Database, name, old.Properties[locationProperty], ErrForeign)
	}
	return nil
}

// alter returns what is to be done to a table of this report.
func (r *Report) alter(t *table.Info, old *Existing) []change {
	name := hiveName(r, t.Name)
	types := map[string]ExistingColumn{}
	for _, c := range old.Columns {
		types[c.Name] = c
	}
	var added []string
	var comments []change
	for _, c := range t.Columns {
		was, ok := types[c.Name]
		delete(types, c.Name)
		column := fmt.Sprintf("`%s` %s", c.Name, c.Type)
		switch {
		case !ok: // Athena documents no comment here
			added = append(added, column)
		case was.Type != c.Type.String():
			return r.anew(t)
		}
		if was.Comment != plain(c.Doc) {
			sql := fmt.Sprintf("ALTER TABLE %s CHANGE COLUMN `%s` %s COMMENT %s", name, c.Name, column, hiveText(c.Doc))
			comments = append(comments, change{t.Name, "comment of " + c.Name + " set", sql})
		}
	}
	if len(types) > 0 || len(old.Partitions) != 1 || old.Partitions[0].Name != "dt" || old.Partitions[0].Type != table.Text.String() {
		return r.anew(t)
	}
	var list []change
	if len(added) > 0 {
		list = append(list, change{t.Name, grid.Plural(int64(len(added)), "column") + " added", "ALTER TABLE " + name + " ADD COLUMNS" + block(added)})
	}
	return append(append(list, comments...), r.alterProperties(t, old)...)
}

// alterProperties returns what is to be done where the properties of a table are others.
func (r *Report) alterProperties(t *table.Info, old *Existing) []change {
	other := map[string]string{}
	for _, p := range r.properties(t) {
		if old.Properties[p[0]] != p[1] {
			other[p[0]] = p[1]
		}
	}
	if len(other) == 0 {
		return nil
	}
	var list []string
	for _, key := range slices.Sorted(maps.Keys(other)) {
		list = append(list, hiveText(key)+" = "+hiveText(other[key]))
	}
	what := "properties set"
	if days, ok := other[rangeProperty]; ok {
		what = "days set to " + days
	}
	return []change{{t.Name, what, "ALTER TABLE " + hiveName(r, t.Name) + " SET TBLPROPERTIES" + block(list)}}
}

// anew drops a table and makes it again.
func (r *Report) anew(t *table.Info) []change {
	return []change{
		{t.Name, "dropped, to be made anew: its columns do not fit", "DROP TABLE IF EXISTS " + hiveName(r, t.Name)},
		{t.Name, "created", hiveTable(r, t)},
	}
}
