package count

import (
	"context"
	"sync"

	"golang.org/x/sync/errgroup"

	"vpcetrail/classify/endpoints"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/dedupe"
	"vpcetrail/ingest/spill"

	"vpcetrail/report"
)

// Input is all that a report is made of.
type Input struct {
	Counters []*Counter // of all workers of a run that ended well
	Window   day.Window

	TrailAccounts []string            // those that have a folder in the trail
	OwnAccounts   []string            // further accounts that are ours
	Inventory     endpoints.Inventory // our endpoints by id
	NATPrice      float64             // US dollars a gigabyte, for findings
	PassedOver    int64               // objects that may hold calls and were not read

	Disk   *spill.Disk // takes what passes Memory; it must stay open as long as the report is used
	Memory int         // bytes, about; 0 is 64 MiB
}

// New makes the report, with as many goroutines as there are counters. It takes over the counters' memory:
// they must not be used again.
func New(ctx context.Context, in Input) (*report.Report, error) {
	if in.Disk == nil {
		in.Disk = spill.NewDisk("")
	}
	if in.Memory == 0 {
		in.Memory = defaultMemory
	}
	s := newSettling(&in)
	if err := s.countAll(ctx); err != nil {
		return nil, err
	}
	return s.report(ctx)
}

// A settling counts the records of all counters, now that all are there.
type settling struct {
	in      *Input
	denials *denials
	books   []*book // one for each counter
}

// A book is the pages of one counter. Of several, none is in memory while records are settled, which are
// parked by page.
type book struct {
	sync.Mutex // held to count or park
	counter    *Counter
	page       *page // the only one; nil where there are several
	parked     *dedupe.Parked
}

func newSettling(in *Input) *settling {
	s := &settling{in: in, denials: newDenials(in.Disk, in.Memory/16)}
	return s
}

// countAll gives every record its fate, and counts it where its page is in memory.
func (s *settling) countAll(ctx context.Context) error {
	logs := make([]*dedupe.Log, len(s.in.Counters))
	for i, c := range s.in.Counters {
		if err := c.finish(); err != nil {
			return err
		}
		logs[i] = c.log
		b := &book{counter: c}
		if len(c.away.pages) == 0 && c.log.Len() <= maxPageRecords {
			b.page = newPage(&c.dict, s.denials)
		} else {
			b.parked = dedupe.NewParked(s.in.Disk, append(c.away.bases, c.base), s.in.Memory/4/len(s.in.Counters))
		}
		s.books = append(s.books, b)
	}
	return dedupe.Settle(ctx, logs, s.in.Memory/4, len(logs), s.visit)
}

// visit takes a partition. Each goroutine starts with another counter, so that they seldom wait.
func (s *settling) visit(worker int, p *dedupe.Partition) error {
	for i := range p.Runs {
		run := &p.Runs[(i+worker)%len(p.Runs)]
		s.books[run.Log].take(func(p *page) { p.count(run) }, func(k *dedupe.Parked) { k.Add(run) })
	}
	for i := range p.Replacing {
		c := &p.Replacing[i]
		s.books[c.Log].take(func(p *page) { p.replace(c) }, func(k *dedupe.Parked) { k.Replace(c) })
	}
	return nil
}

func (b *book) take(count func(*page), park func(*dedupe.Parked)) {
	b.Lock()
	defer b.Unlock()
	if b.page != nil {
		count(b.page)
	} else {
		park(b.parked)
	}
}

