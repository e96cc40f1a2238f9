package report

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"vpcetrail/ingest"
	"vpcetrail/ingest/day"
	"vpcetrail/report/table"
)

// Replacing says what a run may take away from days that are published. The zero value is: nothing.
type Replacing struct {
	Incomplete bool     // objects that a day counts
	Without    []string // optional inputs that a day was made with, by name

	Left []string // objects that hold nothing of the day any more, by name: they were replaced in the trail
}

// A Loss says which objects a day counts as published, and would not count any more.
type Loss struct {
	Objects, Of int64  // so many of so many, by their names
	Met         int64  // of the day's, how many the run has met, read or not
	Now         int64  // how many the day would count
	Example     string // the first one that would be missing
	Problem     string // why it cannot be read; "" where the run has not found it
}

// A KeptError says that days stay as they are published, and why.
type KeptError struct {
	Days   int
	First  day.Day
	Reason string // of the first day
}

func (e *KeptError) Error() string {
	if e.Days > 1 {
		return fmt.Sprintf("%d days stay as they are published, the first is %s: %s", e.Days, e.First, e.Reason)
	}
	return fmt.Sprintf("%s stays as it is published: %s", e.First, e.Reason)
}

// MayReplace returns a *KeptError where a day of r must not replace the one that is published in store:
// then nothing of r may be published. It reads what is published of each day. What cannot be read is an error,
// and what is broken or published in part may be replaced.
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
		if reason := keepReason(before, run, loss, allow); reason != "" {
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

// keepReason decides whether a run may replace a day. It returns why the day must stay, and what to do; "" where it may
// be replaced. loss compares the day's objects, where both were read through the same filters.
func keepReason(before *Manifest, run *Run, loss Loss, allow Replacing) string {
	for _, name := range before.Run.InputNames() {
		if run.Inputs[name] == "" && !slices.Contains(allow.Without, name) {
			return fmt.Sprintf("it was made with --%s, and this run has none: give --%s again, or drop it with --without %s", name, name, name)
		}
	}
	lost := loss.Objects
	if !slices.Equal(before.Run.Sources, run.Sources) { // other names for some of the same objects, or another trail
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

// sameFilters reports whether two runs let the same objects of a trail pass. How many days around a day they list is no
// filter: a run that lists fewer must not take away what another one found.
func sameFilters(a, b *Run) bool {
	return slices.Equal(a.Accounts, b.Accounts) && slices.Equal(a.Regions, b.Regions) &&
		slices.Equal(a.ExcludeAccounts, b.ExcludeAccounts) && a.part() == b.part()
}

// InputNames returns the names of the optional inputs that a run had, sorted.
func (r *Run) InputNames() (names []string) {
	for name := range r.Inputs {
		names = append(names, name)
	}
	if r.Inputs == nil && len(r.EndpointsFrom) > 0 { // a version that did not name its inputs yet
		names = append(names, "endpoints")
	}
	slices.Sort(names)
	return names
}

// lossOf compares the objects of a day as published with those of a run, both in the order of their names. A published
// table that is not whole holds nothing that could be lost, nor is an object lost that has left the day.
func lossOf(published, now Rows[table.ObjectRow], left []string) (loss Loss, err error) {
	next, stop := iter.Pull2(now)
	defer stop()
	row, err, more := next()
	// pass goes on to the first object of the run that is not named before name.
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

// meet takes an object of the run.
func (l *Loss) meet(row *table.ObjectRow) {
	if ingest.Status(row.Status).Counted() {
		l.Now++
	}
}

// compare takes an object that the day counts as published. now is what the run found of it; nil where it found nothing.
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
