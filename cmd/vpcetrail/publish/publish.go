// Package publish holds the commands that publish a report: analyze and merge.
package publish

import (
	"context"
	"fmt"
	"io"

	"vpcetrail/cmd/vpcetrail/exit"
	"vpcetrail/cmd/vpcetrail/flags"
	"vpcetrail/cmd/vpcetrail/terminal"
	"vpcetrail/ingest/day"
	"vpcetrail/report"
	"vpcetrail/report/grid"
	"vpcetrail/report/merge"
	"vpcetrail/report/summary"
)

// errIncomplete says that a report was published although some input could not be
// read.
var errIncomplete = exit.New(exit.Incomplete, "the report is published, but incomplete")

// A keeper keeps the shard of one publication. A nil keeper keeps none.
type keeper struct{ *merge.Keeper }

// keeper returns the keeper for the run that plan describes, or nil if no shard is
// requested.
func (j *analyzeJob) keeper(store report.Store, w report.Writer, plan report.Run) *keeper {
	if !j.mergeable {
		return nil
	}
	return &keeper{merge.NewKeeper(store, w, merge.Index{
		Run: plan, Lateness: max(j.Selection.Lateness, 0), SHA256: j.sha256, Inventory: j.Inventory,
	})}
}

// publish publishes a report and the shard of its run. after is the error of a later
// interruption.
func (k *keeper) publish(
	ctx context.Context, store report.Store, w report.Writer, rep *report.Report, plan report.Run, after error,
) error {
	days, err := report.Stage(ctx, store, w, rep, plan)
	if err == nil && k != nil {
		err = k.Stage(ctx, days)
	}
	if err != nil {
		return err
	}
	return terminal.Unbroken(ctx, after, func(ctx context.Context) error {
		if err := days.Commit(ctx); err != nil || k == nil {
			return err
		}
		return k.Commit(ctx)
	})
}

// mayPublish reports what of rep could not be read. If one of its days must stay as it
// is published, nothing of rep may be published, and the error says why.
func mayPublish(ctx context.Context, store report.Store, rep *report.Report, run *report.Run, allow report.Replacing, tell *terminal.Messages) error {
	if err := report.MayReplace(ctx, store, rep, run, allow); err != nil {
		return fmt.Errorf("%s: nothing is published: %w", store, err)
	}
	return rep.Problems(tell.Problem)
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
