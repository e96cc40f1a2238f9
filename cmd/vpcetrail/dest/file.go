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

// WriteFile puts text into the file called name, as a whole or not at all: a reader finds what was there before or
// all of the text, and after an error the file is as it was.
//
// A file that was there keeps its mode and, where that is allowed, its owner; a new one gets what any new file gets.
// Symbolic links stay, and the file that they lead to is replaced. What is no regular file, such as a pipe or a device,
// is written to as it stands.
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

// CheckName says what is wrong with the name of a file to be written, nil where nothing is. It looks at no file.
func CheckName(name string) error {
	if store.IsURL(name) {
		return fmt.Errorf("%s: is a URL: want a file, or ./%s for one of this name", name, name)
	}
	return nil
}

// CheckFile says why WriteFile could not write the file called name, nil where nothing stands against it. It is for those
// who have much to do before, and makes no file that stays.
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

// maxLinks is how many symbolic links may lead to a file, as for Linux.
const maxLinks = 40

// replaceable follows symbolic links to the file that name leads to, which need not be there yet. It reports false for
// what another file cannot stand in for: no regular file, or one that this process was given open, as /dev/stdout.
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
			folder, _ := filepath.Split(name) // not Join: what .. means is up to the links before it
			to = folder + to
		}
		name = to
	}
	return "", false
}

// replace puts text in the place of a file. Whether that may be written to is asked first: a rename does not ask.
func replace(place string, text []byte) error {
	old, err := statWritable(place)
	if err != nil {
		return err
	}
	return takePlace(place, old, text)
}

// takePlace stages text beside place, as a file like the old one if there is one, and renames it.
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
		_ = os.Remove(f.Name()) // the error before it is the one to tell
	}
	return err
}

// fill writes into a new file and waits until that is on disk: a rename must not outrun its content.
func fill(f *os.File, data []byte) error {
	if _, err := f.Write(data); err != nil {
		return err
	}
	return f.Sync()
}

// stageBeside makes a new file in the folder of place, under a name that nobody else has.
func stageBeside(place string) (*os.File, error) {
	folder, _ := filepath.Split(place)
	return os.OpenFile(folder+".vpcetrail-"+rand.Text()+".tmp", os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
}

// statWritable describes the file that is there; nil where there is none. That it may not be written to is an error.
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
