package main

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"vpcetrail/cmd/vpcetrail/dest"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/source"
	"vpcetrail/report"
	"vpcetrail/report/summary"
)

func newSummary() *cobra.Command {
	return &cobra.Command{
		Use:   "summary DEST",
		Short: "Show what a report says: calls by route, what went past the endpoints, endpoints used",
		Example: `  vpcetrail summary out
  vpcetrail summary s3://audit-reports/vpcetrail`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("summary takes one DEST, a directory or s3://bucket/prefix; got %d", len(args))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			store, err := dest.Open(cmd.Context(), args[0], source.NewS3, dest.S3Options{})
			if err != nil {
				return usageError{err}
			}
			return writeSummary(cmd.Context(), cmd.OutOrStdout(), store, nil)
		},
	}
}

// writeSummary writes the summary of the given days, or of all where days is nil.
func writeSummary(ctx context.Context, out io.Writer, store report.Store, days []day.Day) error {
	s, err := summary.Read(ctx, store, days)
	if err != nil {
		return err
	}
	return s.WriteText(out)
}
