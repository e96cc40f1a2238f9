package overview

import "slices"

// A Top keeps the first rows by an order, and counts all rows. It holds at most twice as many rows
// as it keeps.
type Top[T any] struct {
	Rows []T // in order
	Seen int // the number of all rows

	keep  int
	order func(a, b *T) int // a total order: no two rows are equal
}

// NewTop returns a Top that keeps at most keep rows. No two rows may be equal in order.
func NewTop[T any](keep int, order func(a, b *T) int) Top[T] { return Top[T]{keep: keep, order: order} }

// Add adds a row.
func (t *Top[T]) Add(row T) {
	t.Seen++
	t.Rows = append(t.Rows, row)
	if len(t.Rows) == 2*t.keep {
		t.Cut()
	}
}

// Cut sorts the rows and keeps the first ones. Call it once after the last row.
func (t *Top[T]) Cut() {
	slices.SortFunc(t.Rows, func(a, b T) int { return t.order(&a, &b) })
	t.Rows = t.Rows[:min(len(t.Rows), t.keep)]
}

// More returns the number of rows that were not kept.
func (t *Top[T]) More() int { return t.Seen - len(t.Rows) }
