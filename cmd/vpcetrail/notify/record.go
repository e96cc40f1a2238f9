package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/url"
	"reflect"
	"slices"

	"vpcetrail/ingest/day"
	"vpcetrail/report"
	"vpcetrail/report/changes"
	"vpcetrail/report/table"
)

// A record is what a target has been sent. It is a file of the report, one for each target.
type record struct {
	To  string `json:"to"`  // the ARN of the target
	Day string `json:"day"` // the newest day that was sent
	// Event is the id of that day's event. It is empty if the event was not delivered.
	Event string `json:"event,omitempty"`
	// Left are earlier days with events that were not delivered.
	Left []string `json:"left,omitempty"`
	// Runs is how many runs have written the record.
	Runs     int             `json:"runs,omitempty"`
	Scope    changes.Scope   `json:"scope"` // of that day
	Older    []changes.Scope `json:"older_scopes,omitempty"`
	Findings []open          `json:"findings"` // in the order of their keys
}

// An open finding is one that the target has been sent and that is not gone since.
type open struct {
	ID    string `json:"id"`
	Since string `json:"since"`          // the day on which it was new
	Sent  string `json:"sent,omitempty"` // the day when it was sent last; empty if it was never delivered
	Key   key    `json:"key"`
	// Run is the number of runs before the one in which it was new. With it the ids of events differ
	// if a day is restated, and a finding is new, gone and new again on the same day.
	Run int `json:"run,omitempty"`
	// Older is the number of the scope in which it was found last, if the newest day does not have
	// it: 1 is the first of the record's older scopes. 0 is the scope of the newest day.
	Older int `json:"older_scope,omitempty"`
}

// scope returns the scope in which a finding of the record was found last.
func (r *record) scope(f *open) changes.Scope {
	if f.Older == 0 {
		return r.Scope
	}
	return r.Older[f.Older-1]
}

// older returns the number of a scope in the record, and adds the scope if the record lacks it.
func (r *record) older(scope changes.Scope) int {
	if reflect.DeepEqual(scope, r.Scope) {
		return 0
	}
	for i := range r.Older {
		if reflect.DeepEqual(scope, r.Older[i]) {
			return i + 1
		}
	}
	r.Older = append(r.Older, scope)
	return len(r.Older)
}

// unproved says of each scope of the record why a finding that the day does not have need not be
// gone, or "".
func (r *record) unproved(day *changes.Side) []string {
	why := []string{day.Unproved(r.Scope).String()}
	for _, scope := range r.Older {
		why = append(why, day.Unproved(scope).String())
	}
	return why
}

// A key is a table.FindingKey with the names of its columns.
type key struct {
	Finding            string `json:"finding"`
	Severity           string `json:"severity"`
	AccountID          string `json:"account_id,omitempty"`
	Region             string `json:"region,omitempty"`
	Principal          string `json:"principal,omitempty"`
	PrincipalAccountID string `json:"principal_account_id,omitempty"`
	Service            string `json:"service,omitempty"`
	Resource           string `json:"resource,omitempty"`
	EndpointID         string `json:"vpc_endpoint_id,omitempty"`
}

// recordName returns the name of the record of a target in the report.
func recordName(target string) string { return "_notify/" + url.QueryEscape(target) + ".json" }

// unitOf returns the unit of a target's record. Its lock lets one run at a time send to the target.
func unitOf(target string) string { return "notify=" + url.QueryEscape(target) }

// readRecord reads the record of a target. It returns nil if there is none.
func readRecord(ctx context.Context, store report.Store, target string) (*record, error) {
	name := recordName(target)
	text, err := store.Read(ctx, name)
	if errors.Is(err, report.ErrNoReport) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var r record
	if err = json.Unmarshal(text, &r); err == nil {
		_, err = day.Parse(r.Day)
	}
	wrong := func(f open) bool { return f.Older < 0 || f.Older > len(r.Older) }
	if err != nil || r.To != target || slices.ContainsFunc(r.Findings, wrong) {
		return nil, fmt.Errorf("%s: %s: is not what notify keeps of %s: remove it to start as with a new target", store, name, target)
	}
	slices.SortFunc(r.Findings, byKey)
	return &r, nil
}

func byKey(a, b open) int {
	x, y := table.FindingKey(a.Key), table.FindingKey(b.Key)
	return x.Compare(&y)
}

// save publishes the record. It is not interrupted: what has been sent must not be sent again.
func (r *record) save(ctx context.Context, pub report.Publication, target string) error {
	slices.SortFunc(r.Findings, byKey)
	text, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return err
	}
	ctx = context.WithoutCancel(ctx)
	if _, err := report.StageFile(ctx, pub, recordName(target), append(text, '\n')); err != nil {
		return err
	}
	return pub.Commit(ctx, nil)
}

// rows returns the findings of the record as rows of the table, in the order of their keys.
func (r *record) rows() []table.FindingRow {
	rows := make([]table.FindingRow, len(r.Findings))
	for i, f := range r.Findings {
		rows[i] = rowOf(f.Key)
	}
	return rows
}

// rowOf returns a finding of which only the key is known.
func rowOf(k key) table.FindingRow {
	return table.FindingRow{FindingKey: table.FindingKey(k), EstimatedUSD: math.NaN(), FirstSeen: -1, LastSeen: -1}
}
