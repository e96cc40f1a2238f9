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

// WriteFile replaces the content of the named file, completely or not at all. A reader
// sees either the old content or all of text. After an error the file is unchanged.
//
// An existing file keeps its mode and, if allowed, its owner. A new file gets the
// default ones. Symbolic links stay, and their target is replaced. A file that is not
// regular, such as a pipe or a device, is written to directly.
func WriteFile(name string, text []byte) error {
	err := error(nil)
	if place, ok := replaceable(name); ok {
		err = replace(place, text)
	} else {
		err = os.WriteFile(name, text, 0o666)
	}
	if err != nil {
		return fmt.Errorf("%s: write: %w", name, bare(err))
	}
	return nil
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
	err := error(nil)
	if place, ok := replaceable(name); ok {
		err = check(place)
	} else if info, statErr := os.Stat(name); statErr == nil && info.IsDir() {
		err = syscall.EISDIR
	}
	if err != nil {
		return fmt.Errorf("%s: write: %w", name, bare(err))
	}
	return nil
}

func check(place string) error {
	if _, err := statWritable(place); err != nil {
		return err
	}
	f, err := stageBeside(place)
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

// replace replaces the content of a file. It first checks that the file is writable: a
// rename does not check that.
func replace(place string, text []byte) error {
	old, err := statWritable(place)
	if err != nil {
		return err
	}
	return takePlace(place, old, text)
}

// takePlace stages text in a new file beside place and renames it. The new file gets
// the attributes of the old one, if any.
func takePlace(place string, old fs.FileInfo, text []byte) error {
	f, err := stageBeside(place)
	if err != nil {
		return err
	}
	if old != nil {
		giveBack(f, old)
		err = f.Chmod(old.Mode().Perm())
	}
	if err == nil {
		err = fill(f, text)
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), place)
	}
	if err != nil {
		_ = os.Remove(f.Name()) // the earlier error is reported
	}
	return err
}

// fill writes into a new file and waits until the data is on disk: a rename must not
// come before its content.
func fill(f *os.File, data []byte) error {
	if _, err := f.Write(data); err != nil {
		return err
	}
	return f.Sync()
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
