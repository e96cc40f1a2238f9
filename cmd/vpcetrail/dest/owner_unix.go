//go:build unix

package dest

import (
	"io/fs"
	"os"
	"syscall"
)

// giveBack makes f the file of whoever owned old, if the system lets this process.
func giveBack(f *os.File, old fs.FileInfo) {
	if owner, ok := old.Sys().(*syscall.Stat_t); ok {
		_ = f.Chown(int(owner.Uid), int(owner.Gid)) // else it stays our own, as any file that we make
	}
}
