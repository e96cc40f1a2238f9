package report

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"

	"vpcetrail/classify/phrase"
	"vpcetrail/ingest/day"
	"vpcetrail/report/grid"
	"vpcetrail/report/table"
)

// A Span holds the days of a report that a query covers, with their manifests.
type Span struct {
	Store     Store
	Days      []day.Day // the days of which the report has the calls, in order
	Manifests []*Manifest
	// Missing are the days of the window of which the report does not have the calls. If the window
	// has no bound, the report's first or last day is the bound, with or without calls.
	Missing []day.Day
	// beside are the manifests of those Missing days of which only sources beside the trail were read.
	beside map[day.Day]*Manifest
	// Incomplete are the Days from runs that could not read all of the trail.
	Incomplete []day.Day
	// Shards are the Days that cover only one shard of the trail.
	Shards []day.Day
}

// maxMissing limits the length of Missing.
const maxMissing = 100_000

// DaysWithin returns the days of window that the report in store has, in order. It fails if
// there are none.
func DaysWithin(ctx context.Context, store Store, window day.Window) ([]day.Day, error) {
	all, err := Days(ctx, store)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		if is, err := settled(ctx, store); err != nil || is {
			return nil, cmp.Or(err, fmt.Errorf("%s holds a part that merge --shard settled, and no report: merge it with the others, and name the --out of that", store))
		}
		return nil, fmt.Errorf("%s holds no report: run vpcetrail analyze SOURCE --out %s", store, store)
	}
	has := day.Window{From: all[0], To: all[len(all)-1]}
	within := slices.DeleteFunc(all, func(d day.Day) bool { return !window.Contains(d) })
	if len(within) == 0 {
		return nil, fmt.Errorf("%s holds no day of %s: it has %s", store, window, has)
	}
	return within, nil
}

// NoTrail returns the error for a day of which the calls are needed and not known.
func NoTrail(store Store, d day.Day) error {
	return fmt.Errorf("%s has no calls of %s: only sources beside the trail were read: run vpcetrail analyze SOURCE for this day", store, d)
}

// ReadSpan reads the manifests of the days of window. It fails if the report in store has the calls of
// none of them.
func ReadSpan(ctx context.Context, store Store, window day.Window) (*Span, error) {
	s, err := ReadPublished(ctx, store, window)
	if err == nil && len(s.Days) == 0 {
		return nil, NoTrail(store, s.AllDays()[0])
	}
	return s, err
}

// ReadPublished reads the manifests of the days of window. It fails if the report in store has none of
// them. Span.Days is empty if only sources beside the trail were read.
func ReadPublished(ctx context.Context, store Store, window day.Window) (*Span, error) {
	days, err := DaysWithin(ctx, store, window)
	if err != nil {
		return nil, err
	}
	s := &Span{Store: store, beside: map[day.Day]*Manifest{}}
	for _, d := range days {
		m, err := ReadManifest(ctx, store, d)
		if err != nil {
			return nil, err
		}
		if !m.HasTrail() {
			s.beside[d] = m
			continue
		}
		s.Days = append(s.Days, d)
		s.Manifests = append(s.Manifests, m)
		if !m.Complete() {
			s.Incomplete = append(s.Incomplete, d)
		}
		if m.Part() != "" {
			s.Shards = append(s.Shards, d)
		}
	}
	s.findMissing(window, days)
	return s, nil
}

// findMissing sets Missing. days are all days of the window that the report has.
func (s *Span) findMissing(window day.Window, days []day.Day) {
	if bounds := day.All(); window.From == bounds.From {
		window.From = days[0]
	}
	if bounds := day.All(); window.To == bounds.To {
		window.To = days[len(days)-1]
	}
	for d := window.From; d <= window.To && len(s.Missing) < maxMissing; d++ {
		if _, there := slices.BinarySearch(s.Days, d); !there {
			s.Missing = append(s.Missing, d)
		}
	}
}

// Published returns the days of the window with their manifests, in order, and also those of which
// only sources beside the trail were read.
func (s *Span) Published() iter.Seq2[day.Day, *Manifest] {
	all := maps.Clone(s.beside)
	for i, d := range s.Days {
		all[d] = s.Manifests[i]
	}
	return func(yield func(day.Day, *Manifest) bool) {
		for _, d := range slices.Sorted(maps.Keys(all)) {
			if !yield(d, all[d]) {
				return
			}
		}
	}
}

// AllDays returns the days of Published.
func (s *Span) AllDays() (days []day.Day) {
	for d := range s.Published() {
		days = append(days, d)
	}
	return days
}

// Need fails if a day does not have a table. The error says how to get it: by running analyze
// again, with the flag that makes the table.
func (s *Span) Need(name string) error {
	var lacking []day.Day
	for i, m := range s.Manifests {
		if !m.Has(name) {
			lacking = append(lacking, s.Days[i])
		}
	}
	if len(lacking) == 0 {
		return nil
	}
	of, because, leave := "", "", ""
	if len(lacking) < len(s.Days) {
		of, leave = " for "+dayList(lacking), ", or leave them out"
	}
	again := "run vpcetrail analyze again for these days"
	switch flag := flagOf(name); {
	case flag != "":
		again += " with --" + flag
	case of == "":
		because = "it was made by an older vpcetrail; "
	}
	return fmt.Errorf("%s has no table %s%s: %s%s%s", s.Store, name, of, because, again, leave)
}

// flagOf returns the flag of analyze without which a day does not have the table of that name, or "".
func flagOf(name string) string {
	for _, t := range table.Tables() {
		if t.Name == name {
			return t.Flag
		}
	}
	return ""
}

// SpanRows returns the rows of table t of every day of s, day after day. It reads one file at a
// time.
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
func (s *Span) String() string { return NameDays(s.Days).String() }

// NameDays describes one or more days, which are in order. It gives the single day, a range, or
// the number of days between the first and the last.
func NameDays(days []day.Day) phrase.Phrase {
	first, last := days[0], days[len(days)-1]
	switch {
	case first == last:
		return phrase.Of("%s", first)
	case int(last-first)+1 == len(days):
		return phrase.Of("%s to %s", first, last)
	}
	return phrase.Of("%d days between %s and %s", len(days), first, last)
}

// dayList lists days. Of many days, it lists the first few.
func dayList(days []day.Day) string {
	var names []string
	for _, d := range days {
		names = append(names, d.String())
	}
	return grid.Few(names)
}
