package table

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"testing"
)

// BenchmarkEncode writes tables of the sizes that a day of 800,000 calls has: as rows, as columns by rank, and the columns of one
// kind alone.
//
//	go test -run '^$' -bench Encode ./report/table
func BenchmarkEncode(b *testing.B) {
	benchmarkEncode(b, &Traffic, madeUpTraffic(36_000))
	benchmarkEncode(b, &Resources, madeUpResources(196_000))
}

func benchmarkEncode[T any](b *testing.B, t *Table[T], rows []T) {
	kinds := map[string][]Type{"all": {Text, Count, Moment}, "text": {Text}, "count": {Count}, "moment": {Moment}}
	for _, kind := range []string{"all", "text", "count", "moment"} {
		some := *t
		some.Columns = slices.DeleteFunc(slices.Clone(t.Columns), func(c Column[T]) bool { return !slices.Contains(kinds[kind], c.Type) })
		groups := columnsOf(&some, rows)
		b.Run(fmt.Sprintf("table=%s/from=rows/columns=%s", t.Name, kind), func(b *testing.B) {
			benchmarkWriter(b, &some, func(w *Writer[T]) error { return addRows(w, rows) })
		})
		b.Run(fmt.Sprintf("table=%s/from=columns/columns=%s", t.Name, kind), func(b *testing.B) {
			benchmarkWriter(b, &some, func(w *Writer[T]) error { return addGroups(w, groups) })
		})
	}
}

func benchmarkWriter[T any](b *testing.B, t *Table[T], fill func(*Writer[T]) error) {
	b.ReportAllocs()
	size := int64(0)
	for b.Loop() {
		w, err := t.NewWriter(io.Discard)
		if err != nil {
			b.Fatal(err)
		}
		if err := fill(w); err != nil {
			b.Fatal(err)
		}
		parts, err := w.Close()
		if err != nil {
			b.Fatal(err)
		}
		size = parts.Bytes()
	}
	b.ReportMetric(float64(size), "file-bytes")
}

func addRows[T any](w *Writer[T], rows []T) error {
	for i := range rows {
		if err := w.Add(&rows[i]); err != nil {
			return err
		}
	}
	return nil
}

func addGroups[T any](w *Writer[T], groups [][]Vector) error {
	for _, g := range groups {
		if err := w.AddGroup(g); err != nil {
			return err
		}
	}
	return nil
}

// columnsOf returns rows as row groups by column, with dictionaries that all groups share.
func columnsOf[T any](t *Table[T], rows []T) (groups [][]Vector) {
	all := make([]Vector, len(t.Columns))
	for i := range t.Columns {
		var g gatherer
		for k := range rows {
			add(&g, &t.Columns[i], &rows[k])
		}
		g.sort()
		all[i] = g.vector
	}
	for at := 0; at < len(rows); at += GroupRows {
		end, group := min(at+GroupRows, len(rows)), slices.Clone(all)
		for i, v := range all {
			switch t.Columns[i].Type {
			case Text:
				group[i].Ranks = v.Ranks[at:end]
			case Real:
				group[i].Reals = v.Reals[at:end]
			default:
				group[i].Numbers = v.Numbers[at:end]
			}
		}
		groups = append(groups, group)
	}
	return groups
}

const day = 1795132800000 // 2026-11-20

// madeUp draws values as a generated trail of 800 objects has them.
type madeUp struct{ *rand.Rand }

func newMadeUp() madeUp { return madeUp{rand.New(rand.NewPCG(1, 2))} }

// few returns a small number: most are 1, some are large.
func (m madeUp) few(limit int) int64 {
	return int64(1 + float64(limit)*m.Float64()*m.Float64()*m.Float64()*m.Float64()*m.Float64())
}

// times returns the first and last time of n calls.
func (m madeUp) times(n int64) (first, last int64) {
	a, b := m.Int64N(86_400), m.Int64N(86_400)
	if n == 1 {
		b = a
	}
	return day + 1000*min(a, b), day + 1000*max(a, b)
}

// pick returns one of n texts, the same text for the same number; "" as often as empty says.
func (m madeUp) pick(format string, n int, empty float64) string {
	if m.Float64() < empty {
		return ""
	}
	return fmt.Sprintf(format, m.IntN(n))
}

