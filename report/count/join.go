package count

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"

	"vpcetrail/ingest"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/spill"

	"vpcetrail/report"
	"vpcetrail/report/count/cells"
)

// Settled is what settling jobs made of shards, to be joined.
type Settled struct {
	Objects *Counter // has been given all objects, and what was learned
	Numbers *PartReader
	Sums    []*SumReader // one of each job
	Kinds   map[day.Day]report.Kinds
}

// Join adds up the sums of all jobs. What it returns is as if one run had read all objects. It takes about memory
// bytes.
func Join(ctx context.Context, in *Settled, disk *spill.Disk, memory int) (*Counted, error) {
	all := newCounted(disk, memory)
	all.Learned = *in.Objects.learner.Learned()
	all.takeObjects(in.Objects)
	j := joining{Counted: all, share: min(memory/2, maxArena), book: &book{joined: spill.NewFrames(disk), kinds: in.Kinds}}
	all.books = []*book{j.book}
	for base := uint32(0); ; {
		d, err := in.Numbers.numbers()
		if err == io.EOF {
			break
		}
		if err == nil && ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		if err != nil {
			return nil, err
		}
		p := newPage(d, all.denials)
		for _, sums := range in.Sums {
			if err := sums.addTo(p, base); err != nil {
				return nil, err
			}
		}
		base += uint32(len(d.Cells.Keys))
		if err := j.add(p); err != nil {
			return nil, err
		}
	}
	for _, sums := range in.Sums {
		if !sums.ended {
			return nil, errShard
		}
	}
	return all, j.end()
}

// joining is a Join that is under way.
type joining struct {
	*Counted
	share int // of memory, for the current page
	book  *book
	page  *Page
}

// add joins a page to the current one, or starts another.
func (j *joining) add(p *Page) error {
	if j.page == nil {
		j.page = p
		return nil
	}
	if j.page.Held() > j.share || j.page.records+p.records > maxPageRecords {
		if err := j.book.putAway(j.page); err != nil {
			return err
		}
		j.page = p
		return nil
	}
	j.page.join(p)
	j.page.records += p.records
	return nil
}

func (j *joining) end() error {
	if j.page == nil {
		j.page = newPage(cells.New(), j.denials)
	}
	if j.book.away > 0 {
		return j.book.putAway(j.page)
	}
	for d, kinds := range j.book.kinds {
		j.page.kindsOf(d).Add(kinds)
	}
	j.book.page, j.joined = j.page, true
	return nil
}

// putAway puts a page on disk: its dictionary, and then its sums.
func (b *book) putAway(p *Page) error {
	var dictionary bytes.Buffer
	if err := p.Dictionary.Write(&dictionary); err != nil {
		return err
	}
	if err := b.joined.Add(dictionary.Bytes()); err != nil {
		return err
	}
	w, err := newSumWriter(func(part *Part) error { return b.joined.Add(part.Text) })
	if err != nil {
		return err
	}
	b.away++
	return errors.Join(w.page(p, 0, nil), w.end(0), b.joined.Add(nil)) // an empty text ends a page
}

// eachJoined calls fn with each page that was put away. The first has the counts of records that are no calls.
func (b *book) eachJoined(fn func(*Page) error) error {
	next := b.joined.Reader()
	for number := range b.away {
		text, err := next()
		if err != nil {
			return err
		}
		d, err := cells.Read(bytes.NewReader(text))
		if err != nil {
			return err
		}
		p := newPage(d, nil) // the denials are taken already
		sums, err := NewSumReader(func() ([]byte, error) {
			text, err := next()
			if err == nil && len(text) == 0 {
				err = io.EOF // the end of the page
			}
			return text, err
		})
		if err == nil {
			err = sums.addTo(p, 0)
		}
		if err != nil {
			return err
		}
		for d, kinds := range b.kinds {
			if number == 0 {
				p.kindsOf(d).Add(kinds)
			}
		}
		if err := fn(p); err != nil {
			return err
		}
	}
	return nil
}

// newCounted returns a Counted of nothing.
func newCounted(disk *spill.Disk, memory int) *Counted {
	return &Counted{Statuses: map[ingest.Status]int64{}, Folders: map[day.Day]bool{}, denials: newDenials(disk, memory/16)}
}

// takeObjects takes over what a counter knows of objects.
func (all *Counted) takeObjects(c *Counter) {
	all.Records.Records += c.records.Records
	all.Records.OutsideWindow += c.records.OutsideWindow
	all.Records.Invalid += c.records.Invalid
	for status, n := range c.statuses {
		all.Statuses[status] += n
	}
	maps.Copy(all.Folders, c.folders)
	all.Objects = append(all.Objects, c.objects)
}
