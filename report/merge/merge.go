package merge

import (
	"cmp"
	"container/heap"
	"context"
	"fmt"
	"io"
	"slices"

	"vpcetrail/ingest"
	"vpcetrail/ingest/spill"
	"vpcetrail/report"
)

// Options bound the work. The zero value works.
type Options struct {
	Disk     *spill.Disk // takes what passes the shares of memory, in bytes; it must stay open as long as the report is used
	IDs      int         // to tell duplicates
	Counting int         // for rows, groups and objects
	Report   int         // for totals
}

// Report makes the report of the batch, for report.Publish with b.Run. It fails, and names the object, where two inputs
// hold the same one.
func (b *Batch) Report(ctx context.Context, opt Options) (*report.Report, error) {
	if opt.Disk == nil {
		opt.Disk = spill.NewDisk("")
	}
	counter := report.NewCounter(nil, report.CounterOptions{Disk: opt.Disk, Memory: opt.Counting, Lateness: b.shards[0].Lateness})
	ids := ingest.NewLedger(opt.Disk, opt.IDs)
	if err := b.take(ctx, counter, ids); err != nil {
		return nil, err
	}
	marks, err := ids.Settle(ctx)
	if err != nil {
		return nil, err
	}
	r, err := report.New(ctx, report.Input{
		Counters: []*report.Counter{counter}, Marks: marks, Window: b.window,
		TrailAccounts: b.trailAccounts(), OwnAccounts: b.Run.OwnAccounts, Inventory: b.shards[0].Inventory, NATPrice: b.Run.NATPrice,
		Disk: opt.Disk, Memory: opt.Report,
	})
	if err != nil {
		return nil, err
	}
	b.leaveOut(r)
	return r, nil
}

// take gives the objects of all shards to c and ids, in the order of their names.
func (b *Batch) take(ctx context.Context, c *report.Counter, ids *ingest.Ledger) error {
	var open streams
	for i, in := range b.inputs {
		c.Hear(&b.shards[i].Hearsay)
		r, err := report.NewShardReader(in.parts(ctx, b.shards[i]))
		if err != nil {
			return err
		}
		s := &stream{in.store, i, r}
		switch err := s.Next(); err {
		case nil:
			open = append(open, s)
		case io.EOF:
		default:
			return err
		}
	}
	heap.Init(&open)
	var last string
	var from report.Store
	for seq := 0; len(open) > 0; seq++ {
		s := open[0]
		name := s.Object().Object.Name
		if seq > 0 && name == last {
			return fmt.Errorf("%s: is in %s and in %s: reports that are merged must be of different objects", name, from, s.store)
		}
		last, from = name, s.store
		if err := s.Take(seq, c, ids); err != nil {
			return err
		}
		switch err := s.Next(); err {
		case nil:
			heap.Fix(&open, 0)
		case io.EOF:
			heap.Pop(&open)
		default:
			return err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	return nil
}

// A stream is a shard that is being read.
type stream struct {
	store  report.Store
	number int // of the report
	*report.ShardReader
}

// streams are a heap, the one whose object is named first on top.
type streams []*stream

func (s streams) Len() int      { return len(s) }
func (s streams) Swap(i, j int) { s[i], s[j] = s[j], s[i] }
func (s *streams) Push(x any)   { *s = append(*s, x.(*stream)) }
func (s streams) Less(i, j int) bool {
	a, b := s[i], s[j]
	return cmp.Or(cmp.Compare(a.Object().Object.Name, b.Object().Object.Name), cmp.Compare(a.number, b.number)) < 0
}
func (s *streams) Pop() any {
	old := *s
	last := old[len(old)-1]
	*s = old[:len(old)-1]
	return last
}

// leaveOut takes the days out of r that are not to be published.
func (b *Batch) leaveOut(r *report.Report) {
	r.Days = slices.DeleteFunc(r.Days, func(d *report.Day) bool { return b.later[d.Day] })
}

// Together returns a publication through which several reports are published at once: what they commit becomes visible
// when commit is called.
func Together(pub report.Publication) (one report.Publication, commit func(context.Context) error) {
	t := &together{Publication: pub}
	return t, func(ctx context.Context) error { return pub.Commit(ctx, t.stale) }
}

type together struct {
	report.Publication
	stale []string
}

func (t *together) Commit(_ context.Context, stale []string) error {
	t.stale = append(t.stale, stale...)
	return nil
}
