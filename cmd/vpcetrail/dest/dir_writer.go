package dest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"vpcetrail/report"
)

const (
	// stagingDir lies below the root, so that publishing is a rename within one file
	// system. It holds a lock file and a folder for each unit being written.
	stagingDir = ".staging"
	// lockSuffix ends the name of a unit's lock file.
	lockSuffix = ".lock"
	// recordFile is in a unit's folder from before the first file becomes visible
	// until after the last.
	recordFile = "publishing.json"
)

// staging returns a path in a unit's staging area.
func (s *dirStore) staging(unit string, path ...string) string {
	return filepath.Join(append([]string{s.root, stagingDir, unit}, path...)...)
}

func (s *dirStore) Switching(_ context.Context, unit string) (bool, error) {
	_, err := os.Stat(s.staging(unit, recordFile))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// Begin creates the directory, finishes what stopped runs published in part, and
// removes what they left.
func (s *dirStore) Begin(_ context.Context, note func(string)) (report.Writer, error) {
	w := &dirWriter{store: s, note: note, made: missing(s.root), units: map[string]*dirPublication{}}
	try, err := lockFile(s.staging("try" + lockSuffix)) // a place that is not writable fails now, not after the work
	if err != nil && !errors.Is(err, errLocked) {
		w.Close()
		return nil, s.unusable(err)
	}
	if err == nil {
		removeLock(try)
	}
	entries, err := os.ReadDir(s.staging(""))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		w.Close()
		return nil, s.unusable(err)
	}
	for _, e := range entries {
		w.tidy(strings.TrimSuffix(e.Name(), lockSuffix))
	}
	return w, nil
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

// errLocked says that another process, or another Writer of this one, holds the lock.
var errLocked = errors.New("locked")

// unusable says that nothing can be written, and gives the remedy.
func (s *dirStore) unusable(err error) error {
	return fmt.Errorf("%s: write: %w: choose another --out", s.root, bare(err))
}

// A dirWriter writes to a directory.
type dirWriter struct {
	store *dirStore
	made  []string // directories that Begin created: the root and those above it, innermost first

	noting sync.Mutex // held during a call of note
	note   func(string)

	mu    sync.Mutex
	units map[string]*dirPublication // the units that this writer has locked
}

func (w *dirWriter) Note(text string) {
	w.noting.Lock()
	defer w.noting.Unlock()
	w.note(text)
}

// tidy finishes or removes what a stopped run left of a unit, unless another run has
// locked it.
func (w *dirWriter) tidy(unit string) {
	p, err := w.lock(unit)
	if err != nil { // another run has it, or the next run to lock it gets the error
		return
	}
	if p.found {
		w.Note(finished(w.store, unit, false, p.resume()))
	}
	p.release()
}

func (w *dirWriter) Lock(ctx context.Context, unit string) (report.Publication, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if p := w.units[unit]; p != nil {
		return p, nil
	}
	p, err := w.lock(unit)
	switch {
	case errors.Is(err, errLocked):
		return nil, busy(w.store, unit)
	case err != nil:
		return nil, w.store.unusable(err)
	}
	if p.found {
		err = p.resume()
		if w.Note(finished(w.store, unit, true, err)); err != nil && !errors.Is(err, errGone) {
			p.release()
			return nil, err
		}
	}
	if err := os.MkdirAll(p.path(""), 0o755); err != nil {
		p.release()
		return nil, w.store.unusable(err)
	}
	w.units[unit] = p
	return p, nil
}

// lock locks a unit and removes its staged files, but keeps a record.
func (w *dirWriter) lock(unit string) (*dirPublication, error) {
	p := &dirPublication{writer: w, unit: unit, folder: rand.Text()}
	var err error
	if p.file, err = lockFile(w.store.staging(unit + lockSuffix)); err != nil {
		return nil, err
	}
	if p.found, err = w.store.Switching(context.Background(), unit); err == nil && !p.found {
		err = os.RemoveAll(w.store.staging(unit))
	}
	if err != nil {
		removeLock(p.file)
		return nil, err
	}
	return p, nil
}

// lockFile creates and locks a file. Its owner removes the file before it unlocks it,
// so a file that was opened before that is nobody's lock.
func lockFile(path string) (*os.File, error) {
	for range 100 {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return nil, err
		}
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
		if errors.Is(err, fs.ErrNotExist) { // another run removed the empty folder
			continue
		}
		if err != nil {
			return nil, err
		}
		if err := lockExclusive(f); err != nil {
			_ = f.Close() // this run never had it
			return nil, err
		}
		ours, err := f.Stat()
		there, errThere := os.Stat(path)
		if err == nil && errThere == nil && os.SameFile(ours, there) {
			return f, nil
		}
		_ = f.Close() // nothing was written
	}
	return nil, errLocked
}

// removeLock releases a lock. A file that cannot be removed is hidden from readers,
// and the next Begin removes it.
func removeLock(f *os.File) {
	_ = os.Remove(f.Name())
	unlock(f)
	_ = f.Close() // nothing was written
}

// Close removes the staged files that no run can finish.
func (w *dirWriter) Close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, p := range w.units {
		p.release()
	}
	clear(w.units)
	_ = os.Remove(w.store.staging("")) // succeeds only if no other run is active and no record is left
	for _, dir := range w.made {
		_ = os.Remove(dir) // succeeds only if nothing was published
	}
}
