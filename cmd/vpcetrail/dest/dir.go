package dest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"syscall"

	"vpcetrail/report"
)

// A dirStore keeps a report in a directory.
type dirStore struct{ root string }

// stagingDir lies below the root, so that publishing is a rename within one file system.
const stagingDir = ".staging"

func (s *dirStore) String() string { return s.root }

func (s *dirStore) path(name string) string { return filepath.Join(s.root, filepath.FromSlash(name)) }

func (s *dirStore) List(_ context.Context, folder string) ([]string, error) {
	var names []string
	err := filepath.WalkDir(s.path(folder), func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		hidden := strings.HasPrefix(d.Name(), ".") && p != s.path(folder)
		if d.IsDir() {
			if hidden {
				return fs.SkipDir
			}
			return nil
		}
		rel, err := filepath.Rel(s.root, p)
		if err == nil && !hidden {
			names = append(names, filepath.ToSlash(rel))
		}
		return err
	})
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case errors.Is(err, syscall.ENOTDIR):
		return nil, fmt.Errorf("%s: is no directory: name that of a report, or s3://bucket/prefix", s.root)
	case err != nil:
		return nil, fmt.Errorf("%s: list: %w", s.root, bare(err))
	}
	sort.Strings(names)
	return names, nil
}

func (s *dirStore) Read(_ context.Context, name string) ([]byte, error) {
	data, err := os.ReadFile(s.path(name))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s: open: %w", s.path(name), report.ErrNoReport)
	case err != nil:
		return nil, fmt.Errorf("%s: read: %w", s.path(name), bare(err))
	}
	return data, nil
}

// bare takes the operation and the path off an error: the message names them already.
func bare(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	var l *os.LinkError
	if errors.As(err, &l) {
		return l.Err
	}
	return err
}

// Begin locks the directory: two runs never write to it at once, and a staging directory that is
// found under the lock was left by a run that was killed.
func (s *dirStore) Begin(context.Context) (report.Publication, error) {
	p := &dirPublication{store: s, staging: s.path(stagingDir), made: missing(s.root)}
	err := os.MkdirAll(s.root, 0o755)
	if err == nil {
		p.lock, err = os.Open(s.root)
	}
	if err != nil {
		return nil, s.unusable(err)
	}
	if err := lockExclusive(p.lock); err != nil {
		_ = p.lock.Close() // it was never ours
		if errors.Is(err, errLocked) {
			return nil, fmt.Errorf("%s: another run is writing to it: wait for it, or choose another --out", s.root)
		}
		return nil, s.unusable(err)
	}
	if err = os.RemoveAll(p.staging); err == nil {
		err = os.Mkdir(p.staging, 0o755)
	}
	if err != nil {
		p.Abort()
		return nil, s.unusable(err)
	}
	return p, nil
}

// missing returns dir and the directories above it that do not exist, innermost first.
func missing(dir string) (dirs []string) {
	for {
		if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
			return dirs
		}
		dirs = append(dirs, dir)
		dir = filepath.Dir(dir)
	}
}

// putAside puts from in to's place where the system cannot swap the two at once: for a moment there is
// nothing. What stood at to ends up at from.
func putAside(from, to string) error {
	aside := from + ".old"
	if err := os.Rename(to, aside); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Rename(from, to); err != nil {
		_ = os.Rename(aside, to) // where it was
		return err
	}
	return nil
}

// errLocked says that another process, or another publication of this one, holds the lock.
var errLocked = errors.New("locked")

// unusable says that nothing can be written, and what to do.
func (s *dirStore) unusable(err error) error {
	return fmt.Errorf("%s: write: %w: choose another --out", s.root, bare(err))
}

type dirPublication struct {
	store   *dirStore
	lock    *os.File // the root, locked; nil once released
	staging string
	made    []string // directories that Begin made: the root and those above it, innermost first
	folders []string // of the names staged, in the order first met
}

func (p *dirPublication) Stage(_ context.Context, name string, data []byte) error {
	folder := path.Dir(name)
	staged := filepath.Join(p.staging, filepath.FromSlash(name))
	err := os.MkdirAll(filepath.Dir(staged), 0o755)
	if err == nil {
		err = writeSynced(staged, data)
	}
	if err != nil {
		return fmt.Errorf("%s: write: %w", p.store.path(name), bare(err))
	}
	if !slices.Contains(p.folders, folder) {
		p.folders = append(p.folders, folder)
	}
	return nil
}

// writeSynced writes a file and waits until it is on disk: a rename must not outrun its content.
func writeSynced(path string, data []byte) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(fill(f, data), f.Close())
}

// fill writes into a new file and waits until that is on disk.
func fill(f *os.File, data []byte) error {
	if _, err := f.Write(data); err != nil {
		return err
	}
	return f.Sync()
}

// Commit replaces whole folders, that is a table's day or its manifest, so that no reader ever sees files
// of two publications side by side in one. What they held before goes with the staging directory.
func (p *dirPublication) Commit(ctx context.Context, stale []string) error {
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	for _, folder := range p.folders { // from here on the publication is not interrupted
		target := p.store.path(folder)
		err := os.MkdirAll(filepath.Dir(target), 0o755)
		if err == nil {
			err = swap(filepath.Join(p.staging, filepath.FromSlash(folder)), target)
		}
		if err != nil {
			return fmt.Errorf("%s: write: %w: the report is published in part: run again", target, bare(err))
		}
	}
	for _, name := range stale {
		if err := os.Remove(p.store.path(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s: remove: %w: the report is published, but holds this file of an earlier one: run again", p.store.path(name), bare(err))
		}
	}
	p.Abort()
	return nil
}

// Abort also ends a publication that was committed: it removes the staging directory and the lock.
// What cannot be removed is hidden from readers, and the next Begin removes it.
func (p *dirPublication) Abort() {
	if p.lock == nil {
		return
	}
	_ = os.RemoveAll(p.staging)
	for _, dir := range p.made {
		_ = os.Remove(dir) // succeeds only where nothing was published
	}
	unlock(p.lock)
	_ = p.lock.Close()
	p.lock = nil
}
