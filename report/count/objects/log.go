// Package objects keeps what reading each object of a trail gave, in the order of their names.
package objects

import (
	"encoding/binary"
	"errors"

	"vpcetrail/ingest"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/digest"
	"vpcetrail/ingest/spill"

	"vpcetrail/report"
	"vpcetrail/report/table"
)

// A Log keeps what the report says about objects, in the order of their names.
type Log struct {
	rows     *spill.Sorter // by day and name: rows of table objects
	everyDay *spill.Sorter // by name: those of objects that belong to every day
	problems *spill.Sorter // by name: what is wrong
	value    []byte        // scratch
	verify   bool          // keep what a check by digests needs
}

// NewLog returns an empty Log that takes about share bytes of memory. If verify is true, it keeps what a check by
// digests needs.
func NewLog(disk *spill.Disk, share int, verify bool) *Log {
	return &Log{spill.NewSorter(disk, share/2), spill.NewSorter(disk, share/4), spill.NewSorter(disk, share/4), nil, verify}
}

// Err returns the first error of writing to disk.
func (l *Log) Err() error {
	return errors.Join(l.rows.Err(), l.everyDay.Err(), l.problems.Err())
}

// Add keeps an object for each day that it belongs to.
func (l *Log) Add(res *ingest.Result, lateness int) {
	row := report.ObjectRow(res)
	if l.verify {
		row.DigestStatus = statusAlone(res)
	}
	if res.Err != nil {
		l.problems.Add([]byte(res.Object.Name), []byte(res.Err.Error()))
	}
	if days := report.DaysOf(&row, res.Object.Key, lateness); len(days) > 0 {
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

func appendObject(dst []byte, r *table.ObjectRow) []byte {
	for _, n := range []int64{r.Size, r.Records, r.DayRecords, r.ErrorOffset} {
		dst = binary.AppendVarint(dst, n)
	}
	return spill.AppendFields(dst, r.ETag, r.SHA256, r.Days, r.Status, r.Error, r.DigestStatus)
}

func cutObject(name, value []byte) table.ObjectRow {
	r := table.ObjectRow{Key: string(name)}
	for _, field := range []*int64{&r.Size, &r.Records, &r.DayRecords, &r.ErrorOffset} {
		n, width := binary.Varint(value)
		*field, value = n, value[width:]
	}
	spill.CutFields(string(value), &r.ETag, &r.SHA256, &r.Days, &r.Status, &r.Error, &r.DigestStatus)
	return r
}

// statusAlone returns the DigestStatus of an object that no digest names, or "".
func statusAlone(res *ingest.Result) string {
	p := res.Proof
	switch res.Status {
	case ingest.Missing:
		p.Unread = digest.Missing
	case ingest.Denied:
		p.Unread = digest.Denied
	case ingest.Changed, ingest.Unreadable:
		p.Unread = digest.Unreadable
	}
	status, _ := p.Alone(res.Object.Name)
	return string(status)
}

// tables returns table objects of one day after another.
type tables struct {
	rows     *spill.Cursor // at a record, unless ended
	ended    bool
	everyDay []*spill.Sorter
}

func (t *tables) of(d day.Day) report.Rows[table.ObjectRow] {
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

// Logs are the objects of all counters.
type Logs []*Log

// Tables returns a function that returns the rows of table objects of a day, in order. Call
// it with the days in order.
func (o Logs) Tables() func(day.Day) report.Rows[table.ObjectRow] {
	var everyDay []*spill.Sorter
	for _, l := range o {
		everyDay = append(everyDay, l.everyDay)
	}
	t := &tables{rows: o.merged(func(l *Log) *spill.Sorter { return l.rows }), everyDay: everyDay}
	t.ended = !t.rows.Next()
	return t.of
}

// Problems calls fn with one line for each object that could not be read completely, in the
// order of the names.
func (o Logs) Problems(fn func(problem string)) error {
	c := o.merged(func(l *Log) *spill.Sorter { return l.problems })
	for c.Next() {
		fn(string(c.Value))
	}
	return c.Err()
}

// Rows calls fn with every object that was read, once for each of its days. The row is valid
// until fn returns.
func (o Logs) Rows(fn func(*table.ObjectRow)) error {
	dated := o.merged(func(l *Log) *spill.Sorter { return l.rows })
	for dated.Next() {
		_, name := day.CutKey(dated.Key)
		row := cutObject(name, dated.Value)
		fn(&row)
	}
	undated := o.merged(func(l *Log) *spill.Sorter { return l.everyDay })
	for undated.Next() {
		row := cutObject(undated.Key, undated.Value)
		fn(&row)
	}
	return errors.Join(dated.Err(), undated.Err())
}

func (o Logs) merged(part func(*Log) *spill.Sorter) *spill.Cursor {
	var sorters []*spill.Sorter
	for _, l := range o {
		sorters = append(sorters, part(l))
	}
	return spill.Merge(sorters...)
}
