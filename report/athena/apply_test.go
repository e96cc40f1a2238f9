package athena

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"vpcetrail/report/table"
)

// A memory is a Service that keeps tables and notes the statements that it is given.
type memory struct {
	tables map[string]Existing
	ran    []string
	fail   string // a statement with this text fails
}

func (m *memory) Run(_ context.Context, sql string) error {
	m.ran = append(m.ran, sql)
	if m.fail != "" && strings.Contains(sql, m.fail) {
		return errors.New("FAILED: no permission")
	}
	return nil
}

func (m *memory) Tables(context.Context, string) (map[string]Existing, error) { return m.tables, nil }

// applied returns what a Service keeps after Apply, in the form that Athena reports it.
func applied(r *Report) map[string]Existing {
	tables := map[string]Existing{}
	for _, t := range table.Tables() {
		g := r.glueTable(&t)
		old := Existing{Properties: g.Parameters, Partitions: []ExistingColumn{{"dt", "string", dtDoc}}}
		for _, c := range g.StorageDescriptor.Columns {
			old.Columns = append(old.Columns, ExistingColumn(c))
		}
		tables[t.Name] = old
	}
	for _, v := range r.Views() {
		tables[v.Name] = Existing{View: true}
	}
	return tables
}

// tableStatements applies r, and returns the statements that are for tables.
func tableStatements(t *testing.T, r *Report, m *memory) []string {
	t.Helper()
	m.ran = nil
	var names []string
	if err := r.Apply(t.Context(), m, func(s Step) { names = append(names, s.Name) }); err != nil {
		t.Fatal(err)
	}
	for _, name := range slices.Concat([]string{r.Database}, slices.Collect(maps.Keys(applied(r)))) {
		if !slices.Contains(names, name) {
			t.Errorf("Apply did not tell of %s", name)
		}
	}
	var out []string
	for _, sql := range m.ran {
		if !strings.HasPrefix(sql, "CREATE OR REPLACE VIEW ") && !strings.HasPrefix(sql, "CREATE DATABASE IF NOT EXISTS ") {
			out = append(out, sql)
		}
	}
	return out
}

func TestApplyToNothing(t *testing.T) {
	r, m := newReport(t, Athena), &memory{}
	got := tableStatements(t, r, m)
	if len(got) != len(table.Tables()) {
		t.Errorf("%d statements, want %d", len(got), len(table.Tables()))
	}
	if want := 1 + len(table.Tables()) + len(r.Views()); len(m.ran) != want {
		t.Errorf("%d statements in all, want %d", len(m.ran), want)
	}
}

func TestApplyTwice(t *testing.T) {
	r := newReport(t, Athena)
	if got := tableStatements(t, r, &memory{tables: applied(r)}); len(got) > 0 {
		t.Errorf("the second time changes tables: %q", got)
	}
}

// TestApplyToOlder brings tables of other versions to what they are to be.
func TestApplyToOlder(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(*Existing)
		want   []string // the statements' texts, in order
	}{
		{"two columns fewer", func(e *Existing) { e.Columns = e.Columns[2:] }, []string{
			"ALTER TABLE `vpcetrail`.`services` ADD COLUMNS (\n  `account_id` string,\n  `region` string\n)",
			"ALTER TABLE `vpcetrail`.`services` CHANGE COLUMN `account_id` `account_id` string COMMENT 'Account in which",
			"ALTER TABLE `vpcetrail`.`services` CHANGE COLUMN `region` `region` string COMMENT 'Region of",
		}},
		{"another comment", func(e *Existing) { e.Columns[0].Comment = "" }, []string{
			"ALTER TABLE `vpcetrail`.`services` CHANGE COLUMN `account_id` `account_id` string COMMENT 'Account in which",
		}},
		{"later days", func(e *Existing) { e.Properties[rangeProperty] = "2026-11-21,NOW" }, []string{
			"ALTER TABLE `vpcetrail`.`services` SET TBLPROPERTIES (\n  'projection.dt.range' = '2026-11-20,NOW'\n)",
		}},
		{"another type", func(e *Existing) { e.Columns[0].Type = "int" }, []string{
			"DROP TABLE IF EXISTS `vpcetrail`.`services`", "CREATE EXTERNAL TABLE IF NOT EXISTS `vpcetrail`.`services`",
		}},
		{"a column too many", func(e *Existing) { e.Columns = append(e.Columns, ExistingColumn{"old", "string", ""}) }, []string{
			"DROP TABLE IF EXISTS `vpcetrail`.`services`", "CREATE EXTERNAL TABLE IF NOT EXISTS `vpcetrail`.`services`",
		}},
		{"other partitions", func(e *Existing) { e.Partitions[0].Type = "date" }, []string{
			"DROP TABLE IF EXISTS `vpcetrail`.`services`", "CREATE EXTERNAL TABLE IF NOT EXISTS `vpcetrail`.`services`",
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := newReport(t, Athena)
			m := &memory{tables: applied(r)}
			old := m.tables["services"]
			tc.change(&old)
			m.tables["services"] = old
			got := tableStatements(t, r, m)
			if len(got) != len(tc.want) {
				t.Fatalf("statements:\n%s\nwant %d", strings.Join(got, "\n"), len(tc.want))
			}
			for i, want := range tc.want {
				if !strings.HasPrefix(got[i], want) {
					t.Errorf("statement %d: %s\nwant %s", i, got[i], want)
				}
			}
		})
	}
}

