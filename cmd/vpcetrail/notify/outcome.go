package notify

import (
	"errors"
	"fmt"
	"slices"

	"vpcetrail/cmd/vpcetrail/exit"
	"vpcetrail/cmd/vpcetrail/terminal"
	"vpcetrail/ingest/aws"
	"vpcetrail/ingest/day"
	"vpcetrail/report/grid"
)

// An outcome is what has become of the news of a run.
type outcome struct {
	record  *record // with what was sent
	plans   []*plan // by day
	waiting reasons // see plan.waiting: of the newest day
	unread  int     // days that could not be read
	err     error   // that ended the run
}

// total returns how many news there were, and those that were not delivered.
func (o *outcome) total() (all int, failed []*news) {
	for _, one := range o.plans {
		all += len(one.news)
		failed = append(failed, one.failed()...)
	}
	return all, failed
}

// more returns how many findings are left for the next run: those of the newest day, and of days
// before the newest one that was sent.
func (o *outcome) more() (n int) {
	for i, one := range o.plans {
		if one.late || i == len(o.plans)-1 {
			n += one.more
		}
	}
	return n
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

// report says what was sent, and names what was not.
func (p *planner) report(o *outcome, today day.Day) error {
	arn := p.target.arn()
	all, failed := o.total()
	if o.err != nil && len(failed) == all {
		return o.err
	}
	if len(o.plans) == 0 && o.unread == 0 {
		p.say.Problem(fmt.Sprintf("%s was sent %s, which is later: nothing of %s is sent", arn, o.record.Newest, today))
	}
	p.reportDays(o.plans)
	o.waiting.report(p.say, "not sent as gone")
	var refused reasons
	for _, n := range failed {
		refused.add(aws.Cause(n.err), n.String())
	}
	refused.report(p.say, "not delivered")
	switch more := o.more(); {
	case o.err != nil && !slices.ContainsFunc(failed, func(n *news) bool { return errors.Is(n.err, o.err) }): // else it was named
		return o.err
	case len(failed) > 0 && len(failed) == all:
		return fmt.Errorf("nothing could be delivered to %s: run again; the next run sends what is still true", arn)
	case len(failed) > 0:
		return exit.With(exit.Incomplete, fmt.Errorf("%d of %d could not be delivered to %s: the next run sends what is still true", len(failed), all+more, arn))
	case more > 0:
		return exit.With(exit.Incomplete, fmt.Errorf("left for the next run: %s: see --most and --severity", grid.Plural(int64(more), "finding")))
	case o.unread > 0:
		return exit.With(exit.Incomplete, fmt.Errorf("%s could not be read: the next run looks again", grid.Plural(int64(o.unread), "day")))
	}
	return nil
}

// reportDays says of each day how many findings were sent.
func (p *planner) reportDays(plans []*plan) {
	sent, line := "sent", func(text string) { fmt.Fprintln(p.out, text) }
	if p.dryRun {
		sent, line = "not sent", func(text string) { p.say.Line(text + ": this is a dry run") }
	}
	for i, one := range plans {
		newest, failed := i == len(plans)-1, len(one.failed())
		if failed < len(one.news) || failed == 0 && newest {
			line(one.summary(sent, p.target.arn()))
		}
	}
}

// summary says how many findings were sent to a target, or that nothing was.
func (p *plan) summary(sent, arn string) string {
	switch {
	case len(p.news) > 0:
		return fmt.Sprintf("%s: %s new, %s gone, %s to %s", p.side.Day, grid.Plural(p.count(isNew), "finding"), grid.Number(p.count(isGone)), sent, arn)
	case p.since != "":
		return fmt.Sprintf("nothing new since %s: nothing is sent to %s", p.since, arn)
	}
	return fmt.Sprintf("%s: nothing to send to %s", p.side.Day, arn)
}

// reasons holds names of findings by a reason. The reasons are in the order in which they came.
type reasons struct {
	order []string
	names map[string][]string
}

func (r *reasons) add(reason, name string) {
	if r.names == nil {
		r.names = map[string][]string{}
	}
	if r.names[reason] == nil {
		r.order = append(r.order, reason)
	}
	r.names[reason] = append(r.names[reason], name)
}

// report names the findings, and says what became of them and why.
func (r *reasons) report(say *terminal.Messages, what string) {
	for _, reason := range r.order {
		say.Problem(fmt.Sprintf("%s: %s: %s", what, grid.Few(r.names[reason]), reason))
	}
}
