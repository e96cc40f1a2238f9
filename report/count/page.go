package count

import (
	"vpcetrail/classify"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/dedupe"
	"vpcetrail/ingest/event"
	"vpcetrail/ingest/spill"

	"vpcetrail/report"
	"vpcetrail/report/count/cells"
	"vpcetrail/report/table"
)

// A Page is a dictionary and the counts of its events.
type Page struct {
	*cells.Dictionary
	totals  []total // of each cell
	samples samples
	touched uint32                    // keeps touch
	scopes  []dedupe.Scope            // of each callee; zero where not worked out yet
	Kinds   map[day.Day]*report.Kinds // Duplicates and Corrections only
	denials *denials
	kept    *spill.Sorter // takes the denials instead, where the page has no texts
	records int64         // in sums that were added
}

// A total holds the counts of one cell. They cannot overflow, because a page has few enough
// records.
type total struct {
	calls, denied, errors, reads, writes uint32
	first, last                          uint32 // milliseconds of the day
	callee                               uint32
	sample                               sampleList
	in, out                              int64
}

// maxPageRecords is the largest number of records in a page, so that no total overflows.
const maxPageRecords = 1<<32 - 1

func newPage(d *cells.Dictionary, to *denials) *Page {
	p := &Page{
		Dictionary: d, totals: make([]total, len(d.Cells.Keys)), samples: newSamples(),
		scopes: make([]dedupe.Scope, len(d.Callees.Keys)), Kinds: map[day.Day]*report.Kinds{}, denials: to,
	}
	findable := make([]bool, len(d.Groups.Keys))
	for i := range d.Groups.Keys {
		findable[i] = p.findable(&d.Groups.Keys[i])
	}
	for i, c := range d.Cells.Keys {
		callee := d.Groups.Keys[c.Group].Callee
		p.totals[i].callee = callee
		kind := d.Callees.Keys[callee].Kind
		if kind != event.Network && kind != event.Other && (findable[c.Group] || d.Targets.Keys[c.Target].Signs&classify.Notable != 0) {
			p.totals[i].sample = noSamples
		}
	}
	return p
}

// findable reports whether the calls of a group may become findings with some target. They
// may not if a service makes them, or if they go through an endpoint that belongs to the
// account of the call.
func (p *Page) findable(g *cells.Group) bool {
	c := &p.Callees.Keys[g.Callee]
	if c.Endpoint != 0 {
		return c.Owner != c.Account || p.Principals.Keys[g.Principal].Account != c.Account
	}
	return g.Bits.Unowned().Route() == classify.Internet
}

// calleeOf returns what the events of a cell call.
func (p *Page) calleeOf(number uint32) *cells.Callee {
	return &p.Callees.Keys[p.totals[number].callee]
}

// kindsOf returns the counts of a day. The caller adds to them.
func (p *Page) kindsOf(d day.Day) *report.Kinds {
	if p.Kinds[d] == nil {
		p.Kinds[d] = new(report.Kinds)
	}
	return p.Kinds[d]
}

// count counts the records of a run.
func (p *Page) count(run *dedupe.Run) {
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

// touchAhead is the number of records with totals that are loaded together, in a loop without
// branches, so that their cache misses overlap.
const touchAhead = 128

func (p *Page) touch(records []dedupe.Record) {
	touched := uint32(0)
	for i := range records {
		touched += p.totals[records[i].Value].calls
	}
	p.touched = touched
}

// leaveOut counts a record that is not counted as a call.
func (p *Page) leaveOut(r *dedupe.Record, fate dedupe.Fate) {
	kinds := p.kindsOf(p.calleeOf(r.Value).Day)
	switch {
	case fate == dedupe.Duplicate:
		kinds.Duplicates++
	case r.IsCorrection():
		kinds.Corrections++ // where it replaces a record, it takes the place of that one, which is counted nowhere else
	}
}

// replace counts a correction instead of the record that it corrects.
func (p *Page) replace(c *dedupe.Replacement) {
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
func (p *Page) add(t *total, r *dedupe.Record, x *extra) {
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
		if p.kept != nil {
			p.keep(r, x)
			return
		}
		p.deny(r, x)
	}
}

// add adds a total of the same cell.
func (t *total) add(o *total) {
	if o.calls == 0 {
		return
	}
	if t.calls == 0 {
		t.first, t.last = o.first, o.last
	}
	t.first, t.last = min(t.first, o.first), max(t.last, o.last)
	t.calls += o.calls
	t.denied += o.denied
	t.errors += o.errors
	t.reads += o.reads
	t.writes += o.writes
	t.in += o.in
	t.out += o.out
}

// addSample offers a record's eventID to the samples of its cell.
func (p *Page) addSample(t *total, r *dedupe.Record, x *extra, counts bool) {
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

// eventID returns the eventID of a record, or nil if it cannot be a sample.
func (p *Page) eventID(r *dedupe.Record, x *extra) []byte {
	if x.tag&extraID != 0 {
		return x.id
	}
	if !r.IsNamed() {
		return nil
	}
	return dedupe.Scope{}.AppendUUID(nil, p.unscoped(r))
}

// unscoped returns the identity of a record without its scope. That is the UUID of its
// eventID.
func (p *Page) unscoped(r *dedupe.Record) dedupe.ID {
	number := p.totals[r.Value].callee
	scope := &p.scopes[number]
	if *scope == (dedupe.Scope{}) {
		c := &p.Callees.Keys[number]
		*scope = dedupe.ScopeOf(p.Texts.Text(c.Account), p.Texts.Text(c.Region), c.Day, c.Kind)
	}
	return dedupe.ID{Hi: r.ID.Hi ^ scope.Hi, Lo: r.ID.Lo ^ scope.Lo}
}

// Measures returns the counts of a cell.
func (p *Page) Measures(number uint32) (m table.Measures) {
	t := &p.totals[number]
	start := int64(p.calleeOf(number).Day) * msPerDay
	return table.Measures{
		Calls: int64(t.calls), Denied: int64(t.denied), Errors: int64(t.errors), Reads: int64(t.reads), Writes: int64(t.writes),
		BytesIn: t.in, BytesOut: t.out, FirstSeen: start + int64(t.first), LastSeen: start + int64(t.last),
	}
}

// CallsOf returns the number of records of a cell that count.
func (p *Page) CallsOf(number uint32) uint32 { return p.totals[number].calls }

// IsFindable reports whether a cell can become a finding.
func (p *Page) IsFindable(number uint32) bool { return p.totals[number].sample.wanted() }

// HasSamples reports whether eventIDs of a cell are known, including those of records that do
// not count.
func (p *Page) HasSamples(number uint32) bool { return !p.totals[number].sample.isEmpty() }

// A pageFile keeps the dictionaries of a Counter's pages on disk, in order.
type pageFile struct {
	disk  *spill.Disk
	pages []*spill.Stream
	bases []uint32 // how many cells are on the pages before each
	err   error
}

func newPageFile(disk *spill.Disk) *pageFile { return &pageFile{disk: disk} }

// add writes a dictionary.
func (f *pageFile) add(d *cells.Dictionary, base uint32) {
	s := spill.NewStream(f.disk)
	if f.err == nil {
		f.err = d.Write(s)
	}
	f.pages, f.bases = append(f.pages, s), append(f.bases, base)
}

// fail stores the error that ends the run.
func (f *pageFile) fail(err error) {
	if f.err == nil {
		f.err = err
	}
}

// read returns the dictionary of a page.
func (f *pageFile) read(page int) (*cells.Dictionary, error) {
	return cells.Read(f.pages[page].Reader())
}
