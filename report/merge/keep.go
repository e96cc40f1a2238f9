package merge

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"

	"vpcetrail/classify/network"
	"vpcetrail/ingest/digest"
	"vpcetrail/ingest/spill"
	"vpcetrail/report"
	"vpcetrail/report/count"
)

// A Keeper stores the shard of a run beside the tables of its report, so the report can be merged.
// Call its methods in this order: Write when the trail is read, WriteCheck, Stage when the days of the report are
// staged, Commit when they are visible.
type Keeper struct {
	store  report.Store
	writer report.Writer
	index  Index
	known  *network.Snapshot // nil: nobody asks for causes
	pub    report.Publication
	stale  []string
}

// NewKeeper returns a Keeper that publishes through w, a Writer of store. index describes the run.
// The Keeper sets Network, and its fields from TrailAccounts on. known is the network snapshot of
// the run, or nil.
func NewKeeper(store report.Store, w report.Writer, index Index, known *network.Snapshot) *Keeper {
	index.Format, index.Days = format, map[string]string{}
	return &Keeper{store: store, writer: w, index: index, known: known}
}

func (k *Keeper) folder() string { return folder + k.index.Run.Window + "/" }

// Write stages the parts of the shard. It needs the counters of a successful run, before they become
// a report. It takes about memory bytes.
func (k *Keeper) Write(
	ctx context.Context, counters []*count.Counter, disk *spill.Disk, memory int, trailAccounts []string, passedOver int64,
) (err error) {
	if k.pub, err = k.writer.Lock(ctx, "shard="+k.index.Run.Window); err != nil {
		return err
	}
	if err := k.keepNetwork(ctx); err != nil {
		return err
	}
	k.index.TrailAccounts, k.index.PassedOver, k.index.Learned = trailAccounts, passedOver, count.LearnedBy(counters)
	return count.WriteShard(ctx, counters, count.ShardOptions{Disk: disk, Memory: memory}, func(part *count.Part) error {
		f, err := report.StageFile(ctx, k.pub, fmt.Sprintf("%spart-%05d.zst", k.folder(), k.index.count()), part.Text)
		k.index.add(part, f)
		return err
	})
}

// keepNetwork stages the network snapshot of the run, if there is one.
func (k *Keeper) keepNetwork(ctx context.Context) error {
	if k.known == nil {
		return nil
	}
	text, err := k.known.Save()
	if err != nil {
		return err
	}
	f, err := report.StageFile(ctx, k.pub, k.folder()+networkFile, text)
	k.index.Network = &f
	return err
}

// WriteCheck stages the parts of the run's check by digests.
func (k *Keeper) WriteCheck(ctx context.Context, c *digest.Check) error {
	zst, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return fmt.Errorf("shard: write: %w", err)
	}
	return c.Save(func(part []byte) error {
		name := fmt.Sprintf("%sdigests-%05d.zst", k.folder(), len(k.index.Digests))
		f, err := report.StageFile(ctx, k.pub, name, zst.EncodeAll(part, nil))
		k.index.Digests = append(k.index.Digests, f)
		return err
	})
}

// Stage stages the shard's index, which names the days of the report.
func (k *Keeper) Stage(ctx context.Context, days *report.Staged) error {
	k.index.Days = days.Manifests
	text, err := k.index.encode()
	if err != nil {
		return err
	}
	if _, err := report.StageFile(ctx, k.pub, strings.TrimSuffix(k.folder(), "/")+indexFile, text); err != nil {
		return err
	}
	current := k.index.names()
	if k.index.Network != nil {
		current = append(current, k.index.Network.Name)
	}
	k.stale, err = stale(ctx, k.store, k.folder(), current)
	return err
}

// stale returns the files in a folder that are not current, the index apart.
func stale(ctx context.Context, store report.Store, folder string, current []string) (names []string, err error) {
	names, err = store.List(ctx, folder)
	return slices.DeleteFunc(names, func(name string) bool {
		return strings.HasSuffix(name, indexFile) || slices.Contains(current, name)
	}), err
}

// Commit makes the shard visible.
func (k *Keeper) Commit(ctx context.Context) error { return k.pub.Commit(ctx, k.stale) }
