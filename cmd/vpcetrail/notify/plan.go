package notify

import (
	"context"
	"maps"
	"math"
	"net/http"
	"slices"

	"vpcetrail/ingest/aws"
	"vpcetrail/ingest/day"
	"vpcetrail/report"
	"vpcetrail/report/changes"
	"vpcetrail/report/overview"
	"vpcetrail/report/table"
)

// A plan is what a run has to send to a target about a day.
type plan struct {
	record   *record // as it is, without the news
	day      *changes.Side
	manifest string           // the hash of the day's run.json
	at       int64            // the time of its news
	late     bool             // the target was sent a later day, which shows what is gone
	news     []*news          // the event of the day, then the findings
	more     int              // findings that are over the limit of a day
	found    []bool           // which findings of the record the day has
	unproved []string         // see record.unproved
	waiting  map[string]int64 // findings that the day does not have, and that need not be gone, by the reason
}

// plan compares a day with what the target has been sent.
func (p *planner) plan(ctx context.Context, r *record, before, after *changes.Side) (*plan, error) {
	if r == nil {
		var err error
		if r, err = p.first(ctx, before, after); err != nil {
			return nil, err
		}
	}
	today := after.Day.String()
	out := &plan{
		record: r, day: after, late: today < r.Day, found: make([]bool, len(r.Findings)), unproved: r.unproved(after), waiting: map[string]int64{},
		at: max(Now().UnixMilli(), r.Updated+1),
	}
	top, next := overview.NewTop(p.most, func(a, b **news) int { return byUrgency(*a, *b) }), 0
	err := changes.Join(report.RowsOf(r.rows()), after.Findings(ctx), func(was, is *table.FindingRow) {
		var known open
		if was != nil {
			known, out.found[next] = r.Findings[next], is != nil
			next++
		}
		for _, n := range p.compare(out, known, was, is) {
			n.day, n.at = today, out.at
			top.Add(n)
		}
	})
	top.Cut()
	out.news, out.more = top.Rows, top.More()
	if err == nil && !p.target.keepsFindings() {
		err = out.addEvent(ctx, before)
	}
	return out, err
}

// compare returns the news of a finding that the target knows (was) or the day has (is). The other one
// may be nil.
func (p *planner) compare(out *plan, known open, was, is *table.FindingRow) []*news {
	today := out.day.Day.String()
	switch {
	case is != nil && known.Sent == "" && overview.RankOfSeverity(is.Severity) < p.severity:
	case was == nil:
		row := changes.Clone(is)
		known = open{ID: p.idOf(&row.FindingKey), Since: today, Run: out.record.Runs, Key: key(row.FindingKey)}
		if !out.late || out.record.Gone[known.ID] <= today { // else the target was sent it
			return []*news{{state: isNew, row: row, open: known}}
		}
	case out.late:
	case is == nil && out.unproved[known.Older] != "":
		out.waiting[out.unproved[known.Older]]++
	case is == nil && !out.day.Proves(was):
		out.waiting["the source beside the trail that shows it does not prove it"]++
	case is == nil: // also if it was not delivered: the target may have it, and only its answer was lost
		row := *was
		row.Detail = meaningOf(&row)
		gone := &news{state: isGone, row: row, open: known, known: true}
		if known.Sent == "" && !p.target.keepsFindings() { // it is not gone for those who never got it
			gone.first = &news{state: isNew, row: row, open: known, known: true}
			return []*news{gone.first, gone}
		}
		return []*news{gone}
	case known.MaybeGone: // if so, it is new again
		known.MaybeGone, known.Sent, known.Run = false, "", out.record.Runs
		fallthrough
	case known.Sent == "":
		return []*news{{state: isNew, row: changes.Clone(is), open: known, known: true}}
	case p.target.keepsFindings() && daysSince(known.Sent, out.day.Day) >= refreshDays:
		return []*news{{state: isOpen, row: changes.Clone(is), open: known, known: true}}
	}
	return nil
}

// topOfDay is how many services, causes and ways out the event of a day has.
const topOfDay = 20

// addEvent adds the event of the day, unless the target has it.
func (p *plan) addEvent(ctx context.Context, before *changes.Side) error {
	c, err := changes.Read(ctx, before, p.day, 1)
	if err != nil {
		return err
	}
	event := c.Document(topOfDay)
	event.New, event.Gone = nil, nil // they are events of their own
	sent := p.record.Days[event.Day]
	n := &news{day: event.Day, event: &event, run: sent.Run}
	if n.id() != sent.Event {
		n.run = p.record.Runs
	} else if !sent.Left {
		return nil
	}
	p.news = slices.Insert(p.news, 0, n)
	return nil
}

