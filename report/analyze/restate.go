package analyze

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"vpcetrail/ingest"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/source"
	"vpcetrail/ingest/source/list"
	"vpcetrail/ingest/spill"

	"vpcetrail/report"
	"vpcetrail/report/restate"
)

// ErrKept says that days were not restated, because the new report would be worse than the published
// one, or because this run cannot make it.
var ErrKept = errors.New("kept as published")

// Restate recomputes the days before the window that gained records. now is the report of the window,
// which is already published; it is nil if another run has published it. It returns how many days it has
// published.
func (p *Publication) Restate(ctx context.Context, now *report.Report) (done int, err error) {
	if p.Before == 0 {
		return 0, nil
	}
	disk := spill.NewDisk("")
	defer disk.Close()
	from := p.Job.Window.From
	before := day.Window{From: from - day.Day(p.Before), To: from - 1}
	search, err := restate.NewSearch(ctx, p.Store, before, p.Job.Lateness, disk, p.Job.Memory.Report)
	if err != nil || search.Empty() {
		return 0, err
	}
	if p.Job.observes() {
		search.ReadOn()
	}
	if now == nil {
		search.Leave(p.Job.Window.To)
	} else if err := now.ObjectRows(search.Know); err != nil {
		return 0, err
	}
	sel := p.Selection
	sel.Window = search.Listing(sel.Window.To)
	accounts, passed, err := source.Walk(ctx, p.Sources, sel, p.Reading, search.List)
	if err != nil {
		return 0, err
	}
	if err := p.probe(ctx, search); err != nil {
		return 0, err
	}
	changed, err := search.Days()
	if err != nil {
		return 0, err
	}
	job := p.Job
	job.Accounts, job.PassedOver = func() []string { return accounts }, func() list.PassedOver { return passed }
	unproved, err := p.unproved(ctx, search)
	if err != nil {
		return 0, err
	}
	outdated, alone, err := p.outdatedDays(ctx, search)
	if err != nil {
		return 0, err
	}
	days := slices.Concat(changed, outdated, unproved) // a day of both is recomputed, and so verified too
	slices.SortStableFunc(days, func(a, b restate.Day) int { return cmp.Compare(a.Day, b.Day) })
	days = slices.CompactFunc(days, func(a, b restate.Day) bool { return a.Day == b.Day })
	return p.restateEach(len(days), func(i int) (day.Day, error) {
		d := days[i]
		if alone[d.Day] {
			return d.Day, p.testifyAgain(ctx, d.Day)
		}
		return d.Day, p.restateDay(ctx, search, d, job)
	})
}

// outdatedDays returns the unchanged days of which a witness is outdated. Those that alone holds have no
// trail: only their witnesses are read again.
func (p *Publication) outdatedDays(ctx context.Context, search *restate.Search) (days []restate.Day, alone map[day.Day]bool, err error) {
	alone = map[day.Day]bool{}
	if len(p.Job.Witnesses) == 0 {
		return nil, nil, nil
	}
	for _, d := range search.Unchanged() {
		m, err := p.readable(ctx, d.Day)
		if err != nil {
			return nil, nil, err
		}
		outdated, err := p.outdated(ctx, d.Day, m)
		if err != nil {
			return nil, nil, err
		}
		if m != nil && len(outdated) > 0 {
			d.Unchanged, alone[d.Day] = false, !m.HasTrail()
			days = append(days, d)
		}
	}
	return days, alone, nil
}

// probe reads the objects that the search does not know, to find the days of their records.
func (p *Publication) probe(ctx context.Context, search *restate.Search) error {
	trail, err := source.OpenObjects(ctx, search.Unknown(), p.Reading)
	if err != nil {
		return err
	}
	defer trail.Close()
	none := day.Window{From: 1, To: 0} // only the days of the records are needed
	return ingest.Run(ctx, trail, []ingest.Sink{search.Probe()}, ingest.Config{Window: none})
}

