// Package summary shows what a report says, in tables for a terminal.
package summary

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"vpcetrail/ingest"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/spill"
	"vpcetrail/report"
	"vpcetrail/report/table"
)

// A Summary is what a person wants first of a report: totals by route, what went past the endpoints,
// and the endpoints used, over one or more days.
type Summary struct {
	Days       []day.Day    // in order
	Kinds      report.Kinds // records by what they were to the balance
	Total      table.Routes
	Services   Ranking       // by service
	Principals Ranking       // by principal
	Endpoints  []EndpointUse // most calls first

	// Unread is how many objects could not be read whole, by status, over the runs that made the days.
	Unread map[ingest.Status]int64
}

// NamedRoutes are the calls of one service or principal.
type NamedRoutes struct {
	Name string
	table.Routes
}

// A Ranking holds those with most internet calls, the most first.
type Ranking struct {
	Top  []NamedRoutes // at most maxTop
	Past int           // how many have internet calls at all
}

// maxTop bounds a Ranking.
const maxTop = 100

// An EndpointUse is the use of one endpoint for one service.
type EndpointUse struct {
	ID, Service, Type, Owner, VPC                           string
	Calls, Denied, PolicyDenied, ForeignPrincipals, Network int64
}

// memory is what the totals of a summary take at most, in bytes; the rest goes to temporary files.
const memory = 64 << 20

// Read reads the report in store: the given days, or all of them where days is nil.
func Read(ctx context.Context, store report.Store, days []day.Day) (*Summary, error) {
	if days == nil {
		var err error
		if days, err = report.Days(ctx, store); err != nil {
			return nil, err
		}
		if len(days) == 0 {
			return nil, fmt.Errorf("%s holds no report: run vpcetrail analyze SOURCE --out %s", store, store)
		}
	}
	disk := spill.NewDisk("")
	defer disk.Close()
	b := summaryBuilder{
		services: spill.NewTotals[table.Routes](disk, memory), principals: spill.NewTotals[table.Routes](disk, memory),
		endpoints: map[[2]string]*EndpointUse{},
	}
	s := &Summary{Days: days, Unread: map[ingest.Status]int64{}}
	for _, d := range days {
		if err := b.add(ctx, store, d, s); err != nil {
			return nil, err
		}
	}
	if err := errors.Join(s.Services.take(b.services.Cursor()), s.Principals.take(b.principals.Cursor())); err != nil {
		return nil, err
	}
	for _, use := range b.endpoints {
		s.Endpoints = append(s.Endpoints, *use)
	}
	slices.SortFunc(s.Endpoints, func(a, b EndpointUse) int {
		return cmp.Or(cmp.Compare(b.Calls, a.Calls), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Service, b.Service))
	})
	return s, nil
}

type summaryBuilder struct {
	services, principals *spill.Totals[table.Routes, *table.Routes] // by name
	endpoints            map[[2]string]*EndpointUse
}

func (b *summaryBuilder) add(ctx context.Context, store report.Store, d day.Day, s *Summary) error {
	m, err := report.ReadManifest(ctx, store, d)
	if err != nil {
		return err
	}
	s.Kinds.Add(m.Counts)
	for status, n := range m.Objects {
		if status != ingest.OK {
			s.Unread[status] = max(s.Unread[status], n) // days of one run repeat its objects
		}
	}
	for row, err := range report.ReadTable(ctx, store, &table.Services, m, d) {
		if err != nil {
			return err
		}
		s.Total.Add(&row.Routes)
		b.services.At([]byte(row.Service)).Add(&row.Routes)
	}
	for row, err := range report.ReadTable(ctx, store, &table.Principals, m, d) {
		if err != nil {
			return err
		}
		b.principals.At([]byte(row.Principal)).Add(&row.Routes)
	}
	for row, err := range report.ReadTable(ctx, store, &table.Endpoints, m, d) {
		if err != nil {
			return err
		}
		b.use(row)
	}
	return nil
}

func (b *summaryBuilder) use(e *table.EndpointRow) {
	k := [2]string{e.EndpointID, e.Service}
	u := b.endpoints[k]
	if u == nil {
		u = &EndpointUse{ID: e.EndpointID, Service: e.Service}
		b.endpoints[k] = u
	}
	u.Type, u.VPC = max(u.Type, e.EndpointType), max(u.VPC, e.VPCID)
	if table.RankOfOwner(e.EndpointOwner) > table.RankOfOwner(u.Owner) {
		u.Owner = e.EndpointOwner
	}
	u.Calls += e.Calls
	u.Denied += e.Denied
	u.PolicyDenied += e.PolicyDenied
	u.ForeignPrincipals += e.ForeignPrincipals
	u.Network += e.NetworkEvents
}

// take ranks what a cursor hands out.
func (r *Ranking) take(totals *spill.TotalsCursor[table.Routes, *table.Routes]) error {
	for totals.Next() {
		if totals.Value.Internet == 0 {
			continue
		}
		r.Past++
		r.Top = append(r.Top, NamedRoutes{string(totals.Key), totals.Value})
		if len(r.Top) == 2*maxTop {
			r.cut()
		}
	}
	r.cut()
	return totals.Err()
}

// cut orders what is held by internet calls, then by name, and keeps the first of it.
func (r *Ranking) cut() {
	slices.SortFunc(r.Top, func(a, b NamedRoutes) int {
		return cmp.Or(cmp.Compare(b.Internet, a.Internet), cmp.Compare(a.Name, b.Name))
	})
	r.Top = r.Top[:min(len(r.Top), maxTop)]
}
