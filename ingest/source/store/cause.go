package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
)

// StatusOf says in a word why an object could not be read: "missing", "denied",
// "changed" (while it was read), or "unreadable" for any other cause.
func StatusOf(err error) string {
	code, httpStatus := apiError(err)
	switch {
	case errors.Is(err, ErrChanged):
		return "changed"
	case code == "InvalidObjectState": // archived: a 403 that no permission cures
		return "unreadable"
	case errors.Is(err, fs.ErrNotExist), httpStatus == http.StatusNotFound:
		return "missing"
	case errors.Is(err, fs.ErrPermission), httpStatus == http.StatusForbidden, deniedCodes[code]:
		return "denied"
	}
	return "unreadable"
}

// deniedCodes are a service's words for a missing permission, whatever the HTTP status.
var deniedCodes = map[string]bool{"AccessDenied": true, "AccessDeniedException": true, "UnauthorizedOperation": true}

// apiError returns a service's error code and the HTTP status; "" and 0 where err is no answer.
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

// Cause is err's text in one line, without what only repeats the call: an SDK error
// shrinks to the service's own code and message, a path error to the system's. It says how
// often a call was tried where that was more than once.
func Cause(err error) string {
	var (
		told     *tell
		attempts *retry.MaxAttemptsError
		quota    ratelimit.QuotaExceededError
		text     string
	)
	switch {
	case errors.As(err, &told):
		text = told.text // says all there is to say
	case errors.As(err, &attempts) && attempts.Attempt > 1:
		text = fmt.Sprintf("%s, tried %d times", bare(attempts.Err), attempts.Attempt)
	case errors.As(err, &attempts):
		text = bare(attempts.Err)
	case errors.As(err, &quota):
		text, _, _ = strings.Cut(bare(err), "\n") // behind the line end stands the quota's own text
		text += ", and the run's retries are spent"
	default:
		text = bare(err)
	}
	return strings.Join(strings.Fields(text), " ")
}

// bare is err's text without the text of the errors around its cause.
func bare(err error) string {
	var (
		api  smithy.APIError
		path *fs.PathError
		link *url.Error
		op   *smithy.OperationError
		idle stalled
		none *notListing
	)
	switch {
	case errors.As(err, &idle):
		return idle.Error()
	case errors.As(err, &none):
		return none.Error()
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err.Error()
	case errors.As(err, &api) && api.ErrorCode() == "UnknownError": // the answer says nothing but its status
		_, status := apiError(err)
		return fmt.Sprintf("HTTP status %d", status)
	case errors.As(err, &api):
		text := strings.TrimSuffix(fmt.Sprintf("%s: %s", api.ErrorCode(), api.ErrorMessage()), ": ")
		if remedy := refusedCredentials[api.ErrorCode()]; remedy != "" {
			text += ": " + remedy
		}
		return text
	case errors.As(err, &path):
		return path.Err.Error()
	case errors.As(err, &link):
		return link.Err.Error()
	case errors.As(err, &op):
		return op.Err.Error()
	}
	return err.Error()
}
