package notify

import (
	"fmt"
	"maps"
	"slices"

	"vpcetrail/cmd/vpcetrail/exit"
	"vpcetrail/ingest/aws"
	"vpcetrail/ingest/day"
	"vpcetrail/report/grid"
)

// An outcome is what has become of the news of a run.
type outcome struct {
	record *record // with what was sent
	plans  []*plan // by day
	unread int     // days that could not be read
	err    error   // that ended the run
}

// news returns how many news there were, and those that were not delivered.
func (o *outcome) news() (all int, failed []*news) {
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
	all, failed := o.news()
	if o.err != nil && len(failed) == all {
		return o.err
	}
	if len(o.plans) == 0 && o.unread == 0 {
		p.say.Problem(fmt.Sprintf("%s was sent %s, which is later: nothing of %s is sent", arn, o.record.Day, today))
	}
	p.reportDays(o.plans)
	p.name(failed)
	switch more := o.more(); {
	case o.err != nil && len(failed) == 0:
		return o.err
	case len(failed) > 0 && len(failed) == all:
		return fmt.Errorf("nothing could be delivered to %s: run again; the next run sends what is still true", arn)
	case len(failed) > 0:
		return exit.With(exit.Incomplete, fmt.Errorf("%d of %d could not be delivered to %s: the next run sends what is still true", len(failed), all+more, arn))
	case more > 0:
		return exit.With(exit.Incomplete, fmt.Errorf("%s are left for the next run: see --most and --severity", grid.Plural(int64(more), "finding")))
	case o.unread > 0:
		return exit.With(exit.Incomplete, fmt.Errorf("%s could not be read: the next run looks again", grid.Plural(int64(o.unread), "day")))
	}
	return nil
}

// reportDays says of each day how many findings were sent, and of the newest day why others wait.
func (p *planner) reportDays(plans []*plan) {
	for i, one := range plans {
		newest, failed := i == len(plans)-1, len(one.failed())
		if failed < len(one.news) || failed == 0 && newest {
			text := fmt.Sprintf("%s: %s new, %s gone", one.day.Day, grid.Plural(one.count(isNew), "finding"), grid.Number(one.count(isGone)))
			if p.dryRun {
				p.say.Line(fmt.Sprintf("%s, not sent to %s: this is a dry run", text, p.target.arn()))
			} else {
				fmt.Fprintf(p.out, "%s, sent to %s\n", text, p.target.arn())
			}
		}
		for _, reason := range slices.Sorted(maps.Keys(one.waiting)) {
			if newest {
				p.say.Problem(fmt.Sprintf("%s not sent as gone: %s: %s", grid.Plural(one.waiting[reason], "finding"), one.day.Day, reason))
			}
		}
	}
}

// name names news that were not delivered, by the reason.
func (p *planner) name(failed []*news) {
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
		p.say.Problem(fmt.Sprintf("not delivered: %s: %s", grid.Few(reasons[reason]), reason))
	}
}
