//go:build unix

package dest

import (
	"os"
	"syscall"
)

// lockExclusive takes the file's lock, which the kernel gives back when the process ends, however
// it ends. It fails at once where another process holds it.
func lockExclusive(f *os.File) error {
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
}
