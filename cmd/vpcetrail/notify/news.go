package notify

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"

	"vpcetrail/ingest/day"
	"vpcetrail/report"
	"vpcetrail/report/changes"
	"vpcetrail/report/findings"
	"vpcetrail/report/grid"
	"vpcetrail/report/overview"
	"vpcetrail/report/table"
)

// A state is what has become of a finding.
type state string

const (
	isNew  state = "new"
	isGone state = "gone"
	isOpen state = "open" // as before: sent again so that the target keeps it
)

// news is one thing to send: a finding, or a day.
type news struct {
	state state
	open  open
	row   table.FindingRow  // without counts if it is gone
	day   string            // of an event
	event *changes.Document // of the day; nil: it is a finding
	known bool              // the record has the finding

	body json.RawMessage // what the target is sent
	err  error           // why it was not delivered
}

// id returns an id that is the same whenever the same news are sent.
func (n *news) id() string {
	if n.event != nil {
		text, _ := json.Marshal(n.event) // texts and numbers always marshal
		return hash("day", string(text))
	}
	texts := []string{n.open.ID, n.open.Since, string(n.state)}
	if n.open.Run > 0 {
		texts = append(texts, strconv.Itoa(n.open.Run))
	}
	return hash(texts...)
}

// hash returns a short hash of texts.
func hash(texts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(texts, "\x00")))
	return hex.EncodeToString(sum[:16])
}

// String names the news in messages.
func (n *news) String() string {
	if n.event != nil {
		return "the day " + n.day
	}
	return titleOf(&n.row)
}

// titleOf says in a few words what a finding is about.
func titleOf(row *table.FindingRow) string {
	name, _ := grid.Principal(row.Principal)
	title := row.Finding
	if row.Principal != "" {
		title += " of " + name
	}
	if on := strings.TrimSpace(strings.Join([]string{row.Service, row.Resource, row.EndpointID}, " ")); on != "" {
		title += ": " + strings.Join(strings.Fields(on), " ")
	}
	return grid.Clean(title)
}

// byUrgency orders findings: the most severe first, then those with the most calls.
func byUrgency(a, b *news) int {
	return cmp.Or(overview.RankOfSeverity(b.row.Severity)-overview.RankOfSeverity(a.row.Severity),
		cmp.Compare(b.row.Calls, a.row.Calls), a.row.Compare(&b.row.FindingKey), strings.Compare(string(b.state), string(a.state))) // new before gone
}

// A plan is what a run has to send to a target.
type plan struct {
	record  *record // as it is, without the news
	news    []*news
	more    int              // news that are over the limit of a run
	found   []bool           // which findings of the record the day has
	waiting map[string]int64 // findings that the day does not have, and that need not be gone, by the reason
	left    []string         // earlier days with events that were not delivered
}

// A planner makes the plan for a target.
type planner struct {
	target   target
	store    report.Store
	severity int // the least rank
	most     int // findings a run
}

// plan compares the day with what the target has been sent.
func (p *planner) plan(ctx context.Context, r *record, before, after *changes.Side) (*plan, error) {
	if r == nil {
		var err error
		if r, err = p.first(ctx, before, after); err != nil {
			return nil, err
		}
	}
	out := &plan{record: r, found: make([]bool, len(r.Findings)), waiting: map[string]int64{}}
	unproved := r.unproved(after)
	top := overview.NewTop(p.most, func(a, b **news) int { return byUrgency(*a, *b) })
	today, next := after.Day.String(), 0
	err := changes.Join(report.RowsOf(r.rows()), after.Findings(ctx), func(was, is *table.FindingRow) {
		var known open
		if was != nil {
			known, out.found[next] = r.Findings[next], is != nil
			next++
		}
		switch {
		case is != nil && known.Sent == "" && overview.RankOfSeverity(is.Severity) < p.severity:
		case was == nil:
			row := changes.Clone(is)
			top.Add(&news{state: isNew, row: row, open: open{ID: p.idOf(&row.FindingKey), Since: today, Run: r.Runs, Key: key(row.FindingKey)}})
		case is == nil && unproved[known.Older] != "":
			out.waiting[unproved[known.Older]]++
		case is == nil && !after.Proves(was):
			out.waiting["the source beside the trail that shows it does not prove it"]++
		case is == nil: // also if it was not delivered: the target may have it, and only its answer was lost
			row := *was
			row.Detail = meaningOf(&row)
			if known.Sent == "" && !p.target.keepsFindings() { // it is not gone for those who never got it
				top.Add(&news{state: isNew, row: row, open: known, known: true})
			}
			top.Add(&news{state: isGone, row: row, open: known, known: true})
		case known.Sent == "":
			top.Add(&news{state: isNew, row: changes.Clone(is), open: known, known: true})
		case p.target.keepsFindings() && daysSince(known.Sent, after.Day) >= refreshDays:
			top.Add(&news{state: isOpen, row: changes.Clone(is), open: known, known: true})
		}
	})
	top.Cut()
	out.news, out.more = top.Rows, top.More()
	if err == nil && !p.target.keepsFindings() {
		err = p.addDays(ctx, out, before, after)
	}
	return out, err
}

