//go:build !unix

package dest

import (
	"io/fs"
	"os"
)

// giveBack does nothing: the file is of whoever runs the program.
func giveBack(*os.File, fs.FileInfo) {}
