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
