package count

import (
	"context"
	"sync"

	"golang.org/x/sync/errgroup"

	"vpcetrail/ingest"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/dedupe"
	"vpcetrail/ingest/spill"

	"vpcetrail/report"
	"vpcetrail/report/count/objects"
	"vpcetrail/report/learn"
)

// Counted holds the results of all counters of a run.
type Counted struct {
	Records  report.Balance // Records, OutsideWindow and Invalid only
	Statuses map[ingest.Status]int64
	Folders  map[day.Day]bool // days of the folders that objects are in
	Objects  objects.Logs
	Learned  learn.Learned

	denials *denials
	passes  int     // of Pages
	books   []*book // one for each counter; one alone where all pages could be joined
	joined  bool
}

// A book holds the pages of one counter. If there are several, the records are settled first
// and parked by page, so that only one page is in memory at a time.
type book struct {
	sync.Mutex // held to count or park
	counter    *Counter
	page       *Page // the only one; nil where there are several
	parked     *dedupe.Parked

	joined *spill.Frames // instead of counter and parked: pages that were joined
	away   int           // of them
	kinds  map[day.Day]report.Kinds
}

// Settle decides the fate of every record of the counters, and counts those that count. It
// uses as many goroutines as there are counters. It takes about memory bytes in addition to
// the memory of the counters. The counters must not be used again.
func Settle(ctx context.Context, counters []*Counter, disk *spill.Disk, memory int) (*Counted, error) {
	all := newCounted(disk, memory)
	all.Learned = LearnedBy(counters)
	logs := make([]*dedupe.Log, len(counters))
	for i, c := range counters {
		if err := c.finish(); err != nil {
			return nil, err
		}
		logs[i] = c.log
		all.take(c, disk, memory/4/len(counters))
	}
	if err := dedupe.Settle(ctx, logs, memory/4, len(logs), all.visit); err != nil {
		return nil, err
	}
	for _, b := range all.books {
		if b.page == nil {
			if err := b.parked.End(); err != nil {
				return nil, err
			}
		}
	}
	all.join()
	return all, nil
}

// take takes over the contents of a counter, except its records.
func (all *Counted) take(c *Counter, disk *spill.Disk, share int) {
	all.takeObjects(c)
	b := &book{counter: c}
	if len(c.away.pages) == 0 && c.log.Len() <= maxPageRecords {
		b.page = newPage(c.dict, all.denials)
	} else {
		b.parked = dedupe.NewParked(disk, append(c.away.bases, c.base), share)
	}
	all.books = append(all.books, b)
}

// visit takes a partition. Each goroutine starts with another counter, so that they seldom
// wait for each other.
func (all *Counted) visit(worker int, p *dedupe.Partition) error {
	for i := range p.Runs {
		run := &p.Runs[(i+worker)%len(p.Runs)]
		all.books[run.Log].take(func(p *Page) { p.count(run) }, func(k *dedupe.Parked) { k.Add(run) })
	}
	for i := range p.Replacing {
		c := &p.Replacing[i]
		all.books[c.Log].take(func(p *Page) { p.replace(c) }, func(k *dedupe.Parked) { k.Replace(c) })
	}
	return nil
}

func (b *book) take(count func(*Page), park func(*dedupe.Parked)) {
	b.Lock()
	defer b.Unlock()
	if b.page != nil {
		count(b.page)
	} else {
		park(b.parked)
	}
}

// Joined reports whether all calls are in one page.
func (all *Counted) Joined() bool { return all.joined }

// Pages calls fn with every page, counted, one at a time. It may be called more than once.
func (all *Counted) Pages(fn func(*Page) error) error {
	denials := all.denials
	if all.passes++; all.passes > 1 {
		denials = nil // they are taken already
	}
	for _, b := range all.books {
		if err := b.pages(denials, fn); err != nil {
			return err
		}
	}
	return nil
}

// pages calls fn with each page of the book. It counts pages that were parked, and adds their
// denials to to, which may be nil.
func (b *book) pages(to *denials, fn func(*Page) error) error {
	if b.page != nil {
		return fn(b.page)
	}
	if b.joined != nil {
		return b.eachJoined(fn)
	}
	for number := range len(b.counter.away.pages) + 1 {
		d := b.counter.dict
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

// join joins all pages into one, if they are in memory.
func (all *Counted) join() {
	records, arena := int64(0), 0
	pages := make([]*Page, len(all.books))
	for i, b := range all.books {
		if pages[i] = b.page; b.page == nil {
			return
		}
		records += b.counter.log.Len()
		arena += b.page.Texts.Bytes()
	}
	if records > maxPageRecords || arena > maxArena {
		return
	}
	for step := 1; step < len(pages); step *= 2 { // pairs of pages are joined at once
		var group errgroup.Group
		for i := 0; i+step < len(pages); i += 2 * step {
			group.Go(func() error { pages[i].join(pages[i+step]); return nil })
		}
		_ = group.Wait()
	}
	all.books, all.joined = []*book{{page: pages[0]}}, true
}

// join takes over the counts of another page.
func (p *Page) join(o *Page) {
	numbers := p.Join(o.Dictionary)
	known := len(p.totals)
	p.totals = append(p.totals, make([]total, len(p.Cells.Keys)-known)...)
	for number := known; number < len(p.totals); number++ {
		p.totals[number].callee = p.Groups.Keys[p.Cells.Keys[number].Group].Callee
	}
	for i, number := range numbers {
		p.joinTotal(number, &o.totals[i], o)
	}
	for d, kinds := range o.Kinds {
		p.kindsOf(d).Add(*kinds)
	}
}

// joinTotal adds the total of a cell of another page.
func (p *Page) joinTotal(number uint32, from *total, o *Page) {
	t := &p.totals[number]
	if from.sample.wanted() {
		if !t.sample.wanted() {
			t.sample = noSamples
		}
		p.samples.merge(&t.sample, &o.samples, from.sample)
	}
	t.add(from)
}
