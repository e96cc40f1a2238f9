// Package measured makes table endpoint_metrics: what CloudWatch measured at interface endpoints,
// beside the calls that the trail has. Where the two contradict each other, it makes findings.
package measured

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"vpcetrail/classify/endpoints"
	"vpcetrail/classify/network"
	"vpcetrail/classify/phrase"
	"vpcetrail/ingest"
	"vpcetrail/ingest/day"

	"vpcetrail/report"
	"vpcetrail/report/analyze"
	"vpcetrail/report/findings"
	"vpcetrail/report/metrics"
	"vpcetrail/report/prices"
	"vpcetrail/report/table"
)

// Flag is the flag of analyze that names the files.
const Flag = "metrics"

// What the comparison of an endpoint says.
const (
	Seen       = "seen"        // traffic, and calls in the trail
	Unseen     = "unseen"      // traffic, and no call
	Unrecorded = "unrecorded"  // traffic, and CloudTrail records no calls of the service
	NotCovered = "not_covered" // traffic, and the trail has no calls of the account and Region
	Conflict   = "conflict"    // calls, and no traffic
	Idle       = "idle"        // neither
)

// Metrics are what CloudWatch measured. They are an analyze.Witness. A day or an endpoint that they do
// not have keeps what was published of it.
type Metrics struct {
	Files     []string // that they are from
	Endpoints metrics.Endpoints
	Prices    *prices.Prices // of idle endpoints; nil: not known
}

// Flag returns the flag of analyze that names the source.
func (*Metrics) Flag() string { return Flag }

// Inputs returns the names of the optional inputs that the table depends on.
func (*Metrics) Inputs() []string { return []string{"prices"} }

// rows returns what was measured on a day, sorted.
func (m *Metrics) rows(d day.Day) (rows []table.EndpointMetricsRow) {
	for _, id := range slices.Sorted(maps.Keys(m.Endpoints)) {
		e := m.Endpoints[id]
		p, measured := e.Days[d]
		if !measured {
			continue
		}
		row := table.EndpointMetricsRow{
			EndpointID: id, AccountID: e.Account, Region: e.Region, VPCID: e.VPC, ServiceName: e.Service,
			NewConnections: p.NewConnections, ActiveConnections: p.ActiveConnections, Bytes: p.Bytes, PacketsDropped: p.PacketsDropped,
			Zones: int64(len(p.SubnetBytes)),
		}
		var idle []string
		for subnet, bytes := range p.SubnetBytes {
			if bytes == 0 {
				idle = append(idle, subnet)
			}
		}
		slices.Sort(idle)
		row.IdleSubnetIDs = strings.Join(idle, " ")
		rows = append(rows, row)
	}
	return rows
}

