//go:build unix

package dest

import (
	"errors"
	"os"
	"syscall"
)

// lockExclusive locks the file. The kernel releases the lock when the process ends,
// however it ends. It fails at once with errLocked if another process holds the lock.
func lockExclusive(f *os.File) error {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return errLocked
	}
	return err
}

// unlock releases the lock at once. Closing the file alone would not: a child process
// that is just starting holds the file until it runs its own program.
func unlock(f *os.File) { _ = syscall.Flock(int(f.Fd()), syscall.LOCK_UN) }
