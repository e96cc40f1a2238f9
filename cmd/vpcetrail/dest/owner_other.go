//go:build !unix

package dest

import (
	"io/fs"
	"os"
)

// giveBack does nothing: the file belongs to the user who runs the program.
func giveBack(*os.File, fs.FileInfo) {}
