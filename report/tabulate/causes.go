package tabulate

import (
	"fmt"
	"maps"
	"slices"

	"vpcetrail/classify/network"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/spill"

	"vpcetrail/report"
	"vpcetrail/report/causes"
	"vpcetrail/report/count"
	"vpcetrail/report/count/cells"
	"vpcetrail/report/table"
)

// An explainer decides why calls of route internet went past the endpoints, once for each callee
// and path. A day's causes depend on the snapshot and on that day's records alone.
type explainer struct {
	days    *network.Days                                  // nil: nobody asked
	changes []network.Change                               // by events of the trail, of our accounts
	sums    *spill.Totals[table.Measures, *table.Measures] // by day and table.CauseKey; nil without a snapshot
	key     []byte                                         // scratch
}

// A decision is the result for a callee and a path, as numbers of texts.
type decision struct {
	egress    uint32
	elsewhere uint32 // the instance that has lost its keys; 0 for every other cause
	columns   []byte // of table.CauseKey, from workload on
}

func newExplainer(in *Input, changes []network.Change, ours map[string]bool) *explainer {
	e := &explainer{days: in.Network}
	if e.days.Explains() {
		e.changes = slices.DeleteFunc(slices.Clone(changes), func(c network.Change) bool { return !ours[c.Account] })
		e.sums = spill.NewTotals[table.Measures](in.Disk, in.Memory/12)
	}
	return e
}

// explain decides the causes of groups of route internet, and sums their calls.
func (e *explainer) explain(p *count.Page, groups []resolvedGroup, internet []uint32) {
	if e.days == nil {
		return
	}
	type way struct{ callee, path uint32 }
	byDay := map[day.Day][]uint32{}
	for _, i := range internet {
		byDay[groups[i].day] = append(byDay[groups[i].day], i)
	}
	for _, d := range slices.Sorted(maps.Keys(byDay)) {
		view := e.part(d).View(d, nil) // paths have the names of networks
		decided := map[way]decision{}
		for _, i := range byDay[d] {
			g, out := &p.Groups.Keys[i], &groups[i]
			key := way{g.Callee, g.Path}
			known, ok := decided[key]
			if !ok {
				known = e.decide(p, g, view)
				decided[key] = known
			}
			out.key[keyEgress], out.elsewhere = known.egress, known.elsewhere
			e.add(p, out, known.columns)
		}
	}
}

// part returns the part of the snapshot that decides on a day.
func (e *explainer) part(d day.Day) *network.Snapshot { return e.days.Part(d, e.changes) }

func (e *explainer) decide(p *count.Page, g *cells.Group, view *network.View) decision {
	text := func(number uint32) string { return string(p.Texts.Text(number)) }
	c, way := &p.Callees.Keys[g.Callee], p.Paths.Keys[g.Path]
	path := network.Path{Place: text(way.Place), Host: text(way.Host), IPv6: way.IPv6, Workload: text(way.Workload)}
	egress := view.Egress(path.Place)
	made := decision{egress: p.Text([]byte(egress))}
	if e.sums == nil {
		return made
	}
	callee := network.Callee{Account: text(c.Account), Region: text(c.Region), Source: text(c.Service)}
	answer := view.Cause(callee, path)
	if answer.Cause == network.KeysElsewhere {
		made.elsewhere = way.Workload
	}
	row := table.CauseRow{CauseKey: table.CauseKey{
		Workload: path.Workload, Host: path.Host, HostClass: string(network.ClassOf(path.Host, callee.Region)), Egress: egress,
	}}
	causes.SetAnswer(&row.CauseKey, &answer)
	for _, field := range table.Causes.Key(&row)[causeCaller:] {
		made.columns = spill.AppendFields(made.columns, *field)
	}
	return made
}

// causeCaller is the number of columns at the front of table.CauseKey that do not depend on
// the path.
const causeCaller = 5

// add adds the calls of a group.
func (e *explainer) add(p *count.Page, g *resolvedGroup, columns []byte) {
	if e.sums == nil || g.sum.Calls == 0 {
		return
	}
	e.key = g.day.AppendKey(e.key[:0])
	for _, k := range [causeCaller]int{keyAccount, keyRegion, keyService, keyPrincipal, keyPrincipalAccount} {
		e.key = spill.AppendFields(e.key, string(p.Texts.Text(g.key[k])))
	}
	e.key = append(e.key, columns...)
	e.sums.At(e.key).Add(&g.sum)
}

// rows returns a function that returns the rows of table causes of a day. Call it with the
// days in order.
func (e *explainer) rows() func(day.Day) report.Rows[table.CauseRow] {
	return report.DailyRows(e.sums.Cursor(), func(row *table.CauseRow, key string, m *table.Measures) {
		*row = table.CauseRow{Calls: m.Calls, Bytes: m.BytesIn + m.BytesOut, FirstSeen: m.FirstSeen, LastSeen: m.LastSeen}
		spill.CutFields(key, table.Causes.Key(row)...)
		answer := causes.AnswerOf(&row.CauseKey)
		row.Proof = answer.String()
	})
}

// balanced returns rows of table causes. They end in an error if their calls do not add up to
// those of route internet.
func balanced(rows report.Rows[table.CauseRow], d day.Day, internet *int64) report.Rows[table.CauseRow] {
	return func(yield func(*table.CauseRow, error) bool) {
		calls := int64(0)
		for row, err := range rows {
			if err == nil {
				calls += row.Calls
			}
			if !yield(row, err) || err != nil {
				return
			}
		}
		if calls != *internet {
			yield(nil, fmt.Errorf("%w: %s: causes of %d calls, but %d are of route internet", report.ErrBalance, d, calls, *internet))
		}
	}
}
