// Package tabulate makes the tables of a report from the pages that package count counted. It
// decides what one record cannot show, sorts the pages by the ranks of their texts, and
// returns the rows.
package tabulate

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"golang.org/x/sync/errgroup"

	"vpcetrail/classify/endpoints"
	"vpcetrail/classify/network"
	"vpcetrail/ingest"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/spill"

	"vpcetrail/report"
	"vpcetrail/report/count"
	"vpcetrail/report/findings"
	"vpcetrail/report/table"
)

// Input holds everything that a report is made from.
type Input struct {
	Counters []*count.Counter // of all workers of a run that ended well
	Window   day.Window

	TrailAccounts []string            // those that have a folder in the trail
	OwnAccounts   []string            // further accounts that are ours
	Inventory     endpoints.Inventory // our endpoints by id
	Network       *network.Days       // what decides causes, as the counters know it; nil: nobody asks
	NATPrice      float64             // US dollars a gigabyte, for findings
	PassedOver    int64               // objects that may hold calls and were not read

	Disk   *spill.Disk // takes what passes Memory; it must stay open as long as the report is used
	Memory int         // bytes, about; 0 is 64 MiB
}

// Report makes the report, with as many goroutines as there are counters. It takes over the
// memory of the counters, which must not be used again.
func Report(ctx context.Context, in Input) (*report.Report, error) {
	if in.Disk == nil {
		in.Disk = spill.NewDisk("")
	}
	if in.Memory == 0 {
		in.Memory = 64 << 20
	}
	counted, err := count.Settle(ctx, in.Counters, in.Disk, in.Memory)
	if err != nil {
		return nil, err
	}
	return Tables(in, counted)
}

// Tables makes the report of what is counted already. in needs its Disk and Memory, and no Counters.
func Tables(in Input, counted *count.Counted) (*report.Report, error) {
	r := newResolver(&in, &counted.Learned)
	if err := counted.Pages(func(p *count.Page) error { r.note(p); return nil }); err != nil {
		return nil, err
	}
	t := &tables{resolver: r, in: &in, counted: counted}
	if err := counted.Pages(t.add); err != nil {
		return nil, err
	}
	if err := r.settleDenials(counted); err != nil {
		return nil, err
	}
	return t.report()
}

// tables returns the rows of a report. The calls of a single page come in the order of the
// page. Those of several pages are summed by their texts, on disk if they exceed the memory.
// The rows are the same.
type tables struct {
	*resolver
	in      *Input
	counted *count.Counted

	sorted    *sortedPage // the only page; nil where there are several
	traffic   *spill.Totals[table.Measures, *table.Measures]
	resources *spill.Pairs[resourceSum, *resourceSum]
}

// add adds the calls of a page.
func (t *tables) add(p *count.Page) error {
	s := sortPage(p, t.resolve(p))
	var group errgroup.Group
	for _, part := range []func(){s.sortTraffic, s.sortNamed, func() { s.find(t.resolver) }} {
		group.Go(func() error { part(); return nil })
	}
	_ = group.Wait()
	if t.counted.Joined() {
		t.sorted = s
		return nil
	}
	if t.traffic == nil {
		t.traffic = spill.NewTotals[table.Measures](t.in.Disk, t.in.Memory/8)
		t.resources = spill.NewPairs[resourceSum](t.in.Disk, t.in.Memory/4)
	}
	var key, tail []byte
	for d := range s.traffic {
		for row := range s.trafficRows(d) {
			key = appendTrafficKey(d.AppendKey(key[:0]), &row.TrafficKey)
			t.traffic.At(key).Add(&row.Measures)
		}
	}
	for d := range s.named {
		for row := range s.resourceRows(d) {
			key = spill.AppendFields(d.AppendKey(key[:0]), row.Resource, row.Service, row.EventName)
			tail = appendResourceTail(tail[:0], &row.ResourceKey)
			t.resources.Add(key, tail, &resourceSum{row.Calls, row.Denied, row.Bytes, row.FirstSeen, row.LastSeen})
		}
	}
	return nil
}

// report returns the report.
func (t *tables) report() (*report.Report, error) {
	counted := t.counted
	out := &report.Report{
		Balance: counted.Records, Statuses: counted.Statuses,
		Problems: counted.Objects.Problems, ObjectRows: counted.Objects.Rows, ObjectTables: counted.Objects.Tables,
	}
	if t.in.PassedOver > 0 {
		out.Statuses[ingest.PassedOver] = t.in.PassedOver
	}
	days, objects := t.daysToReport(), counted.Objects.Tables()
	for _, d := range days {
		t.tallyOf(d) // of a day without records too: its endpoints are known
	}
	found := t.findings.Days(days, findings.Options{NATPrice: t.in.NATPrice})
	rows := t.rows()
	for _, d := range days {
		day := t.dayTables(d, rows)
		day.Objects, day.Findings = objects(d), found.Of(d)
		out.Days = append(out.Days, day)
	}
	return out, t.balance(out)
}

