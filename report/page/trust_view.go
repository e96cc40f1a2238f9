package page

import (
	"slices"
	"strings"

	"vpcetrail/classify/phrase"
	"vpcetrail/ingest"
	"vpcetrail/report"
	"vpcetrail/report/grid"
	"vpcetrail/report/words"
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
	v := trustView{OK: t.complete() && len(p.missingDays())+len(p.NoTrail) == 0, Rows: t.rows(p.Words)}
	add := func(f phrase.Format, args ...any) { v.Lines = append(v.Lines, p.Words.Say(f, args...)) }
	if len(p.NoTrail) > 0 {
		add("%s.", capital(p.Words, p.Words.Say("no trail was read for %s: its calls are not known", report.NameDays(p.NoTrail))))
	}
	if t.runs.Complete() {
		add("Complete: every object was read to its end.")
	} else {
		named := capital(p.Words, p.Words.Say(t.runs.Named()))
		if unread := t.unread(); len(unread) > 0 {
			add("Incomplete: %s. %s: %s.", t.runs.Lacks(), named, phrase.Join(phrase.Comma, unread))
		} else {
			add("Incomplete: %s. %s.", t.runs.Lacks(), named)
		}
	}
	if len(p.Days) > 0 {
		v.Lines = append(v.Lines, p.balance())
	}
	if text := p.Digests(); text.Is() {
		v.OK = v.OK && p.Verified.Invalid == 0
		said := capital(p.Words, p.Words.Text(text))
		if p.Verified.Invalid+p.Verified.Unchecked > 0 {
			add("%s. Tables objects and digests name each problem.", said)
		} else {
			add("%s.", said)
		}
	}
	if missing := p.missingDays(); len(missing) > 0 {
		add("%s between the first and the last without a report: %s.", phrase.Count(len(missing), "day"), phrase.Few(missing))
	}
	if len(t.filters) > 0 {
		add("Filtered: the runs read %s.", phrase.Join(phrase.Comma, t.filters))
	}
	if t.shards {
		add("A shard is a part of the trail: merge joins them.")
	}
	if !t.inventory && len(p.Days) > 0 {
		add("Made without an inventory of endpoints: only the records show who owns an endpoint.")
	}
	return v
}

// balance says whether every record is accounted for.
func (p *Page) balance() string {
	t, say := &p.trust, p.Words.Say
	switch {
	case t.unbalanced > 0:
		return say("Out of balance: in %s of %d records are lost or counted twice.", phrase.Count(t.unbalanced, "run"), t.runs.Count)
	case !t.agrees():
		return say("Out of balance: the tables hold %s, the runs counted %s.", phrase.Count(t.tables, "call"), grid.Number(t.counts.Calls))
	case t.runs.Balance.Invalid > 0:
		return say("Balanced but for what is invalid: %s, each counted once: %s.", phrase.Count(t.records(), "record"), kinds(&t.counts))
	}
	return say("Balanced: %s, each counted once: %s.", phrase.Count(t.records(), "record"), kinds(&t.counts))
}

// missingDays are the days between the first and the last that have no report.
func (p *Page) missingDays() (missing []string) {
	for i := 1; i < len(p.all); i++ {
		for d := p.all[i-1] + 1; d < p.all[i]; d++ {
			missing = append(missing, d.String())
		}
	}
	return missing
}

// unread lists the objects that could not be read, by status.
func (t *trust) unread() (list []phrase.Phrase) {
	for status, n := range t.runs.Objects {
		if !status.Counted() && status != ingest.PassedOver && n > 0 {
			list = append(list, phrase.Of("%s %s", grid.Number(n), strings.ReplaceAll(string(status), "_", " ")))
		}
	}
	slices.SortFunc(list, func(a, b phrase.Phrase) int { return strings.Compare(a.String(), b.String()) })
	return list
}

// kinds lists the kinds of records with a count above 0.
func kinds(k *report.Kinds) any {
	var list []phrase.Counted
	for _, kind := range kindRows(k) {
		if kind.n > 0 {
			list = append(list, phrase.Count(kind.n, kind.noun))
		}
	}
	if len(list) == 0 {
		return phrase.Format("none")
	}
	return phrase.Join(phrase.Comma, list)
}

// A kind is one line of the balance.
type kind struct {
	noun phrase.Noun
	name phrase.Format
	what phrase.Format
	n    int64
}

func kindRows(k *report.Kinds) []kind {
	return []kind{
		{"call", "call", "API calls, sign-ins, services' own events: what this page counts", k.Calls},
		{"duplicate", "duplicate", "delivered again", k.Duplicates},
		{"shared copy", "shared copy", "the second account's copy of a call", k.SharedCopies},
		{"network event", "network event", "the endpoint's own account of a call", k.NetworkEvents},
		{"correction", "correction", "replaced by a corrected record, or its second copy", k.Corrections},
		{"other event", "other event", "Insight and aggregated events", k.OtherEvents},
	}
}

// rows returns the complete balance of the runs.
func (t *trust) rows(words *words.Language) (rows []countRow) {
	b := &t.runs.Balance
	all := append(kindRows(&b.Kinds),
		kind{"outside window", "outside window", "of days that the run was not asked for", b.OutsideWindow},
		kind{"invalid", "invalid", "no object, or without a usable time", b.Invalid})
	for _, k := range all {
		rows = append(rows, countRow{Name: words.Say(k.name), What: words.Say(k.what), N: k.n})
	}
	what := words.Say("all records of the objects read by %s", phrase.Count(t.runs.Count, "run"))
	return append(rows, countRow{Name: words.Say("records"), What: what, N: b.Records, Total: true})
}
