package findings

import (
	"iter"
	"math"

	"vpcetrail/classify/endpoints"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/spill"
	"vpcetrail/report/prices"
	"vpcetrail/report/table"
)

// Options are the inputs in addition to the calls.
type Options struct {
	NATPrice float64 // US dollars for prices.GB bytes
}

// Days gives the findings day by day.
type Days struct {
	of     *Collector
	opt    Options
	totals *spill.TotalsCursor[total, *total]
	left   bool // totals is at a total that has not been returned yet
}

// Days ends the collection and returns the findings by day.
func (c *Collector) Days(days []day.Day, opt Options) *Days {
	for _, d := range days {
		c.serve(d)
	}
	all := &Days{of: c, opt: opt, totals: c.totals.Cursor()}
	all.left = all.totals.Next()
	return all
}

// serve records the services of the known endpoints, and finds the endpoints that were not used.
func (c *Collector) serve(d day.Day) {
	of := c.of(d)
	seen := map[string]bool{}
	for _, known := range []map[string]endpoints.Endpoint{of.owners.Inventory, of.owners.Trail} {
		for id := range known {
			e := of.owners.Endpoint(id)
			if e.ID == "" || seen[id] {
				continue
			}
			seen[id] = true
			service := endpoints.ServiceOf(e.Service)
			of.serve(e.Account, &service)
			if !of.used[id] && !service.Unrecorded && of.covers(e.Account, service.Region) {
				key := table.FindingKey{AccountID: e.Account, Region: service.Region, EndpointID: id}
				if len(service.Sources) > 0 {
					key.Service = service.Sources[0]
				}
				c.at(d, endpointUnused, key)
			}
		}
	}
}

// serve records that an endpoint of an account serves a service.
func (of *daily) serve(account string, service *endpoints.Service) {
	if service.Region == "" && !service.Global {
		return
	}
	for _, source := range service.Sources {
		of.served[place{account, service.Region, source}] = true
	}
}

// serves reports whether an endpoint of an account serves a service in a Region.
func (of *daily) serves(account, region, service string) bool {
	return of.served[place{account, region, service}] || of.served[place{"", region, service}] ||
		of.served[place{account, "", service}] || of.served[place{"", "", service}]
}

// covers reports whether there were calls in an account and a Region. If one of them is not known,
// it checks only the other.
func (of *daily) covers(account, region string) bool {
	for p := range of.covered {
		if (account == "" || p.account == account) && (region == "" || p.region == region) {
			return true
		}
	}
	return false
}

// Of returns the findings of day d, sorted by key. Call it with the days in order.
func (a *Days) Of(d day.Day) iter.Seq2[*table.FindingRow, error] {
	return func(yield func(*table.FindingRow, error) bool) {
		of := a.of.of(d)
		for ; a.left; a.left = a.totals.Next() {
			at, key := day.CutKey(a.totals.Key)
			if at > d {
				return
			}
			if at < d { // a day that is not reported
				continue
			}
			row := a.row(string(key))
			if of.stands(&row) && !yield(&row, nil) {
				return
			}
		}
		if err := a.totals.Err(); err != nil {
			yield(nil, err)
		}
	}
}

// row makes a row of the current total.
func (a *Days) row(key string) table.FindingRow {
	t := &a.totals.Value
	r := table.FindingRow{
		Calls: t.calls, Bytes: t.bytes, EstimatedUSD: math.NaN(), SampleEventIDs: t.samples.String(), FirstSeen: -1, LastSeen: -1,
	}
	spill.CutFields(key, &r.Finding, &r.Severity, &r.AccountID, &r.Region, &r.Principal, &r.PrincipalAccountID, &r.Service, &r.Resource, &r.EndpointID)
	if t.seen {
		r.FirstSeen, r.LastSeen = t.first, t.last
	}
	if code := CodeOf(r.Finding, r.Severity); code != nil {
		r.Detail = string(code.Means)
	}
	if r.Finding == Codes[detourCost].Name {
		r.EstimatedUSD = float64(t.bytes) / prices.GB * a.opt.NATPrice
	}
	return r
}

// stands reports whether the whole day confirms a finding.
func (of *daily) stands(r *table.FindingRow) bool {
	switch r.Finding {
	case Codes[endpointUnused].Name:
		return true
	case Codes[pastEndpoint].Name:
		if !of.serves(r.AccountID, r.Region, r.Service) {
			return false
		}
	case Codes[deniedWithoutEndpoint].Name, Codes[restrictedFromInternet].Name:
		if !of.restricted[r.Resource] {
			return false
		}
	case Codes[detourCost].Name:
		return r.Bytes > 0
	}
	return r.Calls > 0
}
