package merge

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"vpcetrail/ingest/day"
	"vpcetrail/report"
)

// holdSettled reports whether the stores hold what settling jobs made. It fails if only some do.
func holdSettled(ctx context.Context, stores []report.Store) (bool, error) {
	var settled, others report.Store
	for _, store := range stores {
		names, err := indexNames(ctx, store, report.SettledFolder)
		if err != nil {
			return false, err
		}
		if len(names) == 0 {
			others = store
			continue
		}
		settled = store
		days, err := report.Days(ctx, store)
		if err == nil && len(days) > 0 {
			err = fmt.Errorf("%s holds a report, and parts that merge --shard settled: use another --out for merge --shard", store)
		}
		if err != nil {
			return false, err
		}
	}
	if settled != nil && others != nil {
		return false, fmt.Errorf("%s holds a part that merge --shard settled, and %s does not: name either all reports of analyze, or the parts of all settling jobs",
			settled, others)
	}
	return settled != nil, nil
}

// openSettled finds the batches of what settling jobs made.
func openSettled(ctx context.Context, stores []report.Store, wanted day.Window) ([]*Batch, error) {
	byWindow := map[string][]*job{}
	for _, store := range stores {
		names, err := indexNames(ctx, store, report.SettledFolder)
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			j, err := openJob(ctx, store, name)
			if err != nil {
				return nil, err
			}
			byWindow[j.index.Run.Window] = append(byWindow[j.index.Run.Window], j)
		}
	}
	var batches []*Batch
	for _, name := range slices.Sorted(maps.Keys(byWindow)) {
		window, err := day.ParseWindow(name, time.Time{})
		if err != nil {
			return nil, err
		}
		if wanted.From > window.To || window.From > wanted.To {
			continue
		}
		b, err := newSettledBatch(byWindow[name], window, wanted)
		if err != nil {
			return nil, err
		}
		batches = append(batches, b)
	}
	return batches, nil
}

// openJob reads what a settling job made.
func openJob(ctx context.Context, store report.Store, name string) (*job, error) {
	text, err := store.Read(ctx, name)
	if err != nil {
		return nil, err
	}
	x := new(settledIndex)
	if err := json.Unmarshal(text, x); err != nil {
		return nil, damaged(store, name)
	}
	if x.Format != format {
		return nil, fmt.Errorf("%s: %s: is of form %d, and this version reads %d: analyze again", store, name, x.Format, format)
	}
	j, was := &job{kinds: map[day.Day]report.Kinds{}, store: store, index: x}, x.Sum
	if _, err := x.encode(); err != nil || x.Sum != was || name != report.SettledFolder+x.Run.Window+indexFile {
		return nil, damaged(store, name)
	}
	for text, kinds := range x.Kinds {
		d, err := day.Parse(text)
		if err != nil {
			return nil, damaged(store, name)
		}
		j.kinds[d] = kinds
	}
	j.sums = func() func() ([]byte, error) { return parts(ctx, store, x.Sums) }
	return j, nil
}

// newSettledBatch returns the batch of what all jobs of a window made.
func newSettledBatch(jobs []*job, window, wanted day.Window) (*Batch, error) {
	if err := agreeJobs(jobs); err != nil {
		return nil, err
	}
	first := jobs[0].index
	b := &Batch{
		Run: first.Run, window: window, wanted: wanted, later: map[day.Day]bool{}, facts: first.facts, networkStore: jobs[0].store,
		shards: make([]shard, len(first.Shards)), jobs: jobs,
	}
	for _, text := range first.Later {
		d, err := day.Parse(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", jobs[0].store, errSettledDamaged)
		}
		b.later[d] = true
	}
	for _, j := range jobs {
		for i, kept := range j.index.Kept {
			if i < 0 || i >= len(b.shards) {
				return nil, fmt.Errorf("%s: %w", j.store, errSettledDamaged)
			}
			b.shards[i] = shard{j.store, first.Shards[i], kept}
		}
	}
	return b, nil
}

// agreeJobs checks that jobs are all of one division of the same shards.
func agreeJobs(jobs []*job) error {
	first := jobs[0]
	of := map[int]*job{}
	for _, j := range jobs {
		x, y := j.index, first.index
		switch {
		case x.Run.Version != y.Run.Version:
			return fmt.Errorf("%s and %s were settled by different versions, %s and %s: settle all with one version", first.store, j.store, y.Run.Version, x.Run.Version)
		case x.Job.Of != y.Job.Of:
			return fmt.Errorf("%s is settled part %s, and %s is %s: want all of one division", first.store, y.Job, j.store, x.Job)
		case !slices.Equal(x.Shards, y.Shards):
			return fmt.Errorf("%s and %s were settled from different reports, or before one was analyzed again: settle both again", first.store, j.store)
		case !slices.Equal(x.Later, y.Later):
			return fmt.Errorf("%s and %s were settled before and after a day was published again: settle both again", first.store, j.store)
		case of[x.Job.Number] != nil:
			return fmt.Errorf("%s and %s are both settled part %s", of[x.Job.Number].store, j.store, x.Job)
		}
		of[x.Job.Number] = j
	}
	for i := 1; i <= first.index.Job.Of; i++ {
		if of[i] == nil {
			return fmt.Errorf("settled part %d/%d of %s is missing: name it too", i, first.index.Job.Of, first.index.Run.Window)
		}
	}
	return nil
}
