package report

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/sync/errgroup"

	"vpcetrail/ingest/day"
)

// ErrNoReport means that a Store holds no file of a name.
var ErrNoReport = errors.New("no such file in the report")

// A Store keeps reports: a directory, or a prefix in S3. File names are relative to it and use
// slashes, such as traffic/dt=2026-11-20/part-00000.parquet. It is safe for concurrent use.
type Store interface {
	// List returns the names of the files below a folder, such as "traffic/", sorted by their
	// bytes. It returns none if there is no such folder. A name with a part that starts with a
	// dot does not belong to the report.
	List(ctx context.Context, folder string) ([]string, error)
	// Read returns the content of a file. If there is no such file, the error wraps ErrNoReport.
	Read(ctx context.Context, name string) ([]byte, error)
	// ReadAt fills p with the bytes of a file from an offset on, as io.ReaderAt does. If the
	// file ends earlier, the error is io.EOF. If there is no such file, the error wraps
	// ErrNoReport.
	ReadAt(ctx context.Context, name string, p []byte, offset int64) (int, error)
	// Switching reports whether some of a unit's files may be new and some old: a run is
	// publishing the unit, or was stopped while it did.
	Switching(ctx context.Context, unit string) (bool, error)
	// Begin starts to write. It fails if the store cannot be written to. It first finishes the
	// publications of runs that were stopped, except units that another run has locked. It
	// calls note with messages for the user, from one goroutine at a time.
	Begin(ctx context.Context, note func(text string)) (Writer, error)
	// String names the store in messages.
	String() string
}

// A Writer publishes units. It is safe for concurrent use.
type Writer interface {
	// Lock keeps all other Writers from writing a unit until the unit is committed or this
	// Writer is closed. It starts the publication of the unit. A second call returns the same
	// publication. Lock fails if another run has the unit. It first finishes the unit's
	// publication by a run that was stopped.
	Lock(ctx context.Context, unit string) (Publication, error)
	// Note shows the user a message.
	Note(text string)
	// Close removes files that are staged and not committed, and releases the locks.
	Close()
}

// A Publication replaces the files of a unit. A unit is what one lock covers, such as a day.
type Publication interface {
	// Create starts a file that readers cannot see yet. The file is staged when it is closed
	// without an error. Create may be called concurrently. Each file is written by one
	// goroutine at a time.
	Create(ctx context.Context, name string) (io.WriteCloser, error)
	// Commit makes all staged files visible, in the order in which they were created. Each file
	// appears in one step and replaces any file of its name. Then Commit removes stale, the
	// files of earlier publications, and releases the lock. If a Commit fails or is stopped
	// after its first step, the next Writer finishes it.
	Commit(ctx context.Context, stale []string) error
}

// UnitOf returns the unit of day d.
func UnitOf(d day.Day) string { return "dt=" + d.String() }

// UnitOfAll is the unit that runs without a window lock.
const UnitOfAll = "all"

// SettledFolder is the folder of what merge --shard makes. A store has that or a report, not both.
const SettledFolder = "_settled/"

// mayHold returns an error if store is no place for what run publishes: it holds what merge --shard made, or
// its last day is of another part of the trail.
func mayHold(ctx context.Context, store Store, run *Run) error {
	is, err := settled(ctx, store)
	if is {
		err = fmt.Errorf("%s holds a part that merge --shard settled: use another --out for a report", store)
	}
	if err != nil {
		return err
	}
	days, err := Days(ctx, store)
	if err != nil || len(days) == 0 {
		return err
	}
	last := days[len(days)-1]
	m, err := ReadManifest(ctx, store, last)
	switch {
	case errors.Is(err, ErrNoReport), errors.Is(err, ErrBrokenManifest):
		return nil
	case err != nil, m.Part() == run.part(), dividedAnew(m.Run.Shard, run.Shard):
		return err
	case run.part() == "":
		return fmt.Errorf("%s: %s has shard %s of the trail alone: use another --out for a run that is no shard", store, last, m.Part())
	case m.Part() == "":
		return fmt.Errorf("%s: %s has the whole trail, and this run reads shard %s alone: give each shard an --out of its own", store, last, run.part())
	}
	return fmt.Errorf("%s: %s has shard %s, and this run reads shard %s: give each shard an --out of its own", store, last, m.Part(), run.part())
}

// dividedAnew reports whether two shards have one number in different divisions of the trail.
func dividedAnew(a, b string) bool {
	numberA, ofA, _ := strings.Cut(a, "/")
	numberB, ofB, _ := strings.Cut(b, "/")
	return numberA == numberB && ofA != "" && ofB != ""
}

// settled reports whether store holds what merge --shard made.
func settled(ctx context.Context, store Store) (bool, error) {
	names, err := store.List(ctx, SettledFolder)
	return len(names) > 0, err
}

// Begin starts to write to a store before a run does its work. It locks all days of the
// windows, so a second run for one of these days fails at once. A run without a window does not
// know its days yet. Such runs exclude each other, and lock their days when they publish. Begin
// refuses a store that holds what cannot be beside the days of run.
func Begin(ctx context.Context, store Store, note func(text string), run *Run, windows ...day.Window) (Writer, error) {
	w, err := store.Begin(ctx, note)
	if err != nil {
		return nil, err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(16) // S3 takes about 30 ms per lock
	lock := func(unit string) {
		group.Go(func() error {
			_, err := w.Lock(ctx, unit)
			return err
		})
	}
	for _, window := range windows {
		if window.IsAll() {
			lock(UnitOfAll)
			continue
		}
		for d := window.From; d <= window.To; d++ {
			lock(UnitOf(d))
		}
	}
	group.Go(func() error { return mayHold(ctx, store, run) })
	if err := group.Wait(); err != nil {
		w.Close()
		return nil, err
	}
	return w, nil
}
