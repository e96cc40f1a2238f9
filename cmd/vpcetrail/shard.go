package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"vpcetrail/ingest/source/list"
	"vpcetrail/report"
	"vpcetrail/report/merge"
)

// A shardFlag is one of N parts: 3/16.
type shardFlag list.Shard

func (f *shardFlag) Type() string { return "shard" }

func (f *shardFlag) String() string { return list.Shard(*f).String() }

// Set reads I/N.
func (f *shardFlag) Set(text string) error {
	number, of, _ := strings.Cut(text, "/")
	i, err := strconv.ParseUint(number, 10, 16)
	n, errOf := strconv.ParseUint(of, 10, 16)
	if err != nil || errOf != nil || i < 1 || i > n || n > list.MaxShards {
		return fmt.Errorf("want I/N, such as 3/16, of at most %d", list.MaxShards)
	}
	*f = shardFlag{int(i), int(n)}
	return nil
}

// A keeper keeps the shard of one publication. A nil keeper keeps none.
type keeper struct{ *merge.Keeper }

// keeper returns the keeper for the run that plan describes, or nil if no shard is
// requested.
func (j *analyzeJob) keeper(store report.Store, w report.Writer, plan report.Run) *keeper {
	if !j.mergeable {
		return nil
	}
	return &keeper{merge.NewKeeper(store, w, merge.Index{
		Run: plan, Lateness: max(j.selection.Lateness, 0), SHA256: j.sha256, Inventory: j.inventory,
	})}
}

// publish publishes a report and the shard of its run. after is the error of a later
// interruption.
func (k *keeper) publish(
	ctx context.Context, store report.Store, w report.Writer, rep *report.Report, plan report.Run, after error,
) error {
	days, err := report.Stage(ctx, store, w, rep, plan)
	if err == nil && k != nil {
		err = k.Stage(ctx, days)
	}
	if err != nil {
		return err
	}
	return unbroken(ctx, after, func(ctx context.Context) error {
		if err := days.Commit(ctx); err != nil || k == nil {
			return err
		}
		return k.Commit(ctx)
	})
}
