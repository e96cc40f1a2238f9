package notify

import (
	"cmp"
	"context"
	"maps"
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
	since    string  // the newest date that the target was sent; empty if it was sent none
	side     *changes.Side
	manifest string   // the hash of the day's run.json
	at       int64    // the time of its news
	late     bool     // the target was sent a later day, which shows what is gone
	news     []*news  // the event of the day, then the findings
	more     int      // findings that are over the limit of a day
	found    []bool   // which findings of the record the day has
	unproved []string // see record.unproved
	waiting  reasons  // findings that the day does not have, and that need not be gone
	unread   error    // why there is no event: the day before, which it compares with, cannot be read
}

// planDay plans what to send about a day.
func (p *planner) planDay(ctx context.Context, r *record, at look) (*plan, error) {
	side, err := changes.Latest(ctx, p.store, day.Window{From: at.day, To: at.day})
	if err == nil {
		err = whole(p.store, side)
	}
	since := ""
	if r != nil {
		since = r.Newest
	} else if err == nil {
		r, err = p.newRecord(ctx, side)
	}
	if err != nil {
		return nil, err
	}
	date := side.Day.String()
	todo := &plan{
		record: r, since: since, side: side, manifest: at.manifest, late: date < r.Newest, found: make([]bool, len(r.Findings)), unproved: r.unproved(side),
		at: max(Now().UnixMilli(), r.Updated+1),
	}
	if err = p.addFindings(ctx, todo); err == nil && !p.target.keepsFindings() {
		todo.unread = todo.addEvent(ctx)
	}
	for _, n := range todo.news {
		n.date, n.at, n.err = date, todo.at, errNoAnswer
	}
	return todo, err
}

// addFindings compares the findings of the day with those that the target knows.
func (p *planner) addFindings(ctx context.Context, todo *plan) error {
	top, next := overview.NewTop(p.most, func(a, b **news) int { return byUrgency(*a, *b) }), 0
	err := changes.Join(report.RowsOf(todo.record.rows()), todo.side.Findings(ctx), func(was, is *table.FindingRow) {
		var known finding
		if was != nil {
			known, todo.found[next] = todo.record.Findings[next], is != nil
			next++
		}
		list, doubt := p.compare(todo, known, was, is)
		for _, n := range list {
			top.Add(n)
		}
		if doubt != "" {
			todo.waiting.add(todo.side.Day.String()+": "+doubt, titleOf(was))
		}
	})
	top.Cut()
	todo.news, todo.more = top.Rows, top.More()
	return err
}

// compare returns the news of a finding that the target knows (was) or the day has (is). The other one
// may be nil. If the finding need not be gone, doubt says why.
func (p *planner) compare(todo *plan, known finding, was, is *table.FindingRow) (list []*news, doubt string) {
	switch {
	case was == nil:
		return p.appeared(todo, is), ""
	case todo.late: // a later day shows what has become of it
		return nil, ""
	case is != nil:
		return p.stayed(todo, known, is), ""
	}
	if doubt = cmp.Or(todo.unproved[known.Older], todo.side.Doubt(was).String()); doubt != "" {
		return nil, doubt
	}
	return p.disappeared(known, was), ""
}

// isMinor reports whether a finding is below --severity.
func (p *planner) isMinor(row *table.FindingRow) bool {
	return overview.RankOfSeverity(row.Severity) < p.severity
}

// appeared returns the news of a finding that the target does not know.
func (p *planner) appeared(todo *plan, is *table.FindingRow) []*news {
	if p.isMinor(is) {
		return nil
	}
	row, date := changes.Clone(is), todo.side.Day.String()
	f := finding{ID: p.idOf(&row.FindingKey), Since: date, Run: todo.record.Runs, Key: key(row.FindingKey)}
	if todo.late && todo.record.Gone[f.ID] > date { // the target was sent it, and that it is gone
		return nil
	}
	return []*news{{state: isNew, row: row, finding: f}}
}

// stayed returns the news of a finding that the target knows and the day has.
func (p *planner) stayed(todo *plan, known finding, is *table.FindingRow) []*news {
	state := isNew
	switch {
	case known.MaybeGone: // if so, it is new again
		known.MaybeGone, known.Sent, known.Run = false, "", todo.record.Runs
	case known.Sent != "":
		sent, _ := day.Parse(known.Sent) // a record is checked when it is read
		if !p.target.keepsFindings() || todo.side.Day-sent < refreshDays {
			return nil
		}
		state = isOpen
	case p.isMinor(is):
		return nil
	}
	return []*news{{state: state, row: changes.Clone(is), finding: known, known: true}}
}

