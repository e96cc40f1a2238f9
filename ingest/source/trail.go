package source

import (
	"context"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"golang.org/x/sync/semaphore"

	"vpcetrail/ingest/aws"
	"vpcetrail/ingest/source/list"
	"vpcetrail/ingest/source/store"
)

// Options bound a Trail's work and say where its bytes come from. The zero value
// works.
type Options struct {
	MaxBytes    int64                                         // bytes fetched and not yet closed; 0 means 64 MiB, and at most 8 MiB for files
	Concurrency int                                           // most objects fetched at once; 0 means 768 from S3, 4 from files. From S3 it is a ceiling: see Trail
	Stdin       io.Reader                                     // the object "-"; nil is empty
	S3          func(ctx context.Context) (*s3.Client, error) // called once if there is an S3 source; nil means aws.NewS3

	// CloudTrail is called once for each Region of a source lookup-events://REGION; nil means aws.NewCloudTrail.
	CloudTrail func(ctx context.Context, region string) (*cloudtrail.Client, error)

	RequesterPays bool          // pay for requests and transfer, as a requester-pays bucket demands
	BucketOwner   string        // account id that must own every bucket, or S3 refuses; "" means any
	Retries       int           // retries in reserve for all calls to S3, see aws.Calls; 0 means 1000 (100 for CloudTrail in a Region), less than 0 none
	StallTimeout  time.Duration // how long S3 or CloudTrail may send nothing before the call is repeated; 0 means 30 s, less than 0 no limit

	backoff     retry.BackoffDelayer // tests wait shorter
	lookupEvery time.Duration        // tests look up more often
	now         func() time.Time     // tests set the time
}

// listing returns the options for the listing. throttled is called for each answer of
// S3 that asks to slow down.
func (o Options) listing(throttled func()) list.Options {
	calls := aws.CallOptions{Retries: o.Retries, Stall: o.StallTimeout, Backoff: o.backoff, Throttled: throttled}
	return list.Options{
		Stdin: o.Stdin, S3: o.S3, CloudTrail: o.CloudTrail, LookupEvery: o.lookupEvery, Now: o.now,
		Calls: store.CallOptions{CallOptions: calls, RequesterPays: o.RequesterPays, BucketOwner: o.BucketOwner},
	}
}

const (
	defaultMaxBytes = 64 << 20
	fileMaxBytes    = 8 << 20 // a disk answers at once: more would only use memory
	maxQueued       = 1024    // objects fetched and not yet taken

	// S3 answers after tens of milliseconds, whatever the request. A disk keeps few
	// heads busy.
	s3Fetchers, s3Listers     = 768, 64
	fileFetchers, fileListers = 4, 2
)

// A Trail returns the objects of its sources. It is safe for concurrent use.
//
// From S3 it starts with 32 objects in flight and adapts the number, between 4 and
// Options.Concurrency. The number grows while it brings more bytes and objects per
// second. It halves when S3 asks to slow down.
type Trail struct {
	ctx      context.Context
	cancel   context.CancelFunc
	listing  listing
	budget   *semaphore.Weighted
	buffers  buffers
	maxBytes int64
	pace     *pace
	running  sync.WaitGroup
	read     atomic.Int64

	order sync.Mutex  // held to take an object, to wait for its budget and to queue it
	seq   int         // number of the next object
	ended bool        // queue is closed
	err   error       // why it ended: io.EOF after the last object; set before queue is closed
	queue chan *Fetch // order is held to send and to close
}

// A listing returns the objects of a trail in canonical order. It is safe for
// concurrent use.
type listing interface {
	// Take returns the next object and its store, or io.EOF after the last object.
	Take() (store.Object, store.Store, error)
	// Progress returns what has been found, and whether the listing is complete.
	Progress() (objects int, bytes int64, done bool)
	// Wake makes every waiting caller check whether the trail's context has ended.
	Wake()
	// Accounts and PassedOver are those of list.Listing.
	Accounts() []string
	PassedOver() list.PassedOver
}

// Open returns the trail of args. Each is s3://bucket/prefix, lookup-events://REGION,
// a directory, a file or "-". It fails if one of them does not exist or may not be
// listed. Fetching ahead continues until Close, or until ctx ends.
func Open(ctx context.Context, args []string, sel list.Selection, opt Options) (*Trail, error) {
	fetchers, listers, least := fileFetchers, fileListers, fileFetchers
	if slices.ContainsFunc(args, list.IsS3) {
		fetchers, listers, least = s3Fetchers, s3Listers, minPace
	}
	if opt.Concurrency > 0 {
		fetchers = opt.Concurrency
	}
	pace := newPace(least, fetchers)
	found, err := list.Open(ctx, args, sel, opt.listing(pace.slow))
	if err != nil {
		return nil, err
	}
	if opt.MaxBytes <= 0 {
		opt.MaxBytes = defaultMaxBytes
	}
	if listers == fileListers {
		opt.MaxBytes = min(opt.MaxBytes, fileMaxBytes)
	}
	return start(ctx, pace, opt.MaxBytes, func(t *Trail) listing {
		found.Start(t.ctx, listers, t.running.Go)
		return found
	}), nil
}

