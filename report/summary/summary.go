// Package summary shows what a report says, in tables for a terminal.
package summary

import (
	"cmp"
	"context"
	"errors"
	"slices"

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
	Findings   []FindingUse  // the worst first; nil where the report has no table of them

	Runs report.Runs // that made the days
	// Parts are the shards of the trail that the days were made of, such as 3/16; none where all of the trail was read.
	Parts []string
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

// A FindingUse is how often something was found.
type FindingUse struct {
	Severity, Finding string
	Subjects          int64 // distinct
	Calls             int64
	EstimatedUSD      float64 // 0 where nothing is estimated
}

// DetourCost is the finding that estimates what calls past the endpoint cost.
const DetourCost = "detour_cost"

// memory is what the totals of a summary take at most, in bytes; the rest goes to temporary files.
const memory = 64 << 20

// Read reads the report in store: the given days, or all of them where days is nil.
func Read(ctx context.Context, store report.Store, days []day.Day) (*Summary, error) {
	days, err := daysOf(ctx, store, days)
	if err != nil {
		return nil, err
	}
	disk := spill.NewDisk("")
	defer disk.Close()
	b := summaryBuilder{
		services: spill.NewTotals[table.Routes](disk, memory), principals: spill.NewTotals[table.Routes](disk, memory),
		endpoints: map[[2]string]*EndpointUse{},
	}
	s := &Summary{Days: days}
	var found []published // days with findings
	for _, d := range days {
		m, err := report.ReadManifest(ctx, store, d)
		if err != nil {
			return nil, err
		}
		if m.Has(table.Findings.Name) {
			found = append(found, published{d, m})
		}
		if err := b.add(ctx, store, published{d, m}, s); err != nil {
			return nil, err
		}
	}
	if err := s.readFindings(ctx, store, found); err != nil {
		return nil, err
	}
	if err := errors.Join(s.Services.take(b.services.Cursor()), s.Principals.take(b.principals.Cursor())); err != nil {
		return nil, err
	}
	s.Endpoints = make([]EndpointUse, 0, len(b.endpoints))
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

func (b *summaryBuilder) add(ctx context.Context, store report.Store, p published, s *Summary) error {
	d, m := p.day, p.manifest
	s.Kinds.Add(m.Counts)
	if part := m.Part(); part != "" && !slices.Contains(s.Parts, part) {
		s.Parts = append(s.Parts, part)
	}
	s.Runs.Add(m)
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

// readFindings adds up the findings of the days that have them.
func (s *Summary) readFindings(ctx context.Context, store report.Store, days []published) error {
	if len(days) == 0 {
		return nil
	}
	s.Findings = []FindingUse{}
	return findings.each(ctx, store, days, func(group []string, f *findingSum, subjects int64) error {
		use := FindingUse{Severity: group[0], Finding: group[1], Subjects: subjects, Calls: f.calls}
		if usd, ok := f.cost().(float64); ok {
			use.EstimatedUSD = usd
		}
		s.Findings = append(s.Findings, use)
		return nil
	})
}

// Detour returns what calls past the endpoint cost by estimate, in US dollars; 0 where nothing is estimated.
func (s *Summary) Detour() (usd float64) {
	for _, f := range s.Findings {
		if f.Finding == DetourCost {
			usd += f.EstimatedUSD
		}
	}
	return usd
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
