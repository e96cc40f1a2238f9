package ingest

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"vpcetrail/ingest/day"
	"vpcetrail/ingest/event"
	"vpcetrail/ingest/source"
)

// A Sink receives the events of one worker. All come from one event.Reader. Run calls a
// Sink from one goroutine at a time, and passes it objects in the order of their numbers.
type Sink interface {
	// Begin opens object number seq.
	Begin(seq int)

	// Event receives the next event of the current object. The event is tentative: the
	// object may turn out void and the event may be a duplicate. The event is borrowed
	// until Event returns. If the record leaves out account or Region, they are taken
	// from the object's name.
	Event(ev *event.Event)

	// End closes the current object. If res is not Counted, the Sink must forget its
	// events. The Sink may keep res. An error ends the run.
	End(res *Result) error
}

// A TextSink is a Sink that reads more of records than an Event holds.
type TextSink interface {
	Sink

	// From receives the Reader of the events of the current object. While Event runs, the
	// Reader's Text is that of the event's record.
	From(r *event.Reader)
}

// An OutsideSink is a Sink that also receives the events outside the window.
type OutsideSink interface {
	Sink

	// Outside receives an event as Event does. It is not one of the object's counted events.
	Outside(ev *event.Event)
}

// Config is the configuration of a run.
type Config struct {
	Window day.Window // events with an eventTime on these days go to the sinks
	SHA256 bool       // compute the digest of every uncompressed log: costs half as much as inflating it
	// Progress, if not nil, is updated while Run works.
	Progress *Progress
}

// Progress counts the work done. It may be read at any time.
type Progress struct {
	Objects, Unread atomic.Int64 // objects done, and objects among them that could not be read
	Stored, Bytes   atomic.Int64 // bytes as stored, and bytes uncompressed
	Records         atomic.Int64
}

func (p *Progress) add(res *Result) {
	p.Objects.Add(1)
	p.Stored.Add(res.Object.Size)
	p.Bytes.Add(res.Bytes)
	p.Records.Add(res.Records)
	if res.Status != OK {
		p.Unread.Add(1)
	}
}

// Run reads every object of trail and passes each event in the window to one of the
// sinks. It starts one worker for each sink. If an object cannot be read, its Result says
// so and the run goes on, unless the credentials are the cause. Run returns the first
// error of listing, of credentials, of a Sink or of ctx, after every worker has stopped.
// After an error the contents of the sinks must not be used.
func Run(ctx context.Context, trail *source.Trail, sinks []Sink, cfg Config) error {
	if cfg.Progress == nil {
		cfg.Progress = new(Progress)
	}
	r := run{trail: trail, progress: cfg.Progress}
	group, running := errgroup.WithContext(ctx)
	for _, sink := range sinks {
		reader := objectReader{window: cfg.Window, layers: layers{hash: newHash(cfg.SHA256)}}
		group.Go(func() error { return r.work(running, &reader, sink) })
	}
	return group.Wait()
}

// A run is the state that its workers share.
type run struct {
	trail    *source.Trail
	progress *Progress
}

// work reads objects until none is left.
func (r *run) work(ctx context.Context, reader *objectReader, sink Sink) error {
	return r.trail.Each(ctx, func(f *source.Fetch) error { return r.object(ctx, f, reader, sink) })
}

func (r *run) object(ctx context.Context, f *source.Fetch, reader *objectReader, sink Sink) error {
	sink.Begin(f.Seq)
	res := reader.read(ctx, f, sink)
	if ctx.Err() != nil { // the object is not the cause
		return fmt.Errorf("%s: read: %w", f.Object.Name, context.Cause(ctx))
	}
	var unread *source.Error
	if errors.As(res.Err, &unread) && unread.EndsRun() {
		return res.Err
	}
	r.progress.add(&res)
	return sink.End(&res)
}
