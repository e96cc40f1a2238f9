package report

import (
	"encoding/binary"
	"errors"
	"slices"
	"strings"

	"vpcetrail/ingest"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/spill"

	"vpcetrail/report/table"
)

// An objectLog keeps what the report tells of objects, in the order of their names.
type objectLog struct {
	rows     *spill.Sorter // by day and name: rows of table objects
	everyDay *spill.Sorter // by name: those of objects that belong to every day
	problems *spill.Sorter // by name: what is wrong
	value    []byte        // scratch
}

func newObjectLog(disk *spill.Disk, share int) objectLog {
	return objectLog{spill.NewSorter(disk, share/2), spill.NewSorter(disk, share/4), spill.NewSorter(disk, share/4), nil}
}

func (l *objectLog) err() error {
	return errors.Join(l.rows.Err(), l.everyDay.Err(), l.problems.Err())
}

// add keeps an object for each day that it belongs to. That is the day of its folder and any day that it
// holds records of; where it could not be read, all days that it might hold records of, by lateness; and
// every day for one whose name tells no day, if its records do not either.
//
// So a day's table follows from its own objects, whatever else was read with them.
func (l *objectLog) add(res *ingest.Result, lateness int) {
	row := objectRow(res)
	if res.Err != nil {
		l.problems.Add([]byte(res.Object.Name), []byte(res.Err.Error()))
	}
	if days := daysOf(res, lateness); len(days) > 0 {
		for _, d := range days {
			row.DayRecords = res.RecordsOf(d)
			l.value = appendObject(l.value[:0], &row)
			l.rows.Add(append(appendDay(nil, d), row.Key...), l.value)
		}
		return
	}
	l.value = appendObject(l.value[:0], &row)
	l.everyDay.Add([]byte(row.Key), l.value)
}

// daysOf returns the days that an object belongs to, in order; none where nothing tells one.
func daysOf(res *ingest.Result, lateness int) []day.Day {
	var days []day.Day
	for _, c := range res.Days {
		days = append(days, c.Day)
	}
	if key := res.Object.Key; key.HasDay {
		first := key.Day
		if !res.Counted() {
			first -= day.Day(lateness)
		}
		for d := first; d <= key.Day; d++ {
			days = append(days, d)
		}
	}
	slices.Sort(days)
	return slices.Compact(days)
}

// objectRow returns an object's row, but for its DayRecords.
func objectRow(res *ingest.Result) table.ObjectRow {
	r := table.ObjectRow{
		Key: res.Object.Name, ETag: res.Object.ETag, Size: res.Object.Size, SHA256: res.SHA256,
		Records: res.Records, Status: string(res.Status), ErrorOffset: -1,
	}
	days := make([]string, len(res.Days))
	for i, c := range res.Days {
		days[i] = c.Day.String()
	}
	slices.Sort(days)
	r.Days = strings.Join(days, " ")
	if res.Err != nil {
		r.Error, r.ErrorOffset = res.Err.Error(), res.ErrOffset
	}
	return r
}

func appendObject(dst []byte, r *table.ObjectRow) []byte {
	for _, n := range []int64{r.Size, r.Records, r.DayRecords, r.ErrorOffset} {
		dst = binary.AppendVarint(dst, n)
	}
	return appendFields(dst, r.ETag, r.SHA256, r.Days, r.Status, r.Error)
}

func cutObject(name, value []byte) table.ObjectRow {
	r := table.ObjectRow{Key: string(name)}
	for _, field := range []*int64{&r.Size, &r.Records, &r.DayRecords, &r.ErrorOffset} {
		n, width := binary.Varint(value)
		*field, value = n, value[width:]
	}
	cutFields(string(value), &r.ETag, &r.SHA256, &r.Days, &r.Status, &r.Error)
	return r
}

// objectTables hands out table objects of one day after the other.
type objectTables struct {
	rows     *spill.Cursor // at a record, unless ended
	ended    bool
	everyDay []*spill.Sorter
}

func newObjectTables(logs []*objectLog) *objectTables {
	var rows, everyDay []*spill.Sorter
	for _, l := range logs {
		rows, everyDay = append(rows, l.rows), append(everyDay, l.everyDay)
	}
	t := &objectTables{rows: spill.Merge(rows...), everyDay: everyDay}
	t.ended = !t.rows.Next()
	return t
}

// of returns the rows of day d, in order. Days must be asked for in order.
func (t *objectTables) of(d day.Day) Rows[table.ObjectRow] {
	return func(yield func(*table.ObjectRow, error) bool) {
		always := spill.Merge(t.everyDay...)
		more := always.Next()
		for ; !t.ended; t.ended = !t.rows.Next() {
			at, name := cutDay(t.rows.Key)
			if at > d {
				break
			}
			if at < d { // a day that is not reported
				continue
			}
			for ; more && string(always.Key) < string(name); more = always.Next() {
				if row := cutObject(always.Key, always.Value); !yield(&row, nil) {
					return
				}
			}
			if row := cutObject(name, t.rows.Value); !yield(&row, nil) {
				return
			}
		}
		for ; more; more = always.Next() {
			if row := cutObject(always.Key, always.Value); !yield(&row, nil) {
				return
			}
		}
		if err := errors.Join(t.rows.Err(), always.Err()); err != nil {
			yield(nil, err)
		}
	}
}
