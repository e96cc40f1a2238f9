package page

import (
	"fmt"
	"slices"
	"strings"

	"vpcetrail/ingest"
	"vpcetrail/report"
	"vpcetrail/report/grid"
)

// A trustView shows at the top of the page whether the numbers are reliable, and below how they
// were counted.
type trustView struct {
	OK    bool
	Lines []string
	Rows  []countRow // the balance
}

type countRow struct {
	Name, What string
	N          int64
	Total      bool
}

func (p *Page) trustView() trustView {
	t := &p.trust
	v := trustView{OK: t.complete() && len(p.missingDays()) == 0, Rows: t.rows()}
	if t.runs.Incomplete == 0 {
		v.add("Complete: every object was read to its end.")
	} else {
		named := t.runs.Named()
		v.add("Incomplete: %s. %s%s%s.", t.runs.Lacks(), strings.ToUpper(named[:1]), named[1:], t.unreadText())
	}
	switch {
	case t.unbalanced > 0:
		v.add("Out of balance: in %s of %d records are lost or counted twice.", grid.Plural(int64(t.unbalanced), "run"), t.runs.Count)
	case !t.agrees():
		v.add("Out of balance: the tables hold %s, the runs counted %s.", grid.Plural(t.tables, "call"), grid.Number(t.counts.Calls))
	case t.runs.Balance.Invalid > 0:
		v.add("Balanced but for what is invalid: %s, each counted once: %s.", grid.Plural(t.records(), "record"), kindsText(&t.counts))
	default:
		v.add("Balanced: %s, each counted once: %s.", grid.Plural(t.records(), "record"), kindsText(&t.counts))
	}
	if text := p.Digests(); text != "" {
		v.OK = v.OK && p.Verified.Invalid == 0
		if p.Verified.Invalid+p.Verified.Unchecked > 0 {
			text += ". Tables objects and digests name each problem"
		}
		v.add("%s%s.", strings.ToUpper(text[:1]), text[1:])
	}
	if missing := p.missingDays(); len(missing) > 0 {
		v.add("%s between the first and the last without a report: %s.", grid.Plural(int64(len(missing)), "day"), grid.Few(missing))
	}
	if len(t.filters) > 0 {
		v.add("Filtered: the runs read %s.", grid.Few(t.filters))
	}
	if t.shards {
		v.add("A shard is a part of the trail: merge joins them.")
	}
	if !t.inventory {
		v.add("Made without an inventory of endpoints: only the records show who owns an endpoint.")
	}
	return v
}

func (v *trustView) add(format string, args ...any) {
	v.Lines = append(v.Lines, fmt.Sprintf(format, args...))
}

// missingDays are the days between the first and the last that have no report.
func (p *Page) missingDays() (missing []string) {
	for i := 1; i < len(p.Days); i++ {
		for d := p.Days[i-1].Day + 1; d < p.Days[i].Day; d++ {
			missing = append(missing, d.String())
		}
	}
	return missing
}

// unreadText lists the objects that could not be read, by status.
func (t *trust) unreadText() string {
	var list []string
	for status, n := range t.runs.Objects {
		if !status.Counted() && status != ingest.PassedOver && n > 0 {
			list = append(list, grid.Number(n)+" "+strings.ReplaceAll(string(status), "_", " "))
		}
	}
	if len(list) == 0 {
		return ""
	}
	slices.Sort(list)
	return ": " + strings.Join(list, ", ")
}

// kindsText lists the kinds of records with a count above 0.
func kindsText(k *report.Kinds) string {
	var list []string
	for _, kind := range kindRows(k) {
		if kind.N > 0 {
			list = append(list, grid.Plural(kind.N, kind.Name))
		}
	}
	if len(list) == 0 {
		return "none"
	}
	return strings.Join(list, ", ")
}

func kindRows(k *report.Kinds) []countRow {
	return []countRow{
		{Name: "call", What: "API calls, sign-ins, services' own events: what this page counts", N: k.Calls},
		{Name: "duplicate", What: "delivered again", N: k.Duplicates},
		{Name: "shared copy", What: "the second account's copy of a call", N: k.SharedCopies},
		{Name: "network event", What: "the endpoint's own account of a call", N: k.NetworkEvents},
		{Name: "correction", What: "replaced by a corrected record, or its second copy", N: k.Corrections},
		{Name: "other event", What: "Insight and aggregated events", N: k.OtherEvents},
	}
}

// rows returns the complete balance of the runs.
func (t *trust) rows() []countRow {
	rows := append(kindRows(&t.runs.Balance.Kinds),
		countRow{Name: "outside window", What: "of days that the run was not asked for", N: t.runs.Balance.OutsideWindow},
		countRow{Name: "invalid", What: "no object, or without a usable time", N: t.runs.Balance.Invalid},
	)
	return append(rows, countRow{Name: "records", What: "all records of the objects read by " + grid.Plural(int64(t.runs.Count), "run"), N: t.runs.Balance.Records, Total: true})
}
