//go:build !unix

package dest

import "os"

// lockExclusive does nothing: the caller must not start two runs at once.
func lockExclusive(*os.File) error { return nil }

func unlock(*os.File) {}
