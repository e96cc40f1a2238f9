package main

import (
	"context"
	"io"

	"github.com/spf13/cobra"
)

// A job is a checked command that reads a trail.
type job interface {
	run(ctx context.Context, in io.Reader, out, errOut io.Writer) error
}

// runJob runs a job, unless the command line is wrong.
func runJob(cmd *cobra.Command, j job, wrong error) error {
	if wrong != nil {
		return usageError{wrong}
	}
	return j.run(cmd.Context(), cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr())
}
