package report

import (
	"context"
	"encoding/binary"
	"io"
	"slices"

	"vpcetrail/classify"
	"vpcetrail/ingest"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/event"
	"vpcetrail/ingest/spill"

	"vpcetrail/report/findings"
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
	restricted map[day.Day]map[string]bool // resources whose own policy refused a call of the day
	denials    *spill.Sorter               // calls that an endpoint's policy refused: see denialKey

	page    page                // at hand
	cells   []table.Measures    // of the page, by number
	samples []*findings.Samples // likewise; nil where there are none
	groups  []counted           // the page's groups, by number
	record  []byte              // scratch
}

// counted is what each row of a group asks of it.
type counted struct {
	day        *Kinds
	correction bool
}

func newReplay(disk *spill.Disk, share int) *replay {
	return &replay{
		kinds: dayKinds{}, interfaces: map[day.Day]map[string]bool{}, restricted: map[day.Day]map[string]bool{},
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
	r.cells, r.samples = make([]table.Measures, len(r.page.cells)), make([]*findings.Samples, len(r.page.cells))
	r.groups = make([]counted, len(r.page.groups))
	for i, g := range r.page.groups {
		r.groups[i] = counted{r.kinds.of(g.day()), g.kind() == event.Correction}
	}
	return nil
}

// count counts one row as its mark says.
func (r *replay) count(row *row, mark ingest.Mark) {
	number := r.page.cells[row.cell].group
	counts := false
	switch of := r.groups[number]; {
	case mark == ingest.Duplicate:
		of.day.Duplicates++
	case mark == ingest.Corrected, mark != ingest.Replacing && of.correction:
		of.day.Corrections++
	default:
		counts = true
	}
	if len(row.eventID) > 0 {
		s := r.samples[row.cell]
		if s == nil {
			s = new(findings.Samples)
			r.samples[row.cell] = s
		}
		s.Add(string(row.eventID), counts)
	}
	if !counts {
		return
	}
	row.addTo(&r.cells[row.cell])
	if row.byPolicy {
		g := r.page.groups[number]
		r.denials.Add(denialKey(g, row.requestID), denialValue(g, row))
	}
}

// close writes down the totals of the page at hand: of each group, its key behind its length, and its
// measures; then, of each of its targets that is not empty or may become a finding, a 0, the target behind its length, the
// measures of the group's calls with that target, and their samples.
func (r *replay) close() {
	sums, byGroup := r.sumGroups()
	for i, g := range r.page.groups {
		m := &sums[i]
		if m.Calls == 0 && !r.sampled(byGroup[i]) {
			continue // only of objects that broke, of duplicates or of corrections
		}
		switch g.kind() {
		case event.Network:
			r.groups[i].day.NetworkEvents += m.Calls
		case event.Other:
			r.groups[i].day.OtherEvents += m.Calls
			continue
		default:
			r.groups[i].day.Calls += m.Calls
		}
		if m.Calls > 0 && g.provesInterface() {
			note(r.interfaces, g.day(), g.texts()[textEndpoint])
		}
		r.record = append(binary.AppendUvarint(r.record[:0], uint64(len(g))), g...)
		r.totals.Append(0, m.Append(r.record))
		for _, number := range byGroup[i] {
			r.closeCell(number, g)
		}
	}
	r.page, r.cells, r.samples, r.groups = page{}, nil, nil, nil
}

// sampled reports whether cells have samples: those of records that do not count matter too.
func (r *replay) sampled(cells []int) bool {
	return slices.ContainsFunc(cells, func(number int) bool { return r.samples[number] != nil })
}

func (r *replay) closeCell(number int, g group) {
	t, m, samples := r.page.targets[r.page.cells[number].target], &r.cells[number], r.samples[number]
	if samples == nil && (m.Calls == 0 || t == "" && !g.findable()) {
		return
	}
	if m.Calls > 0 && t.signs()&classify.DeniedByResource != 0 {
		_, resources := t.names(nil)
		for _, name := range resources {
			note(r.restricted, g.day(), name)
		}
	}
	if samples == nil {
		samples = &findings.Samples{}
	}
	r.record = append(binary.AppendUvarint(append(r.record[:0], 0), uint64(len(t))), t...)
	r.totals.Append(0, samples.Append(m.Append(r.record)))
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

// note notes a name for a day.
func note(names map[day.Day]map[string]bool, d day.Day, name string) {
	if names[d] == nil {
		names[d] = map[string]bool{}
	}
	names[d][name] = true
}

// A replayed is the totals of a group that tells a route, or of one of its targets, which follow it.
type replayed struct {
	isTarget bool
	key      string // the group, or the target
	measures table.Measures
	samples  findings.Samples // of a target
}

// replayed returns what was written down. A group and a target may come several times.
func (r *replay) replayed(yield func(*replayed, error) bool) {
	blocks := r.totals.Read(0)
	var t replayed
	for {
		block, err := blocks.Next()
		if err == io.EOF {
			return
		}
		if err != nil {
			yield(nil, err)
			return
		}
		for len(block) > 0 {
			if t.isTarget = block[0] == 0; t.isTarget {
				block = block[1:]
			}
			n, width := binary.Uvarint(block)
			t.key = string(block[width : width+int(n)])
			block = t.measures.Cut(block[width+int(n):])
			if t.isTarget {
				block = t.samples.Cut(block)
			}
			if !yield(&t, nil) {
				return
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

// denialValue is the group, the time, and the eventID where it is one of the samples.
func denialValue(g group, row *row) []byte {
	value := binary.BigEndian.AppendUint64([]byte(g), uint64(row.time))
	return append(value, row.eventID...)
}

// What a denialKey ends in.
const (
	ofCall = iota
	ofNetwork
)
