package main

import (
	"context"
	"errors"
	"io"

	"github.com/spf13/cobra"
)

// A job is a checked command that reads a trail.
type job interface {
	run(ctx context.Context, in io.Reader, out, errOut io.Writer) error
}

// runJob runs a job, unless something was wrong with the command line. A job that was told to stop ends with stopped.
func runJob(cmd *cobra.Command, j job, wrong, stopped error) error {
	if wrong != nil {
		return usageError{wrong}
	}
	err := j.run(cmd.Context(), cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr())
	if errors.Is(err, context.Canceled) {
		return stopped
	}
	return err
}
