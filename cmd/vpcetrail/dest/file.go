package dest

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"vpcetrail/ingest/source/store"
)

// WriteFile replaces the content of the named file, as a NewFile does.
func WriteFile(name string, text []byte) error {
	f, err := CreateFile(name)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.Write(text); err != nil {
		return err
	}
	return f.Commit()
}

// A NewFile is the next content of a named file, which it replaces completely or not at
// all. A reader sees either the old content or all of the new one.
//
// An existing file keeps its mode and, if allowed, its owner. A new file gets the
// default ones. Symbolic links stay, and their target is replaced. A file that is not
// regular, such as a pipe or a device, is written to directly.
type NewFile struct {
	name, place string   // place is "" for a file that is written to directly
	staged      *os.File // nil after Commit
}

// CreateFile returns a NewFile for the named file, which it does not change. It fails if
// that cannot be written. The caller closes the NewFile.
func CreateFile(name string) (*NewFile, error) {
	f := &NewFile{name: name}
	err := error(nil)
	if place, ok := replaceable(name); ok {
		f.place = place
		f.staged, err = stageReplacement(place)
	} else {
		f.staged, err = os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666)
	}
	if err != nil {
		return nil, f.failed(err)
	}
	return f, nil
}

func (f *NewFile) failed(err error) error {
	if f.place != "" && errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: write: folder %s does not exist: create it first", f.name, filepath.Dir(f.place))
	}
	return fmt.Errorf("%s: write: %w", f.name, bare(err))
}

// Write appends to the new content.
func (f *NewFile) Write(text []byte) (int, error) {
	n, err := f.staged.Write(text)
	if err != nil {
		err = f.failed(err)
	}
	return n, err
}

// Commit makes what was written the content of the file, and closes the NewFile.
func (f *NewFile) Commit() error {
	staged := f.staged
	f.staged = nil
	if f.place == "" {
		if err := staged.Close(); err != nil {
			return f.failed(err)
		}
		return nil
	}
	err := errors.Join(staged.Sync(), staged.Close()) // a rename must not come before its content
	if err == nil {
		err = os.Rename(staged.Name(), f.place)
	}
	if err != nil {
		_ = os.Remove(staged.Name()) // the earlier error is reported
		return f.failed(err)
	}
	return nil
}

// Close drops what was written, unless Commit was called.
func (f *NewFile) Close() error {
	if f.staged == nil {
		return nil
	}
	err := f.staged.Close()
	if f.place != "" {
		err = errors.Join(err, os.Remove(f.staged.Name()))
	}
	f.staged = nil
	return err
}

// CheckName returns an error for a name that no file can have, else nil. It looks at
// no file.
func CheckName(name string) error {
	if store.IsURL(name) {
		return fmt.Errorf("%s: is a URL: want a file, or ./%s for one of this name", name, name)
	}
	return nil
}

// CheckFile returns an error if WriteFile could not write the named file, else nil.
// Call it before long work. It leaves no new file.
func CheckFile(name string) error {
	err, f := error(nil), NewFile{name: name}
	if place, ok := replaceable(name); ok {
		f.place = place
		err = check(place)
	} else if info, statErr := os.Stat(name); statErr == nil && info.IsDir() {
		err = syscall.EISDIR
	}
	if err != nil {
		return f.failed(err)
	}
	return nil
}

func check(place string) error {
	f, err := stageReplacement(place)
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// maxLinks is how many symbolic links may lead to a file, as on Linux.
const maxLinks = 40

// replaceable follows symbolic links to the file that name leads to, which need not
// exist. It reports false if another file cannot replace it: it is not regular, or
// this process received it open, as /dev/stdout.
func replaceable(name string) (place string, ok bool) {
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() {
		return "", false
	}
	for range maxLinks {
		if strings.HasPrefix(name, "/dev/fd/") || strings.HasPrefix(name, "/proc/") {
			return "", false
		}
		to, err := os.Readlink(name)
		if err != nil {
			return name, true
		}
		if !filepath.IsAbs(to) {
			folder, _ := filepath.Split(name) // not Join: the links before .. decide what it means
			to = folder + to
		}
		name = to
	}
	return "", false
}

// stageReplacement creates a new file beside place, with the attributes of the old one, if
// any. It first checks that the old one is writable: a rename does not check that.
func stageReplacement(place string) (*os.File, error) {
	old, err := statWritable(place)
	if err != nil {
		return nil, err
	}
	f, err := stageBeside(place)
	if err != nil || old == nil {
		return f, err
	}
	giveBack(f, old)
	if err := f.Chmod(old.Mode().Perm()); err != nil {
		return nil, errors.Join(err, f.Close(), os.Remove(f.Name()))
	}
	return f, nil
}

// stageBeside creates a new file in the folder of place, under a unique name.
func stageBeside(place string) (*os.File, error) {
	folder, _ := filepath.Split(place)
	return os.OpenFile(folder+".vpcetrail-"+rand.Text()+".tmp", os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
}

// statWritable describes an existing file, or returns nil if there is none. It fails
// if the file is not writable.
func statWritable(place string) (fs.FileInfo, error) {
	f, err := os.OpenFile(place, os.O_WRONLY, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // nothing was written
	return f.Stat()
}
