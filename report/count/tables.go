package count

import (
	"context"
	"encoding/binary"
	"fmt"
	"iter"
	"maps"
	"slices"

	"golang.org/x/sync/errgroup"

	"vpcetrail/ingest"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/spill"

	"vpcetrail/report"
	"vpcetrail/report/findings"
	"vpcetrail/report/table"
)

// tables hand out the rows of a report. The calls of one page come in its own order. Those of several pages
// are summed by their texts, on disk where they take too much memory: the rows are the same.
type tables struct {
	*resolver
	in *Input

	sorted    *sortedPage // the only page; nil where there are several
	traffic   *spill.Totals[table.Measures, *table.Measures]
	resources *spill.Pairs[resourceSum, *resourceSum]
}

func newTables(r *resolver, in *Input) *tables {
	return &tables{resolver: r, in: in}
}

// add adds the calls of a page; only says that there is no other.
func (t *tables) add(ctx context.Context, p *page, only bool) error {
	s := p.sort(t.resolve(p))
	var group errgroup.Group
	for _, part := range []func(){s.sortTraffic, s.sortNamed, func() { s.find(t.resolver) }} {
		group.Go(func() error { part(); return nil })
	}
	_ = group.Wait()
	if only {
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
	logs := make([]*objectLog, len(t.in.Counters))
	out := &report.Report{Statuses: map[ingest.Status]int64{}}
	for i, c := range t.in.Counters {
		logs[i] = &c.objects
		out.Balance.Records += c.records.Records
		out.Balance.OutsideWindow += c.records.OutsideWindow
		out.Balance.Invalid += c.records.Invalid
		for status, n := range c.statuses {
			out.Statuses[status] += n
		}
	}
	if t.in.PassedOver > 0 {
		out.Statuses[ingest.PassedOver] = t.in.PassedOver
	}
	objects := allObjects(logs)
	out.Problems, out.ObjectRows = objects.problems, objects.rows
	out.ObjectTables = func() func(day.Day) report.Rows[table.ObjectRow] { return newObjectTables(logs).of }
	days, byDay := t.daysToReport(), newObjectTables(logs)
	for _, d := range days {
		t.tallyOf(d) // of a day without records too: its endpoints are known
	}
	found := t.findings.Days(days, findings.Options{NATPrice: t.in.NATPrice})
	rows := t.rows()
	for _, d := range days {
		day := t.dayTables(d, rows)
		day.Objects, day.Findings = byDay.of(d), found.Of(d)
		out.Days = append(out.Days, day)
	}
	return out, t.balance(out)
}

// daysToReport are all days of a bounded window; of an unbounded one those that hold records, and those
// with objects in their folders.
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
	for _, c := range t.in.Counters {
		maps.Copy(wanted, c.folders)
	}
	delete(wanted, ingest.Undated)
	return slices.Sorted(maps.Keys(wanted))
}

// balance adds the days up, and checks that every record is in one line of the balance.
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

// rowSource hands out the rows of traffic and resources of one day after the other. Days must be asked for
// in order.
type rowSource struct {
	traffic   func(day.Day) report.Rows[table.TrafficRow]
	resources func(day.Day) report.Rows[table.ResourceRow]
}

func (t *tables) rows() rowSource {
	if t.traffic == nil {
		if t.sorted == nil {
			t.sorted = &sortedPage{}
		}
		return rowSource{t.sorted.trafficRows, t.sorted.resourceRows}
	}
	traffic, resources := newDaily(t.traffic.Cursor()), newDaily(t.resources.Cursor())
	return rowSource{
		func(d day.Day) report.Rows[table.TrafficRow] {
			return rowsOf(traffic, d, func(row *table.TrafficRow, key string, m *table.Measures) {
				*row = table.TrafficRow{TrafficKey: cutTrafficKey(key), Measures: *m}
			})
		},
		func(d day.Day) report.Rows[table.ResourceRow] {
			return rowsOf(resources, d, func(row *table.ResourceRow, key string, sum *resourceSum) {
				*row = table.ResourceRow{
					ResourceKey: cutResourceKey(key), Calls: sum.calls, Denied: sum.denied, Bytes: sum.bytes,
					FirstSeen: sum.first, LastSeen: sum.last,
				}
			})
		},
	}
}

