package report

import (
	"slices"
	"strings"

	"vpcetrail/ingest"
	"vpcetrail/ingest/day"

	"vpcetrail/ingest/source/layout"
	"vpcetrail/report/table"
)

// DaysOf returns the days that an object belongs to, in order, in or out of any window. These are the day of its folder and
// those that it holds records of; where it could not be read, all days that it might hold records of, by
// lateness in days. For none, that is where neither its name nor its records tell a day, it belongs to every day.
//
// So a day's table follows from its own objects, whatever else was read with them.
func DaysOf(row *table.ObjectRow, key layout.Key, lateness int) []day.Day {
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
