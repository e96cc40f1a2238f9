package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"vpcetrail/ingest"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/source"
	"vpcetrail/ingest/spill"
	"vpcetrail/report"
	"vpcetrail/report/restate"
)

// A daysFlag is a number of days: 30d, or 720h.
type daysFlag int

func (d *daysFlag) Type() string { return "days" }

func (d *daysFlag) String() string {
	if *d == 0 {
		return ""
	}
	return strconv.Itoa(int(*d)) + "d"
}

// Set reads days, or hours that make whole days.
func (d *daysFlag) Set(text string) error {
	for unit, hours := range map[string]int{"d": 24, "h": 1} {
		if digits, ok := strings.CutSuffix(text, unit); ok {
			n, err := strconv.ParseUint(digits, 10, 16)
			if err == nil && int(n)*hours%24 == 0 {
				*d = daysFlag(int(n) * hours / 24)
				return nil
			}
		}
	}
	return errors.New("want days, such as 30d")
}

// restateDays makes anew the days before the window that the trail has outgrown. now is the report of the
// window, which is published already. Without --restate it does nothing.
func (j *analyzeJob) restateDays(ctx context.Context, store report.Store, now *report.Report, out io.Writer, tell *messages) error {
	if j.restate == 0 {
		return nil
	}
	disk := spill.NewDisk("")
	defer disk.Close()
	from, lateness := j.selection.Window.From, max(j.selection.Lateness, 0)
	days := day.Window{From: from - day.Day(j.restate), To: from - 1}
	search, err := restate.NewSearch(ctx, store, days, lateness, disk, j.memory.report)
	if err != nil || search.Empty() {
		return err
	}
	if err := now.ObjectRows(search.Know); err != nil {
		return err
	}
	sel := j.selection
	sel.Window = search.Listing(sel.Window.To)
	accounts, err := source.Walk(ctx, j.sources, sel, j.reading, search.List)
	if err != nil {
		return err
	}
	if err := j.probe(ctx, search, disk); err != nil {
		return err
	}
	found, err := search.Days()
	if err != nil {
		return err
	}
	var incomplete error
	for _, d := range found {
		err := j.restateDay(ctx, store, d, accounts, out, tell)
		switch {
		case errors.Is(err, errIncomplete):
			incomplete = err
		case err != nil:
			return fmt.Errorf("restate %s: %w", d.Day, err)
		}
	}
	return incomplete
}

// probe reads the objects that the search knows nothing of, for the days of their records.
func (j *analyzeJob) probe(ctx context.Context, search *restate.Search, disk *spill.Disk) error {
	trail, err := source.OpenObjects(ctx, search.Unknown(), j.reading)
	if err != nil {
		return err
	}
	defer trail.Close()
	none := day.Window{From: 1, To: 0} // only which days the records are of is wanted
	_, err = ingest.Run(ctx, trail, []ingest.Sink{search.Probe()}, ingest.Config{Window: none, Disk: disk, Memory: j.memory.ids})
	return err
}

// restateDay makes one day anew, from all of its objects, and says what has changed.
func (j *analyzeJob) restateDay(ctx context.Context, store report.Store, d restate.Day, accounts []string, out io.Writer, tell *messages) error {
	if d.Kept != nil {
		tell.problem(fmt.Sprintf("%s: %v", store, d.Kept))
		return fmt.Errorf("%w: %s could not be restated", errIncomplete, d.Day)
	}
	pub, err := store.Begin(ctx)
	if err != nil {
		return err
	}
	defer pub.Abort()
	disk := spill.NewDisk("") // its own: it is done with the day
	defer disk.Close()
	trail, err := source.OpenObjects(ctx, d.Objects, j.reading)
	if err != nil {
		return err
	}
	defer trail.Close()
	plan := j.plan
	plan.Window = d.Day.String()
	shard := j.keeper(store, pub, plan)
	p := pipeline{job: j, window: day.Window{From: d.Day, To: d.Day}, accounts: func() []string { return accounts }, disk: disk, shard: shard}
	rep, err := p.run(ctx, trail, tell)
	if err != nil {
		return err
	}
	before, err := report.ReadManifest(ctx, store, d.Day)
	switch {
	case errors.Is(err, report.ErrBrokenManifest):
		before = &report.Manifest{Revision: 1} // the day was there, and its revisions are counted anew
	case err != nil && !errors.Is(err, report.ErrNoReport):
		return err
	}
	if err := errors.Join(rep.Problems(tell.problem), report.Publish(ctx, store, shard.or(pub), rep, plan)); err != nil {
		return err
	}
	if !j.quiet {
		m, err := report.ReadManifest(ctx, store, d.Day)
		if err != nil {
			return err
		}
		fmt.Fprintln(out, restated(before, m))
	}
	return j.incomplete(rep)
}

// restated says in one line what a restated day has changed. before is nil where it was not reported.
func restated(before, m *report.Manifest) string {
	switch {
	case before == nil:
		return fmt.Sprintf("Restated %s: published for the first time", m.Day)
	case before.Revision == m.Revision: // the same tables: they had been published half, or damaged
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
