package page

import (
	"cmp"
	"encoding/json"
	"slices"

	"vpcetrail/classify/phrase"
	"vpcetrail/report/readiness"
	"vpcetrail/report/words"
)

// ReadinessOf returns what a page shows of an answer: the effect of each condition that could be
// judged. For the first condition with known values, aws:SourceVpce if possible, it also shows
// the callers.
func ReadinessOf(a *readiness.Answer, words *words.Language) Readiness {
	r := Readiness{Resource: a.Resource}
	for _, note := range a.Notes {
		r.Notes = append(r.Notes, words.Text(note))
	}
	for i := range a.Conditions {
		c := &a.Conditions[i]
		values := words.Text(phrase.Few(c.Values))
		switch {
		case values == "" && c.Key == readiness.VpceOrgID: // judged by the owner of the endpoints
			values = words.Say("your organization's id")
		case values == "":
			continue
		}
		r.Conditions = append(r.Conditions, Condition{
			Key: c.Key, Values: values, Stopped: c.Calls[readiness.Stopped], StoppedAllowed: c.Allowed, PerhapsAllowed: c.PerhapsAllowed,
			Unclear: c.Calls[readiness.Unknown], Exempt: c.Calls[readiness.Exempt], Passing: c.Calls[readiness.Passes],
		})
		if r.Asked != "" || len(c.Values) == 0 {
			continue
		}
		r.Asked = c.Key
		if text, err := json.MarshalIndent(c.Statement, "", "  "); err == nil { // always nil: strings and lists marshal
			r.Statement = string(text)
		}
	}
	if r.Asked == "" {
		return r
	}
	for outcome, kind := range map[readiness.Outcome]OutcomeKind{
		readiness.Stopped: Stopped, readiness.Unknown: Unclear, readiness.Exempt: Exempt, readiness.Passes: Passing,
	} {
		if rows := rowsOf(a.Uses, r.Asked, outcome, words); len(rows) > 0 {
			r.Outcomes = append(r.Outcomes, Outcome{Kind: kind, Rows: rows})
		}
	}
	return r
}

// rowsOf sums the uses with an outcome under the condition of a key, by what a row shows.
func rowsOf(uses []readiness.Use, key string, outcome readiness.Outcome, words *words.Language) []OutcomeRow {
	var rows []OutcomeRow
	index := map[[3]string]int{}
	for i := range uses {
		u := &uses[i]
		if u.Verdicts[key].Outcome != outcome {
			continue
		}
		row := OutcomeRow{Principal: u.Principal, Action: cmp.Or(u.Action, u.EventName), Way: words.Text(u.Way())}
		k := [3]string{row.Principal, row.Action, row.Way}
		at, there := index[k]
		if !there {
			at = len(rows)
			index[k] = at
			rows = append(rows, row)
		}
		rows[at].Calls += u.Calls
		rows[at].Denied += u.Denied
		rows[at].PerhapsDenied += u.PerhapsDenied
		rows[at].LastSeen = max(rows[at].LastSeen, u.LastSeen)
	}
	slices.SortFunc(rows, func(a, b OutcomeRow) int {
		return cmp.Or(cmp.Compare(b.Calls, a.Calls), cmp.Compare(a.Principal, b.Principal), cmp.Compare(a.Action, b.Action), cmp.Compare(a.Way, b.Way))
	})
	return rows
}
