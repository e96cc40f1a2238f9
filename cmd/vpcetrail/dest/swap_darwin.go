package dest

import (
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// swap puts the folder from in to's place in one step, and what stood there, if anything, in from's.
func swap(from, to string) error {
	err := unix.RenamexNp(from, to, unix.RENAME_SWAP)
	switch {
	case errors.Is(err, fs.ErrNotExist): // nothing stands there
		return os.Rename(from, to)
	case errors.Is(err, unix.ENOTSUP): // a file system that cannot
		return putAside(from, to)
	}
	return err
}
