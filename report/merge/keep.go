package merge

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"vpcetrail/ingest/spill"
	"vpcetrail/report"
	"vpcetrail/report/count"
)

// A Keeper is the publication of a report that is to be merged: it keeps the shard of its run beside the tables. Write
// comes before the report is published.
type Keeper struct {
	report.Publication
	store report.Store
	index Index
}

// NewKeeper returns a Keeper that publishes through pub, a publication of store. index tells how the run reads; of
// its fields from TrailAccounts on the Keeper takes care.
func NewKeeper(store report.Store, pub report.Publication, index Index) *Keeper {
	index.Format, index.Days = format, map[string]string{}
	return &Keeper{pub, store, index}
}

func (k *Keeper) folder() string { return folder + k.index.Run.Window + "/" }

// Write stages the shard's parts. It needs the counters of a run that has ended well, and that no report has
// been made of yet. It takes about memory bytes.
func (k *Keeper) Write(ctx context.Context, counters []*count.Counter, disk *spill.Disk, memory int, trailAccounts []string) error {
	k.index.TrailAccounts, k.index.Learned = trailAccounts, count.LearnedBy(counters)
	return count.WriteShard(ctx, counters, disk, memory, func(part []byte) error {
		name := fmt.Sprintf("%spart-%05d.zst", k.folder(), len(k.index.Parts))
		k.index.Parts = append(k.index.Parts, report.File{Name: name, Bytes: len(part), SHA256: digest(part)})
		return k.Publication.Stage(ctx, name, part)
	})
}

// Stage stages a file of the report, and notes it where it is a day's manifest.
func (k *Keeper) Stage(ctx context.Context, name string, data []byte) error {
	if d, ok := report.DayOfManifest(name); ok {
		k.index.Days[d.String()] = digest(data)
	}
	return k.Publication.Stage(ctx, name, data)
}

// Commit stages the shard's index, and makes all visible.
func (k *Keeper) Commit(ctx context.Context, stale []string) error {
	text, err := k.index.encode()
	if err != nil {
		return err
	}
	if err := k.Publication.Stage(ctx, strings.TrimSuffix(k.folder(), "/")+indexFile, text); err != nil {
		return err
	}
	old, err := k.store.List(ctx, k.folder())
	if err != nil {
		return err
	}
	for _, name := range old {
		if !strings.HasSuffix(name, indexFile) && !slices.ContainsFunc(k.index.Parts, func(f report.File) bool { return f.Name == name }) {
			stale = append(stale, name)
		}
	}
	return k.Publication.Commit(ctx, stale)
}
