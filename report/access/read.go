package access

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"io"
	"sync"

	"vpcetrail/classify"
	"vpcetrail/classify/access"
	"vpcetrail/classify/network"
	"vpcetrail/ingest/accesslog"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/source"
	"vpcetrail/ingest/spill"

	"vpcetrail/report/analyze"
	"vpcetrail/report/dated"
)

// A reading reads the logs for the days of one job.
type reading struct {
	job     *analyze.Job
	objects *dated.Objects
	workers int
	ranges  *classify.Ranges
	views   *network.Days
	lines   []*spill.Sorter // of each worker: records, by the identities of request and line

	mu   sync.Mutex   // guards void while objects are read
	void map[int]bool // numbers of objects that do not count
	*rows
}

func newReading(job *analyze.Job, objects *dated.Objects) *reading {
	r := &reading{
		job: job, objects: objects, workers: max(job.Workers, 1), ranges: job.Ranges,
		views: network.NewDays(job.Network, job.Networks), void: map[int]bool{}, rows: newRows(job),
	}
	if r.ranges == nil {
		r.ranges = classify.EmbeddedRanges()
	}
	return r
}

// worker returns what reads one object after another.
func (r *reading) worker() func(context.Context, *source.Fetch) error {
	w := &worker{reading: r, sorter: spill.NewSorter(r.job.Disk, dated.Memory(r.job)/4/r.workers)}
	r.lines = append(r.lines, w.sorter)
	return w.object
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

// object reads an object. If it cannot be read to its end, none of its lines counts.
func (w *worker) object(ctx context.Context, f *source.Fetch) error {
	obj := f.Object // as listed, which says its day
	read, err := w.read(ctx, f)
	status, problem, ends := dated.Outcome(ctx, &obj, err)
	if ends != nil {
		return ends
	}
	if err == nil {
		status, problem = w.objects.Check(&obj, &read, "of an access log")
	} else {
		w.mu.Lock()
		w.void[f.Seq] = true
		w.mu.Unlock()
	}
	return cmp.Or(w.objects.Note(&obj, status, problem), w.sorter.Err())
}

func (w *worker) read(ctx context.Context, f *source.Fetch) (n dated.Lines, err error) {
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
		n.All++
		switch d := day.OfMillis(l.Time); {
		case l.Problem == accesslog.Invalid:
			if n.Invalid++; n.Invalid == 1 {
				n.First = l.Offset
			}
		case !w.objects.MayHold(&f.Object, d):
			n.AddStray(d)
		default:
			w.take(f.Seq, d, l)
		}
	}
}

// take keeps a line of the days of the job.
func (w *worker) take(object int, d day.Day, l *accesslog.Line) {
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
	w.record.address = valid(l.RemoteIP)
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
