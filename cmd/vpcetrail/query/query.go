// Package query holds the commands that read a published report.
package query

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"vpcetrail/cmd/vpcetrail/dest"
	"vpcetrail/cmd/vpcetrail/exit"
	"vpcetrail/ingest/aws"
	"vpcetrail/ingest/day"
	"vpcetrail/report"
	"vpcetrail/report/grid"
)

// oneDest checks the arguments of a command that reads one report.
func oneDest(cmd *cobra.Command, args []string) error {
	if len(args) != 1 {
		return exit.Usagef("%s takes one DEST, a directory or s3://bucket/prefix; got %d", cmd.Name(), len(args))
	}
	return nil
}

// destUnless checks the arguments of a command that reads one report, or prints the example
// of that name and then checks its arguments itself.
func destUnless(example *string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if *example != "" {
			return nil
		}
		return oneDest(cmd, args)
	}
}

// openReport opens the report in where for reading. If where is not a valid place,
// that is wrong usage.
func openReport(ctx context.Context, where string) (report.Store, error) {
	store, err := dest.Open(ctx, where, aws.NewS3, dest.S3Options{})
	if err != nil {
		return nil, exit.With(exit.Usage, err)
	}
	return store, nil
}

// openSpan finds the days of window of which the report in where has the calls.
func openSpan(ctx context.Context, where string, window day.Window) (*report.Span, error) {
	store, err := openReport(ctx, where)
	if err != nil {
		return nil, err
	}
	return report.ReadSpan(ctx, store, window)
}

// openPublished finds the days of window that the report in where has, with or without calls.
func openPublished(ctx context.Context, where string, window day.Window) (*report.Span, error) {
	store, err := openReport(ctx, where)
	if err != nil {
		return nil, err
	}
	return report.ReadPublished(ctx, store, window)
}

// isARN reports whether text has the form of an ARN. It does not check whether the
// report knows it.
func isARN(text string) bool { return strings.HasPrefix(text, "arn:") && strings.Count(text, ":") >= 5 }

func noARN(resource string) error {
	return fmt.Errorf("--resource %q: want an ARN, such as arn:aws:s3:::amzn-s3-demo-bucket", resource)
}

// writeJSON writes v as indented JSON.
func writeJSON(out io.Writer, v any) error {
	enc := grid.NewJSON(out)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
