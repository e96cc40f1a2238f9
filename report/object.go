package report

import (
	"encoding/binary"
	"errors"
	"slices"
	"strings"

	"vpcetrail/ingest"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/source"
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

// add keeps an object for each day that it belongs to.
func (l *objectLog) add(res *ingest.Result, lateness int) {
	row := ObjectRow(res)
	if res.Err != nil {
		l.problems.Add([]byte(res.Object.Name), []byte(res.Err.Error()))
	}
	if days := DaysOf(&row, res.Object.Key, lateness); len(days) > 0 {
		for _, d := range days {
			row.DayRecords = res.RecordsOf(d)
			l.value = appendObject(l.value[:0], &row)
			l.rows.Add(append(d.AppendKey(nil), row.Key...), l.value)
		}
		return
	}
	l.value = appendObject(l.value[:0], &row)
	l.everyDay.Add([]byte(row.Key), l.value)
}

// DaysOf returns the days that an object belongs to, in order, in or out of any window. These are the day of its folder and
// those that it holds records of; where it could not be read, all days that it might hold records of, by
// lateness in days. For none, that is where neither its name nor its records tell a day, it belongs to every day.
//
// So a day's table follows from its own objects, whatever else was read with them.
func DaysOf(row *table.ObjectRow, key source.Key, lateness int) []day.Day {
	var days []day.Day
	for text := range strings.FieldsSeq(row.Days) {
		if d, err := day.Parse(text); err == nil { // always, of what ObjectRow wrote
			days = append(days, d)
		}
	}
	if key.HasDay {
		first := key.Day
		if !ingest.Status(row.Status).Counted() {
			first -= day.Day(lateness)
		}
		for d := first; d <= key.Day; d++ {
			days = append(days, d)
		}
	}
	slices.Sort(days)
	return slices.Compact(days)
}

// ObjectRow returns an object's row in table objects, but for its DayRecords.
func ObjectRow(res *ingest.Result) table.ObjectRow {
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
	return spill.AppendFields(dst, r.ETag, r.SHA256, r.Days, r.Status, r.Error)
}

func cutObject(name, value []byte) table.ObjectRow {
	r := table.ObjectRow{Key: string(name)}
	for _, field := range []*int64{&r.Size, &r.Records, &r.DayRecords, &r.ErrorOffset} {
		n, width := binary.Varint(value)
		*field, value = n, value[width:]
	}
	spill.CutFields(string(value), &r.ETag, &r.SHA256, &r.Days, &r.Status, &r.Error)
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
			at, name := day.CutKey(t.rows.Key)
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
