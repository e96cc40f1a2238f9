//go:build unix

package dest

import (
	"io/fs"
	"os"
	"syscall"
)

// giveBack gives f the owner of old, if the system allows it.
func giveBack(f *os.File, old fs.FileInfo) {
	if owner, ok := old.Sys().(*syscall.Stat_t); ok {
		_ = f.Chown(int(owner.Uid), int(owner.Gid)) // else it stays ours, like any file that we create
	}
}
