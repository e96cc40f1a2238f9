package analyze

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"vpcetrail/ingest"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/spill"

	"vpcetrail/report"
	"vpcetrail/report/table"
)

// A Witness is a source beside the trail, such as S3 server access logs. It gives each day a table
// of its own. It never changes what the trail's tables say of calls.
type Witness interface {
	// Flag returns the flag of analyze that names the source.
	Flag() string
	// Inputs returns the names of the optional inputs that its table depends on.
	Inputs() []string
	// SHA256 identifies what the source holds for a day now, as report.Witness does. It is "" if
	// the source holds nothing. A day that was made with another one is out of date.
	SHA256(ctx context.Context, job *Job, d day.Day) (string, error)
	// None names the source, and says why a window has nothing of it and what to check.
	None(window day.Window) string
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
	Days []day.Day // of which the source says something without a trail, in order
	// Holds reports whether the source has something of the days of the job.
	Holds bool
	// Failed reports whether it has objects of them, but no day can be published, as they could not be read.
	Failed bool
	// Add adds to a day the table of the source, and what the manifest says of it. It is called
	// with the days in order, also with days that the source says nothing of.
	Add func(*report.Day)
	// Problems calls its argument with one line for each object that could not be read.
	Problems func(problem func(string)) error
	// Compares, if not nil, reports whether a finding comes from comparing the source with the trail.
	Compares func(*table.FindingRow) bool
}

// testify adds what the witnesses say to the days of a report.
func (j *Job) testify(ctx context.Context, rep *report.Report) error {
	for _, w := range j.Witnesses {
		said, err := w.Read(ctx, j)
		if err != nil {
			return fmt.Errorf("--%s: %w", w.Flag(), err)
		}
		if !said.Holds && j.note != nil {
			j.note("--" + w.Flag() + " " + w.None(j.Window))
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

// observes reports whether a witness of the job compares the trail with its own source.
func (j *Job) observes() bool {
	return slices.ContainsFunc(j.Witnesses, func(w Witness) bool { _, ok := w.(Observer); return ok })
}

// announced returns what a report of the job will say about its witnesses, without what they read.
func (j *Job) announced() map[string]*report.Witness {
	all := map[string]*report.Witness{}
	for _, w := range j.Witnesses {
		all[w.Flag()] = &report.Witness{}
	}
	return all
}

// outdated returns which witnesses of the job hold something else now than when a day was published,
// can read objects now that could not be read then, or hold something of a day that was published without
// them. was is the manifest of the day, or nil.
func (p *Publication) outdated(ctx context.Context, d day.Day, was *report.Manifest) (flags []string, err error) {
	job := p.Job
	job.Store = p.Store
	for _, w := range p.Job.Witnesses {
		now, err := w.SHA256(ctx, &job, d)
		if err != nil {
			return nil, fmt.Errorf("--%s: %w", w.Flag(), err)
		}
		var published *report.Witness
		if was != nil {
			published = was.Witnesses[w.Flag()]
		}
		again := now != "" && (published == nil || now != published.SHA256)
		if now != "" && !again && published.MayHeal() {
			if again, err = readsMore(ctx, w, job, d, published); err != nil {
				return nil, fmt.Errorf("--%s: %w", w.Flag(), err)
			}
		}
		if again {
			flags = append(flags, w.Flag())
		}
	}
	return flags, nil
}

// readsMore reports whether a witness can read objects of a day now that was could not.
func readsMore(ctx context.Context, w Witness, job Job, d day.Day, was *report.Witness) (bool, error) {
	job.Window, job.Disk = day.Window{From: d, To: d}, spill.NewDisk("")
	defer job.Disk.Close()
	said, err := w.Read(ctx, &job)
	if err != nil {
		return false, err
	}
	to := report.Day{Day: d}
	said.Add(&to)
	now := to.Witnesses[w.Flag()]
	return now != nil && now.Unread() < was.Unread(), nil
}

// readable returns the manifest of a day. It is nil if the day is not published, or if its manifest is
// broken.
func (p *Publication) readable(ctx context.Context, d day.Day) (*report.Manifest, error) {
	m, err := report.ReadManifest(ctx, p.Store, d)
	if errors.Is(err, report.ErrNoReport) || errors.Is(err, report.ErrBrokenManifest) {
		return nil, nil //nolint:nilnil // there is none
	}
	return m, err
}

// RestateWitnesses recomputes what the witnesses say of the days before the window, from the first day
// of the report, where their sources hold something else now, or something of a day that was published
// without them or not at all. It returns how many days it has published.
func (p *Publication) RestateWitnesses(ctx context.Context) (done int, err error) {
	if p.Before == 0 {
		return 0, nil
	}
	published, err := report.Days(ctx, p.Store)
	if err != nil || len(published) == 0 {
		return 0, err
	}
	to := p.Job.Window.From - 1
	from := max(p.Job.Window.From-day.Day(p.Before), published[0])
	return p.restateEach(int(to-from)+1, func(i int) (day.Day, error) {
		d := from + day.Day(i)
		return d, p.testifyAgain(ctx, d)
	})
}

// testifyAgain recomputes what the witnesses say of a day, if one of them is outdated.
func (p *Publication) testifyAgain(ctx context.Context, d day.Day) error {
	was, err := report.ReadManifest(ctx, p.Store, d)
	switch {
	case errors.Is(err, report.ErrNoReport):
		was = nil
	case errors.Is(err, report.ErrBrokenManifest): // only its trail can heal it
		return &report.KeptError{Days: 1, First: d, Reason: err.Error()}
	case err != nil:
		return err
	}
	outdated, err := p.outdated(ctx, d, was)
	if err == nil && len(outdated) == 0 {
		err = errSame
	}
	if err != nil {
		return err
	}
	if was == nil { // it is published only if a witness says something
		outdated = nil
	}
	again := *p
	again.Job.Window, again.Run.Window = day.Window{From: d, To: d}, d.String()
	again.Job.Disk = spill.NewDisk("") // its own: it is freed after the day
	defer again.Job.Disk.Close()
	h := newHearing(&again)
	if err := h.read(ctx, again.Job.Window, outdated); err != nil {
		return err
	}
	if len(h.said.Days) == 0 {
		return cmp.Or(h.report(), h.said.Incomplete(), errSame)
	}
	return cmp.Or(p.publishRestated(ctx, d, h.publish), h.said.Incomplete())
}
