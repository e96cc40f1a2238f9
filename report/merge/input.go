package merge

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"vpcetrail/ingest/day"
	"vpcetrail/report"
)

var (
	errDamaged        = errors.New("damaged, or published in part: analyze again")
	errSettledDamaged = errors.New("damaged, or published in part: run merge --shard again")
	errNoShard        = errors.New("keeps no shard to merge: analyze it with --mergeable or --shard")
)

// An input is one of the reports to merge.
type input struct {
	store  report.Store
	shards map[string]*Index  // by window; only those with a day that is still current, or without any day
	days   map[day.Day]*Index // by day; the run that published the day last
}

// openInput reads the indexes of a report, and finds the index of each of its days.
func openInput(ctx context.Context, store report.Store) (*input, error) {
	names, err := indexNames(ctx, store, folder)
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
	if m, err := report.ReadManifest(ctx, in.store, d); err == nil && !m.HasTrail() {
		return report.NoTrail(in.store, d)
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

// damaged returns the error of a file that is not what its index says.
func damaged(store report.Store, name string) error {
	if strings.HasPrefix(name, report.SettledFolder) {
		return fmt.Errorf("%s: %s: %w", store, name, errSettledDamaged)
	}
	return fmt.Errorf("%s: %s: %w", store, name, errDamaged)
}

// read reads a file of a shard.
func read(ctx context.Context, store report.Store, f *report.File) ([]byte, error) {
	text, err := store.Read(ctx, f.Name)
	if errors.Is(err, report.ErrNoReport) || err == nil && sumOf(text) != f.SHA256 {
		err = damaged(store, f.Name)
	}
	return text, err
}

// parts returns a function that reads files one after the other.
func parts(ctx context.Context, store report.Store, left []report.File) func() ([]byte, error) {
	return func() ([]byte, error) {
		if len(left) == 0 {
			return nil, io.EOF
		}
		f := left[0]
		left = left[1:]
		return read(ctx, store, &f)
	}
}

// partsOf returns a function that reads files of all shards, one shard after the other.
func partsOf(ctx context.Context, shards []shard, kind func(*files) []report.File) func() ([]byte, error) {
	next := func() ([]byte, error) { return nil, io.EOF }
	return func() ([]byte, error) {
		for {
			text, err := next()
			if err != io.EOF || len(shards) == 0 {
				return text, err
			}
			next = parts(ctx, shards[0].store, kind(&shards[0].files))
			shards = shards[1:]
		}
	}
}

// segments calls fn with every segment of records in the partitions from one up to another. It reads those that
// follow each other at once.
func (s *shard) segments(ctx context.Context, from, to int, fn func([]byte) error) error {
	for i := range s.Records {
		f := &s.Records[i]
		offset, length := int64(0), int64(0)
		var wanted []segment
		for _, seg := range f.Segments {
			switch {
			case seg.Partition < from:
				offset += seg.Bytes
			case seg.Partition < to:
				wanted, length = append(wanted, seg), length+seg.Bytes
			}
		}
		if len(wanted) == 0 {
			continue
		}
		if length > f.Bytes {
			return damaged(s.store, f.Name)
		}
		text := make([]byte, length)
		if _, err := s.store.ReadAt(ctx, f.Name, text, offset); err != nil {
			if err == io.EOF || errors.Is(err, report.ErrNoReport) {
				err = damaged(s.store, f.Name)
			}
			return err
		}
		for _, seg := range wanted {
			if sumOf(text[:seg.Bytes]) != seg.SHA256 {
				return damaged(s.store, f.Name)
			}
			if err := fn(text[:seg.Bytes]); err != nil {
				return err
			}
			text = text[seg.Bytes:]
		}
	}
	return nil
}
