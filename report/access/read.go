package access

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/klauspost/compress/flate"
	"golang.org/x/sync/errgroup"

	"vpcetrail/classify"
	"vpcetrail/classify/access"
	"vpcetrail/classify/network"
	"vpcetrail/ingest"
	"vpcetrail/ingest/accesslog"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/source"
	"vpcetrail/ingest/source/store"
	"vpcetrail/ingest/spill"

	"vpcetrail/report/analyze"
)

// A reading reads the logs for the days of one job.
type reading struct {
	job    *analyze.Job
	listed *listing
	ranges *classify.Ranges
	views  *network.Days
	lines  []*spill.Sorter // of each worker: records, by the identities of request and line

	mu       sync.Mutex // guards what follows while objects are read
	days     *days
	void     map[int]bool  // numbers of objects that do not count
	problems *spill.Sorter // by name
	*rows
}

func newReading(job *analyze.Job, listed *listing) *reading {
	r := &reading{
		job: job, listed: listed, ranges: job.Ranges, views: network.NewDays(job.Network, job.Networks),
		days: newDays(job, job.Window), void: map[int]bool{}, problems: spill.NewSorter(job.Disk, share(job)/64), rows: newRows(job),
	}
	if r.ranges == nil {
		r.ranges = classify.EmbeddedRanges()
	}
	return r
}

// run reads the objects.
func (r *reading) run(ctx context.Context, opt source.Options) error {
	for obj, err := range r.listed.objects() {
		if err != nil {
			return err
		}
		r.days.list(&obj)
	}
	objects, err := source.OpenObjects(ctx, r.listed.objects(), opt)
	if err != nil {
		return err
	}
	defer objects.Close()
	group, ctx := errgroup.WithContext(ctx)
	workers := max(r.job.Workers, 1)
	for range workers {
		w := &worker{reading: r, sorter: spill.NewSorter(r.job.Disk, share(r.job)/4/workers)}
		r.lines = append(r.lines, w.sorter)
		group.Go(func() error { return w.work(ctx, objects) })
	}
	return group.Wait()
}

// A worker reads objects, one after another.
type worker struct {
	*reading
	sorter *spill.Sorter
	lines  accesslog.Reader
	record record
	day    day.Day       // of view
	view   *network.View // nil: none is known
	viewed bool

	name, key, value []byte // scratch
}

func (w *worker) work(ctx context.Context, objects *source.Trail) error {
	for {
		f, err := objects.Next(ctx)
		if err == io.EOF {
			return context.Cause(ctx)
		}
		if err != nil {
			return err
		}
		err = w.object(ctx, f)
		f.Close()
		if err != nil {
			return err
		}
	}
}

// object reads an object. If it cannot be read to its end, none of its lines counts.
func (w *worker) object(ctx context.Context, f *source.Fetch) error {
	obj := f.Object // as listed, which says its day
	read, err := w.read(ctx, f)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var unread *source.Error
	if errors.As(err, &unread) && unread.EndsRun() {
		return err
	}
	status := ingest.OK
	switch {
	case err != nil:
		status, err = statusOf(err), describe(&obj, err)
	case read.invalid > 0:
		status = ingest.InvalidRecords
		err = fmt.Errorf("%s: %d of %d lines are not of an access log, the first at byte %d", obj.Name, read.invalid, read.lines, read.first)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if !status.Counted() {
		w.void[f.Seq], read.invalid = true, 0
	}
	w.days.each(&obj, func(d *daily) { d.objects[status]++ })
	if obj.Key.HasDay && w.days.window.Contains(obj.Key.Day) {
		w.days.at(obj.Key.Day).invalid += read.invalid
	} else if !obj.Key.HasDay {
		w.days.undated.invalid += read.invalid
	}
	if err != nil {
		w.problems.Add([]byte(obj.Name), []byte(err.Error()))
	}
	return errors.Join(w.sorter.Err(), w.problems.Err())
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
func describe(obj *store.Object, err error) error {
	var unread *source.Error
	var broken flate.CorruptInputError
	switch {
	case errors.As(err, &unread):
		return err
	case errors.As(err, &broken):
		return fmt.Errorf("%s: inflate: broken deflate stream near compressed byte %d", obj.Name, int64(broken))
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("%s: inflate: ends too early", obj.Name)
	}
	return fmt.Errorf("%s: decode: %w", obj.Name, err)
}

// A read is what was read of an object.
type read struct{ lines, invalid, first int64 }

func (w *worker) read(ctx context.Context, f *source.Fetch) (n read, err error) {
	body, err := f.Open(ctx)
	if err == nil {
		err = w.lines.Reset(body)
	}
	if err != nil {
		return n, err
	}
	for {
		l, err := w.lines.Next()
		if err == io.EOF {
			return n, nil
		}
		if err != nil {
			return n, err
		}
		n.lines++
		if l.Problem != accesslog.Invalid {
			w.take(f.Seq, l)
		} else if n.invalid++; n.invalid == 1 {
			n.first = l.Offset
		}
	}
}

// take keeps a line of the days of the job.
func (w *worker) take(object int, l *accesslog.Line) {
	d := day.OfMillis(l.Time)
	if !w.job.Window.Contains(d) {
		return
	}
	if w.views != nil && (!w.viewed || w.day != d) {
		w.day, w.view, w.viewed = d, w.views.View(d), true
	}
	verdict := access.Decide(l, w.ranges, w.view)
	w.name = w.name[:0]
	w.record = record{
		object: object, offset: l.Offset, time: l.Time, bytes: l.BytesSent, denied: string(l.Status) == "403", ambiguous: l.Problem != accesslog.NoProblem,
	}
	k := &w.record.S3AccessKey
	k.Bucket, k.Requester, k.Operation = valid(l.Bucket), valid(access.Requester(l.Requester, &w.name)), valid(l.Operation)
	k.Route, k.Evidence, k.Egress, k.EndpointID = verdict.Evidence.Route().String(), verdict.Evidence.String(), verdict.Egress, verdict.Endpoint
	request, known := requestKey(l.RequestID, l.HostID)
	if !known { // it matches nothing
		copy(request[:], bytes.Repeat([]byte{0xff}, idSize))
	}
	var second [8]byte
	binary.BigEndian.PutUint64(second[:], uint64(l.Time/1000)) // JSON has milliseconds, and text has not
	line := keyOf("line", l.Bucket, l.RequestID, l.HostID, l.Operation, l.Key, second[:])
	w.key = append(append(w.key[:0], request[:]...), line[:]...)
	w.value = w.record.append(w.value[:0])
	w.sorter.Add(w.key, w.value)
}
