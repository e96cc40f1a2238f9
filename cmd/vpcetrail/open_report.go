package main

import (
	"context"

	"github.com/spf13/cobra"

	"vpcetrail/cmd/vpcetrail/dest"
	"vpcetrail/ingest/aws"
	"vpcetrail/ingest/day"
	"vpcetrail/report"
)

// oneDest checks the arguments of a command that reads one report.
func oneDest(cmd *cobra.Command, args []string) error {
	if len(args) != 1 {
		return usage("%s takes one DEST, a directory or s3://bucket/prefix; got %d", cmd.Name(), len(args))
	}
	return nil
}

// openReport opens the report in where for reading. If where is not a valid place,
// that is wrong usage.
func openReport(ctx context.Context, where string) (report.Store, error) {
	store, err := dest.Open(ctx, where, aws.NewS3, dest.S3Options{})
	if err != nil {
		return nil, usageError{err}
	}
	return store, nil
}

// openSpan finds the days of window that the report in where has.
func openSpan(ctx context.Context, where string, window day.Window) (*report.Span, error) {
	store, err := openReport(ctx, where)
	if err != nil {
		return nil, err
	}
	return report.ReadSpan(ctx, store, window)
}
