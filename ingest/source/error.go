package source

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"strings"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
)

// An Error reports an object that could not be read. Its text is one line,
// NAME: open: cause or NAME: read: cause.
type Error struct {
	Object Object
	Status string // "missing", "denied", or "unreadable" for any other cause
	Err    error
	verb   string
}

func (e *Error) Error() string { return e.Object.Name + ": " + e.verb + ": " + cause(e.Err) }

func (e *Error) Unwrap() error { return e.Err }

func newError(obj Object, verb string, err error) *Error {
	return &Error{Object: obj, Status: statusOf(err), Err: err, verb: verb}
}

func statusOf(err error) string {
	code, httpStatus := apiError(err)
	switch {
	case code == "InvalidObjectState": // archived: a 403 that no permission cures
		return "unreadable"
	case errors.Is(err, fs.ErrNotExist), httpStatus == http.StatusNotFound:
		return "missing"
	case errors.Is(err, fs.ErrPermission), httpStatus == http.StatusForbidden:
		return "denied"
	}
	return "unreadable"
}

// apiError returns S3's error code and the HTTP status; "" and 0 where err is not S3's answer.
func apiError(err error) (code string, status int) {
	var api smithy.APIError
	if errors.As(err, &api) {
		code = api.ErrorCode()
	}
	var resp *awshttp.ResponseError
	if errors.As(err, &resp) {
		status = resp.HTTPStatusCode()
	}
	return code, status
}

// A tell is an error with a text of its own.
type tell struct {
	text string
	err  error
}

func (t *tell) Error() string { return t.text }

func (t *tell) Unwrap() error { return t.err }

// listError reports that a folder could not be listed.
func listError(name string, err error) error {
	return &tell{"list " + name + ": " + cause(err), err}
}

// cause is err's text without what only repeats the call: an SDK error shrinks
// to S3's own code and message, a path error to the system's.
func cause(err error) string {
	var (
		api  smithy.APIError
		path *fs.PathError
		link *url.Error
		op   *smithy.OperationError
		told *tell
		text string
	)
	switch {
	case errors.As(err, &told):
		text = told.text
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		text = err.Error()
	case errors.As(err, &api):
		text = strings.TrimSuffix(fmt.Sprintf("%s: %s", api.ErrorCode(), api.ErrorMessage()), ": ")
	case errors.As(err, &path):
		text = path.Err.Error()
	case errors.As(err, &link):
		text = link.Err.Error()
	case errors.As(err, &op):
		text = op.Err.Error()
	default:
		text = err.Error()
	}
	return strings.Join(strings.Fields(text), " ")
}
