package count

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/sync/errgroup"

	"vpcetrail/ingest/day"
	"vpcetrail/ingest/dedupe"
	"vpcetrail/ingest/spill"

	"vpcetrail/report"
	"vpcetrail/report/count/cells"
)

// A Settler settles records of shards, and makes their sums. It needs the names of the objects and the outlines of
// all shards, and the records of the partitions that it settles.
type Settler struct {
	disk   *spill.Disk
	memory int
	logs   []*dedupe.Log // one for each worker
	zst    *zstd.Decoder
}

// NewSettler returns a Settler that takes about memory bytes.
func NewSettler(disk *spill.Disk, memory, workers int) (*Settler, error) {
	zst, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(workers))
	if err != nil {
		return nil, fmt.Errorf("shard: read: %w", err)
	}
	s := &Settler{disk: disk, memory: memory, zst: zst}
	for range workers {
		s.logs = append(s.logs, dedupe.NewLog(disk, memory/4/workers))
	}
	return s, nil
}

// A Numbering translates the numbers of one shard to those of all shards that are merged.
type Numbering struct {
	Base, Cells uint32   // of its cells: the first, and how many
	Objects     []uint32 // by number
}

// Take takes a segment of records. Each worker has its own goroutine.
func (s *Settler) Take(worker int, segment []byte, to *Numbering) (err error) {
	defer hostile(&err)
	text, err := s.zst.DecodeAll(segment, nil)
	if err != nil {
		return errShard
	}
	log := s.logs[worker]
	for len(text) > 0 {
		r, extra, original, rest, ok := dedupe.CutRecord(text)
		text = rest
		seq := r.At().Object()
		if !ok || r.Value >= to.Cells || seq >= len(to.Objects) {
			return errShard
		}
		if len(extra) > 0 {
			_ = parseExtra(extra) // it panics here, not while records are settled
		}
		r.Value += to.Base
		log.Put(&r, dedupe.PlaceOf(int(to.Objects[seq]), r.At().Index()), extra, original)
	}
	return log.Err()
}

// cellMemory is about what counting takes for a cell, with its samples.
const cellMemory = 400

// Settle settles all records, and passes their sums to stage, in parts. outlines are of all dictionaries, and sizes
// the numbers of their cells. It returns the records that count as no call, by day. The same shards and partitions
// give the same parts.
func (s *Settler) Settle(ctx context.Context, sizes []int, outlines *PartReader, stage func(*Part) error) (map[day.Day]report.Kinds, error) {
	c := rangeCounter{Settler: s, outlines: outlines, kinds: map[day.Day]report.Kinds{}}
	if err := c.divide(sizes); err != nil || len(c.ranges) == 0 {
		return c.kinds, err
	}
	var err error
	if c.sums, err = newSumWriter(stage); err != nil {
		return nil, err
	}
	for _, log := range s.logs {
		log.End()
	}
	if len(c.ranges) == 1 {
		err = c.atOnce(ctx)
	} else if err = c.park(ctx); err == nil {
		err = c.run(ctx)
	}
	return c.kinds, errors.Join(err, c.sums.end(0))
}

// A rangeCounter counts settled records, one range of cells after the other.
type rangeCounter struct {
	*Settler
	outlines *PartReader
	ranges   []cellRange
	parked   []*dedupe.Parked // by the workers that settled them
	sums     *sumWriter
	kinds    map[day.Day]report.Kinds
}

// A cellRange is the cells of dictionaries that follow each other.
type cellRange struct {
	first               uint32
	dictionaries, cells int
}

// divide divides the cells into ranges that fit into memory.
func (c *rangeCounter) divide(sizes []int) error {
	all, most := 0, c.memory/4/len(c.logs)/cellMemory
	for _, size := range sizes {
		if n := len(c.ranges); n == 0 || c.ranges[n-1].cells+size > most {
			c.ranges = append(c.ranges, cellRange{first: uint32(all)})
		}
		last := &c.ranges[len(c.ranges)-1]
		last.dictionaries++
		last.cells += size
		if all += size; all > math.MaxUint32 {
			return errCells
		}
	}
	return nil
}