// pages calls fn with each page of the book, counted, one at a time. Pages that were parked are counted for
// it, and give their denials to to, where that is not nil.
func (b *book) pages(to *denials, fn func(*page) error) error {
	if b.page != nil {
		return fn(b.page)
	}
	for number := range len(b.counter.away.pages) + 1 {
		d := &b.counter.dict
		if number < len(b.counter.away.pages) {
			var err error
			if d, err = b.counter.away.read(number); err != nil {
				return err
			}
		}
		p := newPage(d, to)
		err := b.parked.Read(number, func(part *dedupe.Partition) {
			for i := range part.Runs {
				p.count(&part.Runs[i])
			}
			for i := range part.Replacing {
				p.replace(&part.Replacing[i])
			}
		})
		if err == nil {
			err = fn(p)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// report decides what only the whole day shows, and makes the tables.
func (s *settling) report(ctx context.Context) (*report.Report, error) {
	var one *page
	for _, b := range s.books {
		if b.page == nil {
			if err := b.parked.End(); err != nil {
				return nil, err
			}
		}
	}
	if one = s.joined(); one != nil {
		s.books = []*book{{page: one}}
	}
	r := newResolver(s.in)
	for _, b := range s.books {
		// Parked pages are counted twice: their denials are taken the second time.
		if err := b.pages(nil, func(p *page) error { r.note(p); return nil }); err != nil {
			return nil, err
		}
	}
	t := newTables(r, s.in)
	for _, b := range s.books {
		if err := b.pages(s.denials, func(p *page) error { return t.add(ctx, p, one != nil) }); err != nil {
			return nil, err
		}
	}
	if err := r.settleDenials(s.denials); err != nil {
		return nil, err
	}
	return t.report()
}

// joined returns the only pages of all counters as one; nil where they are not all in memory.
func (s *settling) joined() *page {
	records, arena := int64(0), 0
	for _, b := range s.books {
		if b.page == nil {
			return nil
		}
		records += b.counter.log.Len()
		arena += len(b.page.texts.arena)
	}
	if records > maxPageRecords || arena > maxArena {
		return nil
	}
	pages := make([]*page, len(s.books))
	for i, b := range s.books {
		pages[i] = b.page
	}
	for step := 1; step < len(pages); step *= 2 { // pairs of pages are joined at once
		var group errgroup.Group
		for i := 0; i+step < len(pages); i += 2 * step {
			group.Go(func() error { pages[i].join(pages[i+step]); return nil })
		}
		_ = group.Wait()
	}
	return pages[0]
}

// join takes over what another page has counted.
func (p *page) join(o *page) {
	d := p.dictionary
	text := make([]uint32, len(o.texts.ends))
	for i := range text {
		text[i], _ = d.texts.number(o.texts.text(uint32(i)))
	}
	principals, callees := make([]uint32, len(o.principals.keys)), make([]uint32, len(o.callees.keys))
	for i, k := range o.principals.keys {
		k = principal{text[k.name], text[k.kind], text[k.account], text[k.session]}
		principals[i], _ = d.principals.number(hashPrincipal(&k), k, hashPrincipal)
	}
	for i, k := range o.callees.keys {
		k.account, k.region, k.service, k.endpoint, k.owner = text[k.account], text[k.region], text[k.service], text[k.endpoint], text[k.owner]
		callees[i], _ = d.callees.number(hashCallee(&k), k, hashCallee)
	}
	groups, targets := make([]uint32, len(o.groups.keys)), make([]uint32, len(o.targets.keys))
	for i, k := range o.groups.keys {
		k.callee, k.principal = callees[k.callee], principals[k.principal]
		groups[i], _ = d.groups.number(hashGroup(&k), k, hashGroup)
	}
	var names []uint32
	for i, k := range o.targets.keys {
		names = o.resources(names[:0], k.resources)
		for j, n := range names {
			names[j] = text[n]
		}
		k.resources, k.name = d.set(names), text[k.name]
		targets[i], _ = d.targets.number(hashTarget(&k), k, hashTarget)
	}
	for i, k := range o.cells.keys {
		k = cell{groups[k.group], targets[k.target]}
		number, isNew := d.cells.number(hashCell(&k), k, hashCell)
		if isNew {
			p.totals = append(p.totals, total{})
		}
		p.joinTotal(number, &o.totals[i], o)
	}
	for d, kinds := range o.kinds {
		p.kindsOf(d).Add(*kinds)
	}
}

// joinTotal adds the total of a cell of another page.
func (p *page) joinTotal(number uint32, from *total, o *page) {
	t := &p.totals[number]
	if from.sample.wanted() {
		if !t.sample.wanted() {
			t.sample = noSamples
		}
		p.samples.merge(&t.sample, &o.samples, from.sample)
	}
	if from.calls == 0 {
		return
	}
	if t.calls == 0 {
		t.first, t.last = from.first, from.last
	}
	t.first, t.last = min(t.first, from.first), max(t.last, from.last)
	t.calls += from.calls
	t.denied += from.denied
	t.errors += from.errors
	t.reads += from.reads
	t.writes += from.writes
	t.in += from.in
	t.out += from.out
}
