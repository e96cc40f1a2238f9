// Package dated reads the objects of a source beside the trail, such as S3 access logs, for the
// days of a job. It lists them, reads them with several workers, and keeps what the manifests say
// of each day.
package dated

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"vpcetrail/ingest"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/source"
	"vpcetrail/ingest/source/store"
	"vpcetrail/ingest/spill"

	"vpcetrail/report"
	"vpcetrail/report/analyze"
)

// Logs name a source. Its objects are listed by the days in their names (source.WalkDated).
type Logs struct {
	Sources []string
	Reading source.Options
}

// SHA256 identifies the objects that may hold lines of a day. It is "" if there are none.
func (l *Logs) SHA256(ctx context.Context, job *analyze.Job, d day.Day) (string, error) {
	objects, err := l.List(ctx, job, day.Window{From: d, To: d})
	if err != nil || objects.empty {
		return "", err
	}
	return objects.sum(d), nil
}

// None says that no object has a line of a window.
func (l *Logs) None(window day.Window) string {
	of := ""
	if !window.IsAll() {
		of = " of " + window.String()
	}
	return strings.Join(l.Sources, ",") + ": no line" + of + ": right for a quiet day; else check --date, --lateness and the name of the source"
}

// Memory returns the bytes of memory of which each part of the work takes its part.
func Memory(job *analyze.Job) int {
	const least = 64 << 20
	if job.Memory.Report == 0 {
		return least
	}
	return job.Memory.Report
}

// Objects are the objects that may hold lines of the days of a window, and what is known of these
// days. Objects of which the name gives no day belong to every day.
type Objects struct {
	logs     *Logs
	window   day.Window
	lateness day.Day
	listed   *spill.Sorter // by name
	empty    bool

	mu       sync.Mutex // guards what follows while objects are read
	days     map[day.Day]*daily
	undated  *daily
	problems *spill.Sorter    // by name
	whole    bool             // an object was read whole
	failed   bool             // another could not be
	unread   map[day.Day]bool // the last day of each such object
}

// A daily is what is known of the objects of a day.
type daily struct {
	hash     hash.Hash // of the list of objects
	statuses map[ingest.Status]int64
	lines    map[string]int64
}

func newDaily() *daily { return &daily{sha256.New(), map[ingest.Status]int64{}, map[string]int64{}} }

// List lists the objects.
func (l *Logs) List(ctx context.Context, job *analyze.Job, window day.Window) (*Objects, error) {
	o := &Objects{
		logs: l, window: window, lateness: day.Day(job.Lateness), empty: true, listed: spill.NewSorter(job.Disk, Memory(job)/8),
		days: map[day.Day]*daily{}, undated: newDaily(), problems: spill.NewSorter(job.Disk, Memory(job)/64),
		unread: map[day.Day]bool{},
	}
	if window.To != day.All().To {
		window.To += o.lateness
	}
	err := source.WalkDated(ctx, l.Sources, window, l.Reading, func(obj store.Object) error {
		o.listed.Add([]byte(obj.Name), appendObject(nil, &obj))
		return o.listed.Err()
	})
	o.listed.Sort()
	if err != nil {
		return nil, err
	}
	for obj, err := range o.All() {
		if err != nil {
			return nil, err
		}
		o.empty = false
		o.each(&obj, func(d *daily) { fmt.Fprintf(d.hash, "%s\t%d\t%s\n", obj.Name, obj.Size, obj.ETag) })
	}
	return o, nil
}

// All returns the objects in the order of their names. An object of two sources comes once.
func (o *Objects) All() iter.Seq2[store.Object, error] {
	return func(yield func(store.Object, error) bool) {
		c, last := o.listed.Cursor(), ""
		for c.Next() {
			if string(c.Key) == last {
				continue
			}
			last = string(c.Key)
			if !yield(cutObject(c.Key, c.Value), nil) {
				return
			}
		}
		if err := c.Err(); err != nil {
			yield(store.Object{}, err)
		}
	}
}

// Read reads every object. It calls worker once for each goroutine. The function that worker returns
// is called with one object after another, in which Seq is the place of the object in All.
func (o *Objects) Read(ctx context.Context, workers int, worker func() func(context.Context, *source.Fetch) error) error {
	trail, err := source.OpenObjects(ctx, o.All(), o.logs.Reading)
	if err != nil {
		return err
	}
	defer trail.Close()
	group, ctx := errgroup.WithContext(ctx)
	for range workers {
		read := worker()
		group.Go(func() error {
			return trail.Each(ctx, func(f *source.Fetch) error { return read(ctx, f) })
		})
	}
	return group.Wait()
}

