package page

import "slices"

// A top keeps the first rows by an order, and counts all rows. It holds at most twice as many rows
// as it keeps.
type top[T any] struct {
	keep  int
	order func(a, b *T) int // a total order: no two rows are equal
	rows  []T               // in order, after cut
	seen  int
}

func (t *top[T]) add(row T) {
	t.seen++
	t.rows = append(t.rows, row)
	if len(t.rows) == 2*t.keep {
		t.cut()
	}
}

// cut sorts the rows and keeps the first ones. Call it once after the last row.
func (t *top[T]) cut() {
	slices.SortFunc(t.rows, func(a, b T) int { return t.order(&a, &b) })
	t.rows = t.rows[:min(len(t.rows), t.keep)]
}

// more returns the number of rows that were not kept.
func (t *top[T]) more() int { return t.seen - len(t.rows) }
