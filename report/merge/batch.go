package merge

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"vpcetrail/ingest/day"
	"vpcetrail/report"
)

// A Batch is what one run over all inputs would have read: one shard from every input, all with the
// same window.
type Batch struct {
	Run    report.Run // of that run
	window day.Window
	inputs []*input
	shards []*Index         // of the inputs
	later  map[day.Day]bool // days that another run published later
}

// Open finds the batches to merge for the wanted days. It checks that a single run of this version
// could have read each batch. The batches have no day in common, and are sorted by window.
func Open(ctx context.Context, stores []report.Store, wanted day.Window, version string) ([]*Batch, error) {
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
		if b.Run.Version != version {
			return nil, fmt.Errorf("%s was made by version %s, and this is %s: merge with that version, or analyze again", stores[0], b.Run.Version, version)
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
func newBatch(inputs []*input, window string, wanted day.Window) (*Batch, error) {
	var err error
	b := &Batch{window: inputs[0].shards[window].window, inputs: inputs, later: map[day.Day]bool{}}
	var members []member
	for _, in := range inputs {
		x := in.shards[window]
		b.shards = append(b.shards, x)
		members = append(members, member{in.store.String(), x})
		for d, last := range in.days {
			if last != x || !wanted.Contains(d) {
				b.later[d] = true
			}
		}
	}
	b.Run, err = agree(members)
	return b, err
}

// Window returns the days of the run.
func (b *Batch) Window() day.Window { return b.window }

// passedOver returns the number of objects that the inputs did not read and that may hold calls.
func (b *Batch) passedOver() (n int64) {
	for _, x := range b.shards {
		n += x.PassedOver
	}
	return n
}

// trailAccounts returns the accounts that have a folder in the trail of any input.
func (b *Batch) trailAccounts() []string {
	all := map[string]bool{}
	for _, x := range b.shards {
		for _, account := range x.TrailAccounts {
			all[account] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}