// Note counts an object by how reading it ended. problem may be nil. It may be called concurrently.
func (o *Objects) Note(obj *store.Object, status ingest.Status, problem error) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.each(obj, func(d *daily) { d.statuses[status]++ })
	if status == ingest.OK {
		o.whole = true
	} else {
		o.fail(obj)
	}
	if problem != nil {
		o.problems.Add([]byte(obj.Name), []byte(problem.Error()))
	}
	return o.problems.Err()
}

// Count counts n lines of a day by what became of them. It may be called concurrently.
func (o *Objects) Count(d day.Day, kind string, n int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.at(d).lines[kind] += n
}

// CountIn counts n lines without a time. They belong to the day of their object, or to every day.
func (o *Objects) CountIn(obj *store.Object, kind string, n int64) {
	switch {
	case !obj.Key.HasDay:
		o.mu.Lock()
		defer o.mu.Unlock()
		o.undated.lines[kind] += n
	case o.window.Contains(obj.Key.Day):
		o.Count(obj.Key.Day, kind, n)
	}
}

// Days returns the days to publish: those of seen, which have lines, and of each object that could not be
// read whole the last that it may hold lines of. If no object could be read, there are none: the source may
// be the wrong one. failed reports whether there are none because of objects that could not be read.
func (o *Objects) Days(seen map[day.Day]bool) (days []day.Day, failed bool) {
	all := maps.Clone(seen)
	if o.whole || len(seen) > 0 {
		maps.Copy(all, o.unread)
	}
	return slices.Sorted(maps.Keys(all)), o.failed && len(all) == 0
}

// fail notes an object that could not be read whole.
func (o *Objects) fail(obj *store.Object) {
	last := o.window.To
	if obj.Key.HasDay {
		last = min(last, obj.Key.Day)
	}
	if o.failed = true; last != day.All().To {
		o.unread[last] = true
	}
}

// Problems calls problem with one line for each object that could not be read completely, in order.
func (o *Objects) Problems(problem func(string)) error {
	c := o.problems.Cursor()
	for c.Next() {
		problem(string(c.Value))
	}
	return c.Err()
}

// AddTo adds to a day what its manifest says of the source that the flag names. kinds are the kinds of
// lines that are named even if there is none.
func (o *Objects) AddTo(d *report.Day, flag string, matched bool, kinds ...string) {
	w := &report.Witness{Sources: o.logs.Sources, SHA256: o.sum(d.Day), Objects: map[ingest.Status]int64{}, Lines: map[string]int64{}, Matched: matched}
	for _, kind := range kinds {
		w.Lines[kind] = 0
	}
	for _, part := range []*daily{o.at(d.Day), o.undated} {
		for status, n := range part.statuses {
			w.Objects[status] += n
		}
		for kind, n := range part.lines {
			w.Lines[kind] += n
		}
	}
	if d.Witnesses == nil {
		d.Witnesses = map[string]*report.Witness{}
	}
	d.Witnesses[flag] = w
}

func (o *Objects) at(d day.Day) *daily {
	if o.days[d] == nil {
		o.days[d] = newDaily()
	}
	return o.days[d]
}

// each calls f for each day of the window that an object may hold lines of.
func (o *Objects) each(obj *store.Object, f func(*daily)) {
	if !obj.Key.HasDay {
		f(o.undated)
		return
	}
	for d := obj.Key.Day - o.lateness; d <= obj.Key.Day; d++ {
		if o.window.Contains(d) {
			f(o.at(d))
		}
	}
}

// sum returns the hash of the list of the objects of a day.
func (o *Objects) sum(d day.Day) string {
	sum := sha256.Sum256(o.at(d).hash.Sum(o.undated.hash.Sum(nil)))
	return hex.EncodeToString(sum[:])
}

// appendObject appends what a listing says of an object, besides its name.
func appendObject(dst []byte, o *store.Object) []byte {
	dst = append(dst, 0)
	if o.Key.HasDay {
		dst[0] = 1
	}
	dst = binary.AppendVarint(o.Key.Day.AppendKey(dst), o.Size)
	return append(dst, o.ETag...)
}

func cutObject(name, value []byte) store.Object {
	o := store.Object{Name: string(name)}
	o.Key.HasDay = value[0] == 1
	o.Key.Day, value = day.CutKey(value[1:])
	size, n := binary.Varint(value)
	o.Size, o.ETag = size, string(value[n:])
	return o
}
