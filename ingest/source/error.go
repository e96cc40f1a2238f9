package source

import (
	"vpcetrail/ingest/aws"
	"vpcetrail/ingest/source/store"
)

// An Error reports an object that could not be read. Its text is one line,
// NAME: open: cause or NAME: read: cause.
type Error struct {
	Object store.Object
	Status string // "missing", "denied", "changed" (while it was read), or "unreadable" for any other cause
	Err    error
	verb   string
}

func (e *Error) Error() string { return e.Object.Name + ": " + e.Cause() }

// Cause returns the text without the object's name.
func (e *Error) Cause() string { return e.verb + ": " + aws.Cause(e.Err) }

func (e *Error) Unwrap() error { return e.Err }

// EndsRun reports whether the error affects the whole run, not only this object: see
// aws.EndsRun.
func (e *Error) EndsRun() bool { return aws.EndsRun(e.Err) }

func newError(obj store.Object, verb string, err error) *Error {
	return &Error{Object: obj, Status: store.StatusOf(err), Err: err, verb: verb}
}
