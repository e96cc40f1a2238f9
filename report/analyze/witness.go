package analyze

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"vpcetrail/ingest"
	"vpcetrail/ingest/day"

	"vpcetrail/report"
)

// A Witness is a source beside the trail, such as S3 server access logs. It gives each day a table
// of its own. It never changes what the trail's tables say of calls.
type Witness interface {
	// Flag returns the flag of analyze that names the source.
	Flag() string
	// SHA256 identifies what the source holds for a day now, as report.Witness does. A day that
	// was made with another one is out of date.
	SHA256(ctx context.Context, job *Job, d day.Day) (string, error)
	// Read reads the source for the days of job.Window.
	Read(ctx context.Context, job *Job) (*Testimony, error)
}

// An Observer is a Witness that compares the trail with its own source.
type Observer interface {
	Witness
	// Observe is called before the trail is read. It returns sinks that pass everything to the
	// given ones. Read comes after the trail was read.
	Observe(job *Job, sinks []ingest.Sink) []ingest.Sink
}

// A Testimony is what a Witness read.
type Testimony struct {
	Days []day.Day // of which the source says something, in order
	// Add adds to a day the table of the source, and what the manifest says of it. It is called
	// with the days in order, also with days that the source says nothing of.
	Add func(*report.Day)
	// Problems calls its argument with one line for each object that could not be read.
	Problems func(problem func(string)) error
}

// testify adds what the witnesses say to the days of a report.
func (j *Job) testify(ctx context.Context, rep *report.Report) error {
	for _, w := range j.Witnesses {
		said, err := w.Read(ctx, j)
		if err != nil {
			return fmt.Errorf("--%s: %w", w.Flag(), err)
		}
		for _, d := range rep.Days {
			said.Add(d)
		}
		before := rep.Problems
		rep.Problems = func(problem func(string)) error {
			return cmp.Or(before(problem), said.Problems(problem))
		}
	}
	return nil
}

// observed returns the sinks of the job, with what its witnesses put before them.
func (j *Job) observed(sinks []ingest.Sink) []ingest.Sink {
	for _, w := range j.Witnesses {
		if o, ok := w.(Observer); ok {
			sinks = o.Observe(j, sinks)
		}
	}
	return sinks
}

// announced returns what a report of the job will say about its witnesses, without what they read.
func (j *Job) announced() map[string]*report.Witness {
	all := map[string]*report.Witness{}
	for _, w := range j.Witnesses {
		all[w.Flag()] = &report.Witness{}
	}
	return all
}

// outdated returns the given days, of which a witness of the job now holds something else than when
// they were published.
func (p *Publication) outdated(ctx context.Context, days []day.Day) (found []day.Day, err error) {
	job := p.Job
	job.Store = p.Store
	for _, d := range days {
		m, err := report.ReadManifest(ctx, p.Store, d)
		if errors.Is(err, report.ErrNoReport) || errors.Is(err, report.ErrBrokenManifest) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, w := range p.Job.Witnesses {
			was := m.Witnesses[w.Flag()]
			if was == nil {
				continue
			}
			now, err := w.SHA256(ctx, &job, d)
			if err != nil {
				return nil, fmt.Errorf("--%s: %w", w.Flag(), err)
			}
			if now != was.SHA256 {
				found = append(found, d)
				break
			}
		}
	}
	return found, nil
}

// Testify publishes what the witnesses say of the window, without any trail. The other tables of
// the days stay as they are. It returns the report, which has only these tables.
func (p *Publication) Testify(ctx context.Context) (*Counted, error) {
	return p.testify(ctx, p.Job, p.Run)
}

func (p *Publication) testify(ctx context.Context, job Job, run report.Run) (*Counted, error) {
	c := &Counted{Report: &report.Report{Problems: func(func(string)) error { return nil }}, run: run}
	byDay := map[day.Day]*report.Day{}
	job.Store = p.Store
	for _, w := range job.Witnesses {
		said, err := w.Read(ctx, &job)
		if err != nil {
			return nil, fmt.Errorf("--%s: %w", w.Flag(), err)
		}
		if err := said.Problems(p.Problem); err != nil {
			return nil, err
		}
		for _, d := range said.Days {
			if byDay[d] == nil {
				byDay[d] = &report.Day{Day: d}
				c.Days = append(c.Days, byDay[d])
			}
			said.Add(byDay[d])
		}
	}
	slices.SortFunc(c.Days, func(a, b *report.Day) int { return cmp.Compare(a.Day, b.Day) })
	return c, p.publishWitnesses(ctx, c)
}

// publishWitnesses publishes the tables of witnesses of days, which may be published or not.
func (p *Publication) publishWitnesses(ctx context.Context, c *Counted) error {
	var all []*report.Staged
	if err := report.LockDays(ctx, p.Writer, c.Report); err != nil {
		return err
	}
	for _, d := range c.Days {
		before, err := report.ReadManifest(ctx, p.Store, d.Day)
		switch {
		case errors.Is(err, report.ErrNoReport):
			before = &report.Manifest{Day: d.Day.String(), Run: c.run, Routes: map[string]int64{}}
		case err != nil:
			return err
		}
		if err := report.MayTestify(before, d, p.Replacing); err != nil {
			return fmt.Errorf("%s: nothing is published: %w", p.Store, err)
		}
		staged, err := report.Restage(ctx, p.Store, p.Writer, d, before)
		if err != nil {
			return err
		}
		all = append(all, staged)
	}
	return p.Commit(ctx, func(ctx context.Context) error {
		for _, staged := range all {
			if err := staged.Commit(ctx); err != nil {
				return err
			}
		}
		return nil
	})
}

// RestateWitnesses recomputes what the witnesses say of the days before the window, where their
// sources hold something else now. It returns how many days it has published.
func (p *Publication) RestateWitnesses(ctx context.Context) (done int, err error) {
	if p.Before == 0 {
		return 0, nil
	}
	published, err := report.Days(ctx, p.Store)
	if err != nil {
		return 0, err
	}
	from := p.Job.Window.From
	before := day.Window{From: from - day.Day(p.Before), To: from - 1}
	days, err := p.outdated(ctx, slices.DeleteFunc(published, func(d day.Day) bool { return !before.Contains(d) }))
	if err != nil {
		return 0, err
	}
	var lacks error
	for _, d := range days {
		job, run := p.Job, p.Run
		job.Window, run.Window = day.Window{From: d, To: d}, d.String()
		c, err := p.testify(ctx, job, run)
		if err != nil {
			return done, fmt.Errorf("restate %s: %w", d, err)
		}
		lacks = cmp.Or(lacks, c.Incomplete())
		done++
	}
	return done, lacks
}
