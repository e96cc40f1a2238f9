package page

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"vpcetrail/ingest/day"
	"vpcetrail/ingest/spill"
	"vpcetrail/report"
	"vpcetrail/report/table"
)

// The number of rows of each table in a page. Values are cut to longestValue, so the page stays
// below 2 MB.
const (
	maxServices   = 100
	maxPrincipals = 300
	maxEndpoints  = 120
	maxFindings   = 400
)

// memory is the limit in bytes for the sums by service, by principal and by finding, each. The
// rest goes to temporary files.
const memory = 32 << 20

// A Page holds what one page shows of a report.
type Page struct {
	// Readiness is set by the caller. The page shows the first maxReadiness resources, in order.
	Readiness []Readiness

	store            string
	days             []dayRoutes // in order
	total            table.Routes
	accounts         map[string]bool
	regions          map[string]bool
	services         top[namedRoutes] // with calls past the endpoint, most first
	principals       top[namedRoutes] // with calls past the endpoint, most first
	endpoints        top[endpointUse]
	foreign          int64 // calls through endpoints that are not known as ours
	findings         top[finding]
	severities       map[string]int // findings
	daysWithFindings int            // days that have the table
	trust            trust
}

type dayRoutes struct {
	Day day.Day
	table.Routes
}

type namedRoutes struct {
	Name string
	table.Routes
}

// Read reads the given days of the report in store. days must hold at least one day and be in order.
func Read(ctx context.Context, store report.Store, days []day.Day) (*Page, error) {
	if len(days) == 0 {
		return nil, fmt.Errorf("%s: no day of a report to show", store)
	}
	disk := spill.NewDisk("")
	defer disk.Close()
	r := newReader(store, disk)
	for _, d := range days {
		if err := r.day(ctx, store, d); err != nil {
			return nil, err
		}
	}
	return r.page, r.finish()
}

// A reader sums the days of a report.
type reader struct {
	page                 *Page
	services, principals *spill.Totals[table.Routes, *table.Routes] // by name
	findings             *spill.Totals[findingSum, *findingSum]     // by key
	endpoints            endpointUses
}

func newReader(store report.Store, disk *spill.Disk) *reader {
	byPast := func(a, b *namedRoutes) int {
		return cmp.Or(cmp.Compare(b.Internet, a.Internet), cmp.Compare(a.Name, b.Name))
	}
	return &reader{
		page: &Page{
			store: store.String(), accounts: map[string]bool{}, regions: map[string]bool{}, severities: map[string]int{},
			services:   top[namedRoutes]{keep: maxServices, order: byPast},
			principals: top[namedRoutes]{keep: maxPrincipals, order: byPast},
			endpoints:  top[endpointUse]{keep: maxEndpoints, order: byUse},
			findings:   top[finding]{keep: maxFindings, order: bySeverity},
		},
		services: spill.NewTotals[table.Routes](disk, memory), principals: spill.NewTotals[table.Routes](disk, memory),
		findings:  spill.NewTotals[findingSum](disk, memory),
		endpoints: endpointUses{},
	}
}

func (r *reader) day(ctx context.Context, store report.Store, d day.Day) error {
	m, err := report.ReadManifest(ctx, store, d)
	if err != nil {
		return err
	}
	sum := dayRoutes{Day: d}
	for row, err := range report.ReadTable(ctx, store, &table.Services, m, d) {
		if err != nil {
			return err
		}
		sum.Add(&row.Routes)
		r.services.At([]byte(row.Service)).Add(&row.Routes)
		r.page.accounts[row.AccountID], r.page.regions[row.Region] = true, true
	}
	r.page.total.Add(&sum.Routes)
	r.page.days = append(r.page.days, sum)
	r.page.trust.add(m, sum.Calls)
	for row, err := range report.ReadTable(ctx, store, &table.Principals, m, d) {
		if err != nil {
			return err
		}
		r.principals.At([]byte(row.Principal)).Add(&row.Routes)
	}
	today := endpointUses{}
	for row, err := range report.ReadTable(ctx, store, &table.Endpoints, m, d) {
		if err != nil {
			return err
		}
		today.add(row)
	}
	r.endpoints.addDay(today)
	return r.dayFindings(ctx, store, m, d)
}

func (r *reader) dayFindings(ctx context.Context, store report.Store, m *report.Manifest, d day.Day) error {
	if !m.Has(table.Findings.Name) {
		return nil
	}
	r.page.daysWithFindings++
	var key []byte
	for row, err := range report.ReadTable(ctx, store, &table.Findings, m, d) {
		if err != nil {
			return err
		}
		key = appendKey(key[:0], &row.FindingKey)
		today := sumOf(row, d)
		r.findings.At(key).Add(&today)
	}
	return nil
}

// finish ranks the sums.
func (r *reader) finish() error {
	p := r.page
	for _, use := range r.endpoints {
		p.endpoints.add(*use)
		if use.Owner != "own" {
			p.foreign += use.Calls
		}
	}
	p.endpoints.cut()
	found := r.findings.Cursor()
	for found.Next() {
		f := finding{findingSum: found.Value}
		cutKey(string(found.Key), &f.FindingKey)
		p.severities[f.Severity]++
		p.findings.add(f)
	}
	p.findings.cut()
	return errors.Join(found.Err(), rank(&p.services, r.services), rank(&p.principals, r.principals))
}

// rank ranks the names that have calls past the endpoint.
func rank(ranking *top[namedRoutes], totals *spill.Totals[table.Routes, *table.Routes]) error {
	cursor := totals.Cursor()
	for cursor.Next() {
		if cursor.Value.Internet > 0 {
			ranking.add(namedRoutes{string(cursor.Key), cursor.Value})
		}
	}
	ranking.cut()
	return cursor.Err()
}
