//go:build unix

package dest

import (
	"errors"
	"os"
	"syscall"
)

// lockExclusive takes the file's lock, which the kernel gives back when the process ends, however
// it ends. It fails at once, with errLocked, where somebody else holds it.
func lockExclusive(f *os.File) error {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return errLocked
	}
	return err
}

// unlock gives the lock back at once. Closing the file alone would leave it to a child process that is
// just being started and holds the file until it runs its own program.
func unlock(f *os.File) { _ = syscall.Flock(int(f.Fd()), syscall.LOCK_UN) }
