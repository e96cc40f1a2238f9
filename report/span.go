package report

import (
	"context"
	"fmt"
	"slices"

	"vpcetrail/ingest/day"
	"vpcetrail/report/grid"
	"vpcetrail/report/table"
)

// A Span is the days of a report that a question is about, with their manifests.
type Span struct {
	Store     Store
	Days      []day.Day // that the report has, in order; one at least
	Manifests []*Manifest
	// Missing are the days that the report does not have: of the window asked for, or, where that has no
	// bound, from the report's first day or up to its last one.
	Missing []day.Day
	// Incomplete are those of Days whose run could not read all of its input.
	Incomplete []day.Day
	// Shards are those of Days that were made of one shard of the trail alone.
	Shards []day.Day
}

// maxMissing bounds Missing, whatever is asked for.
const maxMissing = 100_000

// DaysWithin returns the days of window that the report in store has, in order. It fails where there are none.
func DaysWithin(ctx context.Context, store Store, window day.Window) ([]day.Day, error) {
	all, err := Days(ctx, store)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s holds no report: run vpcetrail analyze SOURCE --out %s", store, store)
	}
	has := day.Window{From: all[0], To: all[len(all)-1]}
	within := slices.DeleteFunc(all, func(d day.Day) bool { return !window.Contains(d) })
	if len(within) == 0 {
		return nil, fmt.Errorf("%s holds no day of %s: it has %s", store, window, has)
	}
	return within, nil
}

// ReadSpan reads the manifests of the days of window that the report in store has. It fails where there are none.
func ReadSpan(ctx context.Context, store Store, window day.Window) (*Span, error) {
	days, err := DaysWithin(ctx, store, window)
	if err != nil {
		return nil, err
	}
	s := &Span{Store: store, Days: days}
	for _, d := range days {
		m, err := ReadManifest(ctx, store, d)
		if err != nil {
			return nil, err
		}
		s.Manifests = append(s.Manifests, m)
		if !m.Complete() {
			s.Incomplete = append(s.Incomplete, d)
		}
		if m.Part() != "" {
			s.Shards = append(s.Shards, d)
		}
	}
	s.findMissing(window)
	return s, nil
}

func (s *Span) findMissing(window day.Window) {
	if bounds := day.All(); window.From == bounds.From {
		window.From = s.Days[0]
	}
	if bounds := day.All(); window.To == bounds.To {
		window.To = s.Days[len(s.Days)-1]
	}
	for d := window.From; d <= window.To && len(s.Missing) < maxMissing; d++ {
		if _, there := slices.BinarySearch(s.Days, d); !there {
			s.Missing = append(s.Missing, d)
		}
	}
}

// Need fails where a day lacks a table, and says how to get it.
func (s *Span) Need(table string) error {
	var lacking []day.Day
	for i, m := range s.Manifests {
		if !m.Has(table) {
			lacking = append(lacking, s.Days[i])
		}
	}
	switch len(lacking) {
	case 0:
		return nil
	case len(s.Days):
		return fmt.Errorf("%s has no table %s: it was made by an older vpcetrail; run vpcetrail analyze again for these days", s.Store, table)
	}
	return fmt.Errorf("%s has no table %s for %s: run vpcetrail analyze again for these days, or leave them out", s.Store, table, dayList(lacking))
}

// SpanRows returns the rows of table t of every day of s, a day behind the other. It holds one file at a time.
func SpanRows[T any](ctx context.Context, s *Span, t *table.Table[T]) Rows[T] {
	return func(yield func(*T, error) bool) {
		for i, d := range s.Days {
			for row, err := range ReadTable(ctx, s.Store, t, s.Manifests[i], d) {
				if !yield(row, err) || err != nil {
					return
				}
			}
		}
	}
}

// String names the days, as NameDays does.
func (s *Span) String() string { return NameDays(s.Days) }

// NameDays names days in order, one at least: that one, a range, or how many there are between the first and the last.
func NameDays(days []day.Day) string {
	first, last := days[0], days[len(days)-1]
	switch {
	case first == last:
		return first.String()
	case int(last-first)+1 == len(days):
		return fmt.Sprintf("%s to %s", first, last)
	}
	return fmt.Sprintf("%d days between %s and %s", len(days), first, last)
}

// dayList names days, the first few of many.
func dayList(days []day.Day) string {
	var names []string
	for _, d := range days {
		names = append(names, d.String())
	}
	return grid.Few(names)
}
