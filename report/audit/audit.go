package audit

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"vpcetrail/report"
	"vpcetrail/report/table"
)

// A CallKey holds the properties of calls that a rule can check. Only table traffic has Session,
// only table resources has Resource and Action, and only table causes has Cause.
type CallKey struct {
	AccountID          string `json:"account_id,omitempty"`
	Region             string `json:"region,omitempty"`
	Principal          string `json:"principal,omitempty"`
	PrincipalType      string `json:"principal_type,omitempty"`
	PrincipalAccountID string `json:"principal_account_id,omitempty"`
	Session            string `json:"session,omitempty"`
	Service            string `json:"service,omitempty"`
	Resource           string `json:"resource,omitempty"`
	Action             string `json:"event_name,omitempty"`
	Route              string `json:"route"`
	Origin             string `json:"origin,omitempty"`
	Evidence           string `json:"evidence,omitempty"`
	EndpointID         string `json:"vpc_endpoint_id,omitempty"`
	EndpointAccountID  string `json:"endpoint_account_id,omitempty"`
	EndpointOwner      string `json:"endpoint_owner,omitempty"`
	Egress             string `json:"egress,omitempty"`
	Cause              string `json:"cause,omitempty"`
}

// A Call counts the calls with the same key.
type Call struct {
	CallKey
	Calls  int64 `json:"calls"`
	Denied int64 `json:"denied"`
	// FirstSeen and LastSeen are milliseconds since the epoch. The other two are the same times
	// as text, in UTC.
	FirstSeen   int64  `json:"-"`
	LastSeen    int64  `json:"-"`
	FirstSeenAt string `json:"first_seen"`
	LastSeenAt  string `json:"last_seen"`
}

// A Status is the outcome of a rule.
type Status string

// The statuses.
const (
	Violated Status = "violated"
	Kept     Status = "kept"
	Empty    Status = "empty" // no call is in its scope; the scope may have a typo
)

// A Result is the result of one rule. A call that names several of a rule's resources counts once
// for each.
type Result struct {
	Rule   *Rule
	Status Status
	Table  string // the table that the rule was checked against

	Judged    int64 // calls, including violating ones
	Violating int64
	Open      int64   // calls that the report does not know enough about; not judged
	ByService int64   // calls by AWS services; not judged
	Denied    int64   // calls left out because they were denied
	Excepted  []int64 // calls left out, by exception

	Rows    []Call // violating calls, most calls first; at most maxRows, from the first days
	LeftOut int64  // violating rows of the table that did not fit into Rows; each row is of one day
}

// An Audit holds the results of all rules over days of a report.
type Audit struct {
	Days                        string
	Missing, Incomplete, Shards []string // days; those in Shards cover only one shard of the trail
	RequireComplete             bool
	RequireVerified             bool
	Unproved                    []string // days for which digests do not prove the logs, if the rules require that
	Results                     []Result // in the order of the rules
}

// maxRows is the limit of rows that are kept for a rule.
const maxRows = 10_000

// Run checks the days of s against rules. It fails if a day does not have a table that a rule needs.
func Run(ctx context.Context, s *report.Span, rules *Rules) (*Audit, error) {
	a := &Audit{Days: s.String(), RequireComplete: rules.RequireComplete, RequireVerified: rules.RequireVerified}
	for _, d := range s.Missing {
		a.Missing = append(a.Missing, d.String())
	}
	for _, d := range s.Incomplete {
		a.Incomplete = append(a.Incomplete, d.String())
	}
	for _, d := range s.Shards {
		a.Shards = append(a.Shards, d.String())
	}
	for i, m := range s.Manifests {
		if rules.RequireVerified && !m.Verified.Proved() {
			a.Unproved = append(a.Unproved, s.Days[i].String())
		}
	}
	byTable := map[string][]*tally{}
	var tallies []*tally
	for i := range rules.List {
		t := newTally(&rules.List[i])
		tallies = append(tallies, t)
		byTable[t.Table] = append(byTable[t.Table], t)
		if err := needEgress(s, t.Rule); err != nil {
			return nil, err
		}
	}
	holds := []struct {
		table string
		by    func(context.Context, *report.Span, []*tally) error
	}{{table.Traffic.Name, holdTraffic}, {table.Resources.Name, holdResources}, {table.Causes.Name, holdCauses}}
	for _, hold := range holds {
		if len(byTable[hold.table]) > 0 {
			if err := s.Need(hold.table); err != nil {
				return nil, err
			}
		}
	}
	for _, hold := range holds {
		if len(byTable[hold.table]) > 0 {
			if err := hold.by(ctx, s, byTable[hold.table]); err != nil {
				return nil, err
			}
		}
	}
	for _, t := range tallies {
		a.Results = append(a.Results, t.result())
	}
	return a, nil
}

