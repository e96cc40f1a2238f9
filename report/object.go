package report

import (
	"slices"
	"strings"

	"vpcetrail/ingest"
	"vpcetrail/ingest/day"

	"vpcetrail/ingest/source/layout"
	"vpcetrail/report/table"
)

// DaysOf returns the days that an object belongs to, in order, inside or outside the window.
// These are the day of its folder and the days of its records. If the object could not be
// read, they are all days that it might hold records of, given the lateness in days. If
// neither the name nor the records show a day, DaysOf returns none: the object belongs to
// every day.
//
// So the table of a day depends only on the day's own objects, and not on what else was read.
func DaysOf(row *table.ObjectRow, key layout.Key, lateness int) []day.Day {
	var days []day.Day
	for text := range strings.FieldsSeq(row.Days) {
		if d, err := day.Parse(text); err == nil { // always nil for what ObjectRow wrote
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

// ObjectRow returns the row of an object in table objects, without its DayRecords.
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
