package summary

import (
	"context"
	"fmt"
	"strings"

	"vpcetrail/classify/phrase"
	"vpcetrail/ingest/day"
	"vpcetrail/report"
	"vpcetrail/report/grid"
	"vpcetrail/report/table"
)

// A Query sums a report by one subject, such as principal.
type Query struct {
	By    string   // one of Subjects
	Where []string // conditions on the table: column=value or column!=value, with the wildcards * and ?; all must hold
	Top   int      // the number of rows; 0 means all

	memory int // the approximate limit in bytes; 0 means the default of the package
}

// Subjects returns the valid values of Query.By.
func Subjects() []string {
	names := make([]string, len(views))
	for i, v := range views {
		names[i] = v.name()
	}
	return names
}

// A viewer answers queries by one subject.
type viewer interface {
	name() string
	tableName() string
	check(where []string) error
	answer(ctx context.Context, store report.Store, days []published, q *Query, write func(*grid.Listing) error) error
}

// view returns the viewer for the query's subject.
func (q *Query) view() (viewer, error) {
	for _, v := range views {
		if v.name() == q.By {
			return v, nil
		}
	}
	return nil, fmt.Errorf("--by %q: want one of %s", q.By, strings.Join(Subjects(), ", "))
}

// Check returns what is wrong with the query. It does not read a report.
func (q *Query) Check() error {
	v, err := q.view()
	if err != nil {
		return err
	}
	return v.check(q.Where)
}

// A published is a day of a report, with its manifest.
type published struct {
	day      day.Day
	manifest *report.Manifest
}

// Answer sums the given days of the report in store, or all days if days is nil, and calls write
// once with the rows. The listing is valid until write returns. Memory is bounded: data that does
// not fit goes to temporary files. Some days may not have the table that the query reads. Answer
// skips these days. If no day has the table, Answer fails. It returns what the answer lacks, in words.
func (q *Query) Answer(ctx context.Context, store report.Store, days []day.Day, write func(*grid.Listing) error) (lacks []phrase.Phrase, err error) {
	v, err := q.view()
	if err != nil {
		return nil, err
	}
	if days, err = daysOf(ctx, store, days); err != nil {
		return nil, err
	}
	var found []published
	var manifests []*report.Manifest
	var without []day.Day
	hasTrail := false
	for _, d := range days {
		m, err := report.ReadManifest(ctx, store, d)
		if err != nil {
			return nil, err
		}
		hasTrail = hasTrail || m.HasTrail()
		if m.Has(v.tableName()) {
			found, manifests = append(found, published{d, m}), append(manifests, m)
		} else {
			without = append(without, d)
		}
	}
	if len(found) == 0 {
		return nil, noTable(store, v.tableName(), hasTrail, days[0])
	}
	if len(without) > 0 {
		lacks = append(lacks, phrase.Of("left out, since they have no such table: %s", report.NameDays(without)))
	}
	if unread := report.LacksOf(v.tableName(), manifests); unread.Is() {
		lacks = append(lacks, phrase.Of("INCOMPLETE: %s", unread))
	}
	return lacks, v.answer(ctx, store, found, q, write)
}

// noTable returns the error for days of which none has a table. first is the first of them.
func noTable(store report.Store, name string, hasTrail bool, first day.Day) error {
	for _, t := range table.Tables() {
		if t.Name == name && t.Flag != "" {
			return fmt.Errorf("%s holds no table %s: run vpcetrail analyze with --%s for the days that you want", store, name, t.Flag)
		}
	}
	if !hasTrail {
		return report.NoTrail(store, first)
	}
	return fmt.Errorf("%s holds no table %s: an earlier version of vpcetrail has written it: "+
		"run vpcetrail analyze again for the days that you want", store, name)
}

// daysOf returns days, or all days of the report if days is nil.
func daysOf(ctx context.Context, store report.Store, days []day.Day) ([]day.Day, error) {
	if days != nil {
		return days, nil
	}
	return report.DaysWithin(ctx, store, day.All())
}