func madeUpTraffic(n int) []TrafficRow {
	m, rows := newMadeUp(), make([]TrafficRow, n)
	for i := range rows {
		r := &rows[i]
		r.TrafficKey = TrafficKey{
			m.pick("11112222333%d", 2, 0), m.pick("eu-west-%d", 2, 0),
			m.pick("arn:aws:iam::111122223333:role/service/workload-%03d", 146, 0.01), m.pick("AssumedRole%d", 13, 0.01), m.pick("11112222333%d", 5, 0.03),
			m.pick("i-0%016x", 128, 0.5), m.pick("service-%02d.amazonaws.com", 13, 0),
			m.pick("route%d", 4, 0), m.pick("origin%d", 2, 0.8), m.pick("evidence_%02d", 17, 0),
			m.pick("vpce-0%016x", 148, 0.36), m.pick("type%d", 2, 0.58), m.pick("44445555666%d", 7, 0.67), m.pick("owner%d", 3, 0.46), "",
		}
		c := m.few(700)
		r.Measures = Measures{Calls: c, Denied: m.few(80) - 1, Errors: m.few(120) - 1, Reads: c * 2 / 3, Writes: c / 3}
		if i%5 == 0 {
			r.BytesIn, r.BytesOut = m.Int64N(1<<20), m.Int64N(1<<24)
		}
		r.FirstSeen, r.LastSeen = m.times(c)
	}
	Traffic.Sort(rows)
	return rows
}

func madeUpResources(n int) []ResourceRow {
	m, rows := newMadeUp(), make([]ResourceRow, n)
	for i := range rows {
		r := &rows[i]
		r.ResourceKey = ResourceKey{
			m.pick("arn:aws:dynamodb:eu-west-1:111122223333:table/orders-%03d", 724, 0), m.pick("service-%02d.amazonaws.com", 10, 0), m.pick("DescribeThing%d", 37, 0),
			m.pick("arn:aws:iam::111122223333:role/service/workload-%03d", 144, 0.01), m.pick("AssumedRole%d", 13, 0.01), m.pick("11112222333%d", 5, 0.1),
			m.pick("11112222333%d", 2, 0), m.pick("eu-west-%d", 2, 0),
			m.pick("route%d", 4, 0), m.pick("origin%d", 2, 0.8), m.pick("evidence_%02d", 16, 0),
			m.pick("vpce-0%016x", 138, 0.34), m.pick("44445555666%d", 7, 0.67), m.pick("owner%d", 3, 0.49),
		}
		r.Calls, r.Denied = m.few(300), m.few(30)-1
		if i%5 == 0 {
			r.Bytes = m.Int64N(1 << 20)
		}
		r.FirstSeen, r.LastSeen = m.times(r.Calls)
	}
	Resources.Sort(rows)
	return rows
}

// TestColumnsAndRowsGiveTheSameBytes writes the same rows in both ways, in both formats.
func TestColumnsAndRowsGiveTheSameBytes(t *testing.T) {
	rows := madeUpTraffic(GroupRows + 500)
	for _, start := range []func(io.Writer) (*Writer[TrafficRow], error){Traffic.NewWriter, Traffic.NewArrowWriter} {
		byRow := written(t, start, func(w *Writer[TrafficRow]) error { return addRows(w, rows) })
		byColumn := written(t, start, func(w *Writer[TrafficRow]) error { return addGroups(w, columnsOf(&Traffic, rows)) })
		if !slices.Equal(byRow, byColumn) {
			t.Errorf("parts of a file\nby rows    %+v\nby columns %+v", byRow, byColumn)
		}
		if byRow.Rows() != int64(len(rows)) || len(byRow) != 3 {
			t.Errorf("%d rows in %d parts", byRow.Rows(), len(byRow))
		}
	}
}

func written[T any](t *testing.T, start func(io.Writer) (*Writer[T], error), fill func(*Writer[T]) error) Parts {
	t.Helper()
	w, err := start(io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if err := fill(w); err != nil {
		t.Fatal(err)
	}
	parts, err := w.Close()
	if err != nil {
		t.Fatal(err)
	}
	return parts
}

// BenchmarkDecode reads what BenchmarkEncode writes.
func BenchmarkDecode(b *testing.B) {
	benchmarkDecode(b, &Traffic, madeUpTraffic(36_000))
	benchmarkDecode(b, &Resources, madeUpResources(196_000))
}

func benchmarkDecode[T any](b *testing.B, t *Table[T], rows []T) {
	w, err := t.NewEncoder()
	if err != nil {
		b.Fatal(err)
	}
	for i := range rows {
		if err := w.Add(&rows[i]); err != nil {
			b.Fatal(err)
		}
	}
	data, err := w.Finish()
	if err != nil {
		b.Fatal(err)
	}
	b.Run("table="+t.Name, func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			for _, err := range t.Decode(context.Background(), data) {
				if err != nil {
					b.Fatal(err)
				}
			}
		}
	})
}
