package analyze

import (
	"cmp"
	"context"
	"errors"
	"iter"

	"vpcetrail/ingest/day"
	"vpcetrail/ingest/digest"

	"vpcetrail/report"
	"vpcetrail/report/restate"
	"vpcetrail/report/table"
)

var (
	errSame      = errors.New("the check by digests gives the same result")
	errReadAgain = errors.New("the check by digests gives another result, and the shard must be written again")
)

// unproved returns the unchanged days for which later digests may give another result.
func (p *Publication) unproved(ctx context.Context, search *restate.Search) (days []restate.Day, err error) {
	if p.Verification == nil {
		return nil, nil
	}
	for _, d := range search.Unchanged() {
		m, err := report.ReadManifest(ctx, p.Store, d.Day)
		if err != nil {
			return nil, err
		}
		if m.Verified != nil && !settled(m.Verified) {
			days = append(days, d)
		}
	}
	return days, nil
}

// settled reports whether later digests cannot change a result.
func settled(v *report.Verified) bool {
	for _, counts := range []map[string]int64{v.Digests, v.Gaps} {
		for status := range counts {
			if digest.Status(status).Level() != digest.Fine {
				return false
			}
		}
	}
	for status := range v.Logs {
		switch s := digest.Status(status); s {
		case digest.Modified, digest.TrailingData, digest.Malformed, digest.UncoveredKind:
		default:
			if s.Level() != digest.Fine {
				return false
			}
		}
	}
	return true
}

// reverify checks a published day again, by the digests that are there now and the hashes that
// the report holds. It reads no log of the day. If the result is another one, it publishes tables
// objects and digests; all others stay. If the result is the same, the error is errSame.
func (p *Publication) reverify(ctx context.Context, search *restate.Search, d day.Day, job Job) error {
	if _, err := p.Writer.Lock(ctx, report.UnitOf(d)); err != nil {
		return err
	}
	before, err := report.ReadManifest(ctx, p.Store, d)
	if err != nil {
		return err
	}
	rep := published(ctx, search, p.Store, before, d)
	var problems []string // those of the same result are known
	v, err := p.verify(ctx, rep, &job, func(text string) { problems = append(problems, text) })
	if err != nil {
		p.problems(problems)
		return err
	}
	today := rep.Days[0]
	same, err := sameRows(today.Objects, report.ReadTable(ctx, p.Store, &table.Objects, before, d))
	if err == nil && same {
		same, err = sameRows(v.digests()(d), report.ReadTable(ctx, p.Store, &table.Digests, before, d))
	}
	switch {
	case err != nil:
		return err
	case same:
		return errSame
	case p.Mergeable:
		return errReadAgain
	}
	p.problems(problems)
	today.Digests = v.digests()(d)
	staged, err := report.Restage(ctx, p.Store, p.Writer, today, before)
	if err == nil {
		err = p.Commit(ctx, staged.Commit)
	}
	if err != nil {
		return err
	}
	after, err := report.ReadManifest(ctx, p.Store, d)
	if err == nil && p.Restated != nil {
		p.Restated(before, after)
	}
	return cmp.Or(err, (&Counted{Report: rep}).Tampered())
}

func (p *Publication) problems(texts []string) {
	for _, text := range texts {
		p.Problem(text)
	}
}

// published returns what the report of a day holds for a check by digests. Its ObjectRows are the
// names of the objects of the trail too, of which none is missing.
func published(ctx context.Context, search *restate.Search, store report.Store, m *report.Manifest, d day.Day) *report.Report {
	objects := report.ReadTable(ctx, store, &table.Objects, m, d)
	return &report.Report{
		Days: []*report.Day{{Day: d, Objects: objects}},
		ObjectRows: func(each func(*table.ObjectRow)) error {
			for row, err := range objects {
				if err != nil {
					return err
				}
				each(row)
			}
			for o, err := range search.Listed() {
				if err != nil {
					return err
				}
				each(&table.ObjectRow{Key: o.Name})
			}
			return nil
		},
		ObjectTables: func() func(day.Day) report.Rows[table.ObjectRow] {
			return func(day.Day) report.Rows[table.ObjectRow] { return objects }
		},
	}
}

// sameRows reports whether two tables hold the same rows.
func sameRows[T comparable](a, b report.Rows[T]) (bool, error) {
	next, stop := iter.Pull2(b)
	defer stop()
	for row, err := range a {
		if err != nil {
			return false, err
		}
		other, err, more := next()
		if err != nil {
			return false, err
		}
		if !more || *other != *row {
			return false, nil
		}
	}
	_, err, more := next()
	return !more, err
}
