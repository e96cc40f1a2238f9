package analyze

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"vpcetrail/ingest/day"

	"vpcetrail/report"
	"vpcetrail/report/grid"
	"vpcetrail/report/table"
)

// A Testified is what the witnesses say of some days.
type Testified struct {
	*Counted
	None  []string // the witnesses that have nothing of these days, and why
	Lacks []string // what others have of these days and could not be published, and why
}

// Incomplete returns the IncompleteError of what is published.
func (t *Testified) Incomplete() error {
	if err := t.Counted.Incomplete(); err != nil || len(t.Lacks) == 0 {
		return err
	}
	return &IncompleteError{strings.Join(t.Lacks, "; ")}
}

// Testify publishes what the witnesses say of the window, without any trail. The other tables of
// the days stay as they are. It returns the report, which has only these tables.
func (p *Publication) Testify(ctx context.Context) (*Testified, error) {
	windows, err := p.windows(ctx)
	if err != nil {
		return nil, err
	}
	h := newHearing(p)
	for _, window := range windows {
		if err := h.read(ctx, window, nil); err != nil {
			return nil, err
		}
	}
	h.noteNone()
	return h.said, h.publish(ctx)
}

// noteNone notes the witnesses that say nothing of any day.
func (h *hearing) noteNone() {
	for _, w := range h.Job.Witnesses {
		flag := w.Flag()
		if h.failed[flag] || slices.ContainsFunc(h.said.Days, func(d *report.Day) bool { return d.Witnesses[flag] != nil }) {
			continue
		}
		list := &h.said.None
		if h.holds[flag] {
			list = &h.said.Lacks
		}
		*list = append(*list, "--"+flag+" "+w.None(h.Job.Window))
	}
}

// windows divides the window of the job: a day that keeps a network snapshot is read alone, with this
// snapshot, and the days between two such days are read together.
func (p *Publication) windows(ctx context.Context) (all []day.Window, err error) {
	rest := p.Job.Window
	if rest.From == rest.To || !p.needs("network") {
		return []day.Window{rest}, nil
	}
	days, err := report.Days(ctx, p.Store)
	if err != nil {
		return nil, err
	}
	for _, d := range days {
		if !rest.Contains(d) {
			continue
		}
		m, err := p.readable(ctx, d)
		if err != nil {
			return nil, err
		}
		if m == nil || m.Network == nil {
			continue
		}
		if rest.From < d {
			all = append(all, day.Window{From: rest.From, To: d - 1})
		}
		all, rest.From = append(all, day.Window{From: d, To: d}), d+1
	}
	if rest.From <= rest.To {
		all = append(all, rest)
	}
	return all, nil
}

// needs reports whether the table of a witness depends on an optional input.
func (p *Publication) needs(input string) bool {
	return slices.ContainsFunc(p.Job.Witnesses, func(w Witness) bool { return slices.Contains(w.Inputs(), input) })
}

// A hearing collects what the witnesses say of some days.
type hearing struct {
	*Publication
	said     *Testified
	problems []func(func(string)) error
	compares map[string]func(*table.FindingRow) bool // by flag
	holds    map[string]bool                         // the flags of those that have something of the days
	failed   map[string]bool                         // the flags of those of which nothing of a window could be read
}

func newHearing(p *Publication) *hearing {
	return &hearing{
		Publication: p, said: &Testified{Counted: &Counted{Report: &report.Report{}}},
		compares: map[string]func(*table.FindingRow) bool{}, holds: map[string]bool{}, failed: map[string]bool{},
	}
}

// read reads the witnesses for a window. It also adds what those with the flags outdated say of the
// window's first day if that is published, even if they say nothing.
func (h *hearing) read(ctx context.Context, window day.Window, outdated []string) error {
	job, run := h.Job, h.Run
	job.Store, job.Window = h.Store, window
	if window.From == window.To && h.needs("network") {
		if err := h.addKeptNetwork(ctx, window.From, &job, &run); err != nil {
			return err
		}
	}
	for _, w := range job.Witnesses {
		said, err := w.Read(ctx, &job)
		if err != nil {
			return fmt.Errorf("--%s: %w", w.Flag(), err)
		}
		h.problems, h.compares[w.Flag()] = append(h.problems, said.Problems), said.Compares
		h.holds[w.Flag()] = h.holds[w.Flag()] || said.Holds
		if said.Failed {
			h.failed[w.Flag()] = true
			h.said.Lacks = append(h.said.Lacks, fmt.Sprintf("no line of --%s counts for --date %s, as not all objects could be read whole", w.Flag(), window))
		}
		days := said.Days
		if len(days) == 0 && slices.Contains(outdated, w.Flag()) {
			days = []day.Day{window.From}
		}
		for _, d := range days {
			to := h.day(d)
			if said.Add(to); to.Witnesses[w.Flag()] != nil {
				to.Witnesses[w.Flag()].Run = run.Only(w.Inputs())
			}
		}
	}
	return nil
}

