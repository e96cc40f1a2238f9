package list

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"vpcetrail/ingest/source/layout"
	"vpcetrail/ingest/source/store"
)

// remedyNoSource ends the error about an argument that is not a SOURCE.
const remedyNoSource = "name s3://bucket/prefix, lookup-events://REGION, a directory, a file or -"

// probes bounds how many S3 sources are looked up at once.
const probes = 16

// roots returns the nodes of the sources args in order, without duplicates. A source
// inside another one is grafted into it.
func roots(ctx context.Context, args []string, opt Options, p *plan) ([]*node, error) {
	if len(args) == 0 {
		return nil, errors.New("no source: " + remedyNoSource)
	}
	var nodes []*node
	var urls, paths, lookups []string
	for _, arg := range args {
		switch {
		case arg == "":
			return nil, errors.New(`source "" is empty: ` + remedyNoSource)
		case arg == "-":
			nodes = append(nodes, objectRoot(store.Object{Name: "-", Size: -1}, store.Stdin{Reader: opt.Stdin}))
		case IsS3(arg):
			urls = append(urls, arg)
		case isLookup(arg):
			lookups = append(lookups, arg)
		default:
			paths = append(paths, arg)
		}
	}
	files, err := pathRoots(paths)
	if err != nil {
		return nil, err
	}
	buckets, err := s3Roots(ctx, urls, opt, p)
	if err != nil {
		return nil, err
	}
	histories, err := lookupRoots(ctx, lookups, opt, p)
	if err != nil {
		return nil, err
	}
	nodes = slices.Concat(nodes, files, buckets, histories)
	slices.SortStableFunc(nodes, func(a, b *node) int { return cmp.Compare(a.name, b.name) })
	var wanted []*node
	for _, n := range nodes {
		p.saw(n.place.Key.Account)
		if n.folder && !p.wants(n.place.Key) {
			continue // such as a day's folder outside the window
		}
		if p.digests {
			n.objects = slices.DeleteFunc(n.objects, func(obj store.Object) bool {
				_, ok := layout.ParseDigestName(path.Base(obj.Name))
				return !ok
			})
		}
		for _, obj := range n.objects {
			p.saw(obj.Key.Account)
		}
		if p.shard.choose(n) {
			wanted = append(wanted, n)
		}
	}
	return graft(nil, wanted), nil
}

// IsS3 reports whether a SOURCE is in S3.
func IsS3(arg string) bool { return strings.HasPrefix(arg, "s3://") }

// A localPath is a SOURCE in the file system.
type localPath struct {
	name string // as given, cleaned, with slashes
	real string // without links, to find sources that overlap
	info fs.FileInfo
}

func pathRoots(args []string) ([]*node, error) {
	paths := make([]localPath, 0, len(args))
	for _, arg := range args {
		p, err := statPath(arg)
		if err != nil {
			return nil, err
		}
		paths = append(paths, p)
	}
	sameSpelling(paths)
	nodes := make([]*node, 0, len(paths))
	for _, p := range paths {
		n, err := p.node()
		if err != nil {
			return nil, err
		}
		nodes = append(nodes, n)
	}
	return nodes, nil
}

func statPath(arg string) (localPath, error) {
	name := cleanName(filepath.ToSlash(arg))
	info, err := os.Stat(arg)
	if err != nil && strings.Contains(arg, "://") {
		return localPath{}, fmt.Errorf("%s: neither s3:// nor lookup-events:// nor a path: %s", arg, remedyNoSource)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return localPath{}, fmt.Errorf("%s: %w: %s", arg, noPath(err), remedyNoSource)
	}
	if err != nil {
		return localPath{}, fmt.Errorf("%s: open: %w", arg, noPath(err))
	}
	real, err := store.RealPath(arg)
	if err != nil {
		return localPath{}, fmt.Errorf("%s: open: %w", arg, noPath(err))
	}
	return localPath{name, real, info}, nil
}

// cleanName cleans name, but keeps "-" for standard input. A file of that name is
// "./-".
func cleanName(name string) string {
	if name = path.Clean(name); name == "-" {
		return "./-"
	}
	return name
}

// noPath returns a path error's cause. The error's text names the path, and so does
// the caller.
func noPath(err error) error {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		return pathErr.Err
	}
	return err
}

