// Package overview reads the totals, ranks and money of a report. Packages summary and page show
// them.
package overview

import (
	"cmp"
	"context"
	"errors"

	"vpcetrail/classify/phrase"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/spill"
	"vpcetrail/report"
	"vpcetrail/report/table"
)

// An Overview holds the totals of some days of a report.
type Overview struct {
	Days              []Day // in order
	Total             table.Routes
	Accounts, Regions map[string]bool
	Services          Top[Named] // with calls past the endpoint, most first
	Principals        Top[Named] // with calls past the endpoint, most first
	Endpoints         Top[EndpointUse]
	Foreign           int64 // calls through endpoints that are not known as ours
	Findings          Top[Finding]
	Codes             []Code           // most severe first
	DaysWithFindings  int              // days that have the table
	Buckets           Top[BucketUse]   // by S3 access logs, beside the calls
	Names             Top[NameUse]     // by Resolver query logs
	Measured          Top[MeasuredUse] // by metrics of endpoints
	Tables            map[string]bool  // those that one of the days has, by name
	NoTrail           []day.Day        // days of which only sources beside the trail were read

	Kinds report.Kinds // records by their line in the balance, from the manifests
	Runs  report.Runs  // the runs that made the days

	Verified *report.Verified // of the days that were checked by digests; nil: none was
	Checked  int              // the number of these days
}

// Digests says in one line what the digests of the trail prove. It says nothing if no day was checked.
func (o *Overview) Digests() phrase.Phrase {
	if o.Verified == nil {
		return phrase.Phrase{}
	}
	text := phrase.Format("digests, of %d of %s: %s")
	if o.Verified.Invalid > 0 {
		text = "INVALID: digests, of %d of %s: %s"
	}
	return phrase.Of(text, o.Checked, phrase.Count(len(o.Days), "day"), o.Verified.Phrase())
}

// A Day holds the calls of one day.
type Day struct {
	Day day.Day
	table.Routes
}

// Named holds the calls of one service or principal.
type Named struct {
	Name string
	table.Routes
}

// Keep is how many rows of each rank are kept.
type Keep struct{ Services, Principals, Endpoints, Findings int }

// memory is the limit in bytes for the sums by service, by principal and by finding, each. The rest
// goes to temporary files.
const memory = 32 << 20

// Read reads the given days of the report in store. It calls run with the first manifest of each run.
func Read(ctx context.Context, store report.Store, days []day.Day, keep Keep, run func(*report.Manifest)) (*Overview, error) {
	disk := spill.NewDisk("")
	defer disk.Close()
	past := func(a, b *Named) int { return cmp.Or(cmp.Compare(b.Internet, a.Internet), cmp.Compare(a.Name, b.Name)) }
	r := &reader{
		Overview: &Overview{
			Accounts: map[string]bool{}, Regions: map[string]bool{}, Tables: map[string]bool{},
			Services: NewTop(keep.Services, past), Principals: NewTop(keep.Principals, past),
			Endpoints: NewTop(keep.Endpoints, byUse), Findings: NewTop(keep.Findings, bySeverity), Buckets: NewTop(keep.Services, byRequests),
			Names: NewTop(keep.Services, byAnswer), Measured: NewTop(keep.Services, byComparison),
		},
		services: spill.NewTotals[table.Routes](disk, memory), principals: spill.NewTotals[table.Routes](disk, memory),
		findings: spill.NewTotals[FindingSum](disk, memory), endpoints: endpointUses{}, evidence: newEvidence(disk),
	}
	for _, d := range days {
		m, err := report.ReadManifest(ctx, store, d)
		if err == nil {
			err = r.day(ctx, store, m, d)
		}
		if err != nil {
			return nil, err
		}
		if !m.HasTrail() {
			r.NoTrail = append(r.NoTrail, d)
		}
		if m.Verified != nil {
			if r.Verified == nil {
				r.Verified = report.NewVerified(m.Verified.Mode)
			}
			r.Verified.Add(m.Verified)
			r.Checked++
		}
		if r.Kinds.Add(m.Counts); r.Runs.Add(m) {
			run(m)
		}
	}
	return r.Overview, r.finish()
}

// A reader sums the days of a report.
type reader struct {
	*Overview
	services, principals *spill.Totals[table.Routes, *table.Routes] // by name
	findings             *spill.Totals[FindingSum, *FindingSum]     // by key
	endpoints            endpointUses
	evidence             evidence
}

func (r *reader) day(ctx context.Context, store report.Store, m *report.Manifest, d day.Day) error {
	sum := Day{Day: d}
	for row, err := range report.ReadTable(ctx, store, &table.Services, m, d) {
		if err != nil {
			return err
		}
		sum.Add(&row.Routes)
		r.services.At([]byte(row.Service)).Add(&row.Routes)
		r.Accounts[row.AccountID], r.Regions[row.Region] = true, true
	}
	r.Total.Add(&sum.Routes)
	r.Days = append(r.Days, sum)
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
		today.at(row.EndpointID, row.Service).Count(row)
	}
	r.endpoints.addDay(today)
	for _, t := range table.Tables() {
		r.Tables[t.Name] = r.Tables[t.Name] || m.Has(t.Name)
	}
	return errors.Join(r.dayFindings(ctx, store, m, d), r.evidence.day(ctx, store, m, d))
}

func (r *reader) dayFindings(ctx context.Context, store report.Store, m *report.Manifest, d day.Day) error {
	if !m.Has(table.Findings.Name) {
		return nil
	}
	r.DaysWithFindings++
	var key []byte
	for row, err := range report.ReadTable(ctx, store, &table.Findings, m, d) {
		if err != nil {
			return err
		}
		key = appendKey(key[:0], &row.FindingKey)
		r.findings.At(key).Count(row, d)
	}
	return nil
}

// finish ranks the sums.
func (r *reader) finish() error {
	for _, use := range r.endpoints {
		r.Endpoints.Add(*use)
		if use.Owner != "own" {
			r.Foreign += use.Calls
		}
	}
	r.Endpoints.Cut()
	return errors.Join(r.rankFindings(r.findings.Cursor()), r.evidence.rank(r.Overview), rank(&r.Services, r.services), rank(&r.Principals, r.principals))
}

// rank ranks the names that have calls past the endpoint.
func rank(ranking *Top[Named], totals *spill.Totals[table.Routes, *table.Routes]) error {
	cursor := totals.Cursor()
	for cursor.Next() {
		if cursor.Value.Internet > 0 {
			ranking.Add(Named{string(cursor.Key), cursor.Value})
		}
	}
	ranking.Cut()
	return cursor.Err()
}
