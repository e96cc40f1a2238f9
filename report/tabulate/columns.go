package tabulate

import (
	"vpcetrail/ingest/day"

	"vpcetrail/report"
	"vpcetrail/report/table"
)

// trafficGroups returns table traffic of a day as row groups, and calls add with each row.
func (s *sortedPage) trafficGroups(d day.Day, add func(*table.TrafficRow)) report.Groups {
	return func(yield func([]table.Vector, error) bool) {
		columns, cut := s.vectors(len(trafficKey{}), 9), newGroupCut(s.byRank)
		var row table.TrafficRow
		rows := s.traffic[d]
		for i := range rows {
			r := &rows[i]
			for k, rank := range r.key {
				columns[k].Ranks = append(columns[k].Ranks, rank)
			}
			m := &r.sum
			for k, n := range [...]int64{
				m.Calls, m.Denied, m.Errors, m.Reads, m.Writes, m.BytesIn, m.BytesOut, m.FirstSeen, m.LastSeen,
			} {
				v := &columns[len(r.key)+k]
				v.Numbers = append(v.Numbers, n)
			}
			row.TrafficKey, row.Measures = s.trafficKey(&r.key), r.sum
			add(&row)
			if cut.after(r.key[:]) || i == len(rows)-1 {
				if !yield(columns, nil) {
					return
				}
				empty(columns)
			}
		}
	}
}

// resourceGroups returns table resources of a day as row groups.
func (s *sortedPage) resourceGroups(d day.Day) report.Groups {
	return func(yield func([]table.Vector, error) bool) {
		columns, cut := s.vectors(len(head{})+len(tail{}), 5), newGroupCut(s.byRank)
		var key [len(head{}) + len(tail{})]uint32
		for rows := s.named[d]; len(rows) > 0; {
			first := rows[0].key
			var sum resourceSum
			sum, rows = s.sumOf(rows)
			copy(key[:], s.heads[first>>32][:])
			copy(key[len(head{}):], s.tails[uint32(first)][:])
			for k, rank := range key {
				columns[k].Ranks = append(columns[k].Ranks, rank)
			}
			for k, n := range [...]int64{sum.calls, sum.denied, sum.bytes, sum.first, sum.last} {
				v := &columns[len(key)+k]
				v.Numbers = append(v.Numbers, n)
			}
			if cut.after(key[:]) || len(rows) == 0 {
				if !yield(columns, nil) {
					return
				}
				empty(columns)
			}
		}
	}
}

// vectors returns empty columns: texts, then numbers.
func (s *sortedPage) vectors(texts, numbers int) []table.Vector {
	columns := make([]table.Vector, texts+numbers)
	for k := range texts {
		columns[k].Dict = s.byRank
	}
	return columns
}

func empty(columns []table.Vector) {
	for k := range columns {
		columns[k].Ranks, columns[k].Numbers = columns[k].Ranks[:0], columns[k].Numbers[:0]
	}
}

// A groupCut decides where row groups end, as table.Writer.Add does.
type groupCut struct {
	texts []string
	met   []map[uint32]bool // of each column; nil where the texts cannot be too long
	rows  int
	size  int
}

func newGroupCut(texts []string) *groupCut {
	size := 0
	for _, text := range texts {
		size += len(text)
	}
	c := &groupCut{texts: texts}
	if size*len(trafficKey{}) >= table.GroupTexts {
		c.met = make([]map[uint32]bool, len(trafficKey{}))
		c.clear()
	}
	return c
}

func (c *groupCut) clear() {
	c.rows, c.size = 0, 0
	for k := range c.met {
		c.met[k] = map[uint32]bool{}
	}
}

// after reports whether a row group ends after the row with that key.
func (c *groupCut) after(key []uint32) bool {
	c.rows++
	for k := range c.met {
		if !c.met[k][key[k]] {
			c.met[k][key[k]] = true
			c.size += len(c.texts[key[k]])
		}
	}
	if c.rows < table.GroupRows && c.size < table.GroupTexts {
		return false
	}
	c.clear()
	return true
}