// needEgress fails if a rule names egress and a day was made without what shows it.
func needEgress(s *report.Span, r *Rule) error {
	if !r.namesEgress() {
		return nil
	}
	for i, m := range s.Manifests {
		if m.Run.Inputs["network"] == "" && m.Run.Inputs["networks"] == "" {
			return fmt.Errorf("%s does not know the egress of %s, which rule %q names: run vpcetrail analyze again for this day with --network or --networks",
				s.Store, s.Days[i], r.Name)
		}
	}
	return nil
}

func holdTraffic(ctx context.Context, s *report.Span, tallies []*tally) error {
	for row, err := range report.SpanRows(ctx, s, &table.Traffic) {
		if err != nil {
			return err
		}
		c := Call{CallKey: CallKey{
			AccountID: row.AccountID, Region: row.Region, Principal: row.Principal, PrincipalType: row.PrincipalType, PrincipalAccountID: row.PrincipalAccountID,
			Session: row.Session, Service: row.Service, Route: row.Route, Origin: row.Origin, Evidence: row.Evidence,
			EndpointID: row.EndpointID, EndpointAccountID: row.EndpointAccountID, EndpointOwner: row.EndpointOwner, Egress: row.Egress,
		}, Calls: row.Calls, Denied: row.Denied, FirstSeen: row.FirstSeen, LastSeen: row.LastSeen}
		for _, t := range tallies {
			t.add(&c)
		}
	}
	return nil
}

// holdCauses checks the calls past the endpoints. The table does not count denied calls apart.
func holdCauses(ctx context.Context, s *report.Span, tallies []*tally) error {
	for row, err := range report.SpanRows(ctx, s, &table.Causes) {
		if err != nil {
			return err
		}
		c := Call{CallKey: CallKey{
			AccountID: row.AccountID, Region: row.Region, Principal: row.Principal, PrincipalAccountID: row.PrincipalAccountID, Service: row.Service,
			Route: "internet", EndpointID: row.EndpointID, Egress: row.Egress, Cause: row.Cause,
		}, Calls: row.Calls, FirstSeen: row.FirstSeen, LastSeen: row.LastSeen}
		for _, t := range tallies {
			t.add(&c)
		}
	}
	return nil
}

func holdResources(ctx context.Context, s *report.Span, tallies []*tally) error {
	for row, err := range report.SpanRows(ctx, s, &table.Resources) {
		if err != nil {
			return err
		}
		c := Call{CallKey: CallKey{
			AccountID: row.AccountID, Region: row.Region, Principal: row.Principal, PrincipalType: row.PrincipalType, PrincipalAccountID: row.PrincipalAccountID,
			Service: row.Service, Resource: row.Resource, Action: row.EventName, Route: row.Route, Origin: row.Origin, Evidence: row.Evidence,
			EndpointID: row.EndpointID, EndpointAccountID: row.EndpointAccountID, EndpointOwner: row.EndpointOwner,
		}, Calls: row.Calls, Denied: row.Denied, FirstSeen: row.FirstSeen, LastSeen: row.LastSeen}
		for _, t := range tallies {
			t.add(&c)
		}
	}
	return nil
}

