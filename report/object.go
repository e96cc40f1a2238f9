package report

import (
	"vpcetrail/ingest"
	"vpcetrail/ingest/day"

	"vpcetrail/report/table"
)

// An object is what the report keeps of an object read.
type object struct {
	ingest.Result
	days []dayCount // its records in the window, duplicates included
}

type dayCount struct {
	day     day.Day
	records int64
}

func newObject(res *ingest.Result, rows []row) object {
	o := object{Result: *res}
	if !res.Counted() {
		return o
	}
	for i := range rows {
		o.count(rows[i].day)
	}
	return o
}

// count adds a record of day d. Records come nearly in order of time, so d is nearly always the
// day counted last.
func (o *object) count(d day.Day) {
	for i := len(o.days) - 1; i >= 0; i-- {
		if o.days[i].day == d {
			o.days[i].records++
			return
		}
	}
	o.days = append(o.days, dayCount{d, 1})
}

// recordsOf returns how many of the object's records are of day d.
func (o *object) recordsOf(d day.Day) int64 {
	for _, c := range o.days {
		if c.day == d {
			return c.records
		}
	}
	return 0
}

// readFor reports whether the object was read for day d: it holds records of d, or was delivered
// into a folder that is read for d, or tells no day of its own.
func (o *object) readFor(d day.Day, lateness int) bool {
	switch {
	case o.recordsOf(d) > 0:
		return true
	case o.Object.Key.HasDay:
		delivered := o.Object.Key.Day
		return d <= delivered && delivered <= d+day.Day(lateness)
	}
	return len(o.days) == 0
}

// row returns the object's row in the table of day d.
func (o *object) row(d day.Day) table.ObjectRow {
	r := table.ObjectRow{
		Key: o.Object.Name, ETag: o.Object.ETag, Size: o.Object.Size, SHA256: o.SHA256,
		Records: o.Records, DayRecords: o.recordsOf(d), Status: string(o.Status), ErrorOffset: -1,
	}
	if o.Err != nil {
		r.Error, r.ErrorOffset = o.Err.Error(), o.ErrOffset
	}
	return r
}