// day returns the day of the report. It adds it if the report has none.
func (h *hearing) day(d day.Day) *report.Day {
	i, has := slices.BinarySearchFunc(h.said.Days, d, func(has *report.Day, d day.Day) int { return cmp.Compare(has.Day, d) })
	if !has {
		h.said.Days = slices.Insert(h.said.Days, i, &report.Day{Day: d})
	}
	return h.said.Days[i]
}

// publish publishes the tables of witnesses of days, which may be published or not.
func (h *hearing) publish(ctx context.Context) error {
	if err := report.LockDays(ctx, h.Writer, h.said.Report); err != nil {
		return err
	}
	before := make([]*report.Manifest, len(h.said.Days))
	for i, d := range h.said.Days {
		var err error
		if before[i], err = h.mayTestify(ctx, d); err != nil {
			return err
		}
	}
	if err := h.report(); err != nil {
		return err
	}
	var all []*report.Staged
	for i, d := range h.said.Days {
		staged, err := report.Restage(ctx, h.Store, h.Writer, d, before[i])
		if err != nil {
			return err
		}
		all = append(all, staged)
	}
	return h.Commit(ctx, func(ctx context.Context) error {
		for _, staged := range all {
			if err := staged.Commit(ctx); err != nil {
				return err
			}
		}
		return nil
	})
}

// mayTestify returns the manifest that a day is published with. It fails if the published day must
// stay as it is.
func (h *hearing) mayTestify(ctx context.Context, d *report.Day) (*report.Manifest, error) {
	before, err := report.ReadManifest(ctx, h.Store, d.Day)
	switch {
	case errors.Is(err, report.ErrNoReport):
		return &report.Manifest{Day: d.Day.String(), Run: h.Run, Routes: map[string]int64{}}, nil
	case err != nil:
		return nil, err
	}
	for _, w := range h.Job.Witnesses {
		now := d.Witnesses[w.Flag()]
		if now == nil {
			continue
		}
		if err := report.MayTestify(before, d.Day, w.Flag(), now, w.Inputs(), h.Replacing); err != nil {
			return nil, fmt.Errorf("%s: nothing is published: %w", h.Store, err)
		}
		if err := h.dropCompared(ctx, d, before, w.Flag()); err != nil {
			return nil, err
		}
	}
	return before, nil
}

// dropCompared removes the published findings that compare a witness with the trail: they are about
// what the witness said before, and this run reads no trail to compare it again.
func (h *hearing) dropCompared(ctx context.Context, d *report.Day, before *report.Manifest, flag string) error {
	compares, was := h.compares[flag], before.Witnesses[flag]
	if compares == nil || was == nil || !was.Matched {
		return nil
	}
	n := int64(0)
	for row, err := range report.ReadTable(ctx, h.Store, &table.Findings, before, d.Day) {
		if err != nil {
			return err
		}
		if compares(row) {
			n++
		}
	}
	if n == 0 {
		return nil
	}
	d.KeepFindings(ctx, h.Store, before)
	d.DropFindings(compares)
	h.problems = append(h.problems, func(problem func(string)) error {
		problem(fmt.Sprintf("%s: %s of --%s and the trail: removed, as this run reads no trail: give SOURCE too to compare them again",
			d.Day, grid.Plural(n, "contradiction"), flag))
		return nil
	})
	return nil
}

// report reports each problem once: an object may have been read for several windows.
func (h *hearing) report() error {
	reported := map[string]bool{}
	for _, problems := range h.problems {
		if err := problems(func(text string) {
			if !reported[text] {
				h.Problem(text)
			}
			reported[text] = true
		}); err != nil {
			return err
		}
	}
	return nil
}
