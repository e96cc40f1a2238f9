package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"vpcetrail/classify"
	"vpcetrail/cmd/vpcetrail/dest"
	"vpcetrail/ingest"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/source"
	"vpcetrail/ingest/spill"
	"vpcetrail/report"
)

// An analyzeJob is a checked analyze command.
type analyzeJob struct {
	sources   []string
	out       string
	selection source.Selection
	reading   source.Options
	keeping   dest.S3Options
	plan      report.Run
	ranges    *classify.Ranges
	inventory map[string]classify.Endpoint
	workers   int
	memory    memoryFlag
	sha256    bool
	quiet     bool
}

// run reads, reports and publishes.
func (j *analyzeJob) run(ctx context.Context, in io.Reader, out, errOut io.Writer) error {
	store, err := dest.Open(ctx, j.out, source.NewS3, j.keeping)
	if err != nil {
		return usageError{err}
	}
	pub, err := store.Begin(ctx) // before the work: it would be lost if nothing could be written
	if err != nil {
		return err
	}
	defer pub.Abort()
	disk := spill.NewDisk("")
	defer disk.Close()
	rep, err := j.read(ctx, in, errOut, disk)
	if err != nil {
		return err
	}
	if err := rep.Problems(func(problem string) { fmt.Fprintln(errOut, "vpcetrail:", problem) }); err != nil {
		return err
	}
	if len(rep.Days) == 0 {
		return fmt.Errorf("%s: no record that can be counted: nothing is published", strings.Join(j.sources, ", "))
	}
	if err := report.Publish(ctx, store, pub, rep, j.plan); err != nil {
		return err
	}
	if !j.quiet {
		if err := j.summarize(ctx, out, store, rep); err != nil { // whoever may write need not be allowed to read
			fmt.Fprintln(errOut, "vpcetrail: the report is published, but not its summary:", err)
		}
	}
	if n := rep.Unread(); n > 0 {
		return fmt.Errorf("%w: %d of %d objects could not be read whole", errIncomplete, n, j.objects(rep))
	}
	return nil
}

func (j *analyzeJob) summarize(ctx context.Context, out io.Writer, store report.Store, rep *report.Report) error {
	days := make([]day.Day, len(rep.Days))
	for i, d := range rep.Days {
		days[i] = d.Day
	}
	return writeSummary(ctx, out, store, days)
}

func (j *analyzeJob) objects(rep *report.Report) (n int64) {
	for _, count := range rep.Statuses {
		n += count
	}
	return n
}

// read runs the pipeline over the sources and makes the report.
func (j *analyzeJob) read(ctx context.Context, in io.Reader, errOut io.Writer, disk *spill.Disk) (*report.Report, error) {
	if slices.Contains(j.sources, "-") {
		in = interruptible(ctx, in)
	}
	memory := j.memory.plan()
	j.reading.Stdin, j.reading.MaxBytes = in, memory.fetched
	trail, err := source.Open(ctx, j.sources, j.selection, j.reading)
	if err != nil {
		return nil, err
	}
	defer trail.Close()
	counters := make([]*report.Counter, j.workers)
	sinks := make([]ingest.Sink, j.workers)
	lateness := max(j.selection.Lateness, 0)
	counting := report.CounterOptions{Disk: disk, Memory: memory.counting / j.workers, Lateness: lateness}
	for i := range counters {
		counters[i] = report.NewCounter(j.ranges, counting)
		sinks[i] = counters[i]
	}
	var done ingest.Progress
	if !j.quiet {
		defer showProgress(errOut, trail, &done)()
	}
	cfg := ingest.Config{Window: j.selection.Window, SHA256: j.sha256, Progress: &done, Disk: disk, Memory: memory.ids}
	marks, err := ingest.Run(ctx, trail, sinks, cfg)
	if err != nil {
		return nil, err
	}
	if done.Objects.Load() == 0 {
		return nil, j.noObject()
	}
	return report.New(ctx, report.Input{
		Counters: counters, Marks: marks, Window: j.selection.Window,
		TrailAccounts: trail.Accounts(), OwnAccounts: j.plan.OwnAccounts, Inventory: j.inventory,
		Disk: disk, Memory: memory.report,
	})
}

// noObject says that the sources hold nothing to read, and what may be the reason.
func (j *analyzeJob) noObject() error {
	sources, sel := strings.Join(j.sources, ", "), j.selection
	switch {
	case !sel.Window.IsAll():
		return fmt.Errorf("%s: no CloudTrail object for %s: see --date, --accounts and --regions", sources, sel.Window)
	case len(sel.Accounts)+len(sel.Regions) > 0:
		return fmt.Errorf("%s: no CloudTrail object of these accounts and Regions: see --accounts and --regions", sources)
	}
	return fmt.Errorf("%s: no CloudTrail object: name a folder above AWSLogs or inside it, or one of files ending in .json or .gz", sources)
}
