// Package summary shows the totals of a report in tables for a terminal.
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

// A Summary is an overview of one or more days of a report: totals by route, the calls past the
// endpoints, and the endpoints used.
type Summary struct {
	Days       []day.Day    // in order
	Kinds      report.Kinds // records by their line in the balance
	Total      table.Routes
	Services   Ranking       // by service
	Principals Ranking       // by principal
	Endpoints  []EndpointUse // most calls first
	Findings   []FindingUse  // most severe first; nil if the report has no table findings

	Runs report.Runs // the runs that made the days
	// Parts are the shards of the trail that the days cover, such as 3/16. It is empty if all
	// of the trail was read.
	Parts []string
}

// NamedRoutes holds the calls of one service or principal.
type NamedRoutes struct {
	Name string
	table.Routes
}

// A Ranking holds the names with the most internet calls, in descending order.
type Ranking struct {
	Top  []NamedRoutes // at most maxTop
	Past int           // the number of names with internet calls
}

// maxTop is the limit of Ranking.Top.
const maxTop = 100

// An EndpointUse is the use of one endpoint for one service.
type EndpointUse struct {
	ID, Service, Type, Owner, VPC                           string
	Calls, Denied, PolicyDenied, ForeignPrincipals, Network int64
}

// A FindingUse sums the findings of one code.
type FindingUse struct {
	Severity, Finding string
	Subjects          int64 // distinct
	Calls             int64
	EstimatedUSD      float64 // 0 if there is no estimate
}

// DetourCost is the finding that estimates the cost of calls past the endpoint.
const DetourCost = "detour_cost"

// memory is the limit in bytes for the totals of a summary. The rest goes to temporary files.
const memory = 64 << 20

// Read reads the given days of the report in store, or all days if days is nil.
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

// readFindings sums the findings of the days that have them.
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

// Detour returns the estimated cost of calls past the endpoint in US dollars, or 0 if there is no
// estimate.
func (s *Summary) Detour() (usd float64) {
	for _, f := range s.Findings {
		if f.Finding == DetourCost {
			usd += f.EstimatedUSD
		}
	}
	return usd
}

// take ranks the totals of a cursor.
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

// cut sorts the held names by internet calls and then by name, and keeps the first ones.
func (r *Ranking) cut() {
	slices.SortFunc(r.Top, func(a, b NamedRoutes) int {
		return cmp.Or(cmp.Compare(b.Internet, a.Internet), cmp.Compare(a.Name, b.Name))
	})
	r.Top = r.Top[:min(len(r.Top), maxTop)]
}