// known returns the rows of a day, from the files or as they are published, and what they are
// identified by. There are none of a day that was never measured.
func (m *Metrics) known(ctx context.Context, job *analyze.Job, d day.Day) (rows []table.EndpointMetricsRow, w *report.Witness, err error) {
	kept, was, err := m.kept(ctx, job.Store, d)
	if rows = m.rows(d); err != nil || len(rows) == 0 {
		return kept, was, err
	}
	sources := m.Files
	if len(kept) > 0 {
		rows = append(rows, kept...)
		table.EndpointMetrics.Sort(rows)
		sources = slices.Compact(slices.Sorted(slices.Values(slices.Concat(sources, was.Sources))))
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%v", rows))
	return rows, &report.Witness{Sources: sources, SHA256: hex.EncodeToString(sum[:]), Objects: map[ingest.Status]int64{ingest.OK: int64(len(rows))}}, nil
}

// kept returns the published rows of a day whose endpoints the files do not have, without what the trail
// says of them, and what the manifest of the day says of the metrics.
func (m *Metrics) kept(ctx context.Context, store report.Store, d day.Day) (rows []table.EndpointMetricsRow, was *report.Witness, err error) {
	before, err := published(ctx, store, d)
	if err != nil || before == nil || before.Witnesses[Flag] == nil {
		return nil, &report.Witness{}, err
	}
	for row, err := range report.ReadTable(ctx, store, &table.EndpointMetrics, before, d) {
		if err != nil {
			return nil, nil, err
		}
		if !m.has(row.EndpointID, d) {
			row.Calls, row.Compared = 0, ""
			rows = append(rows, *row)
		}
	}
	return rows, before.Witnesses[Flag], nil
}

// has reports whether the files have an endpoint of a day.
func (m *Metrics) has(id string, d day.Day) bool {
	e := m.Endpoints[id]
	if e == nil {
		return false
	}
	_, measured := e.Days[d]
	return measured
}

// published returns the manifest of a day, or nil if it is not published.
func published(ctx context.Context, store report.Store, d day.Day) (*report.Manifest, error) {
	if store == nil {
		return nil, nil
	}
	m, err := report.ReadManifest(ctx, store, d)
	if errors.Is(err, report.ErrNoReport) || errors.Is(err, report.ErrBrokenManifest) {
		return nil, nil
	}
	return m, err
}

// SHA256 identifies what was measured on a day.
func (m *Metrics) SHA256(ctx context.Context, job *analyze.Job, d day.Day) (string, error) {
	_, w, err := m.known(ctx, job, d)
	if err != nil {
		return "", err
	}
	return w.SHA256, nil
}

// Read returns what was measured on the days of the job. Of a day without the trail, the published
// tables say which calls it has.
func (m *Metrics) Read(ctx context.Context, job *analyze.Job) (*analyze.Testimony, error) {
	days := m.days(job.Window)
	said := &analyze.Testimony{Holds: len(days) > 0, Problems: func(func(string)) error { return nil }}
	for _, d := range days {
		before, err := published(ctx, job.Store, d)
		if err != nil {
			return nil, err
		}
		if before != nil && before.Has(table.Endpoints.Name) {
			said.Days = append(said.Days, d)
		}
	}
	said.Add = func(d *report.Day) {
		rows, w, err := m.known(ctx, job, d.Day)
		if err == nil && len(rows) == 0 {
			return // the day was never measured
		}
		if d.Witnesses == nil {
			d.Witnesses = map[string]*report.Witness{}
		}
		d.Witnesses[Flag] = w
		c := &comparison{rows: rows, err: err, prices: m.Prices, day: d.Day, calls: map[string]*table.EndpointRow{}, covered: map[network.Place]bool{}}
		if d.Endpoints == nil { // without a trail
			c.readPublished(ctx, job.Store, d)
		}
		c.watch(d)
	}
	return said, nil
}

// None says why the files have nothing of a window that is compared with calls.
func (m *Metrics) None(window day.Window) string {
	files := strings.Join(m.Files, ",")
	days := m.days(window)
	switch all := m.days(day.All()); {
	case len(days) > 0:
		return fmt.Sprintf("%s: the report has no calls of %s to compare with: run vpcetrail analyze SOURCE for the same days first", files, report.NameDays(days))
	case len(all) > 0:
		return fmt.Sprintf("%s: it has %s, and nothing of %s: check --date, or run vpcetrail metrics for these days", files, report.NameDays(all), window)
	}
	return files + ": no endpoint was measured: right for accounts without interface endpoints; else run vpcetrail metrics again"
}

// days returns the measured days of a window, in order.
func (m *Metrics) days(window day.Window) []day.Day {
	all := map[day.Day]bool{}
	for _, e := range m.Endpoints {
		for d := range e.Days {
			if window.Contains(d) {
				all[d] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// A comparison compares the rows of a day with the calls of the trail.
type comparison struct {
	day    day.Day
	rows   []table.EndpointMetricsRow
	err    error
	prices *prices.Prices

	calls   map[string]*table.EndpointRow // sums by endpoint
	covered map[network.Place]bool        // where the trail has calls
}

// readPublished gives a day the published tables that are compared, to be read again.
func (c *comparison) readPublished(ctx context.Context, store report.Store, d *report.Day) {
	before, err := published(ctx, store, d.Day)
	if err != nil || before == nil {
		c.err = errors.Join(c.err, err)
		return
	}
	for row, err := range report.ReadTable(ctx, store, &table.Services, before, d.Day) {
		if err != nil {
			c.err = err
			return
		}
		c.cover(row)
	}
	for row, err := range report.ReadTable(ctx, store, &table.Endpoints, before, d.Day) {
		if err != nil {
			c.err = err
			return
		}
		c.count(row)
	}
	d.KeepFindings(ctx, store, before)
	d.DropFindings(ours)
}

// ours reports whether a published finding was made by a comparison.
func ours(f *table.FindingRow) bool {
	return findings.SourceOf(&f.FindingKey) == Flag
}

func (c *comparison) cover(row *table.ServiceRow) {
	c.covered[network.Place{Account: row.AccountID, Region: row.Region}] = true
}

// count adds the calls of a row of table endpoints.
func (c *comparison) count(row *table.EndpointRow) {
	sum := c.calls[row.EndpointID]
	if sum == nil {
		sum = &table.EndpointRow{FirstSeen: math.MaxInt64}
		c.calls[row.EndpointID] = sum
	}
	sum.Calls += row.Calls + row.NetworkEvents
	sum.FirstSeen, sum.LastSeen = min(sum.FirstSeen, row.FirstSeen), max(sum.LastSeen, row.LastSeen)
}

// watch reads tables services and endpoints of a day while they are written. The table of metrics
// and the findings come after them.
func (c *comparison) watch(d *report.Day) {
	if d.Endpoints != nil {
		d.Services, d.Endpoints = tee(d.Services, c.cover), tee(d.Endpoints, c.count)
	}
	measured := map[string]bool{}
	for i := range c.rows {
		measured[c.rows[i].EndpointID] = true
	}
	// Of a measured endpoint, CloudWatch says whether it is used.
	d.DropFindings(func(f *table.FindingRow) bool { return f.Finding == findings.EndpointUnused && measured[f.EndpointID] })
	if before := d.Findings; before != nil {
		d.Findings = func(yield func(*table.FindingRow, error) bool) {
			all := report.Day{Findings: before}
			all.AddFindings(c.findings()) // once services and endpoints are read
			all.Findings(yield)
		}
	}
	d.EndpointMetrics = func(yield func(*table.EndpointMetricsRow, error) bool) {
		if c.err != nil {
			yield(nil, c.err)
			return
		}
		for i := range c.rows {
			c.compare(&c.rows[i])
			if !yield(&c.rows[i], nil) {
				return
			}
		}
	}
}

// tee returns rows, and calls see with each while they are read.
func tee[T any](rows report.Rows[T], see func(*T)) report.Rows[T] {
	return func(yield func(*T, error) bool) {
		for row, err := range rows {
			if err == nil {
				see(row)
			}
			if !yield(row, err) {
				return
			}
		}
	}
}

// compare sets what the trail says of an endpoint.
func (c *comparison) compare(row *table.EndpointMetricsRow) {
	row.Calls = 0
	sum := c.calls[row.EndpointID]
	if sum != nil {
		row.Calls = sum.Calls
	}
	used := row.NewConnections > 0 || row.ActiveConnections > 0 || row.Bytes > 0
	switch {
	case row.Calls > 0 && (used || c.isNearMidnight(sum)):
		row.Compared = Seen
	case row.Calls > 0:
		row.Compared = Conflict
	case !used:
		row.Compared = Idle
	case endpoints.ServiceOf(row.ServiceName).Unrecorded:
		row.Compared = Unrecorded
	case !c.covered[network.Place{Account: row.AccountID, Region: row.Region}]:
		row.Compared = NotCovered
	default:
		row.Compared = Unseen
	}
}

// isNearMidnight reports whether all calls are so near to the day before or after that their
// traffic may be in a minute of that day.
func (c *comparison) isNearMidnight(calls *table.EndpointRow) bool {
	const minute = 60_000
	return calls.LastSeen < c.day.Time().UnixMilli()+minute || calls.FirstSeen >= (c.day+1).Time().UnixMilli()-minute
}

// findings returns the findings about the day's endpoints.
func (c *comparison) findings() (found []table.FindingRow) {
	for i := range c.rows {
		row := &c.rows[i]
		c.compare(row)
		key := table.FindingKey{AccountID: row.AccountID, Region: row.Region, EndpointID: row.EndpointID}
		if sources := endpoints.ServiceOf(row.ServiceName).Sources; len(sources) > 0 {
			key.Service = sources[0]
		}
		switch row.Compared {
		case Conflict:
			f := findings.Disagreement(key, findings.CallsAreUnseen, phrase.Count(row.Calls, "call"))
			sum := c.calls[row.EndpointID]
			f.Calls, f.FirstSeen, f.LastSeen = row.Calls, sum.FirstSeen, sum.LastSeen
			found = append(found, f)
		case Unseen:
			found = append(found, findings.Unseen(key, row.NewConnections, row.Bytes))
		case Idle:
			found = append(found, findings.Idle(key, c.price(row)))
		}
	}
	return found
}

// price returns what an endpoint costs on a day without traffic, in US dollars, or NaN.
func (c *comparison) price(row *table.EndpointMetricsRow) float64 {
	if c.prices == nil || c.prices.Currency != "USD" || row.Zones == 0 {
		return math.NaN()
	}
	region := c.prices.In(row.Region)
	if region == nil {
		return math.NaN()
	}
	const hours = 24
	return (region.EndpointHour * prices.Amount(row.Zones*hours)).Float()
}
