package store

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

// StatusOf says in a word why an object could not be read: "missing", "denied",
// or "unreadable" for any other cause.
func StatusOf(err error) string {
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

// Cause is err's text without what only repeats the call: an SDK error shrinks
// to S3's own code and message, a path error to the system's.
func Cause(err error) string {
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
