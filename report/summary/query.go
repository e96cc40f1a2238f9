package summary

import (
	"context"
	"fmt"
	"strings"

	"vpcetrail/ingest/day"
	"vpcetrail/report"
	"vpcetrail/report/grid"
)

// A Query asks what a report says by one thing, such as by principal.
type Query struct {
	By    string   // one of Subjects
	Where []string // conditions, column=value or column!=value with the wildcards * and ?, on the table that is read; all must hold
	Top   int      // how many rows; 0: all

	memory int // bytes that it takes, about; 0: the package's
}

// Subjects returns what a Query may ask by.
func Subjects() []string {
	names := make([]string, len(views))
	for i, v := range views {
		names[i] = v.name()
	}
	return names
}

// A viewer answers queries by one thing.
type viewer interface {
	name() string
	tableName() string
	check(where []string) error
	answer(ctx context.Context, store report.Store, days []published, q *Query, write func(*grid.Listing) error) error
}

// view returns the viewer that the query asks for.
func (q *Query) view() (viewer, error) {
	for _, v := range views {
		if v.name() == q.By {
			return v, nil
		}
	}
	return nil, fmt.Errorf("--by %q: want one of %s", q.By, strings.Join(Subjects(), ", "))
}

// Check says what is wrong with the query, as far as it tells itself.
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

// Answer adds up the report in store, over the given days, or all of them where days is nil, and calls write once with the
// rows. The listing is valid until write returns. Memory is bounded, whatever the report: what does not fit goes to temporary files.
// Days that lack the table that the query reads are left out and returned; where all do, that is an error.
func (q *Query) Answer(ctx context.Context, store report.Store, days []day.Day, write func(*grid.Listing) error) (lacking []day.Day, err error) {
	v, err := q.view()
	if err != nil {
		return nil, err
	}
	if days, err = daysOf(ctx, store, days); err != nil {
		return nil, err
	}
	var found []published
	for _, d := range days {
		m, err := report.ReadManifest(ctx, store, d)
		if err != nil {
			return nil, err
		}
		if m.Has(v.tableName()) {
			found = append(found, published{d, m})
		} else {
			lacking = append(lacking, d)
		}
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("%s holds no table %s: an earlier version of vpcetrail has written it: "+
			"run vpcetrail analyze again for the days that you want", store, v.tableName())
	}
	return lacking, v.answer(ctx, store, found, q, write)
}

// daysOf returns days or, where they are nil, all of the report's.
func daysOf(ctx context.Context, store report.Store, days []day.Day) ([]day.Day, error) {
	if days != nil {
		return days, nil
	}
	return report.DaysWithin(ctx, store, day.All())
}
