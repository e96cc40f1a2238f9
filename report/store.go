package report

import (
	"context"
	"errors"
)

// ErrNoReport says that a Store holds no file of a name.
var ErrNoReport = errors.New("no such file in the report")

// A Store is where reports are kept: a directory, or a prefix in S3. Names are relative to it and
// use slashes, as traffic/dt=2026-11-20/part-00000.parquet.
type Store interface {
	// List returns the names of the files below a folder, such as "traffic/", sorted by their
	// bytes; none where there is no such folder. Names with a part that starts with a dot are
	// not the report's.
	List(ctx context.Context, folder string) ([]string, error)
	// Read returns a file whole. A file that is not there gives an error that wraps ErrNoReport.
	Read(ctx context.Context, name string) ([]byte, error)
	// Begin starts a publication. It fails where nothing could be written.
	Begin(ctx context.Context) (Publication, error)
	// String names the store in messages.
	String() string
}

// A Publication makes files visible together. It is used by one goroutine.
type Publication interface {
	// Stage writes a file where no reader sees it. It keeps no reference to data.
	Stage(ctx context.Context, name string, data []byte) error
	// Commit makes all staged files visible, in the order staged, each as a whole and in place
	// of any file of its name; then it removes stale, files of earlier publications.
	Commit(ctx context.Context, stale []string) error
	// Abort removes what was staged. After Commit it does nothing.
	Abort()
}