// A tally counts the calls of a rule.
type tally struct {
	Result
	inScope int64             // calls, including exceptions
	rows    map[CallKey]*Call // violating calls
}

func newTally(r *Rule) *tally {
	return &tally{Result: Result{Rule: r, Table: r.table(), Excepted: make([]int64, len(r.Except))}, rows: map[CallKey]*Call{}}
}

// add counts a row of a table.
func (t *tally) add(c *Call) {
	r := t.Rule
	if !r.Scope.matches(c) {
		return
	}
	judged := c.Calls
	t.inScope += c.Calls
	for i := range r.Except {
		if r.Except[i].matches(c) {
			t.Excepted[i] += judged
			return
		}
	}
	if !r.CountDenied {
		judged -= c.Denied
		t.Denied += c.Denied
	}
	switch r.judge(c) {
	case noRoute:
		t.ByService += judged
	case open:
		t.Open += judged
	case keeps:
		t.Judged += judged
	case violates:
		if t.Judged, t.Violating = t.Judged+judged, t.Violating+judged; judged > 0 {
			t.keep(c)
		}
	}
}

// keep adds a violating row to the row of its key.
func (t *tally) keep(c *Call) {
	row := t.rows[c.CallKey]
	switch {
	case row == nil && len(t.rows) == maxRows:
		t.LeftOut++
		return
	case row == nil:
		row = &Call{CallKey: c.CallKey, FirstSeen: c.FirstSeen}
		t.rows[c.CallKey] = row
	}
	row.Calls += c.Calls
	row.Denied += c.Denied
	row.FirstSeen, row.LastSeen = min(row.FirstSeen, c.FirstSeen), max(row.LastSeen, c.LastSeen)
}

func (t *tally) result() Result {
	for _, row := range t.rows {
		row.FirstSeenAt = time.UnixMilli(row.FirstSeen).UTC().Format(time.RFC3339)
		row.LastSeenAt = time.UnixMilli(row.LastSeen).UTC().Format(time.RFC3339)
		t.Rows = append(t.Rows, *row)
	}
	slices.SortFunc(t.Rows, func(a, b Call) int {
		return cmp.Or(cmp.Compare(b.Calls, a.Calls), a.compare(&b.CallKey))
	})
	switch {
	case !t.Rule.Allow.keeps(t.Violating, t.Judged):
		t.Status = Violated
	case t.inScope == 0:
		t.Status = Empty
	default:
		t.Status = Kept
	}
	return t.Result
}

func (k *CallKey) compare(o *CallKey) int {
	for _, pair := range [][2]string{
		{k.Principal, o.Principal}, {k.Service, o.Service}, {k.Resource, o.Resource}, {k.Action, o.Action}, {k.Route, o.Route}, {k.EndpointID, o.EndpointID},
		{k.AccountID, o.AccountID}, {k.Region, o.Region}, {k.Session, o.Session}, {k.Origin, o.Origin}, {k.Evidence, o.Evidence}, {k.EndpointOwner, o.EndpointOwner},
		{k.PrincipalType, o.PrincipalType}, {k.PrincipalAccountID, o.PrincipalAccountID}, {k.EndpointAccountID, o.EndpointAccountID}, {k.Egress, o.Egress}, {k.Cause, o.Cause},
	} {
		if c := cmp.Compare(pair[0], pair[1]); c != 0 {
			return c
		}
	}
	return 0
}

// Violations returns the number of violated rules of at least the given severity.
func (a *Audit) Violations(severity string) (n int) {
	for i := range a.Results {
		r := &a.Results[i]
		if r.Status == Violated && slices.Index(severities, r.Rule.Severity) <= slices.Index(severities, severity) {
			n++
		}
	}
	return n
}

// Whole reports whether the report has all data for the audit, as far as it can know.
func (a *Audit) Whole() bool { return len(a.Missing)+len(a.Incomplete)+len(a.Shards) == 0 }