// topOfDay is how many services, causes and ways out the event of a day has.
const topOfDay = 20

// addDays adds the event of the day, and of earlier days that were not delivered.
func (p *planner) addDays(ctx context.Context, out *plan, before, after *changes.Side) error {
	today, r := after.Day.String(), out.record
	if r.Event == "" {
		out.left = append(out.left, r.Day)
	}
	out.left = slices.DeleteFunc(append(out.left, r.Left...), func(d string) bool { return d >= today })
	has, err := report.Days(ctx, p.store)
	if err != nil {
		return err
	}
	out.left = slices.DeleteFunc(out.left, func(d string) bool {
		at, err := day.Parse(d)
		return err != nil || !slices.Contains(has, at) // the report no longer has it
	})
	for _, d := range append(slices.Clone(out.left), today) {
		was, is := before, after
		if d != today {
			at, _ := day.Parse(d) // it is left only if this succeeds
			if was, is, err = changes.Latest(ctx, p.store, day.Window{From: at, To: at}); err != nil {
				return err
			}
		}
		c, err := changes.Read(ctx, was, is, 1)
		if err != nil {
			return err
		}
		event := c.Document(topOfDay)
		event.New, event.Gone = nil, nil // they are events of their own
		n := &news{day: d, event: &event}
		if d != today || r.Day != today || r.Event != n.id() {
			out.news = slices.Insert(out.news, 0, n)
		}
	}
	return nil
}

// first returns the record of a target that was never sent anything.
func (p *planner) first(ctx context.Context, before, after *changes.Side) (*record, error) {
	r := &record{To: p.target.arn(), Day: after.Day.String(), Scope: after.Scope()}
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
	return hash(append([]string{"finding", p.store.String()}, k.Texts()...)...)
}

// meaningOf says what a finding of this code means.
func meaningOf(row *table.FindingRow) string {
	for _, code := range findings.Codes {
		if code.Name == row.Finding && code.Severity == row.Severity {
			return string(code.Means)
		}
	}
	return row.Finding // about the day itself, or of another version
}

// after returns the record after the news of a day were sent, those that failed apart.
func (p *plan) after(side *changes.Side) *record {
	today := side.Day.String()
	r := &record{To: p.record.To, Day: today, Runs: p.record.Runs + 1, Scope: side.Scope()}
	if p.record.Day == today {
		r.Event = p.record.Event
	}
	r.Left = slices.Clone(p.left)
	for _, n := range p.news {
		switch {
		case n.event == nil || n.err != nil:
		case n.day == today:
			r.Event = n.id()
		default:
			r.Left = slices.DeleteFunc(r.Left, func(d string) bool { return d == n.day })
		}
	}
	p.open(r)
	return r
}

// open adds to a record the findings that the target has after the news were sent, and the new ones
// that failed: these keep their ids.
func (p *plan) open(r *record) {
	sent, failed := map[table.FindingKey]*news{}, map[table.FindingKey]bool{} // of those that the record has
	for _, n := range p.news {
		switch {
		case n.event != nil:
		case n.known && n.err == nil:
			sent[n.row.FindingKey] = n
		case n.known:
			failed[n.row.FindingKey] = true
		case n.err == nil:
			n.open.Sent = r.Day
			r.Findings = append(r.Findings, n.open)
		default:
			r.Findings = append(r.Findings, n.open)
		}
	}
	for i, f := range p.record.Findings {
		k := table.FindingKey(f.Key)
		n := sent[k]
		if n != nil && n.state == isGone && !failed[k] {
			continue
		}
		if n != nil && n.state != isGone {
			f.Sent = r.Day
		}
		if f.Older = 0; !p.found[i] { // the target still has it, and the day may not cover it
			f.Older = r.older(p.record.scope(&p.record.Findings[i]))
		}
		r.Findings = append(r.Findings, f)
	}
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
