package source

import (
	"context"
	"io"
)

// An Object is one file of a trail.
type Object struct {
	Name string // s3://bucket/key; the path as given, joined with the rest by slashes; or "-"
	Key  Key
	Size int64  // bytes as listed; -1 where nobody knows, as for standard input or a pipe
	ETag string // unquoted; "" elsewhere than in S3
}

// A store holds objects in folders. Names are whole, as in Object.Name; a
// folder's name is "" or ends in '/'. Stores are safe for concurrent use.
type store interface {
	// list returns folder's entries, page by page.
	list(folder string) pager
	// open returns the object's bytes and their announced number, -1 if unknown.
	open(ctx context.Context, obj Object) (io.ReadCloser, int64, error)
}

// A pager walks one level of one folder in byte order. A folder that does not
// exist is empty. It is not safe for concurrent use.
type pager interface {
	next(ctx context.Context) (page []entry, more bool, err error)
}

// An entry is an object, or a folder if its name ends in '/'.
type entry struct {
	name string // without the names of the folders above
	size int64
	etag string
}
