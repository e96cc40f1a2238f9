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
	// Run runs a statement and waits until it ends.
	Run(ctx context.Context, sql string) error
	// Tables returns the tables and views of a database, by name.
	Tables(ctx context.Context, database string) (map[string]Existing, error)
}

// An Existing is a table or view that a Service keeps.
type Existing struct {
	View       bool
	Columns    []ExistingColumn
	Partitions []ExistingColumn
	Properties map[string]string
}

// An ExistingColumn is a column of an Existing.
type ExistingColumn struct{ Name, Type, Comment string }

// A Step is a statement that Apply ran, or a table that was already up to date.
type Step struct {
	Name string        // name of the database, table or view
	What string        // what was done, such as "created"
	Took time.Duration // 0 if there was nothing to do
}

// ErrForeign means that a table that does not belong to this report has the name already.
var ErrForeign = errors.New("nothing is changed: name another database")

// Apply declares the report. It creates the database and the tables that do not exist, updates the
// tables that do, and replaces the views. A second Apply changes nothing. Apply calls done after
// each step. It stops at the first statement that fails. The steps before it stay done, and the
// next Apply continues from there.
//
// Apply alters a table if only columns of the schema are missing, or if comments or the range of days
// differ. New columns come last, and queries find them by their names. This keeps the grants on the table. If a column has another type or is not
// in the schema, Apply drops the table and creates it again. The table is external, so this deletes
// no files. Apply never changes a table that it did not create or that reads another report: the
// error wraps ErrForeign.
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

// verb returns what a statement does, for messages: its first words in capitals, such as CREATE
// EXTERNAL TABLE.
func verb(sql string) string {
	words := strings.Fields(sql)
	end := slices.IndexFunc(words, func(w string) bool { return w == "IF" || w != strings.ToUpper(w) || strings.ContainsAny(w, "`\".") })
	return strings.Join(words[:max(end, 1)], " ")
}

// A change is a statement that updates a table. It is empty if the table is up to date.
type change struct{ table, what, sql string }

// changes returns the changes to the tables. It checks all tables and the names of the views before
// Apply changes anything.
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

// check returns an error if a table of that name does not belong to this report.
func (r *Report) check(name string, old *Existing) error {
	switch {
	case old.View || old.Properties[ownerProperty] != owner:
		return fmt.Errorf("%s.%s was not made by vpcetrail: %w", r.Database, name, ErrForeign)
	case old.Properties[locationProperty] != r.dayFolder(name):
		return fmt.Errorf("%s.%s reads %s: %w", r.Database, name, old.Properties[locationProperty], ErrForeign)
	}
	return nil
}

// alter returns the changes to a table of this report.
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
		case !ok: // Athena's documentation has no comment in this statement
			added = append(added, column)
		case was.Type != c.Type.String():
			return r.recreate(t)
		}
		if was.Comment != plain(c.Doc) {
			sql := fmt.Sprintf("ALTER TABLE %s CHANGE COLUMN `%s` %s COMMENT %s", name, c.Name, column, hiveText(c.Doc))
			comments = append(comments, change{t.Name, "comment of " + c.Name + " set", sql})
		}
	}
	if len(types) > 0 || len(old.Partitions) != 1 || old.Partitions[0].Name != "dt" || old.Partitions[0].Type != table.Text.String() {
		return r.recreate(t)
	}
	var list []change
	if len(added) > 0 {
		list = append(list, change{t.Name, grid.Plural(int64(len(added)), "column") + " added", "ALTER TABLE " + name + " ADD COLUMNS" + block(added)})
	}
	return append(append(list, comments...), r.alterProperties(t, old)...)
}

// alterProperties returns the changes to the properties of a table, if they differ.
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

// recreate drops a table and creates it again.
func (r *Report) recreate(t *table.Info) []change {
	return []change{
		{t.Name, "dropped and created again: its columns do not fit", "DROP TABLE IF EXISTS " + hiveName(r, t.Name)},
		{t.Name, "created", hiveTable(r, t)},
	}
}
