package report

import (
	"context"
	"encoding/binary"
	"io"

	"vpcetrail/ingest"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/event"
	"vpcetrail/ingest/spill"

	"vpcetrail/report/table"
)

// Kinds counts records by what they are to the balance.
type Kinds struct {
	Calls         int64 `json:"calls"`
	Duplicates    int64 `json:"duplicates"`
	SharedCopies  int64 `json:"shared_copies"`
	NetworkEvents int64 `json:"network_events"`
	Corrections   int64 `json:"corrections"`
	OtherEvents   int64 `json:"other_events"`
}

// Add adds the counts of o.
func (k *Kinds) Add(o Kinds) {
	k.Calls += o.Calls
	k.Duplicates += o.Duplicates
	k.SharedCopies += o.SharedCopies
	k.NetworkEvents += o.NetworkEvents
	k.Corrections += o.Corrections
	k.OtherEvents += o.OtherEvents
}

// dayKinds are Kinds by day.
type dayKinds map[day.Day]*Kinds

func (k dayKinds) of(d day.Day) *Kinds {
	if k[d] == nil {
		k[d] = new(Kinds)
	}
	return k[d]
}

// A replay counts a Counter's rows, now that it is known which of them count.
type replay struct {
	kinds      dayKinds
	interfaces map[day.Day]map[string]bool // endpoints that a record of the day proves to be of type interface
	totals     *spill.Buckets              // of groups, and behind each of its targets: see close
	denials    *spill.Sorter               // calls that an endpoint's policy refused: see denialKey

	page   page             // at hand
	cells  []table.Measures // of the page, by number
	days   []*Kinds         // of the page's groups, by number
	record []byte           // scratch
}

func newReplay(disk *spill.Disk, share int) *replay {
	return &replay{
		kinds: dayKinds{}, interfaces: map[day.Day]map[string]bool{},
		totals: spill.NewBuckets(disk, 1, share), denials: spill.NewSorter(disk, share/8),
	}
}

// run counts the rows of c, and lets go of them.
func (r *replay) run(ctx context.Context, c *Counter, marks *ingest.Marks) error {
	pages, rows, cursor := c.cells.read(), c.rows.read(), marks.Cursor()
	if err := r.turn(pages); err != nil {
		return err
	}
	var row row
	void, index := false, 0
	for {
		entry, err := rows.next(&row)
		switch {
		case err == io.EOF:
			r.close()
			c.cells, c.rows = dictionary{}, rowLog{}
			if err := cursor.Err(); err != nil {
				return err
			}
			if err := r.denials.Err(); err != nil {
				return err
			}
			return r.totals.Err()
		case err != nil:
			return err
		case entry == entryPage:
			r.close()
			if err := r.turn(pages); err != nil {
				return err
			}
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case entry == entryObject:
			void, index = marks.Void(rows.object), 0
		case !void:
			r.count(&row, cursor.Of(ingest.PlaceOf(rows.object, index)))
			index++
		}
	}
}

// turn goes on to the next page of cells.
func (r *replay) turn(pages *dictionaryReader) (err error) {
	if r.page, err = pages.next(); err != nil {
		return err
	}
	r.cells = make([]table.Measures, len(r.page.cells))
	r.days = make([]*Kinds, len(r.page.groups))
	for i, g := range r.page.groups {
		r.days[i] = r.kinds.of(g.day())
	}
	return nil
}

// count counts one row as its mark says.
func (r *replay) count(row *row, mark ingest.Mark) {
	if mark == ingest.Duplicate {
		r.days[r.page.cells[row.cell].group].Duplicates++
		return
	}
	if mark != ingest.Replacing {
		number := r.page.cells[row.cell].group
		if mark == ingest.Corrected || r.page.groups[number].kind() == event.Correction {
			r.days[number].Corrections++
			return
		}
	}
	row.addTo(&r.cells[row.cell])
	if row.byPolicy {
		g := r.page.groups[r.page.cells[row.cell].group]
		r.denials.Add(denialKey(g, row.requestID), []byte(g))
	}
}

// close writes down the totals of the page at hand: of each group, its key behind its length, and its
// measures; then, of each of its targets that names something, a 0, the target behind its length, and the
// measures of the group's calls that name it.
func (r *replay) close() {
	groups, byGroup := r.sumGroups()
	for i, g := range r.page.groups {
		m := &groups[i]
		if m.Calls == 0 {
			continue // only of objects that broke, of duplicates or of corrections
		}
		switch g.kind() {
		case event.Network:
			r.days[i].NetworkEvents += m.Calls
		case event.Other:
			r.days[i].OtherEvents += m.Calls
			continue
		default:
			r.days[i].Calls += m.Calls
		}
		if g.provesInterface() {
			r.noteInterface(g)
		}
		r.record = append(binary.AppendUvarint(r.record[:0], uint64(len(g))), g...)
		r.totals.Append(0, m.Append(r.record))
		for _, number := range byGroup[i] {
			t, m := r.page.targets[r.page.cells[number].target], &r.cells[number]
			if t == "" || m.Calls == 0 {
				continue
			}
			r.record = append(binary.AppendUvarint(append(r.record[:0], 0), uint64(len(t))), t...)
			r.totals.Append(0, m.Append(r.record))
		}
	}
	r.page, r.cells, r.days = page{}, nil, nil
}

// sumGroups adds the page's cells up by group, and returns which they are.
func (r *replay) sumGroups() (sums []table.Measures, cells [][]int) {
	sums, cells = make([]table.Measures, len(r.page.groups)), make([][]int, len(r.page.groups))
	for number, c := range r.page.cells {
		sums[c.group].Add(&r.cells[number])
		cells[c.group] = append(cells[c.group], number)
	}
	return sums, cells
}

func (r *replay) noteInterface(g group) {
	d := g.day()
	if r.interfaces[d] == nil {
		r.interfaces[d] = map[string]bool{}
	}
	r.interfaces[d][g.texts()[textEndpoint]] = true
}

// each calls settle for the totals of every group that tells a route, and named for those of the group's targets
// behind it. A group and a target may come several times.
func (r *replay) each(settle func(g group, m *table.Measures), named func(t target, m *table.Measures)) error {
	blocks := r.totals.Read(0)
	for {
		block, err := blocks.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		for len(block) > 0 {
			isTarget := block[0] == 0
			if isTarget {
				block = block[1:]
			}
			n, width := binary.Uvarint(block)
			key := string(block[width : width+int(n)])
			var m table.Measures
			block = m.Cut(block[width+int(n):])
			if isTarget {
				named(target(key), &m)
			} else {
				settle(group(key), &m)
			}
		}
	}
}

// denialKey sorts denials by day and requestID, ordinary records before network events.
func denialKey(g group, requestID []byte) []byte {
	key := g.day().AppendKey(nil)
	key = appendText(key, requestID)
	if g.kind() == event.Network {
		return append(key, ofNetwork)
	}
	return append(key, ofCall)
}

// What a denialKey ends in.
const (
	ofCall = iota
	ofNetwork
)
