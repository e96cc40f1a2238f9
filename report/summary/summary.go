// Package summary shows what a report says, in tables for a terminal.
package summary

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"vpcetrail/ingest"
	"vpcetrail/ingest/day"
	"vpcetrail/report"
	"vpcetrail/report/table"
)

// A Summary is what a person wants first of a report: totals by route, what went past the endpoints,
// and the endpoints used, over one or more days.
type Summary struct {
	Days       []day.Day    // in order
	Kinds      report.Kinds // records by what they were to the balance
	Total      table.Routes
	Services   []NamedRoutes // by service, most internet calls first
	Principals []NamedRoutes // by principal, most internet calls first
	Endpoints  []EndpointUse // most calls first

	// Unread is how many objects could not be read whole, by status, over the runs that made the days.
	Unread map[ingest.Status]int64
}

// NamedRoutes are the calls of one service or principal.
type NamedRoutes struct {
	Name string
	table.Routes
}

// An EndpointUse is the use of one endpoint for one service.
type EndpointUse struct {
	ID, Service, Type, Owner, VPC                           string
	Calls, Denied, PolicyDenied, ForeignPrincipals, Network int64
}

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
	b := summaryBuilder{services: map[string]*table.Routes{}, principals: map[string]*table.Routes{}, endpoints: map[[2]string]*EndpointUse{}}
	s := &Summary{Days: days, Unread: map[ingest.Status]int64{}}
	for _, d := range days {
		if err := b.add(ctx, store, d, s); err != nil {
			return nil, err
		}
	}
	s.Services, s.Principals = ranked(b.services), ranked(b.principals)
	for _, use := range b.endpoints {
		s.Endpoints = append(s.Endpoints, *use)
	}
	slices.SortFunc(s.Endpoints, func(a, b EndpointUse) int {
		return cmp.Or(cmp.Compare(b.Calls, a.Calls), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Service, b.Service))
	})
	return s, nil
}

type summaryBuilder struct {
	services, principals map[string]*table.Routes
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
	services, err := report.ReadTable(ctx, store, &table.Services, m, d)
	if err != nil {
		return err
	}
	for i := range services {
		s.Total.Add(&services[i].Routes)
		sumInto(b.services, services[i].Service, &services[i].Routes)
	}
	principals, err := report.ReadTable(ctx, store, &table.Principals, m, d)
	if err != nil {
		return err
	}
	for i := range principals {
		sumInto(b.principals, principals[i].Principal, &principals[i].Routes)
	}
	endpoints, err := report.ReadTable(ctx, store, &table.Endpoints, m, d)
	if err != nil {
		return err
	}
	for i := range endpoints {
		b.use(&endpoints[i])
	}
	return nil
}

func sumInto(totals map[string]*table.Routes, name string, r *table.Routes) {
	if totals[name] == nil {
		totals[name] = new(table.Routes)
	}
	totals[name].Add(r)
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

// ranked orders totals by internet calls, then by name.
func ranked(totals map[string]*table.Routes) []NamedRoutes {
	var all []NamedRoutes
	for name, r := range totals {
		all = append(all, NamedRoutes{name, *r})
	}
	slices.SortFunc(all, func(a, b NamedRoutes) int {
		return cmp.Or(cmp.Compare(b.Internet, a.Internet), cmp.Compare(a.Name, b.Name))
	})
	return all
}
