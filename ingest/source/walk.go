package source

import (
	"context"
	"io"
	"sync"
)

// Walk lists the objects of args as Open does, but fetches none: it calls fn for each in canonical
// order, and returns the accounts of the trail and what was passed over. It stops at the first error,
// of a listing or of fn.
func Walk(
	ctx context.Context, args []string, sel Selection, opt Options, fn func(Object) error,
) (accounts []string, passed PassedOver, err error) {
	p := newPlan(sel)
	nodes, err := roots(ctx, args, opt, p, func() {})
	if err != nil {
		return nil, passed, err
	}
	ctx, cancel := context.WithCancel(ctx)
	f := newFrontier(ctx, p, nodes)
	var listers sync.WaitGroup
	listers.Go(func() {
		<-ctx.Done()
		f.wake()
	})
	for range s3Listers {
		listers.Go(f.lister)
	}
	defer listers.Wait()
	defer cancel()
	for {
		obj, _, err := f.take()
		if err == io.EOF {
			return p.seen(), p.passed.all(), nil
		}
		if err == nil {
			err = fn(obj)
		}
		if err != nil {
			return nil, passed, err
		}
	}
}
