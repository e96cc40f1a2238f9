package merge

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"vpcetrail/ingest/day"
	"vpcetrail/ingest/source/list"
	"vpcetrail/report"
	"vpcetrail/report/count"
)

// A settledIndex says what one job made of the shards of a window. Beside its sums a job keeps the objects,
// dictionaries and digests of every Of-th shard, so that joining needs the jobs alone.
type settledIndex struct {
	Format int        `json:"format"`
	Job    list.Shard `json:"job"`
	Shards []string   `json:"shards"` // the sums of their indexes
	Run    report.Run `json:"run"`    // of all
	facts
	Later []string                `json:"later_days,omitempty"` // that are not published
	Kinds map[string]report.Kinds `json:"kinds"`                // of records that count as no call
	Sums  []report.File           `json:"sums"`
	Kept  map[int]files           `json:"kept"` // by number of the shard
	Sum   string                  `json:"sum"`
}

// A job is what a settling job made.
type job struct {
	kinds map[day.Day]report.Kinds
	sums  func() func() ([]byte, error)

	store report.Store
	index *settledIndex
}

// keeping is a settledIndex whose files are being staged.
type keeping struct {
	settledIndex
	store  report.Store
	pub    report.Publication
	folder string
	names  []string
}

// Settle settles what one of several jobs settles of the batch, and stages it in store. commit makes it visible.
// Batches of what all jobs made give the report.
func (b *Batch) Settle(
	ctx context.Context, part list.Shard, opt Options, store report.Store, w report.Writer,
) (commit func(context.Context) error, err error) {
	if len(b.jobs) > 0 {
		return nil, fmt.Errorf("%s is settled already: merge it and the others without --shard", b.jobs[0].store)
	}
	days, err := report.Days(ctx, store)
	if err == nil && len(days) > 0 {
		err = fmt.Errorf("%s holds a report: use another --out for merge --shard", store)
	}
	if err != nil {
		return nil, err
	}
	k := &keeping{store: store, folder: report.SettledFolder + b.Run.Window + "/"}
	k.settledIndex = settledIndex{
		Format: format, Job: part, Run: b.Run, facts: b.facts, Kinds: map[string]report.Kinds{}, Kept: map[int]files{},
	}
	for _, d := range slices.Sorted(maps.Keys(b.later)) {
		k.Later = append(k.Later, d.String())
	}
	if k.pub, err = w.Lock(ctx, "settled="+b.Run.Window); err != nil {
		return nil, err
	}
	kinds, err := b.settle(ctx, part, opt, func(part *count.Part) error {
		f, err := k.stage(ctx, part.Text)
		k.Sums = append(k.Sums, f)
		return err
	})
	if err != nil {
		return nil, err
	}
	for d, n := range kinds {
		k.Kinds[d.String()] = n
	}
	if err := k.keep(ctx, b); err != nil {
		return nil, err
	}
	text, err := k.encode()
	if err == nil {
		_, err = report.StageFile(ctx, k.pub, strings.TrimSuffix(k.folder, "/")+indexFile, text)
	}
	if err != nil {
		return nil, err
	}
	old, err := stale(ctx, store, k.folder, k.names)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) error { return k.pub.Commit(ctx, old) }, nil
}

// stage stages a file.
func (k *keeping) stage(ctx context.Context, text []byte) (report.File, error) {
	f, err := report.StageFile(ctx, k.pub, fmt.Sprintf("%spart-%05d.zst", k.folder, len(k.names)), text)
	k.names = append(k.names, f.Name)
	return f, err
}

// keep copies what joining needs of the shards that are this job's to keep.
func (k *keeping) keep(ctx context.Context, b *Batch) error {
	copied := func(store report.Store, from []report.File) (to []report.File, err error) {
		for _, f := range from {
			text, err := read(ctx, store, &f)
			if err != nil {
				return nil, err
			}
			copy, err := k.stage(ctx, text)
			if err != nil {
				return nil, err
			}
			copy.Rows = f.Rows
			to = append(to, copy)
		}
		return to, nil
	}
	for i := range b.shards {
		s := &b.shards[i]
		k.Shards = append(k.Shards, s.sum)
		if i%k.Job.Of != k.Job.Number-1 {
			continue
		}
		var kept files
		for _, kind := range []struct{ to, from *[]report.File }{
			{&kept.Objects, &s.Objects}, {&kept.Numbers, &s.Numbers}, {&kept.Digests, &s.Digests},
		} {
			var err error
			if *kind.to, err = copied(s.store, *kind.from); err != nil {
				return err
			}
		}
		k.Kept[i] = kept
	}
	if b.Network == nil {
		return nil
	}
	network, err := copied(b.networkStore, []report.File{*b.Network})
	if err == nil {
		k.Network = &network[0]
	}
	return err
}

// encode sets Sum, and returns the index as it is kept.
func (x *settledIndex) encode() ([]byte, error) {
	x.Sum = ""
	text, err := json.Marshal(x)
	if err != nil {
		return nil, fmt.Errorf("shard: write: %w", err)
	}
	x.Sum = sumOf(text)
	text, err = json.Marshal(x)
	return append(text, '\n'), err
}
