package resolver

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
	"strings"

	"github.com/klauspost/compress/flate"

	"vpcetrail/ingest"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/source"
	"vpcetrail/ingest/source/store"
	"vpcetrail/ingest/spill"

	"vpcetrail/report"
	"vpcetrail/report/analyze"
)

// list lists the objects that may hold queries of the days of a window. Their folders are of the
// day of delivery.
func (l *Logs) list(ctx context.Context, job *analyze.Job, window day.Window) (*spill.Sorter, error) {
	if !window.IsAll() {
		window.To += day.Day(job.Lateness)
	}
	found := spill.NewSorter(job.Disk, share(job)/8)
	err := source.WalkDated(ctx, l.Sources, window, l.Reading, func(o store.Object) error {
		value := binary.AppendVarint(nil, o.Size)
		if o.Key.HasDay {
			value = binary.AppendVarint(append(value, 1), int64(o.Key.Day))
		} else {
			value = append(value, 0)
		}
		found.Add([]byte(o.Name), append(value, o.ETag...))
		return found.Err()
	})
	found.Sort()
	return found, err
}

// objects returns the listed objects in order, each once.
func objects(listed *spill.Sorter) iter.Seq2[store.Object, error] {
	return func(yield func(store.Object, error) bool) {
		c, last := listed.Cursor(), ""
		for c.Next() {
			if string(c.Key) == last {
				continue
			}
			last = string(c.Key)
			size, n := binary.Varint(c.Value)
			o, rest := store.Object{Name: last, Size: size}, c.Value[n+1:]
			if o.Key.HasDay = c.Value[n] == 1; o.Key.HasDay {
				d, n := binary.Varint(rest)
				o.Key.Day, rest = day.Day(d), rest[n:]
			}
			if o.ETag = string(rest); !yield(o, nil) {
				return
			}
		}
		if err := c.Err(); err != nil {
			yield(store.Object{}, err)
		}
	}
}

// share is the memory in bytes of which each part of the work takes its part.
func share(job *analyze.Job) int {
	const least = 64 << 20
	if job.Memory.Report == 0 {
		return least
	}
	return job.Memory.Report
}

// A daily is what the manifest says of a day.
type daily struct {
	objects map[ingest.Status]int64
	hash    hash.Hash // of the list of objects
	lines   map[string]int64
}

// dailies are the days of a run.
type dailies struct {
	window   day.Window
	lateness day.Day
	of       map[day.Day]*daily
	undated  *daily // of objects that name no day: they belong to every day
}

func newDaily() *daily { return &daily{map[ingest.Status]int64{}, sha256.New(), map[string]int64{}} }

func newDailies(job *analyze.Job, window day.Window) *dailies {
	return &dailies{window, day.Day(job.Lateness), map[day.Day]*daily{}, newDaily()}
}

func (s *dailies) at(d day.Day) *daily {
	if s.of[d] == nil {
		s.of[d] = newDaily()
	}
	return s.of[d]
}

// each calls f for each day of the window of which an object may hold queries.
func (s *dailies) each(o *store.Object, f func(*daily)) {
	if !o.Key.HasDay {
		f(s.undated)
		return
	}
	for d := o.Key.Day - s.lateness; d <= o.Key.Day; d++ {
		if s.window.Contains(d) {
			f(s.at(d))
		}
	}
}

// list adds an object. Objects come in the order of their names.
func (s *dailies) list(o *store.Object) {
	s.each(o, func(d *daily) { fmt.Fprintf(d.hash, "%s\t%d\t%s\n", o.Name, o.Size, o.ETag) })
}

// sum returns the hash of the objects of a day.
func (s *dailies) sum(d day.Day) string {
	sum := sha256.Sum256(s.at(d).hash.Sum(s.undated.hash.Sum(nil)))
	return hex.EncodeToString(sum[:])
}

// witness returns what the manifest says of a day.
func (s *dailies) witness(d day.Day, sources []string) *report.Witness {
	w := &report.Witness{Sources: sources, SHA256: s.sum(d), Objects: map[ingest.Status]int64{}, Lines: map[string]int64{}}
	for _, part := range []*daily{s.at(d), s.undated} {
		for status, n := range part.objects {
			w.Objects[status] += n
		}
		for kind, n := range part.lines {
			w.Lines[kind] += n
		}
	}
	return w
}

// statusOf returns how reading an object ended.
func statusOf(err error) ingest.Status {
	var unread *source.Error
	switch {
	case errors.As(err, &unread):
		return ingest.Status(unread.Status)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return ingest.Truncated
	}
	return ingest.Corrupt
}

// describe adds the name of an object to an error, once.
func describe(name string, err error) string {
	var unread *source.Error
	var broken flate.CorruptInputError
	switch {
	case errors.As(err, &unread):
		return err.Error()
	case errors.As(err, &broken):
		return fmt.Sprintf("%s: inflate: broken deflate stream near compressed byte %d", name, int64(broken))
	case errors.Is(err, io.ErrUnexpectedEOF):
		return name + ": inflate: ends too early"
	}
	return name + ": decode: " + strings.ReplaceAll(err.Error(), "\n", " ")
}
