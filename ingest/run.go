package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"vpcetrail/ingest/day"
	"vpcetrail/ingest/event"
	"vpcetrail/ingest/source"
)

// A Sink takes the events of one worker, which all come from one event.Reader. Run calls a Sink from one goroutine
// at a time, and offers it objects in the order of their numbers.
type Sink interface {
	// Begin opens object number seq.
	Begin(seq int)

	// Event takes the next event of the object at hand: tentatively, and before it is known how it
	// counts. The event is borrowed until Event returns; account and Region are filled in from
	// the object's name where the record leaves them out.
	Event(ev *event.Event)

	// End closes the current object. Where res is not Counted its events are to be forgotten. The Sink
	// may keep res. An error ends the run.
	End(res *Result) error
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

func (p *Progress) add(res *Result) {
	p.Objects.Add(1)
	p.Stored.Add(res.Object.Size)
	p.Bytes.Add(res.Bytes)
	p.Records.Add(res.Records)
	if res.Status != OK {
		p.Unread.Add(1)
	}
}

// Run reads every object of trail, with as many workers as there are sinks, and offers each event of
// the window to one of them. An object that cannot be read ends up in its Result and does not stop the
// run, unless the credentials are to blame. Run returns the first error of listing, of credentials, of a Sink or of
// ctx, after every worker has stopped; what the sinks hold then must not be used.
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

// A run is what its workers share.
type run struct {
	trail    *source.Trail
	progress *Progress
}

// work reads objects until none is left.
func (r *run) work(ctx context.Context, reader *objectReader, sink Sink) error {
	for {
		f, err := r.trail.Next(ctx)
		if err == io.EOF {
			return context.Cause(ctx)
		}
		if err != nil {
			return err
		}
		err = r.object(ctx, f, reader, sink)
		f.Close()
		if err != nil {
			return err
		}
	}
}

func (r *run) object(ctx context.Context, f *source.Fetch, reader *objectReader, sink Sink) error {
	sink.Begin(f.Seq)
	res := reader.read(ctx, f, sink)
	if ctx.Err() != nil { // the object is not to blame
		return fmt.Errorf("%s: read: %w", f.Object.Name, context.Cause(ctx))
	}
	var unread *source.Error
	if errors.As(res.Err, &unread) && unread.EndsRun() {
		return res.Err
	}
	r.progress.add(&res)
	return sink.End(&res)
}
