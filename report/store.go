package report

import (
	"context"
	"errors"
	"io"

	"golang.org/x/sync/errgroup"

	"vpcetrail/ingest/day"
)

// ErrNoReport says that a Store holds no file of a name.
var ErrNoReport = errors.New("no such file in the report")

// A Store is where reports are kept: a directory, or a prefix in S3. Names are relative to it and
// use slashes, as traffic/dt=2026-11-20/part-00000.parquet. It is safe for concurrent use.
type Store interface {
	// List returns the names of the files below a folder, such as "traffic/", sorted by their
	// bytes; none where there is no such folder. Names with a part that starts with a dot are
	// not the report's.
	List(ctx context.Context, folder string) ([]string, error)
	// Read returns a file whole. A file that is not there gives an error that wraps ErrNoReport.
	Read(ctx context.Context, name string) ([]byte, error)
	// ReadAt fills p with the bytes of a file from an offset on, as io.ReaderAt does: where the file
	// ends before, the error is io.EOF. A file that is not there gives an error that wraps ErrNoReport.
	ReadAt(ctx context.Context, name string, p []byte, offset int64) (int, error)
	// Switching reports whether some of a unit's files may be new and some old: a run is
	// publishing the unit, or was stopped while it did.
	Switching(ctx context.Context, unit string) (bool, error)
	// Begin starts to write. It fails where nothing could be written. It first finishes what runs
	// that were stopped have published in part, as far as no other run has these units.
	// note is called with what the user should know, by one goroutine at a time.
	Begin(ctx context.Context, note func(text string)) (Writer, error)
	// String names the store in messages.
	String() string
}

// A Writer publishes units. It is safe for concurrent use.
type Writer interface {
	// Lock keeps all other Writers from writing a unit until it is committed or the Writer is
	// closed, and starts the unit's publication; called again, it returns that one. It fails
	// where another run has the unit. What a run that was stopped has published in part is finished first.
	Lock(ctx context.Context, unit string) (Publication, error)
	// Note tells the user something.
	Note(text string)
	// Close removes what was staged and not committed, and gives the locks back.
	Close()
}

// A Publication replaces the files of a unit: what is published under one lock, as a day.
type Publication interface {
	// Create starts a file where no reader sees it. It is staged once it is closed without an
	// error. It may be called concurrently; each file is written by one goroutine at a time.
	Create(ctx context.Context, name string) (io.WriteCloser, error)
	// Commit makes all staged files visible in the order in which they were created, each in
	// one step and in place of any file of its name. Then it removes stale, files of earlier
	// publications, and gives the lock back. A Commit that fails, or is stopped, after its
	// first step is finished by the next Writer.
	Commit(ctx context.Context, stale []string) error
}

// UnitOf returns the unit of day d.
func UnitOf(d day.Day) string { return "dt=" + d.String() }

// UnitOfAll is locked by runs over everything.
const UnitOfAll = "all"

// Begin starts to write to a store before the work of a run, and takes the locks of all days of its
// windows, so that a second run for one of them ends at once. Which days a run over everything finds
// is not known before: such runs exclude each other, and take the locks of their days when they publish.
func Begin(ctx context.Context, store Store, note func(text string), windows ...day.Window) (Writer, error) {
	w, err := store.Begin(ctx, note)
	if err != nil {
		return nil, err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(16) // S3 takes some 30 ms for each
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
	if err := group.Wait(); err != nil {
		w.Close()
		return nil, err
	}
	return w, nil
}
