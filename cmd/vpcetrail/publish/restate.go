package publish

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"vpcetrail/cmd/vpcetrail/exit"
	"vpcetrail/cmd/vpcetrail/terminal"
	"vpcetrail/ingest"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/source"
	"vpcetrail/ingest/source/list"
	"vpcetrail/ingest/spill"
	"vpcetrail/report"
	"vpcetrail/report/grid"
	"vpcetrail/report/restate"
)

// errKept says that days were not restated, because the new report would be worse than
// the published one.
var errKept = errors.New("kept as published")

// errUnrestated says that analyze was interrupted between days.
var errUnrestated = exit.New(exit.Interrupted, "interrupted: the report is published, but not all days before it are restated: the next run with --restate does it")

// restateDays recomputes the days before the window that gained records. now is the
// report of the window, which is already published. It returns how many days it has
// published. Without --restate it does nothing.
func (j *analyzeJob) restateDays(
	ctx context.Context, store report.Store, w report.Writer, now *report.Report, out io.Writer, tell *terminal.Messages,
) (done int, err error) {
	if j.restate == 0 {
		return 0, nil
	}
	disk := spill.NewDisk("")
	defer disk.Close()
	from, lateness := j.Selection.Window.From, max(j.Selection.Lateness, 0)
	days := day.Window{From: from - day.Day(j.restate), To: from - 1}
	search, err := restate.NewSearch(ctx, store, days, lateness, disk, j.memory.Report)
	if err != nil || search.Empty() {
		return 0, err
	}
	if err := now.ObjectRows(search.Know); err != nil {
		return 0, err
	}
	sel := j.Selection
	sel.Window = search.Listing(sel.Window.To)
	accounts, passed, err := source.Walk(ctx, j.Sources, sel, j.Reading, search.List)
	if err != nil {
		return 0, err
	}
	if err := j.probe(ctx, search, disk); err != nil {
		return 0, err
	}
	found, err := search.Days()
	if err != nil {
		return 0, err
	}
	return j.restateAll(ctx, store, w, found, listed{accounts, passed}, out, tell)
}

// restateAll recomputes each of the days separately. A day that must stay as it is
// does not stop the others.
func (j *analyzeJob) restateAll(
	ctx context.Context, store report.Store, w report.Writer, days []restate.Day, of listed, out io.Writer, tell *terminal.Messages,
) (done int, err error) {
	var incomplete error
	var kept []string
	for _, d := range days {
		err := j.restateDay(ctx, store, w, d, of, out, tell)
		var keeps *report.KeptError
		switch {
		case errors.As(err, &keeps):
			tell.Problem(fmt.Sprintf("%s: %v", store, keeps))
			kept = append(kept, d.Day.String())
			continue
		case errors.Is(err, errIncomplete):
			incomplete = err
		case err != nil:
			return done, fmt.Errorf("restate %s: %w", d.Day, err)
		}
		done++
	}
	if len(kept) > 0 {
		return done, fmt.Errorf("%w: %s", errKept, strings.Join(kept, ", "))
	}
	return done, incomplete
}

// probe reads the objects that the search does not know, to find the days of their
// records.
func (j *analyzeJob) probe(ctx context.Context, search *restate.Search, disk *spill.Disk) error {
	trail, err := source.OpenObjects(ctx, search.Unknown(), j.Reading)
	if err != nil {
		return err
	}
	defer trail.Close()
	none := day.Window{From: 1, To: 0} // only the days of the records are needed
	return ingest.Run(ctx, trail, []ingest.Sink{search.Probe()}, ingest.Config{Window: none})
}

// listed is the result of a trail's listing besides its objects.
type listed struct {
	accounts []string
	passed   list.PassedOver
}

// restateDay recomputes one day from all of its objects, unless it must stay as it is
// published.
func (j *analyzeJob) restateDay(
	ctx context.Context, store report.Store, w report.Writer, d restate.Day, of listed, out io.Writer, tell *terminal.Messages,
) error {
	if d.Gone != "" && !j.replacing.Incomplete {
		return &report.KeptError{Days: 1, First: d.Day, Reason: d.Gone + ": give --replace-incomplete to restate it without them"}
	}
	if _, err := w.Lock(ctx, report.UnitOf(d.Day)); err != nil {
		return err
	}
	if err := j.checkInputsOf(ctx, store, d.Day); err != nil {
		return err
	}
	disk := spill.NewDisk("") // its own: it is freed after the day
	defer disk.Close()
	trail, err := source.OpenObjects(ctx, d.Objects, j.Reading)
	if err != nil {
		return err
	}
	defer trail.Close()
	plan := j.plan
	plan.Window = d.Day.String()
	shard := j.keeper(store, w, plan)
	p := pipeline{job: j, window: day.Window{From: d.Day, To: d.Day}, disk: disk, shard: shard}
	p.accounts, p.passed = func() []string { return of.accounts }, func() list.PassedOver { return of.passed }
	rep, err := p.run(ctx, trail, tell)
	if err != nil {
		return err
	}
	allow := j.replacing
	allow.Left = d.Left
	if err := mayPublish(ctx, store, rep, &plan, allow, tell); err != nil {
		return err
	}
	return cmp.Or(j.publishRestated(ctx, store, w, shard, rep, plan, out), incompleteReport(rep))
}

// publishRestated publishes a report of one day, and prints what has changed.
func (j *analyzeJob) publishRestated(
	ctx context.Context, store report.Store, w report.Writer, shard *keeper, rep *report.Report, plan report.Run, out io.Writer,
) error {
	d := rep.Days[0].Day
	before, err := report.ReadManifest(ctx, store, d)
	switch {
	case errors.Is(err, report.ErrBrokenManifest):
		before = &report.Manifest{Revision: 1} // the day was published, and its revisions start again
	case err != nil && !errors.Is(err, report.ErrNoReport):
		return err
	}
	if err := shard.publish(ctx, store, w, rep, plan, j.after()); err != nil || j.quiet {
		return err
	}
	m, err := report.ReadManifest(ctx, store, d)
	if err != nil {
		return err
	}
	fmt.Fprintln(out, grid.Clean(restated(before, m)))
	return nil
}

// restated says in one line what has changed in a restated day. before is nil if the
// day was not in the report.
func restated(before, m *report.Manifest) string {
	switch {
	case before == nil:
		return fmt.Sprintf("Restated %s: published for the first time", m.Day)
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
	return fmt.Sprintf("Restated %s, revision %d: %s; objects %d -> %d",
		m.Day, m.Revision, strings.Join(changes, ", "), m.Changes.Objects.Before, m.Changes.Objects.After)
}