// rowsOf returns totals of day d as rows.
func rowsOf[T, V any, P spill.Value[V]](from *daily[V, P], d day.Day, set func(*T, string, *V)) report.Rows[T] {
	return func(yield func(*T, error) bool) {
		var row T
		for key, value := range from.of(d) {
			if set(&row, key, value); !yield(&row, nil) {
				return
			}
		}
		if err := from.err(); err != nil {
			yield(nil, err)
		}
	}
}

// dayTables returns the tables of day d that are made of its calls.
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
	out.Principals = func(yield func(*table.PrincipalRow, error) bool) { derived.principalRows(yield) }
	out.Services = func(yield func(*table.ServiceRow, error) bool) { derived.serviceRows(yield) }
	out.Endpoints = func(yield func(*table.EndpointRow, error) bool) {
		derived.endpointRows(yield)
		derived = nil
	}
	return out
}

// appendTrafficKey appends the columns of table.TrafficKey, in their order.
func appendTrafficKey(dst []byte, k *table.TrafficKey) []byte {
	return spill.AppendFields(dst,
		k.AccountID, k.Region,
		k.Principal, k.PrincipalType, k.PrincipalAccountID, k.Session,
		k.Service,
		k.Route, k.Origin, k.Evidence,
		k.EndpointID, k.EndpointType, k.EndpointAccountID, k.EndpointOwner,
	)
}

func cutTrafficKey(key string) (k table.TrafficKey) {
	spill.CutFields(key,
		&k.AccountID, &k.Region,
		&k.Principal, &k.PrincipalType, &k.PrincipalAccountID, &k.Session,
		&k.Service,
		&k.Route, &k.Origin, &k.Evidence,
		&k.EndpointID, &k.EndpointType, &k.EndpointAccountID, &k.EndpointOwner,
	)
	return k
}

// resourceSum is what table resources counts, of one call at least.
type resourceSum struct{ calls, denied, bytes, first, last int64 }

// Add adds the calls of o.
func (r *resourceSum) Add(o *resourceSum) {
	r.calls += o.calls
	r.denied += o.denied
	r.bytes += o.bytes
	r.first, r.last = min(r.first, o.first), max(r.last, o.last)
}

// Append appends the sum in a form that Parse reads.
func (r *resourceSum) Append(dst []byte) []byte {
	for _, n := range [...]int64{r.calls, r.denied, r.bytes, r.first, r.last - r.first} {
		dst = binary.AppendVarint(dst, n)
	}
	return dst
}

// Parse sets the sum to what Append has written.
func (r *resourceSum) Parse(text []byte) {
	for _, n := range [...]*int64{&r.calls, &r.denied, &r.bytes, &r.first, &r.last} {
		v, width := binary.Varint(text)
		*n, text = v, text[width:]
	}
	r.last += r.first
}

// appendResourceTail appends the columns of table.ResourceKey after event_name, in their order.
func appendResourceTail(dst []byte, k *table.ResourceKey) []byte {
	return spill.AppendFields(dst,
		k.Principal, k.PrincipalType, k.PrincipalAccountID,
		k.AccountID, k.Region,
		k.Route, k.Origin, k.Evidence,
		k.EndpointID, k.EndpointAccountID, k.EndpointOwner,
	)
}

func cutResourceKey(key string) (k table.ResourceKey) {
	spill.CutFields(key,
		&k.Resource, &k.Service, &k.EventName,
		&k.Principal, &k.PrincipalType, &k.PrincipalAccountID,
		&k.AccountID, &k.Region,
		&k.Route, &k.Origin, &k.Evidence,
		&k.EndpointID, &k.EndpointAccountID, &k.EndpointOwner,
	)
	return k
}

// A daily hands out totals of one day after the other. Their keys start with the day.
type daily[V any, P spill.Value[V]] struct {
	totals *spill.TotalsCursor[V, P] // at the first that is not yet handed out, where left says so
	left   bool
}

func newDaily[V any, P spill.Value[V]](totals *spill.TotalsCursor[V, P]) *daily[V, P] {
	return &daily[V, P]{totals, totals.Next()}
}

// of returns the totals of day d by the rest of their keys, in the order of these.
func (w *daily[V, P]) of(d day.Day) iter.Seq2[string, *V] {
	return func(yield func(string, *V) bool) {
		for ; w.left; w.left = w.totals.Next() {
			at, key := day.CutKey(w.totals.Key)
			if at < d { // a day that nobody asked for
				continue
			}
			if at != d || !yield(string(key), &w.totals.Value) {
				return
			}
		}
	}
}

// err returns what ended the walk early.
func (w *daily[V, P]) err() error { return w.totals.Err() }
