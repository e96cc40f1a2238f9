package aws

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"strings"
	"syscall"

	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
)

// denied are the error codes for a missing permission, whatever the HTTP status.
var denied = map[string]bool{"AccessDenied": true, "AccessDeniedException": true, "UnauthorizedOperation": true}

// Denied reports whether an error code means a missing permission, whatever the HTTP
// status.
func Denied(code string) bool { return denied[code] }

// APIError returns a service's error code and the HTTP status, or "" and 0 if err is
// not an answer. Credentials that were refused on the way are no answer of the service.
func APIError(err error) (code string, status int) {
	if IsUnsigned(err) {
		return "", 0
	}
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

// An Explained error has its own text, which is complete.
type Explained struct {
	Text string
	Err  error
}

// Explain returns err with the given text.
func Explain(text string, err error) error { return &Explained{text, err} }

func (e *Explained) Error() string { return e.Text }

func (e *Explained) Unwrap() error { return e.Err }

// A Brief error has a short text, without the texts of the errors around it.
type Brief interface {
	error
	Brief() string
}

// CutShort reports whether err is of an answer that ended too early.
func CutShort(err error) bool {
	return errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET)
}

// Cause returns err's text in one line. An SDK error shrinks to the service's code and
// message, a path error to the system's message. It says how often a call was tried if
// that was more than once.
func Cause(err error) string {
	var (
		explained *Explained
		attempts  *retry.MaxAttemptsError
		quota     ratelimit.QuotaExceededError
		text      string
	)
	switch {
	case errors.As(err, &explained):
		text = explained.Text // the text is complete
	case IsUnsigned(err):
		text = NoCredentials(err)
	case errors.As(err, &attempts) && attempts.Attempt > 1:
		text = fmt.Sprintf("%s, tried %d times", bare(attempts.Err), attempts.Attempt)
	case errors.As(err, &attempts):
		text = bare(attempts.Err)
	case errors.As(err, &quota):
		text, _, _ = strings.Cut(bare(err), "\n") // the next line holds the quota's own text
		text += ", and the run's retries are spent"
	default:
		text = bare(err)
	}
	return strings.Join(strings.Fields(text), " ")
}

// bare returns err's text without the text of the errors around its cause.
func bare(err error) string {
	var (
		api  smithy.APIError
		path *fs.PathError
		link *url.Error
		op   *smithy.OperationError
		own  Brief
	)
	switch {
	case errors.As(err, &own):
		return own.Brief()
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err.Error()
	case errors.As(err, &api) && api.ErrorCode() == "UnknownError": // the answer says only its status
		_, status := APIError(err)
		return fmt.Sprintf("HTTP status %d", status)
	case errors.As(err, &api):
		text := strings.TrimSuffix(fmt.Sprintf("%s: %s", api.ErrorCode(), api.ErrorMessage()), ": ")
		if remedy := remedyOf(api); remedy != "" {
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
