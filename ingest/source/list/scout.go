package list

import (
	"context"
	"strings"
	"sync"

	"vpcetrail/ingest/source/layout"
	"vpcetrail/ingest/source/store"
)

// A scouted bucket lists the folders on the way to its first objects before they are
// needed. A listing finds these folders one below the other, each only after S3 has
// answered for the one above. That is up to nine answers, of tens of milliseconds
// each, before the first object is known. One key gives all their names, so they are
// requested at once.
type scouted struct {
	*store.Bucket
	plan *plan

	mu    sync.Mutex
	ahead map[string]store.Pager // by folder, until it is listed
}

// List returns folder's entries, page by page.
func (s *scouted) List(folder string) store.Pager {
	s.mu.Lock()
	defer s.mu.Unlock()
	if pager := s.ahead[folder]; pager != nil {
		delete(s.ahead, folder)
		return pager
	}
	return s.Bucket.List(folder)
}

// scout lists the folders from n down to the folder of the object called first, if the
// plan wants them. A folder that cannot be listed is left to the listing itself, which
// reports why.
func (s *scouted) scout(ctx context.Context, n *node, first string) {
	var listing sync.WaitGroup
	defer listing.Wait()
	for {
		if folder := n.name; !s.plan.namesDays(n.place) {
			listing.Go(func() { s.list(ctx, folder) })
		}
		name, _, isFolder := strings.Cut(strings.TrimPrefix(first, n.name), "/")
		if !isFolder {
			return
		}
		if n.place.Level == layout.AtAccount {
			for _, folder := range layout.CallFolders() { // digests come before them in byte order
				if calls, ok := s.enter(n, folder); ok && folder != name {
					listing.Go(func() { s.scoutIn(ctx, calls) })
				}
			}
		}
		below, ok := s.enter(n, name)
		if !ok {
			return
		}
		n = below
	}
}

// scoutIn scouts folder n, if it is not empty.
func (s *scouted) scoutIn(ctx context.Context, n *node) {
	if first, err := s.First(ctx, n.name); err == nil && first != "" {
		s.scout(ctx, n, first)
	}
}

func (s *scouted) enter(n *node, name string) (*node, bool) {
	at, ok, err := s.plan.descends(n.place, name)
	if !ok || err != nil {
		return nil, false
	}
	return n.folderNode(name, at), true
}

// list lists the first page of a folder.
func (s *scouted) list(ctx context.Context, folder string) {
	pager := s.Bucket.List(folder)
	page, more, err := pager.Next(ctx)
	if err != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ahead[folder] = &listedPager{rest: pager, page: page, more: more}
}

// A listedPager already has its first page.
type listedPager struct {
	rest  store.Pager
	page  []store.Entry // until it is given
	more  bool
	given bool
}

// Next returns the next entries, and whether more follow.
func (p *listedPager) Next(ctx context.Context) (page []store.Entry, more bool, err error) {
	if p.given {
		return p.rest.Next(ctx)
	}
	page, p.page, p.given = p.page, nil, true
	return page, p.more, nil
}
