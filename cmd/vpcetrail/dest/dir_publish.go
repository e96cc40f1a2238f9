package dest

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// A dirPublication publishes a unit in a directory.
type dirPublication struct {
	writer *dirWriter
	unit   string
	file   *os.File // the lock
	folder string   // holds the staged files, in the unit's folder; the record of an earlier run names another one
	found  bool     // a record exists
	ours   bool     // and it belongs to this publication, not to a stopped one

	mu    sync.Mutex
	files []*dirFile // in the order of creation
}

// path returns the staging path of a file.
func (p *dirPublication) path(name string) string {
	return p.writer.store.staging(p.unit, p.folder, filepath.FromSlash(name))
}

// A dirFile is a file being staged.
type dirFile struct {
	*staged
	file   *os.File
	out    *bufio.Writer
	target string
}

func (p *dirPublication) Create(_ context.Context, name string) (io.WriteCloser, error) {
	target, path := p.writer.store.path(name), p.path(name)
	err := os.MkdirAll(filepath.Dir(path), 0o755)
	var f *os.File
	if err == nil {
		f, err = os.Create(path)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: write: %w", target, bare(err))
	}
	file := &dirFile{newStaged(name), f, bufio.NewWriterSize(f, 64<<10), target}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.files = append(p.files, file)
	return file, nil
}

func (f *dirFile) Write(data []byte) (int, error) {
	n, err := f.out.Write(data)
	f.add(data[:n])
	if err != nil {
		return n, fmt.Errorf("%s: write: %w", f.target, bare(err))
	}
	return n, nil
}

// Close waits until the file is on disk: a rename must not come before its content.
func (f *dirFile) Close() error {
	err := f.out.Flush()
	if err == nil {
		err = f.file.Sync()
	}
	if closeErr := f.file.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return fmt.Errorf("%s: write: %w", f.target, bare(err))
	}
	f.close()
	return nil
}

// Commit renames each file to its place.
func (p *dirPublication) Commit(ctx context.Context, names []string) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	r := record{Folder: p.folder}
	for _, f := range p.files {
		r.add(f.staged)
	}
	for _, name := range names {
		r.Stale = append(r.Stale, stale{Name: name})
	}
	text, err := json.Marshal(r)
	if err == nil {
		err = WriteFile(p.writer.store.staging(p.unit, recordFile), text)
	}
	if err != nil {
		return err
	}
	p.found, p.ours = true, true
	if err := p.finish(&r); err != nil { // from the first step on, the publication is not interrupted
		return err
	}
	p.release()
	p.writer.mu.Lock()
	defer p.writer.mu.Unlock()
	delete(p.writer.units, p.unit)
	return nil
}

// resume finishes what an earlier run began, according to its record.
func (p *dirPublication) resume() error {
	path := p.writer.store.staging(p.unit, recordFile)
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("%s: read: %w", path, bare(err))
	}
	var r record
	if json.Unmarshal(text, &r) != nil {
		return errGone
	}
	return p.finish(&r)
}

// finish takes the remaining steps of a record.
func (p *dirPublication) finish(r *record) error {
	s := p.writer.store
	for i := range r.Files {
		f := &r.Files[i]
		target := s.path(f.Name)
		err := os.MkdirAll(filepath.Dir(target), 0o755)
		if err == nil {
			err = os.Rename(s.staging(p.unit, r.Folder, filepath.FromSlash(f.Name)), target)
		}
		if errors.Is(err, fs.ErrNotExist) {
			if !holdsFile(target, f) {
				return errGone
			}
			err = nil
		}
		if err != nil {
			return fmt.Errorf("%s: write: %w: the report is published in part: run again", target, bare(err))
		}
	}
	for _, old := range r.Stale {
		if err := os.Remove(s.path(old.Name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s: remove: %w: the report is published, but holds this file of an earlier one: run again", s.path(old.Name), bare(err))
		}
	}
	if err := os.Remove(s.staging(p.unit, recordFile)); err != nil {
		return fmt.Errorf("%s: remove: %w: run again", s.staging(p.unit, recordFile), bare(err))
	}
	p.found = false
	return nil
}

// holdsFile reports whether the file at path is the staged one.
func holdsFile(path string, want *staged) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	return want.is(f)
}

// release removes the staged files, unless a record says how to finish them, and
// releases the lock. Files that cannot be removed are hidden from readers, and the
// next Begin removes them.
func (p *dirPublication) release() {
	for _, f := range p.files {
		_ = f.file.Close() // it may already be closed
	}
	switch {
	case !p.found:
		_ = os.RemoveAll(p.writer.store.staging(p.unit))
	case !p.ours:
		_ = os.RemoveAll(p.path(""))
	}
	removeLock(p.file)
}