// daysToReport returns the days of a bounded window. For an unbounded window it returns the
// days with records, and those with objects in their folders.
func (t *tables) daysToReport() []day.Day {
	if !t.in.Window.IsAll() {
		var days []day.Day
		for d := t.in.Window.From; d <= t.in.Window.To; d++ {
			days = append(days, d)
		}
		return days
	}
	wanted := map[day.Day]bool{}
	for d, kinds := range t.kinds {
		if *kinds != (report.Kinds{}) {
			wanted[d] = true
		}
	}
	maps.Copy(wanted, t.counted.Folders)
	delete(wanted, ingest.Undated)
	return slices.Sorted(maps.Keys(wanted))
}

// balance sums the days, and checks that every record is in one line of the balance.
func (t *tables) balance(r *report.Report) error {
	reported := map[day.Day]bool{ingest.Undated: true}
	for _, d := range r.Days {
		reported[d.Day] = true
	}
	for d, kinds := range t.kinds {
		if !reported[d] && *kinds != (report.Kinds{}) {
			return fmt.Errorf("%w: records of %s, a day that is not reported", report.ErrBalance, d)
		}
		r.Balance.Kinds.Add(*kinds)
	}
	return r.Balance.Check()
}

// rowSource returns the rows of traffic and resources of one day after another. Call it with
// the days in order.
type rowSource struct {
	traffic   func(day.Day) report.Rows[table.TrafficRow]
	resources func(day.Day) report.Rows[table.ResourceRow]
	causes    func(day.Day) report.Rows[table.CauseRow] // nil: nobody asks
}

func (t *tables) rows() rowSource {
	rows := t.trafficAndResources()
	if t.explainer.sums != nil {
		rows.causes = t.explainer.rows()
	}
	return rows
}

func (t *tables) trafficAndResources() rowSource {
	if t.traffic == nil {
		if t.sorted == nil {
			t.sorted = &sortedPage{}
		}
		return rowSource{traffic: t.sorted.trafficRows, resources: t.sorted.resourceRows}
	}
	return rowSource{
		traffic: report.DailyRows(t.traffic.Cursor(), func(row *table.TrafficRow, key string, m *table.Measures) {
			*row = table.TrafficRow{TrafficKey: cutTrafficKey(key), Measures: *m}
		}),
		resources: report.DailyRows(t.resources.Cursor(), func(row *table.ResourceRow, key string, sum *resourceSum) {
			*row = table.ResourceRow{
				ResourceKey: cutResourceKey(key), Calls: sum.calls, Denied: sum.denied, Bytes: sum.bytes,
				FirstSeen: sum.first, LastSeen: sum.last,
			}
		}),
	}
}

// dayTables returns the tables of day d that are made from its calls.
func (t *tables) dayTables(d day.Day, rows rowSource) *report.Day {
	of := t.tallyOf(d)
	var derived *derivation // made when its turn comes: the days before must let go of theirs
	out := &report.Day{Day: d, Kinds: *t.kindsOf(d), Resources: rows.resources(d)}
	if t.traffic == nil {
		out.TrafficGroups = func(yield func([]table.Vector, error) bool) {
			derived = newDerivation(of, t.in.Disk, t.in.Memory/6)
			t.sorted.trafficGroups(d, derived.add)(yield)
		}
		out.ResourceGroups = t.sorted.resourceGroups(d)
	}
	out.Traffic = func(yield func(*table.TrafficRow, error) bool) {
		derived = newDerivation(of, t.in.Disk, t.in.Memory/6)
		for row, err := range rows.traffic(d) {
			if err == nil {
				derived.add(row)
			}
			if !yield(row, err) {
				return
			}
		}
	}
	if rows.causes != nil {
		out.Causes = balanced(rows.causes(d), d, &of.internet)
		out.Network = func() *network.Snapshot { return t.explainer.part(d) }
	}
	out.Principals = func(yield func(*table.PrincipalRow, error) bool) { derived.principalRows(yield) }
	out.Services = func(yield func(*table.ServiceRow, error) bool) { derived.serviceRows(yield) }
	out.Endpoints = func(yield func(*table.EndpointRow, error) bool) {
		derived.endpointRows(yield)
		derived = nil
	}
	return out
}
