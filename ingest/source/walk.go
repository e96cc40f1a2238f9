package source

import (
	"context"
	"io"
	"sync"

	"vpcetrail/ingest/day"
	"vpcetrail/ingest/source/list"
	"vpcetrail/ingest/source/store"
)

// Walk lists the objects of args as Open does, but fetches none. It calls fn for each
// in canonical order, and returns the accounts of the trail and what was passed over.
// It stops at the first error of a listing or of fn.
func Walk(
	ctx context.Context, args []string, sel list.Selection, opt Options, fn func(store.Object) error,
) (accounts []string, passed list.PassedOver, err error) {
	found, err := list.Open(ctx, args, sel, opt.listing(func() {}))
	if err != nil {
		return nil, passed, err
	}
	ctx, cancel := context.WithCancel(ctx)
	var listers sync.WaitGroup
	found.Start(ctx, s3Listers, listers.Go)
	listers.Go(func() {
		<-ctx.Done()
		found.Wake()
	})
	defer listers.Wait()
	defer cancel()
	for {
		obj, _, err := found.Take()
		if err == io.EOF {
			return found.Accounts(), found.PassedOver(), nil
		}
		if err == nil {
			err = fn(obj)
		}
		if err != nil {
			return nil, passed, err
		}
	}
}

// WalkDated lists logs of other kinds than CloudTrail's, as list.Dated does, and fetches none.
func WalkDated(ctx context.Context, args []string, window day.Window, opt Options, fn func(store.Object) error) error {
	return list.Dated(ctx, args, window, opt.listing(func() {}), fn)
}
