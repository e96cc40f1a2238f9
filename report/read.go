package report

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"vpcetrail/ingest/day"
	"vpcetrail/report/table"
)

// ErrDamaged means that a file of a report is not the one that its day's manifest names.
var ErrDamaged = errors.New("not the file that its run.json names: run analyze again for this day")

// ErrSwitching means that some files of a day are new and some are old.
var ErrSwitching = errors.New("is between revisions: a run is publishing it, or was stopped while it did: " +
	"try again soon, or run analyze again for this day")

// ErrBrokenManifest means that a day's run.json cannot be decoded.
var ErrBrokenManifest = errors.New("run analyze again for this day")

// Days lists the days that have a manifest.
func Days(ctx context.Context, store Store) ([]day.Day, error) {
	names, err := store.List(ctx, "_runs/")
	if err != nil {
		return nil, err
	}
	var days []day.Day
	for _, name := range names {
		if d, ok := DayOfManifest(name); ok {
			days = append(days, d)
		}
	}
	return days, nil
}

// DayOfManifest returns the day of the manifest with that name.
func DayOfManifest(name string) (d day.Day, ok bool) {
	d, err := day.Parse(strings.TrimSuffix(strings.TrimPrefix(name, "_runs/dt="), "/run.json"))
	return d, err == nil && name == ManifestName(d)
}

// ReadManifest reads the manifest of day d. The error wraps ErrNoReport if there is none, and
// ErrBrokenManifest if it cannot be decoded.
func ReadManifest(ctx context.Context, store Store, d day.Day) (*Manifest, error) {
	text, err := store.Read(ctx, ManifestName(d))
	if err != nil {
		return nil, err
	}
	var m Manifest
	if err := json.Unmarshal(text, &m); err != nil {
		return nil, fmt.Errorf("%s: %s: decode: %w: %w", store, ManifestName(d), err, ErrBrokenManifest)
	}
	return &m, nil
}

// ReadTable returns the rows of table t in the files that m, the manifest of day d, names. It
// holds one row group, or one window of the file, in memory at a time.
func ReadTable[T any](ctx context.Context, store Store, t *table.Table[T], m *Manifest, d day.Day) Rows[T] {
	return func(yield func(*T, error) bool) {
		for _, f := range m.Files {
			if !strings.HasPrefix(f.Name, partition(t.Name, d)) {
				continue
			}
			if ctx.Err() != nil { // a store need not check it
				yield(nil, context.Cause(ctx))
				return
			}
			for row, err := range rowsIn(ctx, store, t, &f) {
				if err != nil {
					err = m.explain(ctx, store, d, f.Name, err)
				}
				if !yield(row, err) || err != nil {
					return
				}
			}
		}
	}
}

// rowsIn returns the rows of a file. It checks the hash of a part before it returns a row of it.
func rowsIn[T any](ctx context.Context, store Store, t *table.Table[T], f *File) Rows[T] {
	w := &window{ctx: ctx, store: store, file: f}
	return func(yield func(*T, error) bool) {
		for row, err := range decoded(w, t) {
			switch {
			case err == nil, errors.Is(err, table.ErrChanged), ctx.Err() != nil:
			case w.err != nil:
				err = w.err
			default:
				err = fmt.Errorf("%s: %s: decode: %w", store, f.Name, err)
			}
			if !yield(row, err) {
				return
			}
		}
	}
}

// decoded returns the rows of the file that w reads. An old file without parts has one hash, so
// it is read whole.
func decoded[T any](w *window, t *table.Table[T]) Rows[T] {
	if len(w.file.Parts) > 0 {
		// Read the last byte first. Then the file is known to be as long as its parts say.
		if _, err := w.ReadAt(make([]byte, 1), max(0, w.file.Bytes-1)); err != nil {
			return failed[T](err)
		}
		return t.Read(w.ctx, w, w.file.Bytes, w.file.Parts)
	}
	var data []byte
	data, w.err = w.store.Read(w.ctx, w.file.Name)
	if sum := sha256.Sum256(data); w.err == nil && hex.EncodeToString(sum[:]) == w.file.SHA256 {
		return t.Decode(w.ctx, data)
	}
	return failed[T](cmp.Or(w.err, table.ErrChanged))
}

func failed[T any](err error) Rows[T] {
	return func(yield func(*T, error) bool) { yield(nil, err) }
}

// windowBytes is the size of one read: a small file, or several row groups of a large one.
const windowBytes = 8 << 20

// A window reads a file ahead. It is not safe for concurrent use.
type window struct {
	ctx   context.Context
	store Store
	file  *File
	data  []byte
	at    int64 // offset of data in the file
	err   error // from the store
}

// ReadAt implements io.ReaderAt.
func (w *window) ReadAt(p []byte, offset int64) (int, error) {
	end := offset + int64(len(p))
	if offset < w.at || end > w.at+int64(len(w.data)) {
		w.at = min(offset, max(0, w.file.Bytes-windowBytes)) // the footer is read first, with the bytes before it
		want := max(end, min(w.at+windowBytes, w.file.Bytes)) - w.at
		w.data = slices.Grow(w.data[:0], int(want))[:want]
		n, err := w.store.ReadAt(w.ctx, w.file.Name, w.data, w.at)
		w.data = w.data[:n]
		switch {
		case err != nil && err != io.EOF:
			w.err = err
			return 0, err
		case end > w.at+int64(n):
			return 0, table.ErrChanged
		}
	}
	return copy(p, w.data[offset-w.at:]), nil
}

// explain returns the reason why a file is not the one that its manifest names.
func (m *Manifest) explain(ctx context.Context, store Store, d day.Day, name string, err error) error {
	missing := errors.Is(err, ErrNoReport)
	switch {
	case !missing && !errors.Is(err, table.ErrChanged):
		return err
	case switching(ctx, store, d):
		return fmt.Errorf("%s: %s %w", store, d, ErrSwitching)
	case m.replaced(ctx, store, d):
		return fmt.Errorf("%s: %s was replaced while it was read: run this command again", store, d)
	case missing:
		return fmt.Errorf("%w, though its run.json names it: run analyze again for this day", err)
	}
	return fmt.Errorf("%s: %s: %w", store, name, ErrDamaged)
}

func switching(ctx context.Context, store Store, d day.Day) bool {
	yes, err := store.Switching(ctx, UnitOf(d))
	return err == nil && yes
}

// replaced reports whether another run has published day d since m was read.
func (m *Manifest) replaced(ctx context.Context, store Store, d day.Day) bool {
	now, err := ReadManifest(ctx, store, d)
	return err == nil && !slices.EqualFunc(now.Files, m.Files, File.same)
}
