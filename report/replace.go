package report

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"vpcetrail/ingest"
	"vpcetrail/ingest/day"
	"vpcetrail/report/table"
)

// Replacing lists what a run may remove from published days. The zero value allows nothing.
type Replacing struct {
	Incomplete bool     // the run may drop objects that a day counts
	Without    []string // names of optional inputs of a day that the run may do without

	Left []string // names of objects that were replaced in the trail and no longer hold records of the day
}

// A Loss describes the objects that a published day counts and that the run would drop.
type Loss struct {
	Objects, Of int64  // lost objects, and all objects that the day counts
	Met         int64  // objects of the day that the run found, read or not
	Now         int64  // objects that the day would count after the run
	Example     string // the first object that would be missing
	Problem     string // why it cannot be read; "" if the run did not find it
}

// A KeptError means that published days stay unchanged. It says why.
type KeptError struct {
	Days   int
	First  day.Day
	Reason string // for the first day
}

func (e *KeptError) Error() string {
	if e.Days > 1 {
		return fmt.Sprintf("%d days stay as they are published, the first is %s: %s", e.Days, e.First, e.Reason)
	}
	return fmt.Sprintf("%s stays as it is published: %s", e.First, e.Reason)
}

// MayReplace returns a *KeptError if a day of r must not replace the published day in store.
// Then nothing of r may be published. It reads the published files of each day. A file that
// cannot be read is an error. A day that is broken or only partly published may be replaced.
func MayReplace(ctx context.Context, store Store, r *Report, run *Run, allow Replacing) error {
	var objects func(day.Day) Rows[table.ObjectRow]
	if !allow.Incomplete {
		objects = r.ObjectTables()
	}
	var kept *KeptError
	for _, d := range r.Days {
		before, err := ReadManifest(ctx, store, d.Day)
		switch {
		case errors.Is(err, ErrNoReport), errors.Is(err, ErrBrokenManifest):
			continue
		case err != nil:
			return err
		}
		var loss Loss
		if !allow.Incomplete && sameFilters(&before.Run, run) {
			published := ReadTable(ctx, store, &table.Objects, before, d.Day)
			if loss, err = lossOf(published, objects(d.Day), allow.Left); err != nil {
				return err
			}
		}
		if reason := cmp.Or(keepReason(before, run, loss, allow), keepWitnesses(before, d.Witnesses, run, allow)); reason != "" {
			if kept == nil {
				kept = &KeptError{First: d.Day, Reason: reason}
			}
			kept.Days++
		}
	}
	if kept != nil {
		return kept
	}
	return nil
}

// keepReason decides whether a run may replace a day. It returns why the day must stay and what
// to do, or "" if the day may be replaced. loss compares the objects of the day, and applies
// only if both runs used the same filters.
func keepReason(before *Manifest, run *Run, loss Loss, allow Replacing) string {
	if name := before.Run.lackedBy(run, allow); name != "" {
		return lacksInput(name)
	}
	if part := run.part(); part != "" && before.Part() == "" {
		return fmt.Sprintf("it has the whole trail, and this run reads shard %s of it alone: give each shard an --out of its own", part)
	}
	lost := loss.Objects
	if !slices.Equal(before.Run.Sources, run.Sources) { // another trail, or other names for the same objects
		lost = 0
		if loss.Met > 0 {
			lost = loss.Of - loss.Now
		}
	}
	if lost <= 0 || allow.Incomplete {
		return ""
	}
	text := fmt.Sprintf("%d of the %d objects that it counts would be missing, such as %s", lost, loss.Of, loss.Example)
	if loss.Problem != "" {
		return fmt.Sprintf("%s: %s: run again once they can be read, or give --replace-incomplete", text, loss.Problem)
	}
	return text + ", which this run did not find: see SOURCE, --date and --lateness, or give --replace-incomplete"
}

// sameFilters reports whether two runs select the same objects of a trail. The number of days
// that they list around a day is not a filter: a run that lists fewer days must not drop what
// another run found.
func sameFilters(a, b *Run) bool {
	return slices.Equal(a.Accounts, b.Accounts) && slices.Equal(a.Regions, b.Regions) &&
		slices.Equal(a.ExcludeAccounts, b.ExcludeAccounts) && a.part() == b.part()
}

// lackedBy returns the name of an optional input that r had, and that another run neither has nor may
// do without. It returns "" if there is none.
func (r *Run) lackedBy(other *Run, allow Replacing) string {
	names := slices.Sorted(maps.Keys(r.Inputs))
	if r.Inputs == nil && len(r.EndpointsFrom) > 0 { // from an older version, which had no Inputs
		names = []string{"endpoints"}
	}
	for _, name := range names {
		if other.Inputs[name] == "" && !slices.Contains(allow.Without, name) {
			return name
		}
	}
	return ""
}

// Only returns the run with the named optional inputs alone.
func (r *Run) Only(inputs []string) *Run {
	only := *r
	only.Inputs = map[string]string{}
	for _, name := range inputs {
		if sum := r.Inputs[name]; sum != "" {
			only.Inputs[name] = sum
		}
	}
	return &only
}

// lossOf compares the published objects of a day with those of a run, both in the order of
// their names. If the published table is damaged, nothing can be lost. An object that left the
// day is not lost.
func lossOf(published, now Rows[table.ObjectRow], left []string) (loss Loss, err error) {
	next, stop := iter.Pull2(now)
	defer stop()
	row, err, more := next()
	// pass advances to the first object of the run with a name of at least name.
	pass := func(name string) {
		for ; more && err == nil && row.Key < name; row, err, more = next() {
			loss.meet(row)
		}
	}
	for was, broken := range published {
		switch {
		case errors.Is(broken, ErrDamaged), errors.Is(broken, ErrNoReport), errors.Is(broken, ErrSwitching):
			return Loss{}, nil
		case broken != nil:
			return Loss{}, broken
		case !ingest.Status(was.Status).Counted(), slices.Contains(left, was.Key):
			continue
		}
		if pass(was.Key); err != nil {
			return Loss{}, err
		}
		if more && row.Key == was.Key {
			loss.compare(was, row)
		} else {
			loss.compare(was, nil)
		}
	}
	for ; more && err == nil; row, err, more = next() {
		loss.meet(row)
	}
	return loss, err
}

// meet counts an object of the run.
func (l *Loss) meet(row *table.ObjectRow) {
	if ingest.Status(row.Status).Counted() {
		l.Now++
	}
}

// compare checks an object that the published day counts. now is its row in the run, or nil if
// the run did not find it.
func (l *Loss) compare(was, now *table.ObjectRow) {
	l.Of++
	if now != nil {
		l.Met++
	}
	if now != nil && ingest.Status(now.Status).Counted() {
		return
	}
	if l.Objects++; l.Objects > 1 {
		return
	}
	l.Example = was.Key
	if now != nil {
		l.Problem = strings.TrimPrefix(now.Error, was.Key+": ")
	}
}
