package table

import (
	"cmp"
	"errors"
	"math"
	"slices"
	"strings"
)

// A Vector holds the values of one column for the rows of one row group. The column's Type decides
// which field is used. A Writer reads a Vector and keeps no reference to it.
type Vector struct {
	// Dict and Ranks are for Text: row i holds Dict[Ranks[i]]. Dict is sorted by its bytes and
	// holds no text twice. It may hold texts that no row of this row group uses, so all row
	// groups of a table can share one dictionary. "" is NULL.
	Dict  []string
	Ranks []uint32

	Numbers []int64   // for Count and Moment; below 0 is NULL if the column is nullable
	Reals   []float64 // for Real; NaN is NULL
}

// rows returns the number of values of a column of type t.
func (v *Vector) rows(t Type) int {
	switch t {
	case Text:
		return len(v.Ranks)
	case Real:
		return len(v.Reals)
	}
	return len(v.Numbers)
}

// isNull reports whether row i is NULL in column c.
func (v *Vector) isNull(t Type, nullable bool, i int) bool {
	switch {
	case !nullable:
		return false
	case t == Text:
		return v.Ranks[i] == 0 && v.Dict[0] == ""
	case t == Real:
		return math.IsNaN(v.Reals[i])
	}
	return v.Numbers[i] < 0
}

var errRagged = errors.New("BUG: columns of different lengths")

// rowsOf returns the number of rows of a row group's columns.
func (t *Table[T]) rowsOf(group []Vector) (rows int, err error) {
	if len(group) != len(t.Columns) {
		return 0, errRagged
	}
	rows = group[0].rows(t.Columns[0].Type)
	for i := range group {
		if group[i].rows(t.Columns[i].Type) != rows {
			return 0, errRagged
		}
	}
	return rows, nil
}

// A gatherer turns rows into columns. It reuses its memory for the next row group.
type gatherer struct {
	vector Vector
	index  map[string]uint32 // text to its index in vector.Dict, in order of arrival
	last   string            // sorted rows repeat values
	number uint32            // of last
}

// add adds the value of column c in row. It returns the number of bytes that it added to the
// dictionary.
func add[T any](g *gatherer, c *Column[T], row *T) (grown int) {
	switch c.Type {
	case Text:
		grown = g.addText(*c.text(row))
	case Real:
		g.vector.Reals = append(g.vector.Reals, *c.real(row))
	default:
		g.vector.Numbers = append(g.vector.Numbers, *c.number(row))
	}
	return grown
}

func (g *gatherer) addText(text string) (grown int) {
	if text != g.last || len(g.vector.Dict) == 0 {
		number, known := g.index[text]
		if !known {
			number, text = uint32(len(g.vector.Dict)), strings.Clone(text) // it may be part of a larger string
			if g.index == nil {
				g.index = map[string]uint32{}
			}
			g.index[text] = number
			g.vector.Dict = append(g.vector.Dict, text)
			grown = len(text)
		}
		g.last, g.number = text, number
	}
	g.vector.Ranks = append(g.vector.Ranks, g.number)
	return grown
}

// sort sorts the dictionary, so that numbers become ranks.
func (g *gatherer) sort() {
	v := &g.vector
	order := make([]uint32, len(v.Dict)) // numbers by rank
	for i := range order {
		order[i] = uint32(i)
	}
	slices.SortFunc(order, func(a, b uint32) int { return cmp.Compare(v.Dict[a], v.Dict[b]) })
	ranks, sorted := make([]uint32, len(order)), make([]string, len(order))
	for rank, number := range order {
		ranks[number], sorted[rank] = uint32(rank), v.Dict[number]
	}
	for i, number := range v.Ranks {
		v.Ranks[i] = ranks[number]
	}
	v.Dict = sorted
}

// clear empties g for the next row group.
func (g *gatherer) clear() {
	clear(g.index)
	clear(g.vector.Dict)
	v := &g.vector
	g.vector, g.last = Vector{v.Dict[:0], v.Ranks[:0], v.Numbers[:0], v.Reals[:0]}, ""
}
