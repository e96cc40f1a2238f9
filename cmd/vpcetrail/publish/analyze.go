package publish

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
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
	"vpcetrail/report/grid"
)

// An analyzeJob is a checked analyze command.
type analyzeJob struct {
	*flags.Input
	analyze.Publication
	out       string
	shardFrom string // the variables that --shard auto read
	keeping   dest.S3Options
	memory    memory.Plan
	quiet     bool
	json      bool // messages in JSON

	restateOnly bool // the days of the window are not read
}

// run reads, reports and publishes.
func (j *analyzeJob) run(ctx context.Context, in io.Reader, out, errOut io.Writer) error {
	defer j.memory.Guard(ctx)()
	tell := terminal.NewMessages(errOut, j.json)
	if j.shardFrom != "" {
		tell.Note(j.shardFrom)
	}
	store, err := dest.Open(ctx, j.out, aws.NewS3, j.keeping)
	if err != nil {
		return exit.With(exit.Usage, err)
	}
	w, err := report.Begin(ctx, store, tell.Problem, &j.Run, j.Input.Selection.Window) // without write access the work would be lost
	if err != nil {
		return err
	}
	defer w.Close()
	disk := spill.NewDisk("")
	defer disk.Close()
	if err := j.knowEndpoints(ctx, tell); err != nil {
		return err
	}
	j.Store, j.Writer, j.Job.Disk = store, w, disk
	j.report(out, tell)
	if len(j.Input.Sources) == 0 {
		return incomplete(j.testify(ctx, out, tell))
	}
	if j.restateOnly {
		return j.withStatus(j.restateBefore(ctx))
	}
	if err := j.CheckInputs(ctx); err != nil {
		return err
	}
	counted, passed, err := j.count(ctx, in)
	switch {
	case err != nil:
		return err
	case counted.Objects() == 0 && j.Run.Shard == "": // a shard may well be empty
		// the days before may have changed all the same
		return j.withStatus(j.restateAlone(ctx, counted, passed, out, tell))
	case passed.Objects > 0:
		tell.Problem(passed.String())
	}
	return j.withStatus(j.publish(ctx, counted, out, tell))
}

// withStatus gives an error its exit status. A part with a log that is not valid ends with status 3, because a
// scheduler would not start the merge after another one. The merge ends with status 4.
func (j *analyzeJob) withStatus(err error) error {
	if j.Run.Shard != "" && isIncomplete(err) {
		return exit.With(exit.Incomplete, err)
	}
	return incomplete(err)
}

// knowEndpoints asks EC2 and Lambda if requested, and records the inputs of the report.
func (j *analyzeJob) knowEndpoints(ctx context.Context, tell *terminal.Messages) error {
	err := j.AskEC2(ctx, tell)
	if err == nil {
		err = j.AskNetwork(ctx, tell)
	}
	j.Job.Inventory, j.Run.Inputs = j.Inventory, j.Optional.Sums()
	if j.Verification != nil {
		j.Run.Inputs["verify"] = j.Verification.Mode
	}
	j.Run.Endpoints, j.Run.EndpointRegions, j.Run.EndpointRegionsUnread = len(j.Inventory), j.RegionsAsked, j.RegionsUnread
	return err
}

// report sets how the publication reports what it does.
func (j *analyzeJob) report(out io.Writer, tell *terminal.Messages) {
	after := terminal.ErrPublished
	if j.Before > 0 {
		after = errUnrestated
	}
	j.Commit = func(ctx context.Context, commit func(context.Context) error) error {
		return terminal.Unbroken(ctx, after, commit)
	}
	j.Problem, j.Note = tell.Problem, tell.Note
	if j.quiet {
		return
	}
	j.Watch = func(trail *source.Trail, done *ingest.Progress) (stop func()) {
		return terminal.NewProgress(tell).Show(terminal.Watch(trail, done))
	}
	j.Restated = func(before, after *report.Manifest) { fmt.Fprintln(out, grid.Clean(restated(before, after))) }
}

// count counts the sources. It also returns what was passed over.
func (j *analyzeJob) count(ctx context.Context, in io.Reader) (*analyze.Counted, list.PassedOver, error) {
	trail, err := j.Open(ctx, in)
	if err != nil {
		return nil, list.PassedOver{}, err
	}
	defer trail.Close()
	counted, err := j.Count(ctx, trail)
	return counted, trail.PassedOver(), err
}

