package store

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// dirBatch bounds the names of one directory held at a time. A larger directory is
// read again for each further batch. 131,072 names are about 12 MB.
const dirBatch = 1 << 17

// Dir is the file system. Names are paths with slashes, and may be relative.
type Dir struct{}

// Open opens a file. A file that still grows is read up to its present size. For a
// pipe, Open and Read wait for a writer until ctx ends.
func (Dir) Open(ctx context.Context, obj Object) (io.ReadCloser, Object, error) {
	name := filepath.FromSlash(obj.Name)
	if obj.Size < 0 {
		f, err := openPipe(ctx, name)
		return f, obj, err
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, obj, err
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, obj, err
	}
	if obj.Size = info.Size(); !info.Mode().IsRegular() {
		obj.Size = -1
		return f, obj, nil
	}
	return struct {
		io.Reader
		io.Closer
	}{io.LimitReader(f, info.Size()), f}, obj, nil
}

// openPipe opens a file that is not regular. Opening a pipe blocks until somebody
// writes to it. The goroutine that waits for that ends with the wait, or with the
// program.
func openPipe(ctx context.Context, name string) (io.ReadCloser, error) {
	type opened struct {
		f   *os.File
		err error
	}
	done := make(chan opened, 1)
	go func() {
		f, err := os.Open(name)
		done <- opened{f, err}
	}()
	select {
	case o := <-done:
		if o.err != nil {
			return nil, o.err
		}
		return &pipe{o.f, context.AfterFunc(ctx, func() { _ = o.f.Close() })}, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// A pipe is closed when its context ends. That also ends a blocked Read.
type pipe struct {
	*os.File
	detach func() bool
}

func (p *pipe) Close() error {
	p.detach()
	return p.File.Close()
}

// List lists a directory. It follows links, except those that lead back up. It omits
// entries that are neither file nor directory. It holds the names of at most 131,072
// entries at a time, however large the directory is.
func (Dir) List(folder string) Pager { return &dirPager{folder: folder, batch: dirBatch} }

type dirPager struct {
	folder string
	batch  int
	names  []string // read, in order, not yet returned; a directory's name ends in '/'
	after  string   // the last name of the previous batch: the next one starts after it
	read   bool     // the batch now in names is the last
}

func (p *dirPager) path(name string) string {
	return filepath.FromSlash(p.folder + strings.TrimSuffix(name, "/"))
}

func (p *dirPager) Next(ctx context.Context) ([]Entry, bool, error) {
	if len(p.names) == 0 && !p.read {
		if err := p.fill(ctx); err != nil {
			return nil, false, err
		}
	}
	n := min(len(p.names), PageSize)
	page := make([]Entry, n)
	for i, name := range p.names[:n] {
		page[i].Name = name
		if !strings.HasSuffix(name, "/") {
			// A file that is gone, or a broken link, stays in the listing: opening it
			// reports the error.
			if info, err := os.Stat(p.path(name)); err == nil {
				page[i].Size = info.Size()
			}
		}
	}
	p.names = p.names[n:]
	return page, len(p.names) > 0 || !p.read, nil
}

// fill reads the directory and keeps the first names after p.after.
func (p *dirPager) fill(ctx context.Context) error {
	dir, err := os.Open(p.path("."))
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		p.read = true
		return nil
	}
	if err != nil {
		return err
	}
	defer dir.Close()
	p.names, p.read = nil, true
	keep := func() {
		slices.Sort(p.names)
		if len(p.names) > p.batch {
			p.names, p.read = p.names[:p.batch], false
		}
	}
	for {
		found, err := dir.ReadDir(4096)
		for _, e := range found {
			if name := p.nameOf(e); name > p.after {
				p.names = append(p.names, name)
			}
		}
		if len(p.names) >= 2*p.batch {
			keep()
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	keep()
	if len(p.names) > 0 {
		p.after = p.names[len(p.names)-1]
	}
	return nil
}

// nameOf returns the name under which e is listed, or "" for an entry that is neither
// file nor directory. A link to a directory counts as a directory, unless it leads
// back up.
func (p *dirPager) nameOf(e fs.DirEntry) string {
	switch t := e.Type(); {
	case t.IsDir():
		return e.Name() + "/"
	case t.IsRegular():
		return e.Name()
	case t&fs.ModeSymlink == 0:
		return ""
	}
	path := p.path(e.Name())
	info, err := os.Stat(path)
	switch {
	case err != nil || info.Mode().IsRegular():
		return e.Name()
	case info.IsDir() && !p.leadsUp(path):
		return e.Name() + "/"
	}
	return ""
}

// leadsUp reports whether the link at path leads to a directory that contains it.
func (p *dirPager) leadsUp(path string) bool {
	to, err := RealPath(path)
	if err != nil {
		return true
	}
	here, err := RealPath(p.path("."))
	return err != nil || Within(here, to)
}

// RealPath returns path as an absolute path with slashes and without links.
func RealPath(path string) (string, error) {
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		return "", err
	}
	path, err = filepath.Abs(path)
	return filepath.ToSlash(path), err
}

// Within reports whether path is dir or below it.
func Within(path, dir string) bool {
	return path == dir || strings.HasPrefix(path, strings.TrimSuffix(dir, "/")+"/")
}
