package merge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"vpcetrail/classify/endpoints"
	"vpcetrail/ingest/day"
	"vpcetrail/report"
	"vpcetrail/report/learn"
)

// A Batch is what one run over all inputs would have read: one shard from every input, all with the
// same window.
type Batch struct {
	Run    report.Run // of that run
	window day.Window
	wanted day.Window
	later  map[day.Day]bool // days that another run published later
	facts
	networkStore report.Store
	shards       []shard // in the order of their indexes' sums: so they are numbered alike wherever they are read
	jobs         []*job  // what settling jobs made of the shards; none: the shards are not settled yet
}

// facts are what all shards show together.
type facts struct {
	Lateness  int                 `json:"lateness_days"`
	Inventory endpoints.Inventory `json:"inventory,omitempty"`
	Network   *report.File        `json:"network,omitempty"`
	Networks  bool                `json:"networks,omitempty"`

	TrailAccounts []string      `json:"trail_accounts"`
	PassedOver    int64         `json:"passed_over,omitempty"`
	Learned       learn.Learned `json:"learned"`
}

// A shard is the parts of one shard.
type shard struct {
	store report.Store
	sum   string // of its index
	files
}

// Open finds the batches to merge for the wanted days: of shards, or of what jobs made of shards. It checks that a
// single run of this version could have read each batch. The batches have no day in common, and are sorted by
// window.
func Open(ctx context.Context, stores []report.Store, wanted day.Window, version string) (batches []*Batch, err error) {
	settled, err := holdSettled(ctx, stores)
	switch {
	case err != nil:
		return nil, err
	case settled:
		batches, err = openSettled(ctx, stores, wanted)
	default:
		batches, err = openShards(ctx, stores, wanted)
	}
	for _, b := range batches {
		if b.Run.Version != version {
			return nil, fmt.Errorf("%s was made by version %s, and this is %s: merge with that version, or analyze again", stores[0], b.Run.Version, version)
		}
	}
	return batches, err
}

// ErrOne says that a report alone cannot be merged.
var ErrOne = errors.New("merge needs two REPORTs or more, each a directory or s3://bucket/prefix")

func openShards(ctx context.Context, stores []report.Store, wanted day.Window) ([]*Batch, error) {
	if len(stores) < 2 {
		return nil, ErrOne
	}
	inputs := make([]*input, len(stores))
	for i, store := range stores {
		var err error
		if inputs[i], err = openInput(ctx, store); err != nil {
			return nil, err
		}
	}
	if err := sameWindows(inputs, wanted); err != nil {
		return nil, err
	}
	var batches []*Batch
	for _, window := range inputs[0].windows(wanted) {
		b, err := newBatch(inputs, window, wanted)
		if err != nil {
			return nil, err
		}
		batches = append(batches, b)
	}
	return batches, nil
}

// sameWindows checks that runs with the same window read every wanted day in all inputs.
func sameWindows(inputs []*input, wanted day.Window) error {
	for _, in := range inputs {
		for _, other := range inputs {
			for _, window := range in.windows(wanted) {
				if other.shards[window] == nil {
					return fmt.Errorf("%s: holds no run for --date %s, which %s holds: analyze both for the same days", other.store, window, in.store)
				}
			}
			for d, x := range in.days {
				if y := other.days[d]; y != nil && wanted.Contains(d) && x.Run.Window != y.Run.Window {
					return fmt.Errorf("%s is of a run for --date %s in %s, and of one for --date %s in %s: analyze both for the same days",
						d, x.Run.Window, in.store, y.Run.Window, other.store)
				}
			}
		}
	}
	return nil
}

// newBatch returns the batch of a window.
func newBatch(inputs []*input, window string, wanted day.Window) (b *Batch, err error) {
	first := inputs[0].shards[window]
	b = &Batch{window: first.window, wanted: wanted, later: map[day.Day]bool{}}
	b.Lateness, b.Inventory, b.Network, b.Networks = first.Lateness, first.Inventory, first.Network, first.Networks
	accounts := map[string]bool{}
	var members []member
	for _, in := range inputs {
		x := in.shards[window]
		members = append(members, member{in.store.String(), x})
		b.shards = append(b.shards, shard{in.store, x.Sum, x.files})
		b.PassedOver += x.PassedOver
		b.Learned.Merge(&x.Learned)
		for _, account := range x.TrailAccounts {
			accounts[account] = true
		}
		for d, last := range in.days {
			if last != x {
				b.later[d] = true
			}
		}
	}
	b.TrailAccounts = slices.Sorted(maps.Keys(accounts))
	if b.Run, err = agree(members); err != nil {
		return nil, err
	}
	b.networkStore = inputs[0].store
	slices.SortFunc(b.shards, func(a, b shard) int { return cmp.Compare(a.sum, b.sum) })
	return b, nil
}

// Window returns the days of the run.
func (b *Batch) Window() day.Window { return b.window }

// Verify returns the mode in which the runs checked their objects by digests, or "".
func (b *Batch) Verify() string { return b.Run.Inputs["verify"] }
