package ingest

import (
	"context"
	"fmt"
	"io"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"vpcetrail/ingest/day"
	"vpcetrail/ingest/event"
	"vpcetrail/ingest/source"
)

// A Sink counts the events of one worker. Run calls a Sink from one goroutine at a time.
type Sink interface {
	// Event takes an event of the object at hand: tentatively, and before it is known to be no
	// duplicate. The event is borrowed until Event returns; account and Region are filled in
	// from the object's name where the record leaves them out.
	Event(ev *event.Event)

	// End closes the object at hand and returns its events, in the order taken. Where res is
	// not Counted the events are to be forgotten, and nil returned. The Sink may keep res.
	End(res *Result) Batch
}

// A Batch holds the events of one object until it is known which of them are duplicates.
type Batch interface {
	// Count counts the events. duplicate has an element for each, in the order taken. It is
	// called once, by the worker that took the events.
	Count(duplicate []bool)
}

// Config says how to run.
type Config struct {
	Window day.Window // the days, by eventTime, whose events are offered
	SHA256 bool       // digest every uncompressed log: half the price of inflating it
	// Progress, where not nil, is kept up to date while Run works.
	Progress *Progress
}

// Progress counts what is done. It may be read at any time.
type Progress struct {
	Objects, Unread atomic.Int64 // objects done, and those of them that could not be read
	Stored, Bytes   atomic.Int64 // bytes as stored, and uncompressed
	Records         atomic.Int64
}

// maxPending is how many batches a worker may have on their way through the sequencer before it
// waits for a slower one: enough to bridge an object many times as large as the others.
const maxPending = 64

// Run reads every object of trail, with as many workers as there are sinks, and counts each event
// of the window once. An object that cannot be read ends up in its Result and does not stop the
// run. Run returns the first error of listing or of ctx, after every worker has stopped; what the
// sinks hold then must not be used.
func Run(ctx context.Context, trail *source.Trail, sinks []Sink, cfg Config) error {
	if cfg.Progress == nil {
		cfg.Progress = new(Progress)
	}
	seq := newSequencer()
	group, ctx := errgroup.WithContext(ctx)
	for _, sink := range sinks {
		w := &worker{
			trail: trail, sink: sink, seq: seq, progress: cfg.Progress,
			reader: objectReader{window: cfg.Window, hash: newHash(cfg.SHA256)},
		}
		group.Go(func() error {
			err := w.run(ctx)
			if err != nil {
				seq.fail()
			}
			return err
		})
	}
	return group.Wait()
}

type worker struct {
	trail    *source.Trail
	sink     Sink
	seq      *sequencer
	progress *Progress
	reader   objectReader

	pending []*batch // submitted, oldest first
	spare   []*batch // to be used again
}

func (w *worker) run(ctx context.Context) error {
	for {
		f, err := w.trail.Next(ctx)
		if err == io.EOF {
			w.count(0)
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
		w.count(maxPending)
	}
}

// object reads one object and submits its batch.
func (w *worker) object(ctx context.Context, f *source.Fetch) error {
	res := w.reader.read(ctx, f, w.sink)
	if ctx.Err() != nil { // the object is not to blame
		return fmt.Errorf("%s: read: %w", f.Object.Name, context.Cause(ctx))
	}
	w.progress.Objects.Add(1)
	w.progress.Stored.Add(f.Object.Size)
	w.progress.Bytes.Add(res.Bytes)
	w.progress.Records.Add(res.Records)
	if res.Status != OK {
		w.progress.Unread.Add(1)
	}
	b := w.batch()
	b.events = w.sink.End(&res)
	b.ids = append(b.ids[:0], w.reader.ids...)
	w.pending = append(w.pending, b)
	w.seq.submit(f.Seq, b)
	return nil
}

// count counts the batches that are settled, waiting until no more than limit are left.
func (w *worker) count(limit int) {
	n := w.seq.await(w.pending, limit)
	for _, b := range w.pending[:n] {
		if b.events != nil {
			b.events.Count(b.duplicate)
		}
		b.events, b.settled = nil, false
	}
	w.spare = append(w.spare, w.pending[:n]...)
	w.pending = append(w.pending[:0], w.pending[n:]...)
}

func (w *worker) batch() *batch {
	if n := len(w.spare); n > 0 {
		b := w.spare[n-1]
		w.spare = w.spare[:n-1]
		return b
	}
	return new(batch)
}
