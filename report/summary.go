package report

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"vpcetrail/ingest"
	"vpcetrail/ingest/day"
)

// A Summary is what a person wants first of a report: totals by route, what went past the endpoints,
// and the endpoints used, over one or more days.
type Summary struct {
	Days       []day.Day // in order
	Kinds      Kinds     // records by what they were to the balance
	Total      Routes
	Services   []NamedRoutes // by service, most internet calls first
	Principals []NamedRoutes // by principal, most internet calls first
	Endpoints  []EndpointUse // most calls first

	// Unread is how many objects could not be read whole, by status, over the runs that made the days.
	Unread map[ingest.Status]int64
}

// NamedRoutes are the calls of one service or principal.
type NamedRoutes struct {
	Name string
	Routes
}

// An EndpointUse is the use of one endpoint for one service.
type EndpointUse struct {
	ID, Service, Type, Owner, VPC                           string
	Calls, Denied, PolicyDenied, ForeignPrincipals, Network int64
}

// Summarize reads the report in store: the given days, or all of them where days is nil.
func Summarize(ctx context.Context, store Store, days []day.Day) (*Summary, error) {
	if days == nil {
		var err error
		if days, err = reportedDays(ctx, store); err != nil {
			return nil, err
		}
		if len(days) == 0 {
			return nil, fmt.Errorf("%s holds no report: run vpcetrail analyze SOURCE --out %s", store, store)
		}
	}
	b := summaryBuilder{services: map[string]*Routes{}, principals: map[string]*Routes{}, endpoints: map[endpointKey]*EndpointUse{}}
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

// reportedDays lists the days that have a manifest.
func reportedDays(ctx context.Context, store Store) ([]day.Day, error) {
	names, err := store.List(ctx, "_runs/")
	if err != nil {
		return nil, err
	}
	var days []day.Day
	for _, name := range names {
		text := strings.TrimSuffix(strings.TrimPrefix(name, "_runs/dt="), "/run.json")
		if d, err := day.Parse(text); err == nil && name == manifestName(d) {
			days = append(days, d)
		}
	}
	return days, nil
}

// ReadManifest reads the manifest of day d.
func ReadManifest(ctx context.Context, store Store, d day.Day) (*Manifest, error) {
	text, err := store.Read(ctx, manifestName(d))
	if err != nil {
		return nil, err
	}
	var m Manifest
	if err := json.Unmarshal(text, &m); err != nil {
		return nil, fmt.Errorf("%s: %s: decode: %w", store, manifestName(d), err)
	}
	return &m, nil
}

// readDay reads the rows of one table and day.
func readDay[T any](ctx context.Context, store Store, t *Table[T], m *Manifest, d day.Day) ([]T, error) {
	var all []T
	for _, f := range m.Files {
		if !strings.HasPrefix(f.Name, partition(t.Name, d)) {
			continue
		}
		data, err := store.Read(ctx, f.Name)
		if err != nil {
			return nil, err
		}
		rows, err := t.rows(ctx, data)
		if err != nil {
			return nil, fmt.Errorf("%s: %s: decode: %w", store, f.Name, err)
		}
		all = append(all, rows...)
	}
	return all, nil
}

type summaryBuilder struct {
	services, principals map[string]*Routes
	endpoints            map[endpointKey]*EndpointUse
}

func (b *summaryBuilder) add(ctx context.Context, store Store, d day.Day, s *Summary) error {
	m, err := ReadManifest(ctx, store, d)
	if err != nil {
		return err
	}
	s.Kinds.add(m.Counts)
	for status, n := range m.Objects {
		if status != ingest.OK {
			s.Unread[status] = max(s.Unread[status], n) // days of one run repeat its objects
		}
	}
	services, err := readDay(ctx, store, &serviceTable, m, d)
	if err != nil {
		return err
	}
	for i := range services {
		s.Total.sum(&services[i].Routes)
		sumInto(b.services, services[i].Service, &services[i].Routes)
	}
	principals, err := readDay(ctx, store, &principalTable, m, d)
	if err != nil {
		return err
	}
	for i := range principals {
		sumInto(b.principals, principals[i].Principal, &principals[i].Routes)
	}
	endpoints, err := readDay(ctx, store, &endpointTable, m, d)
	if err != nil {
		return err
	}
	for i := range endpoints {
		b.use(&endpoints[i])
	}
	return nil
}

func sumInto(totals map[string]*Routes, name string, r *Routes) {
	if totals[name] == nil {
		totals[name] = new(Routes)
	}
	totals[name].sum(r)
}

// sum adds the routes of another row.
func (r *Routes) sum(o *Routes) {
	if r.Calls == 0 {
		r.FirstSeen, r.LastSeen = o.FirstSeen, o.LastSeen
	}
	r.FirstSeen, r.LastSeen = min(r.FirstSeen, o.FirstSeen), max(r.LastSeen, o.LastSeen)
	r.Calls += o.Calls
	r.VPCE += o.VPCE
	r.Internet += o.Internet
	r.InternetAWS += o.InternetAWS
	r.InternetExternal += o.InternetExternal
	r.AWSService += o.AWSService
	r.Unknown += o.Unknown
	r.Denied += o.Denied
	r.Errors += o.Errors
	r.BytesIn += o.BytesIn
	r.BytesOut += o.BytesOut
	r.InternetBytes += o.InternetBytes
	r.setShare()
}

// setShare works out VPCEShare from the counts.
func (r *Routes) setShare() {
	r.VPCEShare = math.NaN()
	if either := r.VPCE + r.Internet; either > 0 {
		r.VPCEShare = float64(r.VPCE) / float64(either)
	}
}

func (b *summaryBuilder) use(e *EndpointRow) {
	k := endpointKey{endpoint: e.EndpointID, service: e.Service}
	u := b.endpoints[k]
	if u == nil {
		u = &EndpointUse{ID: e.EndpointID, Service: e.Service}
		b.endpoints[k] = u
	}
	u.Type, u.VPC = max(u.Type, e.EndpointType), max(u.VPC, e.VPCID)
	if rankOfOwner(e.EndpointOwner) > rankOfOwner(u.Owner) {
		u.Owner = e.EndpointOwner
	}
	u.Calls += e.Calls
	u.Denied += e.Denied
	u.PolicyDenied += e.PolicyDenied
	u.ForeignPrincipals += e.ForeignPrincipals
	u.Network += e.NetworkEvents
}

// ranked orders totals by internet calls, then by name.
func ranked(totals map[string]*Routes) []NamedRoutes {
	var all []NamedRoutes
	for name, r := range totals {
		all = append(all, NamedRoutes{name, *r})
	}
	slices.SortFunc(all, func(a, b NamedRoutes) int {
		return cmp.Or(cmp.Compare(b.Internet, a.Internet), cmp.Compare(a.Name, b.Name))
	})
	return all
}
