package page

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"vpcetrail/report/readiness"
)

// ReadinessOf is what a page shows of an answer: what aws:SourceVpce would do, with the endpoints of the answer.
func ReadinessOf(a *readiness.Answer) Readiness {
	r := Readiness{Resource: a.Resource, Condition: readiness.SourceVpce}
	for _, c := range a.Conditions {
		if c.Key != readiness.SourceVpce {
			continue
		}
		if len(c.Values) == 0 {
			r.Note = "The report has seen no endpoint of ours in use for this service: vpcetrail readiness --endpoints takes those to let through."
			return r
		}
		r.Condition += " " + strings.Join(c.Values, ", ")
		if text, err := json.MarshalIndent(c.Statement, "", "  "); err == nil { // it is texts and lists: it marshals
			r.Statement = string(text)
		}
	}
	for outcome, kind := range map[readiness.Outcome]OutcomeKind{
		readiness.Stopped: Stopped, readiness.Unknown: Unclear, readiness.Exempt: Exempt, readiness.Passes: Passing,
	} {
		if rows := rowsOf(a.Uses, outcome); len(rows) > 0 {
			r.Outcomes = append(r.Outcomes, Outcome{Kind: kind, Rows: rows})
		}
	}
	return r
}

// rowsOf adds up the uses with an outcome by what a row tells.
func rowsOf(uses []readiness.Use, outcome readiness.Outcome) []OutcomeRow {
	var rows []OutcomeRow
	index := map[[3]string]int{}
	for i := range uses {
		u := &uses[i]
		if u.Verdicts[readiness.SourceVpce].Outcome != outcome {
			continue
		}
		row := OutcomeRow{Principal: u.Principal, Action: cmp.Or(u.Action, u.EventName), Route: routeText(u)}
		k := [3]string{row.Principal, row.Action, row.Route}
		at, there := index[k]
		if !there {
			at = len(rows)
			index[k] = at
			rows = append(rows, row)
		}
		rows[at].Calls += u.Calls
		rows[at].Denied += u.Denied
		rows[at].LastSeen = max(rows[at].LastSeen, u.LastSeen)
	}
	slices.SortFunc(rows, func(a, b OutcomeRow) int {
		return cmp.Or(cmp.Compare(b.Calls, a.Calls), cmp.Compare(a.Principal, b.Principal), cmp.Compare(a.Action, b.Action), cmp.Compare(a.Route, b.Route))
	})
	return rows
}

func routeText(u *readiness.Use) string {
	switch {
	case u.Origin != "":
		return u.Route + " (" + u.Origin + ")"
	case u.Route == "vpce":
		return u.Route + " " + u.EndpointID
	}
	return u.Route
}
