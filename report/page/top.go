package page

import "slices"

// A top keeps the first of many rows by an order, and how many there were. It holds twice what it keeps at most.
type top[T any] struct {
	keep  int
	order func(a, b *T) int // by what tells all rows apart
	rows  []T               // after cut, in order
	seen  int
}

func (t *top[T]) add(row T) {
	t.seen++
	t.rows = append(t.rows, row)
	if len(t.rows) == 2*t.keep {
		t.cut()
	}
}

// cut must be called once after the last row.
func (t *top[T]) cut() {
	slices.SortFunc(t.rows, func(a, b T) int { return t.order(&a, &b) })
	t.rows = t.rows[:min(len(t.rows), t.keep)]
}

// more returns how many rows there were that are not kept.
func (t *top[T]) more() int { return t.seen - len(t.rows) }