// sameSpelling respells every path that is equal to another one or inside it, so that
// their objects' names are equal too.
func sameSpelling(paths []localPath) {
	slices.SortFunc(paths, func(a, b localPath) int {
		return cmp.Or(cmp.Compare(a.real+"/", b.real+"/"), cmp.Compare(a.name, b.name))
	})
	outer := 0
	for i := range paths {
		switch p, o := &paths[i], paths[outer]; {
		case p.real == o.real:
			p.name = o.name
		case o.info.IsDir() && store.Within(p.real, o.real):
			p.name = cleanName(o.name + "/" + strings.TrimPrefix(p.real, o.real))
		default:
			outer = i
		}
	}
}

// node returns p's root. Its place comes from the absolute path, so that "." works in
// an account's folder.
func (p localPath) node() (*node, error) {
	abs, err := filepath.Abs(filepath.FromSlash(p.name))
	if err != nil {
		return nil, fmt.Errorf("%s: open: %w", p.name, err)
	}
	abs = filepath.ToSlash(abs)
	if p.info.IsDir() {
		return folderRoot(dirFolder(p.name), strings.TrimSuffix(abs, "/")+"/", store.Dir{}), nil
	}
	size := int64(-1)
	if p.info.Mode().IsRegular() {
		size = p.info.Size()
	}
	return objectRoot(store.Object{Name: p.name, Key: layout.ParseKey(abs), Size: size}, store.Dir{}), nil
}

// dirFolder returns the folder name of the directory name: "" for ".".
func dirFolder(name string) string {
	switch name {
	case ".":
		return ""
	case "/":
		return name
	}
	return name + "/"
}

func objectRoot(obj store.Object, st store.Store) *node {
	return &node{name: obj.Name, store: st, objects: []store.Object{obj}}
}

// folderRoot returns the node of a folder given as SOURCE. Its place comes from its
// path dir.
func folderRoot(name, dir string, st store.Store) *node {
	return &node{name: name, store: st, folder: true, place: rootPlace(dir)}
}

func s3Roots(ctx context.Context, urls []string, opt Options, p *plan) ([]*node, error) {
	if len(urls) == 0 {
		return nil, nil
	}
	calls, err := opt.Bucket(ctx)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", urls[0], err)
	}
	stores, err := bucketStores(calls, urls)
	if err != nil {
		return nil, err
	}
	nodes := make([]*node, len(urls))
	errs := make([]error, len(urls))
	var g errgroup.Group
	g.SetLimit(probes)
	for i, url := range urls {
		g.Go(func() error {
			nodes[i], errs[i] = bucketRoot(ctx, stores[i], url, p)
			return nil
		})
	}
	_ = g.Wait() // each keeps its error in errs
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return nodes, nil
}

// bucketStores returns the store of each URL, one for each bucket.
func bucketStores(calls *store.Calls, urls []string) ([]*store.Bucket, error) {
	stores := make([]*store.Bucket, len(urls))
	byBucket := map[string]*store.Bucket{}
	for i, url := range urls {
		bucket, _ := store.SplitURL(url)
		if bucket == "" {
			return nil, fmt.Errorf("%s: no bucket: write s3://bucket/prefix", url)
		}
		if byBucket[bucket] == nil {
			byBucket[bucket] = &store.Bucket{Calls: calls, Name: bucket}
		}
		stores[i] = byBucket[bucket]
	}
	return stores, nil
}

// bucketRoot looks up url: a prefix that holds objects, or the key of one.
func bucketRoot(ctx context.Context, b *store.Bucket, url string, p *plan) (*node, error) {
	_, key := store.SplitURL(url)
	prefix := key
	if key != "" && !strings.HasSuffix(key, "/") {
		prefix += "/"
	}
	first, err := b.First(ctx, b.URL(prefix))
	if err != nil {
		return nil, &listingError{b.URL(prefix), err}
	}
	if first != "" || key == "" { // an empty bucket is a trail without objects
		s := &scouted{Bucket: b, plan: p, ahead: map[string]store.Pager{}}
		root := folderRoot(b.URL(prefix), prefix, s)
		if first != "" && p.wants(root.place.Key) {
			s.scout(ctx, root, first)
		}
		return root, nil
	}
	if key != prefix {
		e, ok, err := b.Stat(ctx, key)
		if err != nil {
			return nil, &listingError{b.URL(key), err}
		}
		if ok {
			return objectRoot(store.Object{Name: b.URL(key), Key: layout.ParseKey(key), Size: e.Size, ETag: e.ETag}, b), nil
		}
	}
	return nil, noObject(url)
}

// noObject says that a source holds nothing.
func noObject(name string) error {
	return fmt.Errorf("%s: no object of that name or below it: check bucket and prefix", name)
}
