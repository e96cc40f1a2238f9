// Package exit gives each error of a command its exit status.
package exit

import (
	"context"
	"errors"
	"fmt"
)

// The exit statuses besides 0, done and complete.
const (
	Failed      = 1
	Usage       = 2 // the command line, or a file that it names, is wrong; to run it again is useless
	Incomplete  = 3 // done, but some input could not be read
	Violated    = 4
	Interrupted = 130
)

// A statusError is an error with an exit status.
type statusError struct {
	error
	status int
}

func (e *statusError) Unwrap() error { return e.error }

// New returns an error with an exit status.
func New(status int, text string) error { return With(status, errors.New(text)) }

// With returns err with an exit status. An error that has one keeps it: the place where it
// arose knows more.
func With(status int, err error) error {
	if has := (*statusError)(nil); errors.As(err, &has) {
		return err
	}
	return &statusError{err, status}
}

// Usagef returns an error with status Usage.
func Usagef(format string, args ...any) error { return With(Usage, fmt.Errorf(format, args...)) }

// Code returns the exit status of err.
func Code(err error) int {
	var has *statusError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &has):
		return has.status
	case errors.Is(err, context.Canceled):
		return Interrupted
	}
	return Failed
}
