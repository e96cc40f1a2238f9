package list

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"vpcetrail/ingest/day"
	"vpcetrail/ingest/source/layout"
	"vpcetrail/ingest/source/store"
)

// A Selection says which objects are wanted, by their names. An object is wanted if
// its name does not say enough.
type Selection struct {
	Window   day.Window
	Lateness int      // number of days after Window whose folders are read too; 0 means 1, less than 0 means none
	Accounts []string // empty: all
	Regions  []string // empty: all

	ExcludeAccounts []string // not wanted, even if in Accounts; their folders are not listed
	Shard           Shard    // only these
	Whole           bool     // all objects of one account and Region are in one shard
	// Digests selects the digests that may name the selected objects, instead of the
	// objects: those of the same days, of the day after, and of the last hour before.
	Digests bool
}

// MaxDepth bounds the folders outside AWS's layout on the way to an object.
const MaxDepth = 16

// maxDays is the longest window for which day folders are named without a listing of
// those that exist.
const maxDays = 1000

// A plan decides which folders are listed and which objects are read.
type plan struct {
	window      day.Window // as asked for, without lateness
	all         bool       // no bounds; otherwise first..last, lateness included
	first, last day.Day
	accounts    map[string]bool // nil: all
	excluded    map[string]bool // nil: none
	regions     map[string]bool // nil: all
	shard       division
	digests     bool
	ends        time.Time // digests that end earlier are not read

	mu    sync.Mutex
	found map[string]bool // accounts seen, selected or not

	passed passedOver
}

func newPlan(sel Selection) *plan {
	p := &plan{window: sel.Window, all: sel.Window.IsAll(), first: sel.Window.From, last: sel.LastFolder(), found: map[string]bool{}}
	p.accounts, p.excluded, p.regions = set(sel.Accounts), set(sel.ExcludeAccounts), set(sel.Regions)
	p.shard = division{sel.Shard, sel.Whole || sel.Digests} // the digests of an account and Region form a chain
	if p.digests = sel.Digests; p.digests && !p.all {
		p.ends = p.first.Time().Add(-time.Hour)
		p.first, p.last = p.first-1, min(p.last, day.All().To-1)+1
	}
	return p
}

func set(names []string) map[string]bool {
	if len(names) == 0 {
		return nil
	}
	s := make(map[string]bool, len(names))
	for _, n := range names {
		s[n] = true
	}
	return s
}

// saw records an account of the trail.
func (p *plan) saw(account string) {
	if account != "" {
		p.mu.Lock()
		p.found[account] = true
		p.mu.Unlock()
	}
}

func (p *plan) seen() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Sorted(maps.Keys(p.found))
}

// wants reports whether k is selected, as far as its fields are known.
func (p *plan) wants(k layout.Key) bool {
	return (k.Account == "" || (p.accounts == nil || p.accounts[k.Account]) && !p.excluded[k.Account]) &&
		(k.Region == "" || p.regions == nil || p.regions[k.Region]) && p.shard.folder(k) &&
		(!k.HasDay || p.all || p.first <= k.Day && k.Day <= p.last)
}

// namesDays reports whether the window gives the names of the folders at this place,
// so that they need not be listed.
func (p *plan) namesDays(at layout.Place) bool {
	return (at.Level == layout.AtRegion || at.Level == layout.AtYear || at.Level == layout.AtMonth) &&
		!p.all && int64(p.last)-int64(p.first) < maxDays
}

// descends reports whether the subfolder called name of a folder at this place is
// read, and returns its place.
func (p *plan) descends(at layout.Place, name string) (layout.Place, bool, error) {
	if layout.Hidden(name) {
		return layout.Place{}, false, nil
	}
	sub := at.Enter(name)
	if p.digests {
		sub = sub.Digests()
	}
	if sub.Level == layout.AtAccount || sub.Level == layout.AtFolder {
		p.saw(sub.Key.Account)
	}
	if sub.Level == layout.AtForeign || !p.wants(sub.Key) {
		return layout.Place{}, false, nil
	}
	if sub.Depth > MaxDepth {
		return layout.Place{}, false, fmt.Errorf("more than %d folders deep and no AWSLogs: name a source nearer to the trail", MaxDepth)
	}
	return sub, true, nil
}

