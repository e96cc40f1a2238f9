// Package table defines the tables of a report: their rows, and the names, types and meanings of
// their columns. It reads and writes their Parquet and Arrow files. No other package imports
// apache/arrow.
package table

import (
	"cmp"
	"math"
	"slices"
	"sort"
	"strconv"
	"time"
)

// A Type is the type of a column.
type Type uint8

// The types of columns, and their types in Parquet.
const (
	Text   Type = iota // UTF-8 string; "" in a row is NULL
	Count              // INT64
	Moment             // INT64 TIMESTAMP_MILLIS, UTC; milliseconds since the epoch in a row
	Real               // DOUBLE; NaN in a row is NULL
)

// String returns the name of the type in Athena's DDL.
func (t Type) String() string { return [...]string{"string", "bigint", "timestamp", "double"}[t] }

// A Column is one column of a table with rows of type T. Its Type decides which accessor is set.
// The accessor returns a pointer to the value in a row, for reading and for writing.
type Column[T any] struct {
	Name     string
	Type     Type
	Doc      string // one sentence
	Nullable bool

	text   func(*T) *string
	number func(*T) *int64 // below 0 is NULL if Nullable
	real   func(*T) *float64
}

func text[T any](name, doc string, field func(*T) *string) Column[T] {
	return Column[T]{Name: name, Type: Text, Doc: doc, Nullable: true, text: field}
}

func count[T any](name, doc string, field func(*T) *int64) Column[T] {
	return Column[T]{Name: name, Type: Count, Doc: doc, number: field}
}

func optional[T any](name, doc string, field func(*T) *int64) Column[T] {
	return Column[T]{Name: name, Type: Count, Doc: doc, Nullable: true, number: field}
}

func moment[T any](name, doc string, field func(*T) *int64) Column[T] {
	return Column[T]{Name: name, Type: Moment, Doc: doc, number: field}
}

// seldom is a moment that may be NULL.
func seldom[T any](name, doc string, field func(*T) *int64) Column[T] {
	return Column[T]{Name: name, Type: Moment, Doc: doc, Nullable: true, number: field}
}

func real[T any](name, doc string, field func(*T) *float64) Column[T] {
	return Column[T]{Name: name, Type: Real, Doc: doc, Nullable: true, real: field}
}

// A Table is a table of rows of type T. Its first Keys columns, of type Text or Moment, are its
// key.
type Table[T any] struct {
	Name    string
	Doc     string
	Keys    int
	Flag    string // of analyze, without which a day does not have the table
	Columns []Column[T]
}

// Place returns the index of a column in the table. It panics if no column has the name.
func (t *Table[T]) Place(name string) int {
	i := slices.IndexFunc(t.Columns, func(c Column[T]) bool { return c.Name == name })
	if i < 0 {
		panic("BUG: table " + t.Name + " has no column " + name)
	}
	return i
}

// Column returns the column of a name, or nil if the table has none. It is shared: do not change it.
func (t *Table[T]) Column(name string) *Column[T] {
	if i := slices.IndexFunc(t.Columns, func(c Column[T]) bool { return c.Name == name }); i >= 0 {
		return &t.Columns[i]
	}
	return nil
}

// Key returns the key columns of a row, for reading and for writing.
func (t *Table[T]) Key(row *T) []*string {
	key := make([]*string, t.Keys)
	for k := range key {
		key[k] = t.Columns[k].text(row)
	}
	return key
}

// Sort sorts rows by their keys, as text, with NULL first.
func (t *Table[T]) Sort(rows []T) {
	sort.Slice(rows, func(i, j int) bool { return t.Compare(&rows[i], &rows[j]) < 0 })
}

// Compare compares two rows by their keys, as Sort does.
func (t *Table[T]) Compare(a, b *T) int {
	for k := range t.Keys {
		if c := cmp.Compare(t.Columns[k].Format(a), t.Columns[k].Format(b)); c != 0 {
			return c
		}
	}
	return 0
}

// Format returns the column's value in row as text. A time is 2026-11-20T10:11:12Z, with
// milliseconds if they are not 0. NULL is "".
func (c *Column[T]) Format(row *T) string {
	switch {
	case c.isNull(row):
		return ""
	case c.Type == Text:
		return *c.text(row)
	case c.Type == Real:
		return strconv.FormatFloat(*c.real(row), 'g', -1, 64)
	case c.Type == Moment:
		return time.UnixMilli(*c.number(row)).UTC().Format("2006-01-02T15:04:05.999Z07:00")
	}
	return strconv.FormatInt(*c.number(row), 10)
}

// isNull reports whether the column's value in row is NULL.
func (c *Column[T]) isNull(row *T) bool {
	switch c.Type {
	case Text:
		return *c.text(row) == ""
	case Real:
		return math.IsNaN(*c.real(row))
	}
	return c.Nullable && *c.number(row) < 0
}

// setNull sets the column's value in row to NULL, or to 0 if the column is not nullable.
func (c *Column[T]) setNull(row *T) {
	switch {
	case c.Type == Text:
		*c.text(row) = ""
	case c.Type == Real:
		*c.real(row) = math.NaN()
	case c.Nullable:
		*c.number(row) = -1
	default:
		*c.number(row) = 0
	}
}

// A ColumnInfo describes a column to a reader of reports.
type ColumnInfo struct {
	Name string
	Type Type
	Doc  string
	Key  bool
}

// An Info describes a table. Every table is partitioned by dt, the day of eventTime in UTC.
type Info struct {
	Name, Doc string
	Flag      string // of analyze, without which a day does not have the table
	Columns   []ColumnInfo
}

// Tables describes the tables of a report, in the order in which they are listed.
func Tables() []Info {
	return []Info{Traffic.info(), Principals.info(), Services.info(), Endpoints.info(), Resources.info(), Findings.info(), Causes.info(), Objects.info(), Digests.info(), S3Access.info(), DNS.info(), EndpointMetrics.info()}
}

func (t *Table[T]) info() Info {
	info := Info{Name: t.Name, Doc: t.Doc, Flag: t.Flag}
	for i, c := range t.Columns {
		info.Columns = append(info.Columns, ColumnInfo{Name: c.Name, Type: c.Type, Doc: c.Doc, Key: i < t.Keys})
	}
	return info
}