// restateEach recomputes n days separately. A day that must stay as it is does not stop the others.
func (p *Publication) restateEach(n int, restate func(i int) (day.Day, error)) (done int, err error) {
	var incomplete error
	var kept []string
	for i := range n {
		d, err := restate(i)
		var keeps *report.KeptError
		var refused *UnprovedError
		var lacks *IncompleteError
		var tampered *TamperedError
		switch {
		case errors.Is(err, errSame):
			continue
		case errors.As(err, &refused):
			p.Problem(fmt.Sprintf("%s: %v", d, refused))
			kept = append(kept, d.String())
			continue
		case errors.As(err, &keeps):
			p.Problem(fmt.Sprintf("%s: %v", p.Store, keeps))
			kept = append(kept, d.String())
			continue
		case errors.As(err, &tampered):
			incomplete = err
		case errors.As(err, &lacks):
			incomplete = cmp.Or(incomplete, err)
		case err != nil:
			return done, fmt.Errorf("restate %s: %w", d, err)
		}
		done++
	}
	if len(kept) > 0 {
		return done, fmt.Errorf("%w: %s", ErrKept, strings.Join(kept, ", "))
	}
	return done, incomplete
}

// restateDay recomputes one day from all of its objects, unless it must stay as it is published.
// If only digests are new, it is verified again.
func (p *Publication) restateDay(ctx context.Context, search *restate.Search, d restate.Day, job Job) error {
	job.Window, job.Disk = day.Window{From: d.Day, To: d.Day}, spill.NewDisk("") // its own: it is freed after the day
	defer job.Disk.Close()
	if d.Unchanged {
		if err := p.reverify(ctx, search, d.Day, job); !errors.Is(err, errReadAgain) {
			return err
		}
	}
	if d.Gone != "" && !p.Replacing.Incomplete {
		return &report.KeptError{Days: 1, First: d.Day, Reason: d.Gone + ": give --replace-incomplete to restate it without them"}
	}
	if _, err := p.Writer.Lock(ctx, report.UnitOf(d.Day)); err != nil {
		return err
	}
	run := p.Run
	run.Window = d.Day.String()
	if err := p.addKeptNetwork(ctx, d.Day, &job, &run); err != nil {
		return err
	}
	if err := p.checkInputsOf(ctx, d.Day, &run); err != nil {
		return err
	}
	trail, err := source.OpenObjects(ctx, d.Objects, p.Reading)
	if err != nil {
		return err
	}
	defer trail.Close()
	counted, err := p.count(ctx, trail, job, run)
	if err != nil {
		return err
	}
	allow := p.Replacing
	allow.Left = d.Left
	if err := MayPublish(ctx, p.Store, counted.Report, &run, allow, p.Problem); err != nil {
		return err
	}
	return cmp.Or(
		p.publishRestated(ctx, d.Day, func(ctx context.Context) error { return p.publish(ctx, counted) }),
		counted.Tampered(), counted.Incomplete())
}

// addKeptNetwork adds the network snapshot that a day keeps to what the run was given. So a day
// can be restated without the file that it was made with. A damaged one is left out.
func (p *Publication) addKeptNetwork(ctx context.Context, d day.Day, job *Job, run *report.Run) error {
	before, err := report.ReadManifest(ctx, p.Store, d)
	if errors.Is(err, report.ErrNoReport) || errors.Is(err, report.ErrBrokenManifest) {
		return nil
	}
	if err != nil || before.Network == nil || slices.Contains(p.Replacing.Without, "network") {
		return err
	}
	kept, err := report.ReadNetwork(ctx, p.Store, before, d)
	if err != nil {
		p.Problem(err.Error())
		return nil
	}
	if run.Inputs = maps.Clone(run.Inputs); run.Inputs["network"] == "" {
		run.Inputs["network"] = before.Run.Inputs["network"]
	}
	job.Inventory = maps.Clone(job.Inventory)
	for _, e := range kept.Endpoints {
		job.Inventory.Add(e)
	}
	if job.Network != nil {
		kept.Merge(job.Network)
	}
	job.Network = kept
	return nil
}

// publishRestated publishes day d, and reports what has changed.
func (p *Publication) publishRestated(ctx context.Context, d day.Day, publish func(context.Context) error) error {
	before, err := report.ReadManifest(ctx, p.Store, d)
	switch {
	case errors.Is(err, report.ErrBrokenManifest):
		before = &report.Manifest{Revision: 1} // the day was published, and its revisions start again
	case err != nil && !errors.Is(err, report.ErrNoReport):
		return err
	}
	if err := publish(ctx); err != nil || p.Restated == nil {
		return err
	}
	after, err := report.ReadManifest(ctx, p.Store, d)
	if err == nil {
		p.Restated(before, after)
	}
	return err
}
