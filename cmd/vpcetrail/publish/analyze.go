package publish

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"vpcetrail/cmd/vpcetrail/dest"
	"vpcetrail/cmd/vpcetrail/exit"
	"vpcetrail/cmd/vpcetrail/flags"
	"vpcetrail/cmd/vpcetrail/memory"
	"vpcetrail/cmd/vpcetrail/terminal"
	"vpcetrail/ingest"
	"vpcetrail/ingest/aws"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/source"
	"vpcetrail/ingest/source/list"
	"vpcetrail/ingest/spill"
	"vpcetrail/report"
	"vpcetrail/report/analyze"
	"vpcetrail/report/count"
)

// An analyzeJob is a checked analyze command.
type analyzeJob struct {
	*flags.Input
	out     string
	keeping dest.S3Options
	plan    report.Run
	workers int
	memory  memory.Plan
	restate int // days before the window

	replacing report.Replacing

	mergeable bool
	sha256    bool
	quiet     bool
	json      bool // messages in JSON
}

// run reads, reports and publishes.
func (j *analyzeJob) run(ctx context.Context, in io.Reader, out, errOut io.Writer) error {
	defer j.memory.Guard(ctx)()
	tell := terminal.NewMessages(errOut, j.json)
	store, err := dest.Open(ctx, j.out, aws.NewS3, j.keeping)
	if err != nil {
		return exit.With(exit.Usage, err)
	}
	w, err := report.Begin(ctx, store, tell.Problem, j.Selection.Window) // without write access the work would be lost
	if err != nil {
		return err
	}
	defer w.Close()
	if err := j.knowEndpoints(ctx, tell); err != nil {
		return err
	}
	if err := j.checkInputs(ctx, store); err != nil {
		return err
	}
	shard := j.keeper(store, w, j.plan)
	disk := spill.NewDisk("")
	defer disk.Close()
	rep, passed, err := j.read(ctx, in, tell, disk, shard)
	if err != nil {
		return err
	}
	if rep.Objects() == 0 && j.Selection.Shard.Of == 0 { // a shard may well be empty
		// the days before may have changed all the same
		return j.restateAlone(ctx, store, w, rep, passed, out, tell)
	}
	if passed.Objects > 0 {
		tell.Problem(passed.String())
	}
	if err := j.publish(ctx, store, w, shard, rep, out, tell); err != nil {
		return err
	}
	lacks := incompleteReport(rep)
	switch _, err := j.restateDays(ctx, store, w, rep, out, tell); {
	case err == nil:
	case !errors.Is(err, errIncomplete):
		return fmt.Errorf("the report is published, but days before it are not restated: %w", err)
	case lacks == nil:
		lacks = err
	}
	if lacks == nil && !j.quiet {
		tell.Done(len(rep.Days), rep.Objects(), rep.Balance.Records)
	}
	return lacks
}

// after is the error of a job that is interrupted after it has published something.
func (j *analyzeJob) after() error {
	if j.restate > 0 {
		return errUnrestated
	}
	return terminal.ErrPublished
}

// restateAlone restates the days before a window that holds no object. If there is no
// such day either, it returns an error.
func (j *analyzeJob) restateAlone(
	ctx context.Context, store report.Store, w report.Writer, rep *report.Report, passed list.PassedOver, out io.Writer, tell *terminal.Messages,
) error {
	done, err := j.restateDays(ctx, store, w, rep, out, tell)
	switch {
	case err != nil && done > 0 && !errors.Is(err, errIncomplete):
		return fmt.Errorf("some days before %s are restated, but not all: %w", j.Selection.Window, err)
	case err != nil:
		return err
	case done == 0:
		return j.NoObject(passed)
	}
	if !j.quiet {
		fmt.Fprintf(out, "No CloudTrail object for %s: nothing is published for it\n", j.Selection.Window)
		tell.Done(done, rep.Objects(), rep.Balance.Records)
	}
	return nil
}

// checkInputs checks, before the work, whether the run lacks an optional input that a
// day of the window was made with. If the window is unbounded, only the trail shows
// which days the run replaces.
func (j *analyzeJob) checkInputs(ctx context.Context, store report.Store) error {
	if j.Selection.Window.IsAll() {
		return nil
	}
	days, err := report.Days(ctx, store)
	if err != nil {
		return err
	}
	for _, d := range days {
		if j.Selection.Window.Contains(d) {
			if err := j.checkInputsOf(ctx, store, d); err != nil {
				return fmt.Errorf("%s: nothing is published: %w", store, err)
			}
		}
	}
	return nil
}

