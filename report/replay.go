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
	groups     *spill.Buckets              // the totals of each group: its key behind its length, and its measures
	denials    *spill.Sorter               // calls that an endpoint's policy refused: see denialKey

	// Of the page at hand, by number of group.
	page   []group
	totals []table.Measures
	days   []*Kinds
	record []byte
}

func newReplay(disk *spill.Disk, share int) *replay {
	return &replay{
		kinds: dayKinds{}, interfaces: map[day.Day]map[string]bool{},
		groups: spill.NewBuckets(disk, 1, share), denials: spill.NewSorter(disk, share/8),
	}
}

// run counts the rows of c, and lets go of them.
func (r *replay) run(ctx context.Context, c *Counter, marks *ingest.Marks) error {
	pages, rows, cursor := c.groups.pages(), c.rows.read(), marks.Cursor()
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
			c.groups, c.rows = dictionary{}, rowLog{}
			if err := cursor.Err(); err != nil {
				return err
			}
			if err := r.denials.Err(); err != nil {
				return err
			}
			return r.groups.Err()
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

// turn goes on to the next page of groups.
func (r *replay) turn(pages *dictionaryPages) (err error) {
	if r.page, err = pages.next(); err != nil {
		return err
	}
	r.totals = make([]table.Measures, len(r.page))
	r.days = make([]*Kinds, len(r.page))
	for i, g := range r.page {
		r.days[i] = r.kinds.of(g.day())
	}
	return nil
}

// count counts one row as its mark says.
func (r *replay) count(row *row, mark ingest.Mark) {
	switch {
	case mark == ingest.Duplicate:
		r.days[row.group].Duplicates++
		return
	case mark == ingest.Corrected,
		mark != ingest.Replacing && r.page[row.group].kind() == event.Correction:
		r.days[row.group].Corrections++
		return
	}
	row.addTo(&r.totals[row.group])
	if row.byPolicy {
		g := r.page[row.group]
		r.denials.Add(denialKey(g, row.requestID), []byte(g))
	}
}

// close writes down the totals of the page at hand.
func (r *replay) close() {
	for i, g := range r.page {
		m := &r.totals[i]
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
		r.groups.Append(0, m.Append(r.record))
	}
	r.page, r.totals, r.days = nil, nil, nil
}

func (r *replay) noteInterface(g group) {
	d := g.day()
	if r.interfaces[d] == nil {
		r.interfaces[d] = map[string]bool{}
	}
	r.interfaces[d][g.texts()[textEndpoint]] = true
}

// each calls fn for the totals of every group that tells a route. fn may be called several times for a group.
func (r *replay) each(fn func(g group, m *table.Measures)) error {
	blocks := r.groups.Read(0)
	for {
		block, err := blocks.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		for len(block) > 0 {
			n, width := binary.Uvarint(block)
			g := group(block[width : width+int(n)])
			var m table.Measures
			block = m.Cut(block[width+int(n):])
			fn(g, &m)
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