// atOnce counts records while they are settled: each worker on its own page.
func (c *rangeCounter) atOnce(ctx context.Context) error {
	pages, err := c.pages(&c.ranges[0], len(c.logs))
	if err != nil {
		return err
	}
	err = dedupe.Settle(ctx, c.logs, c.memory/4, len(c.logs), func(worker int, p *dedupe.Partition) error {
		return pages[worker].countAll(p)
	})
	if err != nil {
		return err
	}
	kept := []*spill.Sorter{pages[0].kept}
	for _, p := range pages[1:] {
		kept = append(kept, p.kept)
		pages[0].records += p.records
		for number := range p.totals {
			pages[0].joinTotal(uint32(number), &p.totals[number], p)
		}
		for d, kinds := range p.Kinds {
			pages[0].kindsOf(d).Add(*kinds)
		}
	}
	return c.write(pages[0], 0, spill.Merge(kept...))
}

// park settles the records, and puts them away by the ranges of their cells.
func (c *rangeCounter) park(ctx context.Context) error {
	starts := make([]uint32, len(c.ranges))
	for i := range c.ranges {
		starts[i] = c.ranges[i].first
	}
	for range c.logs {
		c.parked = append(c.parked, dedupe.NewParked(c.disk, starts, c.memory/4/len(c.logs)))
	}
	err := dedupe.Settle(ctx, c.logs, c.memory/4, len(c.logs), func(worker int, p *dedupe.Partition) error {
		for i := range p.Runs {
			c.parked[worker].Add(&p.Runs[i])
		}
		for i := range p.Replacing {
			c.parked[worker].Replace(&p.Replacing[i])
		}
		return nil
	})
	for _, k := range c.parked {
		err = errors.Join(err, k.End())
	}
	return err
}

// run counts the ranges of parked records, as many at once as there are workers.
func (c *rangeCounter) run(ctx context.Context) error {
	pages := make([]*Page, len(c.ranges))
	for first := 0; first < len(c.ranges); first += len(c.parked) {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		var group errgroup.Group
		end := min(first+len(c.parked), len(c.ranges))
		for i := first; i < end; i++ {
			p, err := c.pages(&c.ranges[i], 1)
			if err != nil {
				return err
			}
			pages[i] = p[0]
			group.Go(func() error { return c.count(p[0], i) })
		}
		if err := group.Wait(); err != nil {
			return err
		}
		for i := first; i < end; i++ {
			if err := c.write(pages[i], c.ranges[i].first, pages[i].kept.Cursor()); err != nil {
				return err
			}
			pages[i] = nil
		}
	}
	return nil
}

// write writes the sums of a range.
func (c *rangeCounter) write(p *Page, first uint32, denials *spill.Cursor) error {
	if p.records > maxPageRecords {
		return errCells
	}
	for d, kinds := range p.Kinds {
		sum := c.kinds[d]
		sum.Add(*kinds)
		c.kinds[d] = sum
	}
	return c.sums.page(p, first, denials)
}

// pages returns several pages of the next range, to count on.
func (c *rangeCounter) pages(r *cellRange, n int) (pages []*Page, err error) {
	defer hostile(&err)
	for range n {
		p := newPage(cells.New(), nil)
		p.kept = spill.NewSorter(c.disk, c.memory/16/len(c.logs))
		p.totals = make([]total, 0, r.cells)
		pages = append(pages, p)
	}
	for range r.dictionaries {
		text, err := c.outlines.Next()
		if err == io.EOF {
			err = errShard
		}
		if err != nil {
			return nil, err
		}
		for _, p := range pages {
			p.addOutline(text)
		}
	}
	for _, p := range pages {
		p.scopes = make([]dedupe.Scope, len(p.Callees.Keys))
	}
	return pages, nil
}

// count counts the parked records of a range on its page.
func (c *rangeCounter) count(p *Page, number int) error {
	for _, k := range c.parked {
		var failed error
		if err := k.Read(number, func(part *dedupe.Partition) { failed = errors.Join(failed, p.countAll(part)) }); err != nil || failed != nil {
			return errors.Join(err, failed)
		}
	}
	return p.kept.Err()
}

// countAll counts the records of a partition.
func (p *Page) countAll(part *dedupe.Partition) (err error) {
	defer hostile(&err)
	for i := range part.Runs {
		p.records += int64(len(part.Runs[i].Records))
		p.count(&part.Runs[i])
	}
	for i := range part.Replacing {
		p.replace(&part.Replacing[i])
	}
	return nil
}
