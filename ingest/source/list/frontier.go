package list

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"vpcetrail/ingest/source/layout"
	"vpcetrail/ingest/source/store"
)

// maxListed bounds the objects listed and not yet taken, plus or minus a page per
// lister.
const maxListed = 16 << 10

// A node is a part of the listing: objects in order, or a folder (the rest of it) that
// represents all objects below it.
type node struct {
	next *node
	// name is the first object's name, or the folder's. All names below a folder start
	// with its name.
	name    string
	store   store.Store
	objects []store.Object
	err     error // the folder could not be listed

	folder  bool
	running bool
	place   layout.Place
	strict  bool        // this folder or one above holds AWSLogs: a loose object must have a name like CloudTrail's
	pages   store.Pager // set once the first page is requested
	after   string      // the name up to which the folder has been listed
	grafts  []*node     // sources inside this folder, in order
}

// folderNode returns the node of n's sub-folder called name.
func (n *node) folderNode(name string, at layout.Place) *node {
	return &node{name: n.name + name + "/", store: n.store, folder: true, place: at, strict: n.strict}
}

// graft merges grafts into nodes, both in order. Each graft goes into the folder that
// holds it, or becomes a node of its own. A graft that is already there is dropped.
func graft(nodes, grafts []*node) []*node {
	merged := make([]*node, 0, len(nodes))
	for len(nodes)+len(grafts) > 0 {
		var n *node
		if len(grafts) == 0 || len(nodes) > 0 && nodes[0].start() <= grafts[0].name {
			n, nodes = nodes[0], nodes[1:]
		} else {
			n, grafts = grafts[0], grafts[1:]
		}
		merged = append(merged, n)
		for len(grafts) > 0 && n.holds(grafts[0]) {
			if grafts[0].name != n.name {
				n.grafts = append(n.grafts, grafts[0])
			} else if !grafts[0].strict {
				n.strict, n.place.Between = false, false // it is a SOURCE itself
			}
			grafts = grafts[1:]
		}
	}
	return merged
}

// start returns a name that does not come after any name in n.
func (n *node) start() string {
	if n.after != "" {
		return n.after + "\x00" // the first name after it
	}
	return n.name
}

// named reports whether name, in folder n, is a SOURCE itself.
func (n *node) named(name string) bool {
	return slices.ContainsFunc(n.grafts, func(g *node) bool { return g.name == name })
}

// holds reports whether g is n or lies in n. g is not before n's start.
func (n *node) holds(g *node) bool {
	return g.name == n.name || n.folder && strings.HasPrefix(g.name, n.name) && g.name >= n.start()
}

// A frontier is the part of the listing between what was taken and what is not yet
// known: a list of nodes in canonical order. Listers always expand the earliest
// folder, so the list stays as short as the number of siblings of the folders on the
// way down. It is safe for concurrent use.
type frontier struct {
	ctx  context.Context
	plan *plan

	mu       sync.Mutex
	changed  sync.Cond // with mu: nodes were replaced or taken, or ctx ended
	head     *node
	folders  int // folders in head's list that are not yet listed
	running  int // those being listed now
	buffered int // objects in the list
	last     string

	pages   int   // listed
	objects int   // found, including buffered ones
	bytes   int64 // their total; -1 once the size of one is unknown
}

func newFrontier(ctx context.Context, p *plan, roots []*node) *frontier {
	f := &frontier{ctx: ctx, plan: p}
	f.changed.L = &f.mu
	all := &node{folder: true}
	f.head, f.folders = all, 1
	f.replace(all, roots, nil)
	return f
}

// Take returns the next object, or io.EOF after the last.
func (f *frontier) Take() (store.Object, store.Store, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for {
		n := f.head
		switch {
		case f.ctx.Err() != nil:
			return store.Object{}, nil, context.Cause(f.ctx)
		case n == nil:
			return store.Object{}, nil, io.EOF
		case n.err != nil:
			return store.Object{}, nil, n.err
		case n.folder:
			f.changed.Wait()
			continue
		case len(n.objects) == 0:
			f.head = n.next
			f.changed.Broadcast()
			continue
		}
		obj := n.objects[0]
		n.objects = n.objects[1:]
		f.buffered--
		if obj.Name <= f.last {
			return store.Object{}, nil, fmt.Errorf("list %s: not in byte order: comes after %s", obj.Name, f.last)
		}
		f.last = obj.Name
		return obj, n.store, nil
	}
}

// lister expands folders until none is left or ctx ends. Any number may run.
func (f *frontier) lister() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for f.folders > 0 && f.ctx.Err() == nil {
		n := f.earliest()
		if n == nil {
			f.changed.Wait()
			continue
		}
		n.running = true
		f.running++
		f.mu.Unlock()
		nodes, err := f.plan.expand(f.ctx, n)
		f.mu.Lock()
		f.running--
		f.replace(n, nodes, err)
	}
}

// earliest returns the folder to list next, or nil while enough is listed. The folder
// that Take waits for is always due.
func (f *frontier) earliest() *node {
	for n := f.head; n != nil && n.err == nil; n = n.next {
		if n.folder && !n.running {
			if n != f.head && f.buffered+f.running*f.perPage() >= maxListed {
				return nil
			}
			return n
		}
	}
	return nil
}

// perPage returns how many objects a page has brought so far. Folders of folders bring
// none, and most days of small accounts few.
func (f *frontier) perPage() int { return (f.objects + store.PageSize) / (f.pages + 1) }

// replace puts nodes in n's place. f.mu is held, or f is not yet shared.
func (f *frontier) replace(n *node, nodes []*node, err error) {
	f.folders--
	f.pages++
	after := n.next
	for i := len(nodes) - 1; i > 0; i-- {
		nodes[i].next, after = after, nodes[i]
	}
	for _, c := range nodes {
		if c.folder {
			f.folders++
		}
		f.buffered += len(c.objects)
		f.objects += len(c.objects)
		for _, obj := range c.objects {
			if obj.Size < 0 || f.bytes < 0 {
				f.bytes = -1
			} else {
				f.bytes += obj.Size
			}
		}
	}
	switch {
	case err != nil:
		*n = node{err: &listingError{n.name, err}}
	case len(nodes) == 0:
		*n = node{}
	default:
		*n = *nodes[0]
	}
	n.next = after
	f.changed.Broadcast()
}

// Wake makes every waiting caller check whether ctx has ended.
func (f *frontier) Wake() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.changed.Broadcast()
}

// Progress returns what has been listed, and whether the listing is complete.
func (f *frontier) Progress() (objects int, bytes int64, done bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.objects, f.bytes, f.folders == 0
}
