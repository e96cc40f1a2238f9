package report

import (
	"iter"

	"vpcetrail/ingest/day"
	"vpcetrail/ingest/spill"

	"vpcetrail/report/table"
)

// A daily hands out totals, whose keys start with the day, of one day after the other.
type daily[V any, P spill.Value[V]] struct {
	totals *spill.TotalsCursor[V, P] // at the first that is not yet handed out, where left says so
	left   bool
}

func newDaily[V any, P spill.Value[V]](totals *spill.TotalsCursor[V, P]) *daily[V, P] {
	return &daily[V, P]{totals, totals.Next()}
}

// of returns the totals of day d by the rest of their keys, in the order of these. Days must be asked for in order,
// of which some may be left out.
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

type (
	dailyTraffic   = daily[table.Measures, *table.Measures]
	dailyResources = daily[resourceSum, *resourceSum]
)

// dayTables returns the tables of day d.
func (s *settler) dayTables(d day.Day, traffic *dailyTraffic, resources *dailyResources, objects Rows[table.ObjectRow], in *Input) *Day {
	t := s.tallyOf(d)
	var derived *derivation // made when its turn comes: the days before must let go of theirs
	out := &Day{Day: d, Kinds: *s.kinds.of(d), Objects: objects}
	out.Traffic = func(yield func(*table.TrafficRow, error) bool) {
		derived = newDerivation(t, in.Disk, in.Memory/6)
		var row table.TrafficRow
		for key, m := range traffic.of(d) {
			row = table.TrafficRow{TrafficKey: cutTrafficKey(key), Measures: *m}
			derived.add(&row)
			if !yield(&row, nil) {
				return
			}
		}
		if err := traffic.err(); err != nil {
			yield(nil, err)
		}
	}
	out.Principals = func(yield func(*table.PrincipalRow, error) bool) { derived.principalRows(yield) }
	out.Services = func(yield func(*table.ServiceRow, error) bool) { derived.serviceRows(yield) }
	out.Endpoints = func(yield func(*table.EndpointRow, error) bool) {
		derived.endpointRows(yield)
		derived = nil
	}
	out.Resources = func(yield func(*table.ResourceRow, error) bool) {
		var row table.ResourceRow
		for key, sum := range resources.of(d) {
			row = table.ResourceRow{
				ResourceKey: cutResourceKey(key), Calls: sum.calls, Denied: sum.denied, Bytes: sum.bytes,
				FirstSeen: sum.first, LastSeen: sum.last,
			}
			if !yield(&row, nil) {
				return
			}
		}
		if err := resources.err(); err != nil {
			yield(nil, err)
		}
	}
	return out
}
