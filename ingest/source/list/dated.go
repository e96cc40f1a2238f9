package list

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"vpcetrail/ingest/day"
	"vpcetrail/ingest/source/layout"
	"vpcetrail/ingest/source/store"
)

// datedListers bounds how many folders are listed at once.
const datedListers = 64

// Dated lists logs of other kinds than CloudTrail's: every object below args, except those that
// name another day than those of window. An object names a day by the start of its own name,
// YYYY-MM-DD-, or else by the last of its folders that are a date, YYYY/MM/DD or
// year=YYYY/month=MM/day=DD. Its Key then has the day, and nothing else. An S3 source may also be
// the start of names, without a slash: AWS writes some logs that way.
//
// A prefix that the user has chosen may be a date as well. So the folders of other days are left out
// only where AWS names them (layout.HasDays), or in S3 where the first object of the year has no day
// in its own name. All others are listed.
//
// Dated calls fn for each object once per argument that holds it, in no certain order, from one
// goroutine at a time.
func Dated(ctx context.Context, args []string, window day.Window, opt Options, fn func(store.Object) error) error {
	group, running := errgroup.WithContext(ctx)
	group.SetLimit(datedListers)
	w := &datedWalk{window: window, fn: fn, group: group}
	var calls *store.Calls
	for _, arg := range args {
		if !IsS3(arg) {
			if err := w.path(running, arg); err != nil {
				return errors.Join(err, group.Wait())
			}
			continue
		}
		bucket, key := store.SplitURL(arg)
		if bucket == "" {
			return fmt.Errorf("%s: no bucket: write s3://bucket/prefix", arg)
		}
		if calls == nil {
			var err error
			if calls, err = opt.Bucket(ctx); err != nil {
				return fmt.Errorf("%s: %w", arg, err)
			}
		}
		b := &store.Bucket{Calls: calls, Name: bucket}
		w.start(func() error { return w.bucket(running, b, key) })
	}
	return group.Wait()
}

// A datedWalk is the state of one call of Dated.
type datedWalk struct {
	window day.Window
	group  *errgroup.Group

	mu sync.Mutex // held while fn is called
	fn func(store.Object) error
}

// start runs f at once, or concurrently where a lister is free. Its error ends the walk.
func (w *datedWalk) start(f func() error) {
	if !w.group.TryGo(f) {
		if err := f(); err != nil {
			w.group.Go(func() error { return err })
		}
	}
}

// path walks a directory or file.
func (w *datedWalk) path(ctx context.Context, arg string) error {
	info, err := os.Stat(arg)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s: %w: name s3://bucket/prefix, a directory or a file", arg, noPath(err))
	case err != nil:
		return fmt.Errorf("%s: open: %w", arg, noPath(err))
	}
	name := cleanName(filepath.ToSlash(arg))
	if info.IsDir() {
		if !holdsFile(arg) {
			return noObject(arg)
		}
		w.start(func() error { return w.folder(ctx, store.Dir{}, dirFolder(name), datedPlace{}) })
		return nil
	}
	size := int64(-1)
	if info.Mode().IsRegular() {
		size = info.Size()
	}
	return w.object(store.Object{Name: name, Size: size}, datedPlace{})
}

// holdsFile reports whether there is a file below a directory, or something that may not be listed.
func holdsFile(dir string) (found bool) {
	_ = filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error { // it returns no error, as fn returns none
		if found = err != nil || !e.IsDir(); found {
			return fs.SkipAll
		}
		return nil
	})
	return found
}

// bucket walks a prefix. "logs" is the folder logs/ if there is one, else the start of names.
func (w *datedWalk) bucket(ctx context.Context, b *store.Bucket, key string) error {
	prefix := b.URL(key)
	if key != "" && !strings.HasSuffix(key, "/") {
		prefix += "/"
	}
	first, err := b.First(ctx, prefix)
	if err == nil && first == "" && prefix != b.URL(key) {
		prefix = b.URL(key)
		first, err = b.First(ctx, prefix)
	}
	switch {
	case err != nil:
		return &listingError{prefix, err}
	case first == "":
		return noObject(b.URL(key))
	}
	return w.folder(ctx, b, prefix, datedPlace{})
}

// A datedStore also lists the entries of a folder that come after a name, and knows its first object.
type datedStore interface {
	ListAfter(folder, after string) store.Pager
	First(ctx context.Context, folder string) (name string, err error)
}

