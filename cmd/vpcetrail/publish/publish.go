// Package publish holds the commands that publish a report: analyze and merge.
package publish

import (
	"context"
	"errors"
	"io"

	"vpcetrail/cmd/vpcetrail/exit"
	"vpcetrail/cmd/vpcetrail/flags"
	"vpcetrail/cmd/vpcetrail/terminal"
	"vpcetrail/ingest/day"
	"vpcetrail/report"
	"vpcetrail/report/analyze"
	"vpcetrail/report/grid"
	"vpcetrail/report/summary"
)

func isIncomplete(err error) bool {
	var lacks *analyze.IncompleteError
	var tampered *analyze.TamperedError
	return errors.As(err, &lacks) || errors.As(err, &tampered)
}

// incomplete gives the error of an incomplete report its exit status.
func incomplete(err error) error {
	var tampered *analyze.TamperedError
	if errors.As(err, &tampered) {
		return exit.With(exit.Violated, err)
	}
	if isIncomplete(err) {
		return exit.With(exit.Incomplete, err)
	}
	return err
}

// summarize writes the summary of published days. If it cannot be written, that is
// reported but is not an error: an account that may write a report need not be allowed
// to read it.
func summarize(ctx context.Context, tell *terminal.Messages, out io.Writer, store report.Store, days []day.Day) error {
	err := writeSummary(ctx, out, store, days)
	if err == nil || ctx.Err() != nil {
		return err
	}
	tell.Problem("the report is published, but not its summary: " + err.Error())
	return nil
}

// writeSummary writes the summary of the given days, or of all where days is nil.
func writeSummary(ctx context.Context, out io.Writer, store report.Store, days []day.Day) error {
	s, err := summary.Read(ctx, store, days)
	if err != nil {
		return err
	}
	f := flags.Output{Color: flags.Colors[0]}
	return s.Write(out, grid.FormatTable, f.Style(out), flags.DefaultTop)
}
