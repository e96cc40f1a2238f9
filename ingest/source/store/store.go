package store

import (
	"context"
	"io"
	"strings"

	"vpcetrail/ingest/source/layout"
)

// An Object is one file of a trail.
type Object struct {
	Name string // s3://bucket/key; the path as given, joined with the rest by slashes; or "-"
	Key  layout.Key
	Size int64  // bytes as listed; -1 if unknown, as for standard input or a pipe
	ETag string // without quotes; "" outside S3
	// Signature is that of a digest in S3. It is known once the object was opened.
	Signature Signature
}

// A Signature is what CloudTrail says about a digest in the object's metadata.
type Signature struct {
	Value     string // hexadecimal; "" if the object has none
	Algorithm string
	Generated string // when a backfill digest was made
}

// signatureOf returns the signature in an object's metadata. get returns a field by its
// name without x-amz-meta-, in lower case.
func signatureOf(get func(name string) string) Signature {
	s := Signature{Value: get("signature")}
	if s.Value != "" {
		s.Algorithm, s.Generated = get("signature-algorithm"), get("backfill-generation-timestamp")
	}
	return s
}

// A Store holds objects in folders. Names are complete, as in Object.Name. A folder's
// name is "" or ends in '/'. Stores are safe for concurrent use.
type Store interface {
	// List returns folder's entries, page by page. It sends no request yet.
	List(folder string) Pager
	// Open returns the object's bytes, and the object as it is now: with the announced
	// size, or -1 if unknown, and the ETag. The caller closes the reader. ctx covers
	// the reading too.
	Open(ctx context.Context, obj Object) (io.ReadCloser, Object, error)
}

// A Pager walks one level of one folder in byte order. A folder that does not exist is
// empty. It is not safe for concurrent use.
type Pager interface {
	// Next returns the next entries, at most PageSize, and whether more follow.
	Next(ctx context.Context) (page []Entry, more bool, err error)
}

// PageSize is the largest number of entries of a page: S3's own limit.
const PageSize = 1000

// An Entry is an object, or a folder if its name ends in '/'.
type Entry struct {
	Name string // without the names of the folders above
	Size int64
	ETag string
}

// Stdin is the store of the one object "-". A nil reader is empty.
type Stdin struct{ Reader io.Reader }

// Open returns the reader; closing it leaves the standard input open.
func (s Stdin) Open(_ context.Context, obj Object) (io.ReadCloser, Object, error) {
	if s.Reader == nil {
		return io.NopCloser(strings.NewReader("")), obj, nil
	}
	return io.NopCloser(s.Reader), obj, nil
}

// List panics: standard input is not a folder.
func (Stdin) List(string) Pager { panic("BUG: standard input listed") }
