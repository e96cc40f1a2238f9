package report

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"vpcetrail/ingest/day"
	"vpcetrail/report/table"
)

// ErrDamaged says that a file of a report is not the one that its day's manifest names.
var ErrDamaged = errors.New("not the file that its run.json names: run analyze again for this day")

// ErrBrokenManifest says that a day's run.json cannot be decoded.
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

// DayOfManifest returns the day whose manifest has that name.
func DayOfManifest(name string) (d day.Day, ok bool) {
	d, err := day.Parse(strings.TrimSuffix(strings.TrimPrefix(name, "_runs/dt="), "/run.json"))
	return d, err == nil && name == ManifestName(d)
}

// ReadManifest reads the manifest of day d. The error wraps ErrNoReport where there is none, and ErrBrokenManifest where it
// cannot be decoded.
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

// ReadTable returns the rows of table t that m, the manifest of day d, names. It holds one file at a time.
func ReadTable[T any](ctx context.Context, store Store, t *table.Table[T], m *Manifest, d day.Day) Rows[T] {
	return func(yield func(*T, error) bool) {
		for _, f := range m.Files {
			if !strings.HasPrefix(f.Name, partition(t.Name, d)) {
				continue
			}
			if ctx.Err() != nil { // a store need not look at it
				yield(nil, context.Cause(ctx))
				return
			}
			data, err := store.Read(ctx, f.Name)
			switch {
			case errors.Is(err, ErrNoReport):
				err = fmt.Errorf("%w, though its run.json names it: run analyze again for this day", err)
			case err == nil && !f.holds(data):
				// It was damaged, or left by a publication that was killed half way. Decoding it might panic.
				err = fmt.Errorf("%s: %s: %w", store, f.Name, ErrDamaged)
			}
			if err != nil {
				yield(nil, err)
				return
			}
			for row, err := range t.Decode(ctx, data) {
				if err != nil {
					err = fmt.Errorf("%s: %s: decode: %w", store, f.Name, err)
				}
				if !yield(row, err) {
					return
				}
			}
		}
	}
}

// holds reports whether data is what the manifest names.
func (f *File) holds(data []byte) bool {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:]) == f.SHA256
}
