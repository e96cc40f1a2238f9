package main

import (
	"fmt"
	"strconv"
	"strings"

	"vpcetrail/ingest/source"
	"vpcetrail/report"
	"vpcetrail/report/merge"
)

// A shardFlag is one of N parts: 3/16.
type shardFlag source.Shard

func (f *shardFlag) Type() string { return "shard" }

func (f *shardFlag) String() string { return source.Shard(*f).String() }

// Set reads I/N.
func (f *shardFlag) Set(text string) error {
	number, of, _ := strings.Cut(text, "/")
	i, err := strconv.ParseUint(number, 10, 16)
	n, errOf := strconv.ParseUint(of, 10, 16)
	if err != nil || errOf != nil || i < 1 || i > n || n > source.MaxShards {
		return fmt.Errorf("want I/N, such as 3/16, of at most %d", source.MaxShards)
	}
	*f = shardFlag{int(i), int(n)}
	return nil
}

// A keeper keeps the shard of one publication. nil keeps none.
type keeper struct{ *merge.Keeper }

// keeper returns what keeps the shard of the run that plan describes; nil where none is asked for.
func (j *analyzeJob) keeper(store report.Store, pub report.Publication, plan report.Run) *keeper {
	if !j.mergeable {
		return nil
	}
	return &keeper{merge.NewKeeper(store, pub, merge.Index{
		Run: plan, Lateness: max(j.selection.Lateness, 0), SHA256: j.sha256, Inventory: j.inventory,
	})}
}

// or returns the publication that keeps the shard, or else pub.
func (k *keeper) or(pub report.Publication) report.Publication {
	if k == nil {
		return pub
	}
	return k
}
