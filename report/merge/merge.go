package merge

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"sync/atomic"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/sync/errgroup"

	"vpcetrail/classify/network"
	"vpcetrail/ingest"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/dedupe"
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

// all is what one job settles that settles everything.
var all = list.Shard{Number: 1, Of: 1}

// Report makes the report of the batch, for report.Stage with b.Run. It fails if two inputs hold
// the same object, and names the object.
func (b *Batch) Report(ctx context.Context, opt Options) (*report.Report, error) {
	if opt.Disk == nil {
		opt.Disk = spill.NewDisk("")
	}
	jobs := b.jobs
	if len(jobs) == 0 {
		sums := spill.NewFrames(opt.Disk)
		kinds, err := b.settle(ctx, all, opt, func(part *count.Part) error { return sums.Add(part.Text) })
		if err != nil {
			return nil, err
		}
		jobs = []*job{{kinds: kinds, sums: sums.Reader}}
	}
	in := count.Settled{
		Objects: count.NewCounter(nil, count.Options{Disk: opt.Disk, Memory: opt.Counting / 4, Lateness: b.Lateness, Verify: b.Verify() != ""}),
		Kinds:   map[day.Day]report.Kinds{},
	}
	if err := b.objects(ctx, in.Objects); err != nil {
		return nil, err
	}
	var err error
	if in.Numbers, err = count.NewPartReader(count.PartNumbers, partsOf(ctx, b.shards, func(f *files) []report.File { return f.Numbers })); err != nil {
		return nil, err
	}
	for _, j := range jobs {
		sums, err := count.NewSumReader(j.sums())
		if err != nil {
			return nil, err
		}
		in.Sums = append(in.Sums, sums)
		for d, kinds := range j.kinds {
			sum := in.Kinds[d]
			sum.Add(kinds)
			in.Kinds[d] = sum
		}
	}
	counted, err := count.Join(ctx, &in, opt.Disk, cmp.Or(opt.Counting, 64<<20))
	if err != nil {
		return nil, err
	}
	return b.tables(ctx, counted, opt)
}

// tables makes the report of what is counted.
func (b *Batch) tables(ctx context.Context, counted *count.Counted, opt Options) (*report.Report, error) {
	days, err := b.network(ctx)
	if err != nil {
		return nil, err
	}
	r, err := tabulate.Tables(tabulate.Input{
		Window: b.window, TrailAccounts: b.TrailAccounts, OwnAccounts: b.Run.OwnAccounts, Inventory: b.Inventory, Network: days,
		NATPrice: b.Run.NATPrice, PassedOver: b.PassedOver, Disk: opt.Disk, Memory: cmp.Or(opt.Report, 64<<20),
	}, counted)
	if err != nil {
		return nil, err
	}
	r.Days = slices.DeleteFunc(r.Days, func(d *report.Day) bool { return b.later[d.Day] || !b.wanted.Contains(d.Day) })
	return r, nil
}

// network returns what decides causes: the snapshot that all shards have. It is nil if nobody asked.
func (b *Batch) network(ctx context.Context) (*network.Days, error) {
	if b.Network == nil {
		if b.Networks {
			return network.NewDays(nil, new(network.Networks)), nil // the numbers have their names
		}
		return nil, nil //nolint:nilnil // nobody asked
	}
	text, err := read(ctx, b.networkStore, b.Network)
	if err != nil {
		return nil, err
	}
	snapshot, err := network.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %s: %w", b.networkStore, b.Network.Name, err)
	}
	return network.NewDays(snapshot, nil), nil
}

// Check joins the checks of the runs by digests. Each has whole chains: merge refuses verified
// reports of different sources, and their shards do not divide an account and Region.
func (b *Batch) Check(ctx context.Context, opt Options) (*digest.Check, error) {
	c := digest.NewJoined(digest.Options{
		Sources: b.Run.Sources, Selection: list.Selection{Window: b.window}, Daily: true, Disk: opt.Disk, Memory: opt.Report / 2,
	})
	zst, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	if err != nil {
		return nil, fmt.Errorf("shard: read: %w", err)
	}
	next := partsOf(ctx, b.shards, func(f *files) []report.File { return f.Digests })
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
	c.Join()
	return c, nil
}

// settle settles what a job settles of the records of all shards: the records of some partitions. It passes
// their sums to stage.
func (b *Batch) settle(ctx context.Context, part list.Shard, opt Options, stage func(*count.Part) error) (map[day.Day]report.Kinds, error) {
	workers := max(opt.Workers, 1)
	s, err := count.NewSettler(opt.Disk, cmp.Or(opt.Counting+opt.Report, 64<<20), workers)
	if err != nil {
		return nil, err
	}
	numbering, sizes, err := b.numbering(ctx)
	if err != nil {
		return nil, err
	}
	from, to := partitions(part)
	var next atomic.Int32
	group, reading := errgroup.WithContext(ctx)
	for w := range workers {
		group.Go(func() error {
			for i := int(next.Add(1)) - 1; i < len(b.shards); i = int(next.Add(1)) - 1 {
				take := func(segment []byte) error { return s.Take(w, segment, &numbering[i]) }
				if err := b.shards[i].segments(reading, from, to, take); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	outlines, err := count.NewPartReader(count.PartOutlines, partsOf(ctx, b.shards, func(f *files) []report.File { return f.Outlines }))
	if err != nil {
		return nil, err
	}
	return s.Settle(ctx, sizes, outlines, stage)
}

// MaxJobs is how many jobs the settling can be divided into.
const MaxJobs = dedupe.Partitions

// partitions returns the partitions that a job settles: from one up to another. The last has the records without
// an eventID too.
func partitions(part list.Shard) (from, to int) {
	from, to = (part.Number-1)*dedupe.Partitions/part.Of, part.Number*dedupe.Partitions/part.Of
	if part.Number == part.Of {
		to = dedupe.Parts
	}
	return from, to
}

// numbering numbers the objects and cells of all shards. It also returns the number of cells in each dictionary.
func (b *Batch) numbering(ctx context.Context) (all []count.Numbering, sizes []int, err error) {
	all = make([]count.Numbering, len(b.shards))
	cells := int64(0)
	for i := range b.shards {
		all[i].Base = uint32(cells)
		for _, f := range b.shards[i].Numbers {
			sizes, cells = append(sizes, int(f.Rows)), cells+f.Rows
		}
		all[i].Cells = uint32(cells) - all[i].Base
	}
	if cells > math.MaxUint32 {
		return nil, nil, fmt.Errorf("more than %d different calls: merge fewer reports at once, or analyze in fewer shards", math.MaxUint32)
	}
	err = b.eachObject(ctx, count.PartNames, func(shard, seq int, _ *ingest.Result) error {
		all[shard].Objects = append(all[shard].Objects, uint32(seq))
		return nil
	})
	return all, sizes, err
}

// objects gives the objects of all shards to c, sorted by name, and what their events showed.
func (b *Batch) objects(ctx context.Context, c *count.Counter) error {
	c.Learn(&b.Learned)
	return b.eachObject(ctx, count.PartObjects, func(_, seq int, res *ingest.Result) error {
		c.Begin(seq)
		res.Seq = seq
		return c.End(res)
	})
}
