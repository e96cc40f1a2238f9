package notify

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"time"

	"vpcetrail/ingest/day"
	"vpcetrail/report"
	"vpcetrail/report/changes"
	"vpcetrail/report/table"
)

// A record is what a target has been sent. It is a file of the report, one for each target.
type record struct {
	To     string `json:"to"`  // the ARN of the target
	Newest string `json:"day"` // the newest day that was sent
	// Days are the days that were sent, of the last lookBack days.
	Days map[string]sentDay `json:"days"`
	// Runs grows with each run that writes the record.
	Runs int `json:"runs,omitempty"`
	// Updated is the latest time of news, in milliseconds. Security Hub ignores a finding unless it is
	// later than the one before, whatever the clocks of the machines say.
	Updated  int64           `json:"updated_ms,omitempty"`
	Scope    changes.Scope   `json:"scope"` // of the newest day
	Older    []changes.Scope `json:"older_scopes,omitempty"`
	Findings []finding       `json:"findings"` // in the order of their keys
	// Gone holds the ids of findings that were sent as gone, with the first day without them.
	Gone map[string]string `json:"gone,omitempty"`

	// Event and Left are of records of older versions. Days has them now.
	Event string   `json:"event,omitempty"`
	Left  []string `json:"left,omitempty"`
}

// A sentDay is a day that was sent.
type sentDay struct {
	Manifest string `json:"manifest,omitempty"` // the hash of its run.json; if that is another one, there may be news
	Event    string `json:"event,omitempty"`    // the id of its event
	Left     bool   `json:"left,omitempty"`     // the event was not delivered
	// Run is the number of runs before the one that made the event. With it the ids of events differ
	// if a day is restated to and fro.
	Run int `json:"run,omitempty"`
}

// A finding is one that the target has been sent and that is not gone since.
type finding struct {
	ID    string `json:"id"`
	Since string `json:"since"`          // the day on which it was new
	Sent  string `json:"sent,omitempty"` // the day when it was sent last; empty if it was never delivered
	Key   key    `json:"key"`
	// MaybeGone: it was sent as gone, and there was no answer. If it is found again, it is new again.
	MaybeGone bool `json:"maybe_gone,omitempty"`
	// Run is the number of runs before the one in which it was new. With it the ids of events differ
	// if a day is restated, and a finding is new, gone and new again on the same day.
	Run int `json:"run,omitempty"`
	// Older is the number of the scope in which it was found last, if the newest day does not have
	// it: 1 is the first of the record's older scopes. 0 is the scope of the newest day.
	Older int `json:"older_scope,omitempty"`
}

// scope returns the scope in which a finding of the record was found last.
func (r *record) scope(f *finding) changes.Scope {
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
func (r *record) unproved(side *changes.Side) []string {
	why := []string{side.Unproved(r.Scope).String()}
	for _, scope := range r.Older {
		why = append(why, side.Unproved(scope).String())
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

// unitOf returns the unit of a target. Its lock lets one run at a time send to the target.
func unitOf(target string) string { return "notify=" + url.QueryEscape(target) }

// unitOfRecord returns the unit of a target's record. A run publishes it more than once.
func unitOfRecord(target string) string { return unitOf(target) + ".record" }

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
	err = json.Unmarshal(text, &r)
	r.migrate()
	slices.SortFunc(r.Findings, byKey)
	if err != nil || r.To != target || !r.valid() {
		return nil, fmt.Errorf("%s: %s: is not what notify keeps of %s: remove it to start as with a new target", store, name, target)
	}
	newest, _ := day.Parse(r.Newest) // it is valid
	if newest <= day.Of(Now())+1 {
		return &r, nil
	}
	if _, err := store.Read(ctx, report.ManifestName(newest)); err != nil {
		return nil, fmt.Errorf("%s: %s: names %s as the newest day that was sent, which is in the future: set the clock of this machine, or remove the file to start as with a new target", store, name, r.Newest)
	}
	return &r, nil
}

// migrate brings a record of an older version into the present form.
func (r *record) migrate() {
	if len(r.Days) > 0 {
		return
	}
	r.Days = map[string]sentDay{r.Newest: {Event: r.Event, Left: r.Event == ""}}
	for _, d := range r.Left {
		r.Days[d] = sentDay{Left: true}
	}
	r.Event, r.Left = "", nil
}

// valid reports whether notify may have written the record. Its findings are in order.
func (r *record) valid() bool {
	if year := time.UnixMilli(r.Updated).UTC().Year(); year < 1970 || year > 9998 {
		return false
	}
	days := slices.AppendSeq([]string{r.Newest}, maps.Keys(r.Days))
	days = slices.AppendSeq(days, maps.Values(r.Gone))
	for i := range r.Findings {
		f := &r.Findings[i]
		if f.Older < 0 || f.Older > len(r.Older) || !ids.MatchString(f.ID) || i > 0 && byKey(r.Findings[i-1], *f) == 0 {
			return false
		}
		days = append(days, f.Since, cmp.Or(f.Sent, r.Newest))
	}
	return !slices.ContainsFunc(days, func(d string) bool {
		at, err := day.Parse(d)
		return err != nil || at < 0 || d > r.Newest
	})
}

// ids are the ids of findings.
var ids = regexp.MustCompile("^[0-9a-f]{32}$")

func byKey(a, b finding) int {
	x, y := table.FindingKey(a.Key), table.FindingKey(b.Key)
	return x.Compare(&y)
}

// save publishes the record. It is not interrupted: what has been sent must not be sent again.
func (r *record) save(ctx context.Context, w report.Writer) error {
	kept := *r
	kept.Runs++
	text, err := json.MarshalIndent(&kept, "", " ")
	if err != nil {
		return err
	}
	ctx = context.WithoutCancel(ctx)
	pub, err := w.Lock(ctx, unitOfRecord(r.To))
	if err != nil {
		return err
	}
	if _, err := report.StageFile(ctx, pub, recordName(r.To), append(text, '\n')); err != nil {
		return err
	}
	return pub.Commit(ctx, nil)
}

// rows returns the findings of the record as rows of the table, in the order of their keys, of which
// only these are known.
func (r *record) rows() []table.FindingRow {
	rows := make([]table.FindingRow, len(r.Findings))
	for i, f := range r.Findings {
		rows[i] = table.FindingRow{FindingKey: table.FindingKey(f.Key), EstimatedUSD: math.NaN(), FirstSeen: -1, LastSeen: -1}
	}
	return rows
}
