package report

import (
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/spill"
)

// DailyRows returns a function that returns the rows of a day from totals. The keys of the totals
// start with the day. set makes a row from the rest of a key and its value. Call the function with the
// days in order.
func DailyRows[T, V any, P spill.Value[V]](totals *spill.TotalsCursor[V, P], set func(row *T, key string, value *V)) func(day.Day) Rows[T] {
	more := totals.Next() // the cursor is at the first total that was not returned
	return func(d day.Day) Rows[T] {
		return func(yield func(*T, error) bool) {
			var row T
			for ; more; more = totals.Next() {
				at, key := day.CutKey(totals.Key)
				if at > d {
					break
				}
				if at < d { // a day that nobody asked for
					continue
				}
				if set(&row, string(key), &totals.Value); !yield(&row, nil) {
					return
				}
			}
			if err := totals.Err(); err != nil {
				yield(nil, err)
			}
		}
	}
}