// disappeared returns the news of a finding that is gone. They are sent also if the finding was not
// delivered: the target may have it, and only its answer was lost.
func (p *planner) disappeared(known finding, was *table.FindingRow) []*news {
	row := *was
	row.Detail = meaningOf(&row)
	gone := &news{state: isGone, row: row, finding: known, known: true}
	if known.Sent != "" || p.target.keepsFindings() {
		return []*news{gone}
	}
	gone.first = &news{state: isNew, row: row, finding: known, known: true} // it is not gone for those who never got it
	return []*news{gone.first, gone}
}

// topOfDay is how many services, causes and ways out the event of a day has.
const topOfDay = 20

// addEvent adds the event of the day, unless the target has it.
func (p *plan) addEvent(ctx context.Context) error {
	c, err := changes.Read(ctx, p.side, 1)
	if err != nil {
		return err
	}
	event := c.Document(topOfDay)
	event.New, event.Gone = nil, nil // they are events of their own
	sent := p.record.Days[event.Day]
	n := &news{event: &event, run: sent.Run}
	if n.id() != sent.Event {
		n.run = p.record.Runs
	} else if !sent.Left {
		return nil
	}
	p.news = slices.Insert(p.news, 0, n)
	return nil
}

// newRecord returns the record of a target that was never sent anything.
func (p *planner) newRecord(ctx context.Context, side *changes.Side) (*record, error) {
	r := &record{To: p.target.arn(), Newest: side.Day.String(), Days: map[string]sentDay{}, Scope: side.Scope()}
	if p.target.keepsFindings() {
		return r, nil
	}
	before, err := side.Before(ctx)
	if err != nil || before == nil {
		return r, err
	}
	// The target is sent what changes from now on. So it counts as knowing the day before.
	date := before.Day.String()
	r.Scope = before.Scope()
	for row, err := range before.Findings(ctx) {
		if err != nil {
			return nil, err
		}
		if !p.isMinor(row) {
			kept := changes.Clone(row).FindingKey
			r.Findings = append(r.Findings, finding{ID: p.idOf(&kept), Since: date, Sent: date, Key: key(kept)})
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
	date := p.side.Day.String()
	r := &record{
		To: p.record.To, Newest: max(p.record.Newest, date), Days: maps.Clone(p.record.Days), Runs: p.record.Runs, Updated: p.record.Updated, Gone: map[string]string{},
		Scope: p.record.Scope, Older: slices.Clone(p.record.Older),
	}
	if !p.late {
		r.Scope, r.Older = p.side.Scope(), nil
	}
	if len(p.news) > 0 {
		r.Updated = p.at
	}
	sent := r.Days[date]
	sent.Left = sent.Left || p.unread != nil
	if sent.Manifest = p.manifest; p.late && p.more > 0 {
		sent.Manifest = "" // no later day has them
	}
	for _, n := range p.news {
		if n.event != nil {
			sent.Event, sent.Run, sent.Left = n.id(), n.run, n.err != nil
		}
	}
	r.Days[date] = sent
	maps.Copy(r.Gone, p.record.Gone)
	p.recordFindings(r)
	oldest := firstLook(r.Newest)
	maps.DeleteFunc(r.Days, func(d string, _ sentDay) bool { return d < oldest })
	maps.DeleteFunc(r.Gone, func(_, d string) bool { return d < oldest })
	return r
}

// recordFindings adds to a record the findings that the target has after the news were sent, and the
// new ones that failed: these keep their ids.
func (p *plan) recordFindings(r *record) {
	all := map[table.FindingKey][]*news{} // of those that the record has
	for _, n := range p.news {
		switch {
		case n.event != nil:
		case n.known:
			all[n.row.FindingKey] = append(all[n.row.FindingKey], n)
		default:
			if n.err == nil {
				n.finding.Sent = r.Newest
			}
			n.finding.Older = r.older(p.side.Scope())
			r.Findings = append(r.Findings, n.finding)
		}
	}
	for i, f := range p.record.Findings {
		gone := false
		for _, n := range all[table.FindingKey(f.Key)] { // new before gone
			gone = f.take(n, r.Newest)
		}
		if gone {
			r.Gone[f.ID] = p.side.Day.String()
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
func (f *finding) take(n *news, date string) (gone bool) {
	switch {
	case n.state == isGone && n.err == nil:
		return true
	case n.state == isGone:
		f.MaybeGone = f.MaybeGone || f.Sent != "" && mayHaveArrived(n.err)
		return false
	}
	if *f = n.finding; n.err == nil {
		f.Sent = date
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