// checkInputsOf does so for one day.
func (j *analyzeJob) checkInputsOf(ctx context.Context, store report.Store, d day.Day) error {
	none := &report.Report{Days: []*report.Day{{Day: d}}}
	return report.MayReplace(ctx, store, none, &j.plan, report.Replacing{Incomplete: true, Without: j.replacing.Without})
}

// knowEndpoints asks EC2 if requested, and records the inputs of the report.
func (j *analyzeJob) knowEndpoints(ctx context.Context, tell *terminal.Messages) error {
	err := j.AskEC2(ctx, tell)
	j.plan.Inputs = j.Optional.Sums()
	j.plan.Endpoints, j.plan.EndpointRegions, j.plan.EndpointRegionsUnread = len(j.Inventory), j.RegionsAsked, j.RegionsUnread
	return err
}

// publish reports what could not be read, publishes the rest, and prints the summary.
// It publishes nothing if a day must stay as it is.
func (j *analyzeJob) publish(
	ctx context.Context, store report.Store, w report.Writer, shard *keeper, rep *report.Report, out io.Writer, tell *terminal.Messages,
) error {
	if err := report.LockDays(ctx, w, rep); err != nil { // no other run may change the days while they are compared
		return err
	}
	if err := mayPublish(ctx, store, rep, &j.plan, j.replacing, tell); err != nil {
		return err
	}
	if len(rep.Days) == 0 && j.Selection.Shard.Of == 0 {
		return fmt.Errorf("%s: no record that can be counted: nothing is published", strings.Join(j.Sources, ", "))
	}
	if err := shard.publish(ctx, store, w, rep, j.plan, j.after()); err != nil {
		return err
	}
	if j.quiet || len(rep.Days) == 0 {
		return nil
	}
	days := make([]day.Day, len(rep.Days))
	for i, d := range rep.Days {
		days[i] = d.Day
	}
	return summarize(ctx, tell, out, store, days)
}

// incomplete returns the error for a report that was published although some of its
// input could not be counted. It is nil if all was counted.
func incomplete(runs *report.Runs) error {
	if lacks := runs.Lacks(); lacks != "" {
		return fmt.Errorf("%w: %s", errIncomplete, lacks)
	}
	return nil
}

// incompleteReport is incomplete for one report.
func incompleteReport(rep *report.Report) error {
	var run report.Runs
	run.AddReport(rep)
	return incomplete(&run)
}

// read runs the pipeline over the sources and makes the report. It also returns what
// was passed over.
func (j *analyzeJob) read(
	ctx context.Context, in io.Reader, tell *terminal.Messages, disk *spill.Disk, shard *keeper,
) (*report.Report, list.PassedOver, error) {
	j.Reading.MaxBytes = j.memory.Fetched
	trail, err := j.Open(ctx, in)
	if err != nil {
		return nil, list.PassedOver{}, err
	}
	defer trail.Close()
	p := pipeline{
		job: j, window: j.Selection.Window, accounts: trail.Accounts, passed: trail.PassedOver, disk: disk, shard: shard,
	}
	rep, err := p.run(ctx, trail, tell)
	return rep, trail.PassedOver(), err
}

// A pipeline makes a report from a trail.
type pipeline struct {
	job      *analyzeJob
	window   day.Window
	accounts func() []string // of the trail, once it is read
	passed   func() list.PassedOver
	disk     *spill.Disk
	shard    *keeper // nil: none is kept
}

func (p *pipeline) run(ctx context.Context, trail *source.Trail, tell *terminal.Messages) (*report.Report, error) {
	j := p.job
	var done ingest.Progress
	if !j.quiet {
		defer terminal.NewProgress(tell).Show(terminal.Watch(trail, &done))()
	}
	job := analyze.Job{
		Window: p.window, Lateness: max(j.Selection.Lateness, 0),
		Ranges: j.Ranges, OwnAccounts: j.Own, Inventory: j.Inventory, NATPrice: j.plan.NATPrice,
		Workers: j.workers, Memory: analyze.Memory{Counting: j.memory.Counting, Report: j.memory.Report}, Disk: p.disk,
		SHA256: j.sha256, Progress: &done, Accounts: p.accounts, PassedOver: p.passed,
	}
	if p.shard != nil {
		job.Keep = func(ctx context.Context, counters []*count.Counter, accounts []string) error {
			return p.shard.Write(ctx, counters, p.disk, j.memory.Report, accounts, p.passed().Objects)
		}
	}
	return job.Report(ctx, trail)
}
