package notify

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"

	"vpcetrail/cmd/vpcetrail/terminal"
	"vpcetrail/ingest/day"
	"vpcetrail/report"
	"vpcetrail/report/changes"
	"vpcetrail/report/grid"
)

// A planner sends a target what it was not sent.
type planner struct {
	target   target
	store    report.Store
	place    string // of the report, see placeOf
	severity int    // the least rank
	most     int    // findings of a day
	dryRun   bool   // say that nothing is sent
	keep     func(*record) error
	out      io.Writer
	say      *terminal.Messages
}

// lookBack is how many days a run looks at: the day of --date and those before it.
const lookBack = 31

// firstLook returns the first day that a run for a day looks at.
func firstLook(today string) string {
	at, _ := day.Parse(today) // a record is checked when it is read
	return (at - lookBack + 1).String()
}

// deliver sends the news, and keeps what was sent.
func (p *planner) deliver(ctx context.Context, today day.Day) error {
	arn := p.target.arn()
	w, err := p.store.Begin(ctx, p.say.Problem)
	if err != nil {
		return err
	}
	defer w.Close()
	for _, unit := range []string{unitOf(arn), unitOfRecord(arn)} { // two runs at once would send everything twice
		if _, err := w.Lock(ctx, unit); err != nil {
			return err
		}
	}
	was, err := readRecord(ctx, p.store, arn)
	if err != nil {
		return err
	}
	p.keep = func(r *record) error { return r.save(ctx, w) }
	o := p.sendDays(ctx, was, today)
	if !reflect.DeepEqual(o.record, was) {
		if err := p.keep(o.record); err != nil {
			all, failed := o.total()
			return fmt.Errorf("%d of %d were sent, but it cannot be kept that they were, and the next run sends them again: %w", all-len(failed), all, err)
		}
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return p.report(o, today)
}

// print prints what deliver would send and say, and sends and keeps nothing.
func (p *planner) print(ctx context.Context, today day.Day) error {
	r, err := readRecord(ctx, p.store, p.target.arn())
	if err != nil {
		return err
	}
	to := &printer{target: p.target, out: p.out}
	p.target, p.keep = to, func(*record) error { return nil }
	o := p.sendDays(ctx, r, today)
	if to.err != nil {
		return to.err
	}
	return p.report(o, today)
}

var errNoAnswer = errors.New("the run was stopped before there was an answer")

// announce keeps the news of a day as not delivered. If the run is killed while it sends them, the
// next one knows what the target may have: it sends that again with the same ids, or takes it back.
func (p *planner) announce(todo *plan) error {
	if len(todo.news) == 0 {
		return nil
	}
	if err := p.keep(todo.after()); err != nil {
		return fmt.Errorf("nothing of %s is sent, as it could not be kept that it was: %w", todo.side.Day, err)
	}
	return nil
}

// send sends news: first all but those that others come before. Those that fail get an error.
func (p *planner) send(ctx context.Context, list []*news) error {
	var now, later []*news
	for _, n := range list {
		if n.first == nil {
			now = append(now, n)
		} else {
			later = append(later, n)
		}
	}
	err := sendAll(ctx, p.target, now)
	for _, n := range later {
		n.err = cmp.Or(n.first.err, err)
	}
	if err != nil {
		return err
	}
	return sendAll(ctx, p.target, slices.DeleteFunc(later, func(n *news) bool { return n.err != nil }))
}

// sendDays sends the news of each day since those that the target was sent, and of each that was
// published again. A day is planned after the one before it was sent.
func (p *planner) sendDays(ctx context.Context, r *record, today day.Day) *outcome {
	o := &outcome{record: r}
	days, err := p.days(ctx, r, today)
	if err != nil {
		o.err = err
		return o
	}
	for _, at := range days {
		todo, err := p.planDay(ctx, o.record, at)
		if err != nil && at.day != today && ctx.Err() == nil { // it is looked at again the next time
			p.say.Problem(fmt.Sprintf("%s is not sent: %v", at.day, err))
			o.unread++
			continue
		}
		if err == nil {
			err = p.announce(todo)
		}
		if err == nil && todo.unread != nil {
			p.say.Problem(fmt.Sprintf("the event of %s is not sent: %v", at.day, todo.unread))
			o.unread++
		}
		if err == nil {
			err = p.send(ctx, todo.news)
			o.plans, o.record, o.waiting = append(o.plans, todo), todo.after(), todo.waiting
			todo.record, todo.found, todo.waiting, todo.side = nil, nil, reasons{}, &changes.Side{Day: at.day} // there may be many
		}
		if o.err = err; err != nil {
			return o
		}
	}
	return o
}

// A look is a day to look at.
type look struct {
	day      day.Day
	manifest string // the hash of its run.json
}

// days returns the days to look at, oldest first: those of which the target was not sent the news of the
// present run.json, and today, unless a later day was sent. Of days before the first that was sent
// it was never sent any.
func (p *planner) days(ctx context.Context, r *record, today day.Day) (list []look, err error) {
	has, err := report.Days(ctx, p.store)
	if err != nil {
		return nil, err
	}
	first, skipped := today.String(), int64(0)
	if r != nil {
		first = max(firstLook(first), slices.Min(slices.Collect(maps.Keys(r.Days))))
	}
	for _, d := range has {
		name := d.String()
		if r != nil && r.Newest < name && name < first {
			skipped++
		}
		if name < first || d > today {
			continue
		}
		m, err := report.ReadManifest(ctx, p.store, d)
		if err == nil && !m.HasTrail() {
			continue
		}
		text, _ := json.Marshal(m) // if there is none, planDay says so
		at := look{d, hash(string(text))}
		if r == nil || d == today && r.Newest <= name || r.Days[name].Left || r.Days[name].Manifest != at.manifest {
			list = append(list, at)
		}
	}
	if r == nil && len(list) == 0 { // it was removed just now
		return nil, report.NoTrail(p.store, today)
	}
	if skipped > 0 {
		p.say.Problem(fmt.Sprintf("not sent: news of %s before %s: notify looks back %d days", grid.Plural(skipped, "day"), first, lookBack))
	}
	return list, nil
}
