package store

import (
	"errors"
	"io/fs"
	"net/http"

	"vpcetrail/ingest/aws"
)

// StatusOf says in a word why an object could not be read: "missing", "denied",
// "changed" (while it was read), or "unreadable" for any other cause.
func StatusOf(err error) string {
	code, httpStatus := aws.APIError(err)
	switch {
	case errors.Is(err, ErrChanged):
		return "changed"
	case code == "InvalidObjectState": // archived: a 403 that no permission fixes
		return "unreadable"
	case errors.Is(err, fs.ErrNotExist), httpStatus == http.StatusNotFound:
		return "missing"
	case errors.Is(err, fs.ErrPermission), httpStatus == http.StatusForbidden, aws.Denied(code):
		return "denied"
	}
	return "unreadable"
}