// folder lists a folder, and those in it that may hold objects of the window.
func (w *datedWalk) folder(ctx context.Context, st store.Store, name string, at datedPlace) error {
	if at.depth > MaxDepth {
		return &listingError{name, fmt.Errorf("more than %d folders deep: name a source nearer to the logs", MaxDepth)}
	}
	pages := st.List(name)
	for more := true; more; {
		var entries []store.Entry
		var err error
		if entries, more, err = pages.Next(ctx); err != nil {
			return &listingError{name, err}
		}
		for _, e := range entries {
			if err := w.entry(ctx, st, name, e, at); err != nil {
				return err
			}
		}
		if from, ok := st.(datedStore); ok && more && len(entries) > 0 {
			if after := w.skip(entries[len(entries)-1].Name); after != "" {
				pages = from.ListAfter(name, after)
			}
		}
	}
	return nil
}

func (w *datedWalk) entry(ctx context.Context, st store.Store, folder string, e store.Entry, at datedPlace) error {
	sub, isFolder := strings.CutSuffix(e.Name, "/")
	switch {
	case layout.Hidden(e.Name):
	case !isFolder && (e.Name != "" || !strings.HasSuffix(folder, "/")):
		return w.object(store.Object{Name: folder + e.Name, Size: e.Size, ETag: e.ETag}, at)
	case isFolder:
		below := at.enter(sub)
		if below.months == 1 {
			var err error
			if below.byDay, err = w.isByDay(ctx, st, folder, e.Name, below); err != nil {
				return &listingError{folder + e.Name, err}
			}
		}
		if below.byDay && below.day != at.day && !w.window.Contains(below.day) {
			return nil
		}
		if below.byDay && below.months == 1 && len(sub) == len("2026") && !w.window.IsAll() && w.window.Days() <= maxDays { // name the days of a year, without a listing of its months
			for d := w.window.From; d <= w.window.To; d++ {
				if date := d.String(); date[:4] == sub {
					in := datedPlace{depth: below.depth + 2, day: d, hasDay: true}
					w.start(func() error {
						return w.folder(ctx, st, folder+strings.ReplaceAll(date, "-", "/")+"/", in)
					})
				}
			}
			return nil
		}
		w.start(func() error { return w.folder(ctx, st, folder+e.Name, below) })
	}
	return nil
}

// isByDay reports whether the folders below that of a year name the days of all objects in them: the first
// object is in a day's folder, or in that of an hour below, and its own name has no day.
func (w *datedWalk) isByDay(ctx context.Context, st store.Store, folder, year string, at datedPlace) (bool, error) {
	from, ok := st.(datedStore)
	if layout.HasDays(folder) || !ok || w.window.IsAll() {
		return layout.HasDays(folder), nil
	}
	first, err := from.First(ctx, folder+year)
	names := strings.Split(strings.TrimPrefix(first, folder+year), "/")
	if err != nil || len(names) < 3 || len(names) > 4 || len(names) == 4 && !isHour(names[2]) {
		return false, err
	}
	at.hasDay = false
	_, named := dayIn(path.Base(first))
	return !named && at.enter(names[0]).enter(names[1]).hasDay, nil
}

// isHour reports whether a folder's name is an hour, such as 10 or hour=10.
func isHour(folder string) bool {
	n, err := strconv.Atoi(strings.TrimPrefix(folder, "hour="))
	return err == nil && 0 <= n && n < 24
}

// object passes an object to fn if its day, where it has one, is in the window.
func (w *datedWalk) object(obj store.Object, at datedPlace) error {
	if obj.Key.Day, obj.Key.HasDay = dayIn(path.Base(obj.Name)); !obj.Key.HasDay {
		obj.Key.Day, obj.Key.HasDay = at.day, at.hasDay
	}
	if obj.Key.HasDay && !w.window.Contains(obj.Key.Day) {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.fn(obj)
}

// skip returns the name after which the listing of a folder can go on, as all names up to it are
// of days outside the window. name is the last one listed. It returns "" if nothing can be skipped.
func (w *datedWalk) skip(name string) string {
	d, ok := leadingDay(name)
	switch {
	case !ok || len(name) > len(ownForm) && isOwn(name) || w.window.IsAll() || w.window.Contains(d):
		return ""
	case d < w.window.From:
		return w.window.From.String()
	}
	return name[:len("2026-")] + "~" // folders of accounts may come after the year
}