// first returns the record of a target that was never sent anything.
func (p *planner) first(ctx context.Context, before, after *changes.Side) (*record, error) {
	r := &record{To: p.target.arn(), Day: after.Day.String(), Days: map[string]sentDay{}, Scope: after.Scope()}
	if p.target.keepsFindings() || before == nil {
		return r, nil
	}
	// The target is sent what changes from now on. So it counts as knowing the day before.
	d := before.Day.String()
	r.Scope = before.Scope()
	for row, err := range before.Findings(ctx) {
		if err != nil {
			return nil, err
		}
		if overview.RankOfSeverity(row.Severity) >= p.severity {
			kept := changes.Clone(row).FindingKey
			r.Findings = append(r.Findings, open{ID: p.idOf(&kept), Since: d, Sent: d, Key: key(kept)})
		}
	}
	return r, nil
}

// idOf returns the id of a finding.
func (p *planner) idOf(k *table.FindingKey) string {
	return hash(append([]string{"finding", p.place}, k.Texts()...)...)
}

// after returns the record after the news were sent, those that failed apart.
func (p *plan) after() *record {
	today := p.day.Day.String()
	r := &record{
		To: p.record.To, Day: max(p.record.Day, today), Days: maps.Clone(p.record.Days), Runs: p.record.Runs, Updated: p.record.Updated, Gone: map[string]string{},
		Scope: p.record.Scope, Older: slices.Clone(p.record.Older),
	}
	if !p.late {
		r.Scope, r.Older = p.day.Scope(), nil
	}
	if len(p.news) > 0 {
		r.Updated = p.at
	}
	sent := r.Days[today]
	if sent.Manifest = p.manifest; p.late && p.more > 0 {
		sent.Manifest = "" // no later day has them
	}
	for _, n := range p.news {
		if n.event != nil {
			sent.Event, sent.Run, sent.Left = n.id(), n.run, n.err != nil
		}
	}
	r.Days[today] = sent
	maps.Copy(r.Gone, p.record.Gone)
	p.open(r)
	oldest := firstLook(r.Day)
	maps.DeleteFunc(r.Days, func(d string, _ sentDay) bool { return d < oldest })
	maps.DeleteFunc(r.Gone, func(_, d string) bool { return d < oldest })
	return r
}

// open adds to a record the findings that the target has after the news were sent, and the new ones
// that failed: these keep their ids.
func (p *plan) open(r *record) {
	all := map[table.FindingKey][]*news{} // of those that the record has
	for _, n := range p.news {
		switch {
		case n.event != nil:
		case n.known:
			all[n.row.FindingKey] = append(all[n.row.FindingKey], n)
		default:
			if n.err == nil {
				n.open.Sent = r.Day
			}
			n.open.Older = r.older(p.day.Scope())
			r.Findings = append(r.Findings, n.open)
		}
	}
	for i, f := range p.record.Findings {
		gone := false
		for _, n := range all[table.FindingKey(f.Key)] { // new before gone
			gone = f.take(n, r.Day)
		}
		if gone {
			r.Gone[f.ID] = p.day.Day.String()
			continue
		}
		switch {
		case p.late:
		case p.found[i]:
			f.Older = 0
		default: // the target still has it, and the day may not cover it
			f.Older = r.older(p.record.scope(&p.record.Findings[i]))
		}
		r.Findings = append(r.Findings, f)
	}
	slices.SortFunc(r.Findings, byKey)
}

// take records what became of a news of the finding. It reports whether the finding is gone.
func (f *open) take(n *news, today string) (gone bool) {
	switch {
	case n.state == isGone && n.err == nil:
		return true
	case n.state == isGone:
		f.MaybeGone = f.MaybeGone || f.Sent != "" && mayHaveArrived(n.err)
		return false
	}
	if *f = n.open; n.err == nil {
		f.Sent = today
	}
	return false
}

// mayHaveArrived reports whether the target may have taken what failed with err.
func mayHaveArrived(err error) bool {
	code, status := aws.APIError(err)
	return code == "" || status >= http.StatusInternalServerError
}

// refreshDays is how many days pass before an open finding is sent again to a target that keeps
// findings. Security Hub deletes those that were not updated for 90 days.
const refreshDays = 30

// daysSince returns the days from a day of a record to another day.
func daysSince(d string, now day.Day) int {
	then, err := day.Parse(d)
	if err != nil {
		return math.MaxInt
	}
	return int(now - then)
}
