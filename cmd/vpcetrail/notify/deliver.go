package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"

	"vpcetrail/cmd/vpcetrail/exit"
	"vpcetrail/cmd/vpcetrail/terminal"
	"vpcetrail/ingest/aws"
	"vpcetrail/report/changes"
	"vpcetrail/report/grid"
)

// print writes what would be sent, one JSON object a line.
func (p *planner) print(ctx context.Context, before, after *changes.Side, out io.Writer) error {
	r, err := readRecord(ctx, p.store, p.target.arn())
	if err != nil || r != nil && r.Day > after.Day.String() {
		return err
	}
	todo, err := p.plan(ctx, r, before, after)
	if err != nil {
		return err
	}
	for _, n := range todo.news {
		text, err := json.Marshal(p.target.message(n))
		if err != nil {
			return err
		}
		if _, err := out.Write(append(grid.JSONText(text), '\n')); err != nil {
			return err
		}
	}
	return nil
}

// deliver sends the news, and keeps what was sent.
func (p *planner) deliver(ctx context.Context, before, after *changes.Side, out io.Writer, say *terminal.Messages) error {
	arn, today := p.target.arn(), after.Day.String()
	w, err := p.store.Begin(ctx, say.Problem)
	if err != nil {
		return err
	}
	defer w.Close()
	pub, err := w.Lock(ctx, unitOf(arn)) // two runs at once would send everything twice
	if err != nil {
		return err
	}
	r, err := readRecord(ctx, p.store, arn)
	if err != nil {
		return err
	}
	if r != nil && r.Day > today {
		say.Problem(fmt.Sprintf("%s was sent %s, which is later: nothing of %s is sent", arn, r.Day, today))
		return nil
	}
	todo, err := p.plan(ctx, r, before, after)
	if err != nil {
		return err
	}
	failed := sendAll(ctx, p.target, todo.news)
	if len(todo.news) == 0 && r != nil && r.Day == today {
		return todo.report(today, arn, out, say) // the record stays as it is
	}
	sent := len(todo.news) - len(todo.failed())
	if err := todo.after(after).save(ctx, pub, arn); err != nil {
		return fmt.Errorf("%d of %d were sent, but it cannot be kept that they were, and the next run sends them again: %w", sent, len(todo.news), err)
	}
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case sent == 0 && failed != nil:
		return failed
	}
	return todo.report(today, arn, out, say)
}

// report says what was sent, and names what was not.
func (p *plan) report(today, arn string, out io.Writer, say *terminal.Messages) error {
	failed := p.failed()
	none := len(failed) > 0 && len(failed) == len(p.news)
	if !none {
		fmt.Fprintf(out, "%s: %s new, %s gone, sent to %s\n", today, grid.Plural(p.count(isNew), "finding"), grid.Number(p.count(isGone)), arn)
	}
	for _, reason := range slices.Sorted(maps.Keys(p.waiting)) {
		say.Problem(fmt.Sprintf("%s not sent as gone: %s: %s", grid.Plural(p.waiting[reason], "finding"), today, reason))
	}
	reasons := map[string][]string{}
	var order []string
	for _, n := range failed {
		reason := aws.Cause(n.err)
		if reasons[reason] == nil {
			order = append(order, reason)
		}
		reasons[reason] = append(reasons[reason], n.String())
	}
	for _, reason := range order {
		say.Problem(fmt.Sprintf("not delivered: %s: %s", grid.Few(reasons[reason]), reason))
	}
	switch {
	case none:
		return fmt.Errorf("nothing could be delivered to %s: run again; the next run sends what is still true", arn)
	case len(failed) > 0:
		return exit.With(exit.Incomplete, fmt.Errorf("%d of %d could not be delivered to %s: the next run sends what is still true", len(failed), len(p.news)+p.more, arn))
	case p.more > 0:
		return exit.With(exit.Incomplete, fmt.Errorf("%s are left for the next run: see --most and --severity", grid.Plural(int64(p.more), "finding")))
	}
	return nil
}

// failed returns the news that were not delivered.
func (p *plan) failed() (list []*news) {
	for _, n := range p.news {
		if n.err != nil {
			list = append(list, n)
		}
	}
	return list
}

// count returns how many findings of a state were delivered.
func (p *plan) count(s state) (n int64) {
	for _, one := range p.news {
		if one.event == nil && one.err == nil && one.state == s {
			n++
		}
	}
	return n
}
