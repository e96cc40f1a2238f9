package source

import (
	"context"
	"io"
	"iter"
	"strings"
	"sync"

	"vpcetrail/ingest/source/list"
	"vpcetrail/ingest/source/store"
)

// OpenObjects returns a trail of objects that were listed before, as Walk returned
// them, in the order of their names. They are pulled as they are read. An error in
// place of an object ends the trail. The trail has no Accounts: objects alone do not
// give them.
func OpenObjects(ctx context.Context, objects iter.Seq2[store.Object, error], opt Options) (*Trail, error) {
	if opt.MaxBytes <= 0 {
		opt.MaxBytes = defaultMaxBytes
	}
	fetchers := s3Fetchers
	if opt.Concurrency > 0 {
		fetchers = opt.Concurrency
	}
	pace := newPace(minPace, fetchers)
	g := &given{stores: map[string]store.Store{}}
	g.bucket = func(name string) (store.Store, error) {
		if g.calls == nil {
			var err error
			if g.calls, err = opt.listing(pace.slow).Bucket(ctx); err != nil {
				return nil, err
			}
		}
		return &store.Bucket{Calls: g.calls, Name: name}, nil
	}
	g.next, g.stop = iter.Pull2(objects)
	return start(ctx, pace, opt.MaxBytes, func(*Trail) listing { return g }), nil
}

// given is the listing of known objects.
type given struct {
	bucket func(name string) (store.Store, error)
	calls  *store.Calls

	mu     sync.Mutex
	next   func() (store.Object, error, bool)
	stop   func()
	stores map[string]store.Store // by bucket
	count  int
	bytes  int64
	ended  bool
}

func (g *given) Take() (store.Object, store.Store, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	obj, err, ok := g.next()
	if !ok || err != nil {
		g.ended = true
		if err == nil {
			err = io.EOF
		}
		return store.Object{}, nil, err
	}
	g.count++
	g.bytes += max(obj.Size, 0)
	st, err := g.storeOf(obj.Name)
	return obj, st, err
}

func (g *given) storeOf(name string) (store.Store, error) {
	if !strings.HasPrefix(name, "s3://") {
		return store.Dir{}, nil
	}
	bucket, _ := store.SplitURL(name)
	if g.stores[bucket] == nil {
		st, err := g.bucket(bucket)
		if err != nil {
			return nil, err
		}
		g.stores[bucket] = st
	}
	return g.stores[bucket], nil
}

func (g *given) Progress() (objects int, bytes int64, done bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.count, g.bytes, g.ended
}

// Wake is called after the trail is stopped.
func (g *given) Wake() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.stop()
}

// Accounts and PassedOver are empty: objects alone do not give them.
func (g *given) Accounts() []string { return nil }

func (g *given) PassedOver() list.PassedOver { return list.PassedOver{} }
