package access

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"iter"
	"strings"

	"vpcetrail/ingest"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/source"
	"vpcetrail/ingest/source/store"
	"vpcetrail/ingest/spill"

	"vpcetrail/report"
	"vpcetrail/report/analyze"
)

// Flag is the flag of analyze that names the access logs.
const Flag = "access-logs"

// Logs are S3 server access logs. They are an analyze.Observer.
type Logs struct {
	Sources []string
	Reading source.Options

	trail *requests // of the trail that was read last; nil if none was
}

// Flag returns the flag of analyze that names the source.
func (*Logs) Flag() string { return Flag }

// Observe returns sinks that also keep what identifies the S3 requests of the trail.
func (l *Logs) Observe(job *analyze.Job, sinks []ingest.Sink) []ingest.Sink {
	l.trail = &requests{}
	return l.trail.observe(job, sinks)
}

// SHA256 identifies the objects of a day.
func (l *Logs) SHA256(ctx context.Context, job *analyze.Job, d day.Day) (string, error) {
	listed, err := l.list(ctx, job, day.Window{From: d, To: d})
	if err != nil {
		return "", err
	}
	days := newDays(job, day.Window{From: d, To: d})
	for obj, err := range listed.objects() {
		if err != nil {
			return "", err
		}
		days.list(&obj)
	}
	return days.sum(d), nil
}

// Read reads the logs for the days of the job, and compares them with the trail, if one was
// observed.
func (l *Logs) Read(ctx context.Context, job *analyze.Job) (*analyze.Testimony, error) {
	listed, err := l.list(ctx, job, job.Window)
	if err != nil {
		return nil, err
	}
	r := newReading(job, listed)
	if err := r.run(ctx, l.Reading); err != nil {
		return nil, err
	}
	trail := l.trail
	l.trail = nil
	if err := r.join(trail); err != nil {
		return nil, err
	}
	return r.testimony(l.Sources, trail != nil), nil
}

// A listing is the objects of the logs, sorted by name.
type listing struct{ sorter *spill.Sorter }

// list lists the objects that may hold lines of the days of a window.
func (l *Logs) list(ctx context.Context, job *analyze.Job, window day.Window) (*listing, error) {
	if !window.IsAll() {
		window.To += day.Day(job.Lateness)
	}
	found := &listing{spill.NewSorter(job.Disk, share(job)/8)}
	err := source.WalkDated(ctx, l.Sources, window, l.Reading, func(o store.Object) error {
		found.sorter.Add([]byte(o.Name), appendObject(nil, &o))
		return found.sorter.Err()
	})
	found.sorter.Sort()
	return found, err
}

// objects returns the objects in order. An object of two sources comes once.
func (l *listing) objects() iter.Seq2[store.Object, error] {
	return func(yield func(store.Object, error) bool) {
		c, last := l.sorter.Cursor(), ""
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

// share returns a share of memory, in bytes, of which each part of the work takes its part.
func share(job *analyze.Job) int {
	const least = 64 << 20
	if job.Memory.Report == 0 {
		return least
	}
	return job.Memory.Report
}

// days are what the manifests say of each day.
type days struct {
	window   day.Window
	lateness day.Day
	of       map[day.Day]*daily
	undated  *daily // objects whose names say no day: they belong to every day
}

// A daily is what is known of a day.
type daily struct {
	objects map[ingest.Status]int64
	hash    hash.Hash

	requests, duplicates, ambiguous, invalid int64
}

func newDaily() *daily { return &daily{objects: map[ingest.Status]int64{}, hash: sha256.New()} }

func newDays(job *analyze.Job, window day.Window) *days {
	return &days{window: window, lateness: day.Day(job.Lateness), of: map[day.Day]*daily{}, undated: newDaily()}
}

func (s *days) at(d day.Day) *daily {
	if s.of[d] == nil {
		s.of[d] = newDaily()
	}
	return s.of[d]
}

// each calls f for each day of the window that an object may hold lines of.
func (s *days) each(obj *store.Object, f func(*daily)) {
	if !obj.Key.HasDay {
		f(s.undated)
		return
	}
	for d := obj.Key.Day - s.lateness; d <= obj.Key.Day; d++ {
		if s.window.Contains(d) {
			f(s.at(d))
		}
	}
}

// list adds an object to the sums of its days. Objects come in the order of their names.
func (s *days) list(obj *store.Object) {
	s.each(obj, func(d *daily) { fmt.Fprintf(d.hash, "%s\t%d\t%s\n", obj.Name, obj.Size, obj.ETag) })
}

// sum returns the hash of the list of the objects of a day.
func (s *days) sum(d day.Day) string {
	sum := s.at(d).hash.Sum(s.undated.hash.Sum(nil))
	both := sha256.Sum256(sum)
	return hex.EncodeToString(both[:])
}

// witness returns what the manifest says of a day.
func (s *days) witness(d day.Day, sources []string, matched bool) *report.Witness {
	of := s.at(d)
	w := &report.Witness{Sources: sources, SHA256: s.sum(d), Objects: map[ingest.Status]int64{}, Lines: map[string]int64{}, Matched: matched}
	for _, part := range []*daily{of, s.undated} {
		for status, n := range part.objects {
			w.Objects[status] += n
		}
		w.Lines["invalid"] += part.invalid
	}
	w.Lines["requests"], w.Lines["duplicates"], w.Lines["ambiguous"] = of.requests, of.duplicates, of.ambiguous
	return w
}

// valid returns text as UTF-8 of a bounded length.
func valid(text []byte) string {
	const most = 2048
	return strings.ToValidUTF8(string(text[:min(len(text), most)]), "\ufffd")
}