// publish publishes the report of the window, and restates the days before it.
func (j *analyzeJob) publish(ctx context.Context, c *analyze.Counted, out io.Writer, tell *terminal.Messages) error {
	if err := j.Publish(ctx, c); err != nil {
		return err
	}
	if !j.quiet && len(c.Days) > 0 {
		days := make([]day.Day, len(c.Days))
		for i, d := range c.Days {
			days[i] = d.Day
		}
		if err := summarize(ctx, tell, out, j.Store, days); err != nil {
			return err
		}
	}
	lacks := cmp.Or(c.Tampered(), c.Incomplete())
	switch _, err := j.Restate(ctx, c.Report); {
	case err == nil:
	case !isIncomplete(err):
		return fmt.Errorf("the report is published, but days before it are not restated: %w", err)
	case lacks == nil:
		lacks = err
	}
	if lacks == nil && !j.quiet {
		tell.Done(len(c.Days), c.Objects(), c.Balance.Records)
	}
	return lacks
}

// restateAlone restates the days before a window that holds no object. If there is no
// such day either, it returns an error.
func (j *analyzeJob) restateAlone(
	ctx context.Context, c *analyze.Counted, passed list.PassedOver, out io.Writer, tell *terminal.Messages,
) error {
	done, err := j.restate(ctx, c.Report)
	switch {
	case err != nil:
		return err
	case done == 0:
		return j.NoObject(passed)
	}
	if !j.quiet {
		fmt.Fprintf(out, "No CloudTrail object for %s: nothing is published for it\n", j.Run.Window)
		tell.Done(done, c.Objects(), c.Balance.Records)
	}
	return nil
}

// restate restates the days before a window of which it publishes nothing.
func (j *analyzeJob) restate(ctx context.Context, now *report.Report) (done int, err error) {
	done, err = j.Restate(ctx, now)
	if err != nil && done > 0 && !isIncomplete(err) {
		err = fmt.Errorf("some days before %s are restated, but not all: %w", j.Run.Window, err)
	}
	return done, err
}

// restateBefore restates the days before the window. If there is none, and no day of the window is
// published, it returns an error, as a run that reads the window does.
func (j *analyzeJob) restateBefore(ctx context.Context) error {
	done, err := j.restate(ctx, nil)
	if err != nil || done > 0 {
		return err
	}
	days, err := report.Days(ctx, j.Store)
	if err != nil || slices.ContainsFunc(days, j.Job.Window.Contains) {
		return err
	}
	return j.NoObject(list.PassedOver{})
}

// errUnrestated says that analyze was interrupted between days.
var errUnrestated = exit.New(exit.Interrupted, "interrupted: the report is published, but not all days before it are restated: the next run with --restate does it")

// restated says in one line what has changed in a restated day. before is nil if the
// day was not in the report.
func restated(before, m *report.Manifest) string {
	others := besideChanges(before, m)
	switch {
	case before == nil:
		return "Restated " + m.Day + ": " + strings.Join(append([]string{"published for the first time"}, others...), "; ")
	case before.Revision == m.Revision && len(others) > 0:
		return "Restated " + m.Day + ": " + strings.Join(append([]string{"the same tables"}, others...), "; ")
	case before.Revision == m.Revision: // the same tables: the day was published only in part, or was damaged
		return fmt.Sprintf("Restated %s: its files are whole again", m.Day)
	}
	var changes []string
	for route, calls := range m.Changes.Routes {
		changes = append(changes, fmt.Sprintf("%s %d -> %d", route, calls.Before, calls.After))
	}
	slices.Sort(changes)
	if len(changes) == 0 {
		changes = []string{"the same calls by route"}
	}
	parts := []string{strings.Join(changes, ", "), fmt.Sprintf("objects %d -> %d", m.Changes.Objects.Before, m.Changes.Objects.After)}
	if m.Verified != nil && (before.Verified == nil || before.Verified.String() != m.Verified.String()) {
		parts = append(parts, m.Verified.String())
	}
	if !m.HasTrail() {
		parts = nil
	}
	return fmt.Sprintf("Restated %s, revision %d: %s", m.Day, m.Revision, strings.Join(append(parts, others...), "; "))
}

// besideChanges says which sources beside the trail hold something else than before.
func besideChanges(before, m *report.Manifest) (changes []string) {
	for _, flag := range slices.Sorted(maps.Keys(m.Witnesses)) {
		now, was := m.Witnesses[flag], (*report.Witness)(nil)
		if before != nil {
			was = before.Witnesses[flag]
		}
		switch {
		case was == nil:
			changes = append(changes, fmt.Sprintf("--%s is new, objects %d", flag, now.Count()))
		case was.SHA256 != now.SHA256:
			changes = append(changes, fmt.Sprintf("--%s has changed, objects %d -> %d", flag, was.Count(), now.Count()))
		}
	}
	return changes
}
