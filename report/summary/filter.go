package summary

import (
	"fmt"
	"strings"

	"vpcetrail/ingest/day"
	"vpcetrail/report/table"
	"vpcetrail/report/wildcard"
)

// partitionColumn is the column of the day, which every table has.
const partitionColumn = "dt"

// A filter is a condition on the rows of a table. All filters of a query must hold.
type filter[T any] struct {
	column  *table.Column[T] // nil means the day
	pattern string
	not     bool
}

// parseFilters reads conditions on table t: column=value or column!=value.
func parseFilters[T any](t *table.Table[T], where []string) ([]filter[T], error) {
	filters := make([]filter[T], len(where))
	for i, text := range where {
		name, pattern, ok := strings.Cut(text, "=")
		if !ok {
			return nil, fmt.Errorf("--where %q: want column=value or column!=value", text)
		}
		f := &filters[i]
		name, f.not = strings.CutSuffix(name, "!")
		f.pattern = pattern
		if name == partitionColumn {
			continue
		}
		if f.column = t.Column(name); f.column == nil {
			return nil, fmt.Errorf("--where %q: table %s has no column %q: it has %s", text, t.Name, name, strings.Join(columnNames(t), ", "))
		}
	}
	return filters, nil
}

func columnNames[T any](t *table.Table[T]) []string {
	names := []string{partitionColumn}
	for _, c := range t.Columns {
		names = append(names, c.Name)
	}
	return names
}

// holds reports whether a row of day d matches the filter. NULL is the empty text.
func (f *filter[T]) holds(row *T, d day.Day) bool {
	var value string
	if f.column == nil {
		value = d.String()
	} else {
		value = f.column.Format(row)
	}
	return wildcard.Match(f.pattern, value) != f.not
}

func allHold[T any](filters []filter[T], row *T, d day.Day) bool {
	for i := range filters {
		if !filters[i].holds(row, d) {
			return false
		}
	}
	return true
}