// TestApplyToAReportBeforeCauses adds table causes and column egress to a report that was declared without.
func TestApplyToAReportBeforeCauses(t *testing.T) {
	r := newReport(t, Athena)
	m := &memory{tables: applied(r)}
	delete(m.tables, "causes")
	traffic := m.tables["traffic"]
	traffic.Columns = slices.DeleteFunc(traffic.Columns, func(c ExistingColumn) bool { return c.Name == "egress" })
	m.tables["traffic"] = traffic
	got := tableStatements(t, r, m)
	want := []string{
		"ALTER TABLE `vpcetrail`.`traffic` ADD COLUMNS (\n  `egress` string\n)",
		"ALTER TABLE `vpcetrail`.`traffic` CHANGE COLUMN `egress` `egress` string COMMENT 'For internet",
		"CREATE EXTERNAL TABLE IF NOT EXISTS `vpcetrail`.`causes`",
	}
	if !slices.EqualFunc(got, want, strings.HasPrefix) {
		t.Errorf("%q\nwant %q", got, want)
	}
	m.tables["causes"] = applied(r)["causes"]
	traffic.Columns = append(traffic.Columns, ExistingColumn{"egress", "string", plain(table.Traffic.Column("egress").Doc)})
	m.tables["traffic"] = traffic
	if got := tableStatements(t, r, m); len(got) > 0 {
		t.Errorf("the second time changes tables: %q", got)
	}
}

// TestApplyLeavesOthersAlone refuses, before any table is touched, to change what is not this report's.
func TestApplyLeavesOthersAlone(t *testing.T) {
	for _, tc := range []struct {
		name  string
		taken string
		by    func(*Existing)
		want  string
	}{
		{"table of somebody's", "objects", func(e *Existing) { delete(e.Properties, ownerProperty) }, "vpcetrail.objects was not made by vpcetrail"},
		{"view of somebody's", "objects", func(e *Existing) { e.View = true }, "vpcetrail.objects was not made by vpcetrail"},
		{"another report", "objects", func(e *Existing) { e.Properties[locationProperty] = "s3://other/objects/dt=${dt}/" }, "vpcetrail.objects reads s3://other/objects/"},
		{"table in place of a view", "past_the_endpoint", func(e *Existing) { e.View = false }, "vpcetrail.past_the_endpoint is a table"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := newReport(t, Athena)
			m := &memory{tables: applied(r)}
			old := m.tables[tc.taken]
			tc.by(&old)
			m.tables[tc.taken] = old
			delete(m.tables, "traffic") // there is something to do, which must not be done
			err := r.Apply(t.Context(), m, func(Step) {})
			if !errors.Is(err, ErrForeign) || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want %s", err, tc.want)
			}
			if len(m.ran) != 1 {
				t.Errorf("ran %q, want nothing but CREATE DATABASE", m.ran)
			}
		})
	}
}

func TestApplyEndsWithTheFirstFailure(t *testing.T) {
	r, m := newReport(t, Athena), &memory{fail: "`vpcetrail`.`services`"}
	var done []string
	err := r.Apply(t.Context(), m, func(s Step) { done = append(done, s.Name) })
	if err == nil || err.Error() != "services: CREATE EXTERNAL TABLE: FAILED: no permission" {
		t.Errorf("error %v", err)
	}
	if want := []string{"vpcetrail", "traffic", "principals"}; !slices.Equal(done, want) {
		t.Errorf("done %v, want %v", done, want)
	}
}