// reads reports whether the object e of folder n is read, and returns its Key. It
// records an object that is skipped although it may hold calls.
func (p *plan) reads(n *node, e store.Entry) (layout.Key, bool) {
	if p.digests {
		return p.readsDigest(n, e)
	}
	kind := layout.KindOf(e.Name)
	if kind == layout.NoCalls || layout.Bare(e.Name) && (e.Size == 0 || n.place.Level == layout.AtAccount) {
		return layout.Key{}, false // a marker of the folder itself, or an object from a service's write test
	}
	k := n.place.Object(e.Name)
	wanted, name := p.wants(k) && p.shard.object(k, e.Name), n.name+e.Name
	beside := k.Account == "" && (n.strict && n.place.Level == layout.AtOutside || n.place.Between)
	switch {
	case kind == layout.Calls && !beside:
		p.saw(k.Account)
		return k, wanted
	case !wanted, n.named(name):
	case kind == layout.Calls && layout.Document(e.Name):
	case kind == layout.Calls:
		p.passed.add(passedBeside, name)
	case !beside:
		p.passed.add(passedSuffix, name)
	}
	return layout.Key{}, false
}

// readsDigest reports whether the object e of folder n is a digest that is read, and
// returns its Key. The file's name gives the day, if no folder does.
func (p *plan) readsDigest(n *node, e store.Entry) (layout.Key, bool) {
	name, ok := layout.ParseDigestName(e.Name)
	k := n.place.Object(e.Name)
	if !k.HasDay {
		k.Day, k.HasDay = day.Of(name.End), ok
	}
	return k, ok && !name.End.Before(p.ends) && p.wants(k) && p.shard.object(k, e.Name)
}

// expand lists n, a folder, once. It returns what replaces it in the frontier, in
// order.
func (p *plan) expand(ctx context.Context, n *node) ([]*node, error) {
	if p.namesDays(n.place) {
		var nodes []*node
		for _, name := range n.place.Dated(p.first, p.last) {
			nodes = append(nodes, n.folderNode(name, n.place.Enter(name)))
		}
		return graft(nodes, n.grafts), nil
	}
	if n.pages == nil {
		n.pages = n.store.List(n.name)
	}
	entries, more, err := n.pages.Next(ctx)
	if err != nil {
		return nil, err
	}
	if n.place.Level == layout.AtOutside && slices.ContainsFunc(entries, isLogs) {
		n.strict = true
	}
	nodes, err := p.nodes(n, entries)
	if err != nil || !more {
		return graft(nodes, n.grafts), err
	}
	rest := &node{name: n.name, store: n.store, folder: true, place: n.place, strict: n.strict, pages: n.pages, after: n.after}
	if len(entries) > 0 {
		rest.after = n.name + entries[len(entries)-1].Name
	}
	return graft(append(nodes, rest), n.grafts), nil
}

func isLogs(e store.Entry) bool { return e.Name == "AWSLogs/" }

// nodes turns a page of n's entries into nodes: one for each folder, one for each run
// of objects.
func (p *plan) nodes(n *node, entries []store.Entry) ([]*node, error) {
	var nodes []*node
	var run *node // the last of nodes, if it holds objects
	for _, e := range entries {
		if sub, isFolder := strings.CutSuffix(e.Name, "/"); isFolder {
			at, ok, err := p.descends(n.place, sub)
			if err != nil {
				return nil, err
			}
			if ok {
				nodes, run = append(nodes, n.folderNode(sub, at)), nil
			} else if n.place.Level == layout.AtAccount && layout.UnknownFolder(sub) && p.shard.object(layout.Key{}, sub) && !n.named(n.name+e.Name) {
				p.passed.add(passedFolder, n.name+e.Name)
			}
			continue
		}
		key, ok := p.reads(n, e)
		if !ok {
			continue
		}
		obj := store.Object{Name: n.name + e.Name, Key: key, Size: e.Size, ETag: e.ETag}
		if run == nil || len(n.grafts) > 0 { // a graft may belong between any two objects
			run = &node{name: obj.Name, store: n.store}
			nodes = append(nodes, run)
		}
		run.objects = append(run.objects, obj)
	}
	return nodes, nil
}

// LastFolder returns the last day with folders that are read.
func (s *Selection) LastFolder() day.Day {
	late := s.Lateness
	if late == 0 {
		late = 1
	}
	return s.Window.To + day.Day(max(0, min(late, int(day.All().To-s.Window.To))))
}
