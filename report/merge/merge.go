package merge

import (
	"cmp"
	"container/heap"
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"sync/atomic"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/sync/errgroup"

	"vpcetrail/classify/network"
	"vpcetrail/ingest/digest"
	"vpcetrail/ingest/source/list"
	"vpcetrail/ingest/spill"
	"vpcetrail/report"
	"vpcetrail/report/count"
	"vpcetrail/report/tabulate"
)

// Options are the limits of a merge. The zero value is ready to use.
type Options struct {
	Disk     *spill.Disk // for data that exceeds the memory limits; it must stay open while the report is used
	Workers  int         // number of shards that are read concurrently; 0 means one
	Counting int         // memory in bytes for numbers, records and objects
	Report   int         // memory in bytes for resolving records, and for totals
}

// Report makes the report of the batch, for report.Stage with b.Run. It fails if two inputs hold
// the same object, and names the object.
func (b *Batch) Report(ctx context.Context, opt Options) (*report.Report, error) {
	if opt.Disk == nil {
		opt.Disk = spill.NewDisk("")
	}
	counters := make([]*count.Counter, min(max(opt.Workers, 1), len(b.shards)))
	for i := range counters {
		counters[i] = count.NewCounter(nil, count.Options{
			Disk: opt.Disk, Memory: opt.Counting / len(counters), Lateness: b.Lateness(), Verify: b.Verify() != "",
		})
	}
	shards, err := b.objects(ctx, counters[0])
	if err != nil {
		return nil, err
	}
	if err := takeAll(ctx, shards, counters); err != nil {
		return nil, err
	}
	days, err := b.network(ctx)
	if err != nil {
		return nil, err
	}
	r, err := tabulate.Report(ctx, tabulate.Input{
		Counters: counters, Window: b.window,
		TrailAccounts: b.trailAccounts(), OwnAccounts: b.Run.OwnAccounts, Inventory: b.shards[0].Inventory, Network: days, NATPrice: b.Run.NATPrice,
		PassedOver: b.passedOver(),
		Disk:       opt.Disk, Memory: opt.Report,
	})
	if err != nil {
		return nil, err
	}
	b.leaveOut(r)
	return r, nil
}

// network returns what decides causes: the snapshot that all shards have. It is nil if nobody asked.
func (b *Batch) network(ctx context.Context) (*network.Days, error) {
	x := b.shards[0]
	if x.Network == nil {
		if x.Networks {
			return network.NewDays(nil, new(network.Networks)), nil // the numbers have their names
		}
		return nil, nil //nolint:nilnil // nobody asked
	}
	store := b.inputs[0].store
	text, err := store.Read(ctx, x.Network.Name)
	if err == nil && sumOf(text) != x.Network.SHA256 {
		err = errDamaged
	}
	var snapshot *network.Snapshot
	if err == nil {
		snapshot, err = network.Parse(text)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %s: %w", store, x.Network.Name, err)
	}
	return network.NewDays(snapshot, nil), nil
}

// Verify returns the mode in which the runs checked their objects by digests, or "".
func (b *Batch) Verify() string { return b.Run.Inputs["verify"] }

// Lateness returns for how many days after a day folders were read for it too.
func (b *Batch) Lateness() int { return b.shards[0].Lateness }

// Check joins the checks of the runs by digests. Each has whole chains: merge refuses verified
// reports of different sources, and shards do not divide an account and Region.
func (b *Batch) Check(ctx context.Context, opt Options) (*digest.Check, error) {
	c := digest.NewJoined(digest.Options{
		Sources: b.Run.Sources, Selection: list.Selection{Window: b.window}, Daily: true, Disk: opt.Disk, Memory: opt.Report / 2,
	})
	zst, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	if err != nil {
		return nil, fmt.Errorf("shard: read: %w", err)
	}
	for i, in := range b.inputs {
		next := in.parts(ctx, b.shards[i].Digests)
		for part, err := next(); err != io.EOF; part, err = next() {
			if err == nil {
				part, err = zst.DecodeAll(part, nil)
			}
			if err == nil {
				err = c.Take(part)
			}
			if err != nil {
				return nil, err
			}
		}
	}
	c.Join()
	return c, nil
}

// objects gives the objects of all shards to c, sorted by name. It returns the shards, positioned at
// their records.
func (b *Batch) objects(ctx context.Context, c *count.Counter) (all streams, err error) {
	var open streams
	for i, in := range b.inputs {
		c.Learn(&b.shards[i].Learned)
		r, err := count.NewShardReader(in.parts(ctx, b.shards[i].Parts))
		if err != nil {
			return nil, err
		}
		s := &stream{store: in.store, number: i, ShardReader: r}
		all = append(all, s)
		switch err := s.NextObject(); err {
		case nil:
			open = append(open, s)
		case io.EOF:
		default:
			return nil, err
		}
	}
	heap.Init(&open)
	var last string
	var from report.Store
	for seq := 0; len(open) > 0; seq++ {
		s := open[0]
		name := s.Object().Object.Name
		if seq > 0 && name == last {
			return nil, fmt.Errorf("%s: is in %s and in %s: reports that are merged must be of different objects", name, from, s.store)
		}
		last, from = name, s.store
		if seq > math.MaxUint32 {
			return nil, fmt.Errorf("more than %d objects", math.MaxUint32)
		}
		s.seqs = append(s.seqs, uint32(seq))
		c.Begin(seq)
		s.Object().Seq = seq
		if err := c.End(s.Object()); err != nil {
			return nil, err
		}
		switch err := s.NextObject(); err {
		case nil:
			heap.Fix(&open, 0)
		case io.EOF:
			heap.Pop(&open)
		default:
			return nil, err
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
	}
	return all, nil
}

// takeAll gives the records of the shards to the counters. It reads one shard per counter
// concurrently.
func takeAll(ctx context.Context, shards streams, counters []*count.Counter) error {
	var next atomic.Int32
	group, ctx := errgroup.WithContext(ctx)
	for _, c := range counters {
		group.Go(func() error {
			for i := int(next.Add(1)) - 1; i < len(shards); i = int(next.Add(1)) - 1 {
				if err := shards[i].Take(ctx, c, shards[i].seqs); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return group.Wait()
}

// A stream is a shard that is being read.
type stream struct {
	store  report.Store
	number int      // of the report
	seqs   []uint32 // numbers of its objects among those of all shards
	*count.ShardReader
}

// streams are a heap, by the names of their current objects.
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

// leaveOut removes the days from r that must not be published.
func (b *Batch) leaveOut(r *report.Report) {
	r.Days = slices.DeleteFunc(r.Days, func(d *report.Day) bool { return b.later[d.Day] })
}
