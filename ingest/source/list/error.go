package list

import "vpcetrail/ingest/aws"

// A listingError reports a folder that could not be listed.
type listingError struct {
	name string
	err  error
}

func (e *listingError) Error() string { return "list " + e.name + ": " + aws.Cause(e.err) }

func (e *listingError) Unwrap() error { return e.err }
