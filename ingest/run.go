package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"vpcetrail/ingest/day"
	"vpcetrail/ingest/event"
	"vpcetrail/ingest/source"
	"vpcetrail/ingest/spill"
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

	// End closes the object at hand. Where res is not Counted its events are to be forgotten, as
	// Marks tells again. The Sink may keep res. An error ends the run.
	End(res *Result) error
}

// Config says how to run.
type Config struct {
	Window day.Window // the days, by eventTime, whose events are offered
	SHA256 bool       // digest every uncompressed log: half the price of inflating it
	// Progress, where not nil, is kept up to date while Run works.
	Progress *Progress
	// Settling, if not nil, is called once: when all objects are read, and what reading took is free again.
	Settling func()

	// Disk takes what passes Memory, about so many bytes, of the ids that tell duplicates: 24
	// bytes an event. A nil Disk is the system's own place; 0 is 64 MiB.
	Disk   *spill.Disk
	Memory int
	// IDs, one for each sink where not nil, take the EventIDs of the events that the sink is offered.
	IDs []*IDLog
}

func (cfg *Config) idLog(worker int) *IDLog {
	if cfg.IDs == nil {
		return nil
	}
	return cfg.IDs[worker]
}

const defaultMemory = 64 << 20

// logsShare is the part of the memory that journals take while objects are read. They are written
// in order and read once, which costs little on disk, while a table of identities wants memory.
const logsShare = 16

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
// the window to one of them. Then it settles which of the events count, for all days alike: what it returns
// tells the sinks' owner. An object that cannot be read ends up in its Result and does not stop the
// run, unless the credentials are to blame. Run returns the first error of listing, of credentials, of a Sink or of
// ctx, after every worker has stopped; what the sinks hold then must not be used.
func Run(ctx context.Context, trail *source.Trail, sinks []Sink, cfg Config) (*Marks, error) {
	if cfg.Progress == nil {
		cfg.Progress = new(Progress)
	}
	if cfg.Memory == 0 {
		cfg.Memory = defaultMemory
	}
	if cfg.Disk == nil {
		cfg.Disk = spill.NewDisk("")
	}
	r := run{trail: trail, progress: cfg.Progress}
	journals := make([]*journal, len(sinks))
	group, running := errgroup.WithContext(ctx)
	for i, sink := range sinks {
		journals[i] = newJournal(cfg.Disk, cfg.Memory/logsShare/len(sinks))
		journals[i].kept = cfg.idLog(i)
		reader := objectReader{window: cfg.Window, journal: journals[i], layers: layers{hash: newHash(cfg.SHA256)}}
		group.Go(func() error { return r.work(running, &reader, sink) })
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	for _, j := range journals {
		j.end()
	}
	if cfg.Settling != nil {
		cfg.Settling()
	}
	return settle(ctx, journals, &r.void, cfg.Disk, cfg.Memory)
}

// A run is what its workers share.
type run struct {
	trail    *source.Trail
	progress *Progress

	mu   sync.Mutex
	void objectSet // guarded by mu: the objects that are not Counted
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
	if !res.Counted() {
		r.mu.Lock()
		r.void.add(f.Seq)
		r.mu.Unlock()
	}
	r.progress.add(&res)
	if err := reader.journal.err(); err != nil {
		return err
	}
	return sink.End(&res)
}
