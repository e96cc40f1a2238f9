package tabulate

import (
	"math"

	"vpcetrail/classify"
	"vpcetrail/classify/endpoints"
	"vpcetrail/ingest/event"
	"vpcetrail/ingest/spill"

	"vpcetrail/report"
	"vpcetrail/report/table"
)

// A derivation makes the other tables of a day from its traffic, row by row.
type derivation struct {
	tally *tally

	principals *spill.Totals[table.Routes, *table.Routes] // by key of table principals, and service
	services   *spill.Totals[table.Routes, *table.Routes] // by key of table services, and principal
	callers    *spill.Totals[nothing, *nothing]           // by key of table endpoints, and principal
	endpoints  map[endpointKey]*table.EndpointRow         // few, in any trail
	key        []byte                                     // scratch
}

// nothing is the value of a key that has no counts.
type nothing struct{}

func (*nothing) Add(*nothing)             {}
func (*nothing) Append(dst []byte) []byte { return dst }
func (*nothing) Parse([]byte)             {}

func newDerivation(t *tally, disk *spill.Disk, share int) *derivation {
	t.internet = 0
	d := &derivation{
		tally:      t,
		principals: spill.NewTotals[table.Routes](disk, share/3), services: spill.NewTotals[table.Routes](disk, share/3),
		callers: spill.NewTotals[nothing](disk, share/3), endpoints: map[endpointKey]*table.EndpointRow{},
	}
	return d
}

// add counts a row of traffic.
func (d *derivation) add(t *table.TrafficRow) {
	d.key = spill.AppendFields(d.key[:0], t.AccountID, t.Principal, t.PrincipalType, t.PrincipalAccountID, t.Service)
	d.principals.At(d.key).Count(t)
	d.key = spill.AppendFields(d.key[:0], t.AccountID, t.Region, t.Service, t.Principal, t.PrincipalAccountID)
	d.services.At(d.key).Count(t)
	if t.Route == classify.Internet.String() {
		d.tally.internet += t.Calls
	}
	if t.Route != classify.VPCE.String() {
		return
	}
	r := d.endpoint(endpointKey{t.EndpointID, t.AccountID, t.Region, t.Service})
	r.See(&t.Measures)
	r.Calls += t.Calls
	r.Denied += t.Denied
	r.Bytes += t.BytesIn + t.BytesOut
	r.Own(t.EndpointOwner, t.EndpointAccountID)
	d.key = spill.AppendFields(d.key[:0], t.EndpointID, t.AccountID, t.Region, t.Service, t.Principal, t.PrincipalAccountID)
	d.callers.At(d.key)
}

// endpoint returns the row of an endpoint. It makes a new row if there is none.
func (d *derivation) endpoint(k endpointKey) *table.EndpointRow {
	if d.endpoints[k] == nil {
		r := &table.EndpointRow{
			EndpointID: k.endpoint, AccountID: k.account, Region: k.region, Service: k.service,
			EndpointType: d.tally.typeOf(k.endpoint),
			FirstSeen:    math.MaxInt64, LastSeen: math.MinInt64,
		}
		describe(r, d.tally.owners.Endpoint(k.endpoint))
		d.endpoints[k] = r
	}
	return d.endpoints[k]
}

// describe fills the columns that calls do not show.
func describe(r *table.EndpointRow, e endpoints.Endpoint) {
	r.VPCID, r.ServiceName = e.VPC, e.Service
	switch e.PrivateDNS.Enabled {
	case event.True:
		r.PrivateDNS = "true"
	case event.False:
		r.PrivateDNS = "false"
	}
	r.Created, r.Deleted = orNull(e.Created), orNull(e.Gone())
}

// orNull returns a time in the form of a row. 0 means unknown.
func orNull(ms int64) int64 {
	if ms == 0 {
		return -1
	}
	return ms
}

// principalRows returns table principals. The totals of one principal are adjacent, one for
// each service.
func (d *derivation) principalRows(yield func(*table.PrincipalRow, error) bool) {
	var row table.PrincipalRow
	c := d.principals.Cursor()
	for c.Next() {
		next := table.PrincipalRow{Services: 1, Routes: c.Value}
		spill.CutFields(string(c.Key), &next.AccountID, &next.Principal, &next.PrincipalType, &next.PrincipalAccountID)
		if row.AccountID == next.AccountID && row.Principal == next.Principal &&
			row.PrincipalType == next.PrincipalType && row.PrincipalAccountID == next.PrincipalAccountID && row.Services > 0 {
			row.Services++
			row.Add(&next.Routes)
			continue
		}
		if row.Services > 0 && !yield(&row, nil) {
			return
		}
		row = next
	}
	last(&row, row.Services, c.Err(), yield)
}

// serviceRows returns table services in the same way.
func (d *derivation) serviceRows(yield func(*table.ServiceRow, error) bool) {
	var row table.ServiceRow
	c := d.services.Cursor()
	for c.Next() {
		next := table.ServiceRow{Principals: 1, Routes: c.Value}
		spill.CutFields(string(c.Key), &next.AccountID, &next.Region, &next.Service)
		if row.AccountID == next.AccountID && row.Region == next.Region && row.Service == next.Service && row.Principals > 0 {
			row.Principals++
			row.Add(&next.Routes)
			continue
		}
		if row.Principals > 0 && !yield(&row, nil) {
			return
		}
		row = next
	}
	last(&row, row.Principals, c.Err(), yield)
}

// last yields an error, or else the last row if there is one.
func last[T any](row *T, n int64, err error, yield func(*T, error) bool) {
	if err != nil {
		yield(nil, err)
	} else if n > 0 {
		yield(row, nil)
	}
}

// endpointRows returns table endpoints, from calls and from network events.
func (d *derivation) endpointRows(yield func(*table.EndpointRow, error) bool) {
	t := d.tally
	for k, m := range t.network {
		r := d.endpoint(k)
		r.See(m)
		r.NetworkEvents += m.Calls
		if r.EndpointOwner == "" {
			r.Own(t.ownerOf(k.endpoint, t.networkOwners[k]))
		}
	}
	for k, n := range t.denied {
		if r := d.endpoints[k]; r != nil {
			r.PolicyDenied += n
		}
	}
	c := d.callers.Cursor()
	for c.Next() {
		var k endpointKey
		var name, home string
		spill.CutFields(string(c.Key), &k.endpoint, &k.account, &k.region, &k.service, &name, &home)
		r := d.endpoints[k]
		r.Principals++
		if home != "" && !t.owners.Accounts[home] {
			r.ForeignPrincipals++
		}
	}
	if err := c.Err(); err != nil {
		yield(nil, err)
		return
	}
	rows := make([]table.EndpointRow, 0, len(d.endpoints))
	for _, r := range d.endpoints {
		rows = append(rows, *r)
	}
	table.Endpoints.Sort(rows)
	report.RowsOf(rows)(yield)
}
