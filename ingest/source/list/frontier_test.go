package list

import (
	"context"
	"fmt"
	"io"
	"testing"
	"testing/synctest"

	"vpcetrail/ingest/day"
	"vpcetrail/ingest/source/store"
)

// An endless folder has no last object.
type endless struct{ n *int }

func (e endless) List(string) store.Pager { return e }

func (e endless) Open(_ context.Context, obj store.Object) (io.ReadCloser, store.Object, error) {
	return nil, obj, nil
}

func (e endless) Next(context.Context) ([]store.Entry, bool, error) {
	page := make([]store.Entry, store.PageSize)
	for i := range page {
		*e.n++
		page[i].Name = fmt.Sprintf("%09d.json", *e.n)
	}
	return page, true, nil
}

func TestListingStaysAFewPagesAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		f := newFrontier(ctx, newPlan(Selection{Window: day.All()}), []*node{folderRoot("a/", "a/", endless{new(int)}), folderRoot("b/", "b/", endless{new(int)})})
		for range 4 {
			go f.lister()
		}
		for taken := range 100_000 {
			if taken%10_000 == 0 {
				synctest.Wait()
				if listed, _, _ := f.Progress(); listed-taken > maxListed+4*store.PageSize || listed-taken < maxListed/2 {
					t.Errorf("%d objects are listed ahead, want about %d", listed-taken, maxListed)
				}
			}
			if _, _, err := f.Take(); err != nil {
				t.Fatal(err)
			}
		}
		cancel()
		f.Wake()
	})
}
