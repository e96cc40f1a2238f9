package report

import (
	"iter"

	"vpcetrail/ingest/day"
	"vpcetrail/ingest/spill"

	"vpcetrail/report/table"
)

// A daily hands out totals, whose keys start with the day, of one day after the other.
type daily struct {
	totals *spill.TotalsCursor[table.Measures, *table.Measures] // at the first that is not yet handed out, where left says so
	left   bool
}

func newDaily(totals *measureTotals) *daily {
	c := totals.Cursor()
	return &daily{totals: c, left: c.Next()}
}

// of returns the totals of day d by the rest of their keys, in the order of these. Days must be asked for in order.
func (w *daily) of(d day.Day) iter.Seq2[string, *table.Measures] {
	return func(yield func(string, *table.Measures) bool) {
		for ; w.left; w.left = w.totals.Next() {
			at, key := day.CutKey(w.totals.Key)
			if at != d || !yield(string(key), &w.totals.Value) {
				return
			}
		}
	}
}

// err returns what ended the walk early.
func (w *daily) err() error { return w.totals.Err() }
