// Package dated reads the objects of a source beside the trail, such as S3 access logs, for the
// days of a job. It lists them, reads them with several workers, and keeps what the manifests say
// of each day.
package dated

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/klauspost/compress/flate"
	"golang.org/x/sync/errgroup"

	"vpcetrail/ingest"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/source"
	"vpcetrail/ingest/source/store"
	"vpcetrail/ingest/spill"

	"vpcetrail/report"
	"vpcetrail/report/analyze"
	"vpcetrail/report/grid"
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
	problems *spill.Sorter // by name
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

// Outcome says how reading an object ended that failed with err. Then ends is what ends the run, if
// that is the case, and problem is a line that names the object.
func Outcome(ctx context.Context, obj *store.Object, err error) (status ingest.Status, problem, ends error) {
	var unread *source.Error
	var broken flate.CorruptInputError
	switch {
	case ctx.Err() != nil:
		return "", nil, context.Cause(ctx)
	case err == nil:
		return ingest.OK, nil, nil
	case errors.As(err, &unread) && unread.EndsRun():
		return "", nil, err
	case errors.As(err, &unread):
		return ingest.Status(unread.Status), err, nil
	case errors.As(err, &broken):
		return ingest.Corrupt, fmt.Errorf("%s: inflate: broken deflate stream near compressed byte %d", obj.Name, int64(broken)), nil
	case errors.Is(err, io.ErrUnexpectedEOF):
		return ingest.Truncated, fmt.Errorf("%s: inflate: ends too early", obj.Name), nil
	}
	return ingest.Corrupt, fmt.Errorf("%s: decode: %w", obj.Name, err), nil
}

// Lines counts the lines of an object.
type Lines struct {
	All, Invalid int64
	First        int64 // byte where the first invalid one begins
	stray        int64
	strayDay     day.Day // of the first
}

// AddStray counts a line of a day for which the object MayHold none.
func (n *Lines) AddStray(d day.Day) {
	if n.stray++; n.stray == 1 {
		n.strayDay = d
	}
}

// Check says how an object ended that was read completely, and counts its bad lines. problem is a line
// that names the object and says what its invalid lines are not.
func (o *Objects) Check(obj *store.Object, n *Lines, what string) (status ingest.Status, problem error) {
	var bad []string
	if n.Invalid > 0 {
		first := "the first at"
		if n.Invalid == 1 {
			first = "at"
		}
		bad = append(bad, fmt.Sprintf("%d of %s %s not %s, %s byte %d", n.Invalid, grid.Plural(n.All, "line"), are(n.Invalid), what, first, n.First))
	}
	if o.CountIn(obj, "invalid", n.Invalid); n.stray > 0 {
		o.CountIn(obj, "stray", n.stray)
		bad = append(bad, fmt.Sprintf("%s %s of %s, such as %s", grid.Plural(n.stray, "line"), are(n.stray), o.notOf(obj), n.strayDay))
	}
	if len(bad) == 0 {
		return ingest.OK, nil
	}
	return ingest.InvalidRecords, fmt.Errorf("%s: %s", obj.Name, strings.Join(bad, "; and "))
}

func are(n int64) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// notOf says of which days an object MayHold no lines.
func (o *Objects) notOf(obj *store.Object) string {
	if !obj.Key.HasDay {
		return "an impossible day"
	}
	return fmt.Sprintf("a day that is neither %s, as its name says, nor up to %s before (see --lateness)", obj.Key.Day, grid.Plural(int64(max(o.lateness, 1)), "day"))
}

// Note counts an object by how reading it ended. problem may be nil. It may be called concurrently.
func (o *Objects) Note(obj *store.Object, status ingest.Status, problem error) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.each(obj, func(d *daily) { d.statuses[status]++ })
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

// MayHold reports whether an object may hold lines of a day. Its name has the day on which it was
// written: AWS delivers these logs within hours, so it holds lines of that day and of as many days
// before as the job reads late objects for, and of one at least. If the name has no day, the line
// must be of a time in which AWS writes such logs. Any other line is forged, or too late to count.
func (o *Objects) MayHold(obj *store.Object, d day.Day) bool {
	if !obj.Key.HasDay {
		return firstLog <= d && d <= lastLog
	}
	return obj.Key.Day-max(o.lateness, 1) <= d && d <= obj.Key.Day
}

// The days of the lines of objects without a day: from the start of S3.
var (
	firstLog = day.Of(time.Date(2006, 3, 14, 0, 0, 0, 0, time.UTC))
	lastLog  = day.Of(time.Date(2099, 12, 31, 0, 0, 0, 0, time.UTC))
)

// Days returns the days to publish: those of seen, which have lines, and those with an object that could
// not be read whole. If no object could, there are none: the source may be the wrong one. failed reports
// whether there are none because of objects that could not be read.
func (o *Objects) Days(seen map[day.Day]bool) (days []day.Day, failed bool) {
	all, whole := maps.Clone(seen), len(seen) > 0
	unread := func(of *daily) bool {
		whole = whole || of.statuses[ingest.OK] > 0
		return (&report.Witness{Objects: of.statuses}).Unread() > 0
	}
	for d, of := range o.days {
		if unread(of) {
			all[d] = true
		}
	}
	failed = unread(o.undated) || len(all) > 0
	if unread(o.undated) && o.window.From == o.window.To {
		all[o.window.From] = true
	}
	if !whole {
		clear(all)
	}
	return slices.Sorted(maps.Keys(all)), failed && len(all) == 0
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
