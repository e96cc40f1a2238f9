package summary

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"iter"
	"math"

	"vpcetrail/classify/phrase"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/spill"
	"vpcetrail/report"
	"vpcetrail/report/grid"
	"vpcetrail/report/table"
)

// A view sums the rows of one table by one subject. T is the type of the rows, V of the sums.
type view[T, V any, P spill.Value[V]] struct {
	by    string
	title phrase.Format
	table *table.Table[T]

	group []grid.Column                       // the columns that name the subject
	key   func(row *T, d day.Day) []string    // the values of these columns
	apart func(row *T) []string               // the values that are counted distinct; nil if there are none
	add   func(sum P, row *T)                 // adds a row
	rank  func(group []string, sum P) []int64 // higher comes first; equal ranks are sorted by group

	measures []measure[V]
}

// A measure is a column of sums. distinct is the number of distinct values of apart.
type measure[V any] struct {
	grid.Column
	value func(sum *V, distinct int64) any
}

func (v *view[T, V, P]) name() string { return v.by }

func (v *view[T, V, P]) tableName() string { return v.table.Name }

func (v *view[T, V, P]) check(where []string) error {
	_, err := parseFilters(v.table, where)
	return err
}

func (v *view[T, V, P]) answer(ctx context.Context, store report.Store, days []published, q *Query, write func(*grid.Listing) error) error {
	filters, err := parseFilters(v.table, q.Where)
	if err != nil {
		return err
	}
	disk := spill.NewDisk("")
	defer disk.Close()
	ranked, groups, err := v.rankAll(ctx, disk, cmp.Or(q.memory, memory), store, days, filters)
	if err != nil {
		return err
	}
	rows := func(yield func([]any, error) bool) {
		row := make([]any, len(v.group)+len(v.measures))
		for g, err := range v.groups(ranked) {
			if err != nil {
				yield(nil, err)
				return
			}
			for i, text := range g.texts {
				row[i] = grid.OrNull(text)
			}
			for i, m := range v.measures {
				row[len(v.group)+i] = m.value(&g.sum, g.distinct)
			}
			if !yield(row, nil) {
				return
			}
		}
	}
	return write(&grid.Listing{Title: phrase.Of(v.title), Columns: v.columns(), Rows: rows, Top: q.Top, Total: groups})
}

// rankAll reads the days and returns their groups, ranked, and the number of groups. It takes
// share bytes of memory for the sums, and share bytes for the ranking.
func (v *view[T, V, P]) rankAll(
	ctx context.Context, disk *spill.Disk, share int, store report.Store, days []published, filters []filter[T],
) (ranked *spill.Sorter, groups int, err error) {
	totals := spill.NewTotals[V, P](disk, share)
	var key []byte
	for _, d := range days {
		for row, err := range report.ReadTable(ctx, store, v.table, d.manifest, d.day) {
			if err != nil {
				return nil, 0, err
			}
			if !allHold(filters, row, d.day) {
				continue
			}
			key = spill.AppendFields(key[:0], v.key(row, d.day)...)
			if v.apart != nil {
				key = spill.AppendFields(key, v.apart(row)...)
			}
			v.add(totals.At(key), row)
		}
	}
	ranked = spill.NewSorter(disk, share)
	groups, err = v.order(totals.Cursor(), ranked)
	return ranked, groups, err
}

func (v *view[T, V, P]) columns() []grid.Column {
	columns := append([]grid.Column(nil), v.group...)
	for _, m := range v.measures {
		columns = append(columns, m.Column)
	}
	return columns
}

// order sums the totals of each group, which are adjacent, and adds the groups to ranked, by
// rank. It returns the number of groups.
func (v *view[T, V, P]) order(c *spill.TotalsCursor[V, P], ranked *spill.Sorter) (groups int, err error) {
	var group, key, value []byte // of the current group
	var sum V
	distinct := int64(0)
	emit := func() {
		if distinct == 0 {
			return
		}
		groups++
		key = append(appendRank(key[:0], v.rank(v.cut(group), &sum)), group...)
		value = P(&sum).Append(binary.AppendVarint(value[:0], distinct))
		ranked.Add(key, value)
	}
	for c.Next() {
		_, rest := v.split(string(c.Key))
		if own := c.Key[:len(c.Key)-len(rest)]; distinct == 0 || !bytes.Equal(own, group) {
			emit()
			group, sum, distinct = append(group[:0], own...), *new(V), 0
		}
		distinct++
		P(&sum).Add(&c.Value)
	}
	emit()
	if err := c.Err(); err != nil {
		return 0, err
	}
	ranked.Sort()
	return groups, ranked.Err()
}

// split cuts the texts of the group from the front of a key.
func (v *view[T, V, P]) split(key string) (group []string, rest string) {
	group = make([]string, len(v.group))
	places := make([]*string, len(group))
	for i := range group {
		places[i] = &group[i]
	}
	return group, spill.CutFields(key, places...)
}

func (v *view[T, V, P]) cut(key []byte) []string {
	group, _ := v.split(string(key))
	return group
}

// A group holds the sums of one subject.
type group[V any] struct {
	texts    []string
	sum      V
	distinct int64
}

// groups returns the ranked groups in order. A group is valid until the next one.
func (v *view[T, V, P]) groups(ranked *spill.Sorter) iter.Seq2[*group[V], error] {
	return func(yield func(*group[V], error) bool) {
		c := ranked.Cursor()
		for c.Next() {
			var g group[V]
			var n int
			g.texts = v.cut(cutRank(c.Key))
			g.distinct, n = binary.Varint(c.Value)
			P(&g.sum).Parse(c.Value[n:])
			if !yield(&g, nil) {
				return
			}
		}
		if err := c.Err(); err != nil {
			yield(nil, err)
		}
	}
}

// appendRank appends the count of the numbers and the numbers. Their bytes sort the highest first.
func appendRank(dst []byte, rank []int64) []byte {
	dst = append(dst, byte(len(rank)))
	for _, n := range rank {
		dst = binary.BigEndian.AppendUint64(dst, uint64(math.MaxInt64-max(n, 0)))
	}
	return dst
}

func cutRank(key []byte) []byte { return key[1+8*int(key[0]):] }
