package page

import (
	"context"
	"fmt"
	"slices"

	"vpcetrail/ingest/day"
	"vpcetrail/report"
	"vpcetrail/report/overview"
	"vpcetrail/report/why"
	"vpcetrail/report/words"
)

// keep is the number of rows of each table in a page. Values are cut to longestValue, so the page
// stays below 2 MB.
var keep = overview.Keep{Services: 100, Principals: 300, Endpoints: 120, Findings: 400}

// A Page holds what one page shows of a report.
type Page struct {
	// Readiness is set by the caller. The page shows the first maxReadiness resources, in order.
	Readiness []Readiness
	// Why is set by the caller. It is nil if no day has table causes.
	Why *why.Why
	// Words is the language of the page. It is set by the caller; nil is English.
	Words *words.Language

	*overview.Overview           // its Days are those with calls
	all                []day.Day // also those without
	store              string
	trust              trust
}

// Read reads the given days of the report in store. days must hold at least one day and be in order.
func Read(ctx context.Context, store report.Store, days []day.Day) (p *Page, err error) {
	if len(days) == 0 {
		return nil, fmt.Errorf("%s: no day of a report to show", store)
	}
	p = &Page{all: days, store: store.String()}
	if p.Overview, err = overview.Read(ctx, store, days, keep, p.trust.add); err != nil {
		return nil, err
	}
	p.Days = slices.DeleteFunc(p.Days, func(d overview.Day) bool { return slices.Contains(p.NoTrail, d.Day) })
	p.trust.counts, p.trust.tables, p.trust.runs = p.Kinds, p.Total.Calls, &p.Runs
	return p, nil
}
