package merge

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"vpcetrail/ingest/day"
	"vpcetrail/report"
)

var (
	errDamaged = errors.New("damaged, or published in part: analyze again")
	errNoShard = errors.New("keeps no shard to merge: analyze it with --mergeable or --shard")
)

// An input is one of the reports to merge.
type input struct {
	store  report.Store
	shards map[string]*Index  // by window; only those with a day that is still current, or without any day
	days   map[day.Day]*Index // by day; the run that published the day last
}

// openInput reads the indexes of a report, and finds the index of each of its days.
func openInput(ctx context.Context, store report.Store) (*input, error) {
	names, err := indexNames(ctx, store)
	if err != nil {
		return nil, err
	}
	all := make([]*Index, 0, len(names))
	for _, name := range names {
		x, err := readIndex(ctx, store, name)
		if err != nil {
			return nil, err
		}
		all = append(all, x)
	}
	days, err := report.Days(ctx, store)
	if err != nil {
		return nil, err
	}
	if len(all)+len(days) == 0 {
		return nil, fmt.Errorf("%s holds no report: run vpcetrail analyze SOURCE --mergeable --out %s", store, store)
	}
	in := &input{store: store, shards: map[string]*Index{}, days: map[day.Day]*Index{}}
	for _, d := range days {
		if err := in.findRun(ctx, d, all); err != nil {
			return nil, err
		}
	}
	return in, in.hold(all)
}

// findRun finds the run that published day d last.
func (in *input) findRun(ctx context.Context, d day.Day, all []*Index) error {
	manifest, err := in.store.Read(ctx, report.ManifestName(d))
	if err != nil {
		return err
	}
	sum, known := sumOf(manifest), false
	for _, x := range all {
		if x.Days[d.String()] == sum {
			in.days[d], in.shards[x.Run.Window] = x, x
			return nil
		}
		known = known || x.published(d)
	}
	if known {
		return fmt.Errorf("%s: %s was published again since, and %w", in.store, d, errNoShard)
	}
	return fmt.Errorf("%s: %s %w", in.store, d, errNoShard)
}

// hold checks that every day of every shard is there, and adds shards without days.
func (in *input) hold(all []*Index) error {
	for _, x := range all {
		for text := range x.Days {
			d, err := day.Parse(text)
			if err != nil || in.days[d] == nil {
				return fmt.Errorf("%s: run.json of %s is missing: %w", in.store, text, errDamaged)
			}
		}
		if len(x.Days) == 0 {
			in.shards[x.Run.Window] = x
		}
	}
	return nil
}

// windows returns the windows of the input's shards that have a wanted day, in order.
func (in *input) windows(wanted day.Window) []string {
	var names []string
	for name, x := range in.shards {
		if wanted.From <= x.window.To && x.window.From <= wanted.To {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// parts returns a function that gives parts of a shard one after the other.
func (in *input) parts(ctx context.Context, left []report.File) func() ([]byte, error) {
	return func() ([]byte, error) {
		if len(left) == 0 {
			return nil, io.EOF
		}
		f := left[0]
		left = left[1:]
		part, err := in.store.Read(ctx, f.Name)
		if errors.Is(err, report.ErrNoReport) || err == nil && sumOf(part) != f.SHA256 {
			err = fmt.Errorf("%s: %s: %w", in.store, f.Name, errDamaged)
		}
		return part, err
	}
}
