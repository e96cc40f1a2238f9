package count

import (
	"vpcetrail/classify"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/dedupe"
	"vpcetrail/ingest/event"

	"vpcetrail/report"
	"vpcetrail/report/table"
)

// A page is a dictionary with what is counted of its events.
type page struct {
	*dictionary
	totals  []total // of each cell
	samples samples
	touched uint32                    // keeps touch
	scopes  []dedupe.Scope            // of each callee; zero where not worked out yet
	kinds   map[day.Day]*report.Kinds // Duplicates and Corrections only
	denials *denials
}

// A total is what is counted of one cell. A page holds fewer records than its counts can.
type total struct {
	calls, denied, errors, reads, writes uint32
	first, last                          uint32 // milliseconds of the day
	sample                               sampleList
	in, out                              int64
}

// maxPageRecords is how many records a page may have, so that no total overflows.
const maxPageRecords = 1<<32 - 1

func newPage(d *dictionary, to *denials) *page {
	p := &page{
		dictionary: d, totals: make([]total, len(d.cells.keys)), samples: newSamples(),
		scopes: make([]dedupe.Scope, len(d.callees.keys)), kinds: map[day.Day]*report.Kinds{}, denials: to,
	}
	findable := make([]bool, len(d.groups.keys))
	for i := range d.groups.keys {
		findable[i] = p.findable(&d.groups.keys[i])
	}
	for i, c := range d.cells.keys {
		kind := d.callees.keys[d.groups.keys[c.group].callee].kind
		if kind != event.Network && kind != event.Other && (findable[c.group] || d.targets.keys[c.target].signs&classify.Telling != 0) {
			p.totals[i].sample = noSamples
		}
	}
	return p
}

// findable reports whether the calls of a group may become findings whatever their target is: not where
// they take an endpoint of the account that they are made in and of, nor where services make them.
func (p *page) findable(g *group) bool {
	c := &p.callees.keys[g.callee]
	if c.endpoint != 0 {
		return c.owner != c.account || p.principals.keys[g.principal].account != c.account
	}
	return g.bits.unowned().Route() == classify.Internet
}

// calleeOf returns what the events of a cell call.
func (p *page) calleeOf(number uint32) *callee {
	return &p.callees.keys[p.groups.keys[p.cells.keys[number].group].callee]
}

// kindsOf returns the counts of a day, to be added to.
func (p *page) kindsOf(d day.Day) *report.Kinds {
	if p.kinds[d] == nil {
		p.kinds[d] = new(report.Kinds)
	}
	return p.kinds[d]
}

// count counts the records of a run.
func (p *page) count(run *dedupe.Run) {
	extras := run.Extras()
	for i := range run.Records {
		if i%touchAhead == 0 {
			p.touch(run.Records[i:min(i+touchAhead, len(run.Records))])
		}
		r := &run.Records[i]
		var x extra
		if r.Flags&dedupe.HasExtra != 0 {
			x = parseExtra(extras.Next())
		}
		t := &p.totals[r.Value]
		counts := run.Fates[i] == dedupe.Counts && !r.IsCorrection()
		if !counts {
			p.leaveOut(r, run.Fates[i])
		}
		if t.sample.wanted() {
			p.addSample(t, r, &x, counts)
		}
		if counts {
			p.add(t, r, &x)
		}
	}
}

// touchAhead is how many records' totals are touched in a loop without branches, so that their misses overlap.
const touchAhead = 128

func (p *page) touch(records []dedupe.Record) {
	touched := uint32(0)
	for i := range records {
		touched += p.totals[records[i].Value].calls
	}
	p.touched = touched
}

// leaveOut counts a record that counts as no call.
func (p *page) leaveOut(r *dedupe.Record, fate dedupe.Fate) {
	kinds := p.kindsOf(p.calleeOf(r.Value).day)
	switch {
	case fate == dedupe.Duplicate:
		kinds.Duplicates++
	case r.IsCorrection():
		kinds.Corrections++ // where it replaces a record, it takes the place of that one, which is counted nowhere else
	}
}

// replace counts a correction in the place of the record that it corrects.
func (p *page) replace(c *dedupe.Replacement) {
	var x extra
	if len(c.Extra) > 0 {
		x = parseExtra(c.Extra)
	}
	t := &p.totals[c.Record.Value]
	if t.sample.wanted() {
		p.addSample(t, &c.Record, &x, true)
	}
	p.add(t, &c.Record, &x)
}

// add counts a record.
func (p *page) add(t *total, r *dedupe.Record, x *extra) {
	ms := r.Flags >> timeShift
	if t.calls == 0 {
		t.first, t.last = ms, ms
	}
	t.calls++
	t.first, t.last = min(t.first, ms), max(t.last, ms)
	f := r.Flags
	t.errors += f / flagFailed & 1
	t.denied += f / flagDenied & 1
	t.reads += f / flagReads & 1
	t.writes += f / flagWrites & 1
	if x.tag == 0 {
		return
	}
	t.in += x.in
	t.out += x.out
	if x.tag&extraPolicy != 0 {
		p.deny(r, x)
	}
}

// addSample offers a record's eventID to the samples of its cell.
func (p *page) addSample(t *total, r *dedupe.Record, x *extra, counts bool) {
	if x.tag&extraID != 0 {
		if len(x.id) > 0 {
			p.samples.addText(&t.sample, string(x.id), counts)
		}
		return
	}
	if r.IsNamed() {
		p.samples.addID(&t.sample, p.unscoped(r), counts)
	}
}

// eventID returns the eventID of a record, nil where it cannot be a sample.
func (p *page) eventID(r *dedupe.Record, x *extra) []byte {
	if x.tag&extraID != 0 {
		return x.id
	}
	if !r.IsNamed() {
		return nil
	}
	return dedupe.Scope{}.AppendUUID(nil, p.unscoped(r))
}

// unscoped returns the identity of a record without its scope: the UUID that is its eventID.
func (p *page) unscoped(r *dedupe.Record) dedupe.ID {
	number := p.groups.keys[p.cells.keys[r.Value].group].callee
	scope := &p.scopes[number]
	if *scope == (dedupe.Scope{}) {
		c := &p.callees.keys[number]
		*scope = dedupe.ScopeOf(p.texts.text(c.account), p.texts.text(c.region), c.day, c.kind)
	}
	return dedupe.ID{Hi: r.ID.Hi ^ scope.Hi, Lo: r.ID.Lo ^ scope.Lo}
}

// measures returns what is counted of a cell.
func (p *page) measures(number uint32) (m table.Measures) {
	t := &p.totals[number]
	start := int64(p.calleeOf(number).day) * msPerDay
	return table.Measures{
		Calls: int64(t.calls), Denied: int64(t.denied), Errors: int64(t.errors), Reads: int64(t.reads), Writes: int64(t.writes),
		BytesIn: t.in, BytesOut: t.out, FirstSeen: start + int64(t.first), LastSeen: start + int64(t.last),
	}
}
