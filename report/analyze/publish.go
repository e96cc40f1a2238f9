package analyze

import (
	"context"
	"fmt"
	"strings"

	"vpcetrail/ingest"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/source"
	"vpcetrail/ingest/source/list"

	"vpcetrail/report"
	"vpcetrail/report/count"
	"vpcetrail/report/merge"
)

// A Publication publishes the days of one run over a trail, and restates days before them.
type Publication struct {
	Job       Job // the publication sets Progress and Keep
	Sources   []string
	Selection list.Selection
	Reading   source.Options
	Run       report.Run // what the manifests say about the run

	Store     report.Store
	Writer    report.Writer
	Replacing report.Replacing
	Before    int  // number of days before the window that are restated
	Mergeable bool // keep what merge needs
	// Verification, if not nil, checks the objects by the digests of the trail.
	Verification *Verification

	Problem func(text string) // is called with what could not be read or must stay as it is
	Note    func(text string) // is called with what is no problem, but not obvious
	// Watch, if not nil, is called when a trail is read. It returns what ends the watching.
	Watch func(trail *source.Trail, done *ingest.Progress) (stop func())
	// Commit calls commit, which makes days visible.
	Commit func(ctx context.Context, commit func(context.Context) error) error
	// Restated, if not nil, is called with the manifests of a restated day. before is nil if the
	// day was not in the report.
	Restated func(before, after *report.Manifest)
}

// An IncompleteError says that a report was published although some input could not be counted.
type IncompleteError struct{ Lacks string }

func (e *IncompleteError) Error() string {
	return "the report is published, but incomplete: " + e.Lacks
}

// Incomplete returns the IncompleteError of published runs. It is nil if everything was counted.
func Incomplete(runs *report.Runs) error {
	if lacks := runs.Lacks(); lacks.Is() {
		return &IncompleteError{lacks.String()}
	}
	return nil
}

// A Counted is the report of a run that is not published yet.
type Counted struct {
	*report.Report
	run    report.Run
	keeper *merge.Keeper // nil: nothing is kept for merge
}

// Incomplete returns the IncompleteError of the report once it is published.
func (c *Counted) Incomplete() error {
	var runs report.Runs
	runs.AddReport(c.Report)
	return Incomplete(&runs)
}

// CheckInputs checks, before the work, whether the run lacks an optional input that a day of the
// window was made with. If the window is unbounded, only the trail shows which days the run
// replaces.
func (p *Publication) CheckInputs(ctx context.Context) error {
	if p.Job.Window.IsAll() {
		return nil
	}
	days, err := report.Days(ctx, p.Store)
	if err != nil {
		return err
	}
	for _, d := range days {
		if p.Job.Window.Contains(d) {
			if err := p.checkInputsOf(ctx, d, &p.Run); err != nil {
				return fmt.Errorf("%s: nothing is published: %w", p.Store, err)
			}
		}
	}
	return nil
}

// checkInputsOf does so for one day.
func (p *Publication) checkInputsOf(ctx context.Context, d day.Day, run *report.Run) error {
	none := &report.Report{Days: []*report.Day{{Day: d, Witnesses: p.Job.announced()}}}
	return report.MayReplace(ctx, p.Store, none, run, report.Replacing{Incomplete: true, Without: p.Replacing.Without})
}

// Count reads the trail and counts its events.
func (p *Publication) Count(ctx context.Context, trail *source.Trail) (*Counted, error) {
	job := p.Job
	job.note = p.Note
	return p.count(ctx, trail, job, p.Run)
}

func (p *Publication) count(ctx context.Context, trail *source.Trail, job Job, run report.Run) (counted *Counted, err error) {
	job.Progress, job.Store = new(ingest.Progress), p.Store
	if p.Watch != nil {
		defer p.Watch(trail, job.Progress)()
	}
	if job.PassedOver == nil {
		job.PassedOver = trail.PassedOver
	}
	counted = &Counted{run: run}
	if p.Mergeable {
		counted.keeper = merge.NewKeeper(p.Store, p.Writer, merge.Index{
			Run: run, Lateness: job.Lateness, SHA256: job.SHA256, Inventory: job.Inventory, Networks: job.Networks != nil,
		}, job.Network)
		job.Keep = func(ctx context.Context, counters []*count.Counter, accounts []string) error {
			return counted.keeper.Write(ctx, counters, job.Disk, job.Memory.Report, accounts, job.PassedOver().Objects)
		}
	}
	job.Verify = p.Verification != nil
	if counted.Report, err = job.Report(ctx, trail); err != nil || !job.Verify {
		return counted, err
	}
	v, err := p.verify(ctx, counted.Report, &job, p.Problem)
	if err == nil && counted.keeper != nil {
		err = counted.keeper.WriteCheck(ctx, v.check)
	}
	return counted, err
}

// Publish publishes a report. It publishes nothing if one of its days must stay as it is.
func (p *Publication) Publish(ctx context.Context, c *Counted) error {
	if err := report.LockDays(ctx, p.Writer, c.Report); err != nil { // no other run may change the days while they are compared
		return err
	}
	if err := MayPublish(ctx, p.Store, c.Report, &c.run, p.Replacing, p.Problem); err != nil {
		return err
	}
	if len(c.Days) == 0 && p.Selection.Shard.Of == 0 {
		return fmt.Errorf("%s: no record that can be counted: nothing is published", strings.Join(p.Sources, ", "))
	}
	return p.publish(ctx, c)
}

// MayPublish reports what of rep could not be read. If one of its days must stay as it is published,
// nothing of rep may be published, and the error says why.
func MayPublish(
	ctx context.Context, store report.Store, rep *report.Report, run *report.Run, allow report.Replacing, problem func(string),
) error {
	if err := report.MayReplace(ctx, store, rep, run, allow); err != nil {
		return fmt.Errorf("%s: nothing is published: %w", store, err)
	}
	return rep.Problems(problem)
}

// publish publishes a report, and what merge needs of its run.
func (p *Publication) publish(ctx context.Context, c *Counted) error {
	days, err := report.Stage(ctx, p.Store, p.Writer, c.Report, c.run)
	if err == nil && c.keeper != nil {
		err = c.keeper.Stage(ctx, days)
	}
	if err != nil {
		return err
	}
	return p.Commit(ctx, func(ctx context.Context) error {
		if err := days.Commit(ctx); err != nil || c.keeper == nil {
			return err
		}
		return c.keeper.Commit(ctx)
	})
}