// start returns a trail and starts its fetchers, which fetch the objects of the
// listing that begin starts.
func start(ctx context.Context, pace *pace, maxBytes int64, begin func(*Trail) listing) *Trail {
	t := &Trail{maxBytes: maxBytes, budget: semaphore.NewWeighted(maxBytes), buffers: buffers{most: maxBytes / 2}, pace: pace, queue: make(chan *Fetch, maxQueued)}
	t.ctx, t.cancel = context.WithCancel(ctx)
	t.listing = begin(t)
	t.running.Go(func() {
		<-t.ctx.Done()
		t.listing.Wake()
		t.pace.stop()
	})
	for range pace.most {
		t.running.Go(t.fetcher)
	}
	return t
}

// Next returns the next object in canonical order, or io.EOF after the last. Any other
// error ends the trail, and every later call returns it again. ctx only bounds the
// wait. The caller closes the Fetch.
func (t *Trail) Next(ctx context.Context) (*Fetch, error) {
	select {
	case f, ok := <-t.queue:
		if !ok {
			return nil, t.err
		}
		return f, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// Each calls do for each object, in canonical order, and closes the Fetch after it. It ends at the first
// error of do or of the trail, or when ctx ends. It may be called concurrently: then each object goes
// to one of the calls.
func (t *Trail) Each(ctx context.Context, do func(*Fetch) error) error {
	for {
		f, err := t.Next(ctx)
		if err == io.EOF {
			return context.Cause(ctx)
		}
		if err != nil {
			return err
		}
		err = do(f)
		f.Close()
		if err != nil {
			return err
		}
	}
}

// Accounts returns, sorted, every account that has a folder in the trail or appears in
// the name of an object outside the layout, selected or not. The answer is complete
// once Next has returned io.EOF.
func (t *Trail) Accounts() []string { return t.listing.Accounts() }

// PassedOver returns the objects that may hold calls but were skipped. The answer is
// complete once Next has returned io.EOF.
func (t *Trail) PassedOver() list.PassedOver { return t.listing.PassedOver() }

// Found returns the number of objects listed so far, their bytes as stored, and
// whether the listing is complete. The bytes are -1 once an object of unknown size was
// listed.
func (t *Trail) Found() (objects int, bytes int64, done bool) { return t.listing.Progress() }

// Read returns how many bytes, as stored, the readers of the objects have received so
// far.
func (t *Trail) Read() int64 { return t.read.Load() }

// Close stops fetching ahead and waits until it has stopped. Objects that Next has not
// returned are dropped. Those it has returned must still be closed.
func (t *Trail) Close() error {
	t.cancel()
	t.running.Wait()
	for range t.queue { // drop the rest, so that Next reports the end
	}
	return nil
}

// fetcher takes objects in order and reads them until the trail ends. It waits for its
// turn before it takes one, so the earliest object never waits for a later one.
func (t *Trail) fetcher() {
	for {
		// Once the trail is stopped, reserve also sees that, and ends the queue.
		t.pace.enter()
		f := t.reserve()
		if f == nil {
			t.pace.leave(-1, 0)
			return
		}
		size, began := f.Object.Size, time.Now() // f belongs to the caller once it is fetched
		f.fetch(t)
		t.pace.leave(size, time.Since(began))
	}
}

// reserve queues objects up to the next one to fetch, and returns that one, or nil at
// the end.
func (t *Trail) reserve() *Fetch {
	t.order.Lock()
	defer t.order.Unlock()
	for !t.ended {
		f, err := t.enqueue()
		if err != nil {
			t.ended, t.err = true, err
			close(t.queue)
			return nil
		}
		if f.done != nil {
			return f
		}
	}
	return nil
}

func (t *Trail) enqueue() (*Fetch, error) {
	obj, st, err := t.listing.Take()
	if err != nil {
		return nil, err
	}
	f := &Fetch{Seq: t.seq, Object: obj, trail: t, store: st}
	f.users.Store(1)
	if 0 <= obj.Size && obj.Size <= maxWhole {
		f.users.Store(2)
		f.done = make(chan struct{})
		f.charge = min(obj.Size, t.maxBytes)
		if err := t.budget.Acquire(t.ctx, f.charge); err != nil {
			return nil, context.Cause(t.ctx)
		}
	}
	select {
	case t.queue <- f:
		t.seq++
		return f, nil
	case <-t.ctx.Done():
		return nil, context.Cause(t.ctx)
	}
}
