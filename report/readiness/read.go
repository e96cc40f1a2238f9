package readiness

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"vpcetrail/classify/phrase"
	"vpcetrail/ingest/day"
	"vpcetrail/report"
	"vpcetrail/report/policy"
	"vpcetrail/report/table"
)

// Read answers q from the days of s. It fails if a day has no table resources. If neither a call nor a
// request of access logs names the resource, the error is an *UnknownResourceError.
func Read(ctx context.Context, s *report.Span, q Question) (*Answer, error) {
	if err := s.Need(table.Resources.Name); err != nil {
		return nil, err
	}
	r := reader{q: q, service: serviceOf(q.Resource), endpoints: map[string]*Endpoint{}, serving: map[string]bool{}, uses: map[useKey]*Counts{}, recorded: map[recorded]bool{}, ways: map[callerKey]*wayOut{}}
	if err := r.readEndpoints(ctx, s); err != nil {
		return nil, err
	}
	if err := r.readUses(ctx, s); err != nil {
		return nil, err
	}
	if err := r.readWays(ctx, s); err != nil {
		return nil, err
	}
	logged, err := r.readAccess(ctx, s)
	if err != nil {
		return nil, err
	}
	days := slices.Sorted(slices.Values(slices.Concat(s.Days, logged.days)))
	if len(days) == 0 {
		days = s.AllDays()
	}
	if len(r.uses) == 0 {
		near, err := nearest(ctx, s, q.Resource)
		if err != nil {
			return nil, err
		}
		return nil, &UnknownResourceError{Resource: q.Resource, Days: report.NameDays(days), NoTrail: len(s.Days) == 0, Near: near}
	}
	a := &Answer{Resource: q.Resource, Days: report.NameDays(days), NoTrail: len(s.Days) == 0, Beside: names(logged.days), PolicyKind: r.service.policy, Incomplete: names(s.Incomplete), Shards: names(s.Shards)}
	a.Missing = names(slices.DeleteFunc(slices.Clone(s.Missing), func(d day.Day) bool { return slices.Contains(logged.days, d) }))
	a.noteEgress(s, &q)
	a.noteAccess(logged)
	r.allow(a)
	r.conditions(a, s)
	r.judge(a)
	return a, nil
}

func names[T fmt.Stringer](list []T) (out []string) {
	for _, x := range list {
		out = append(out, x.String())
	}
	return out
}

// useKey is the key of a use: all fields of Use except numbers and verdicts.
type useKey struct {
	Principal, PrincipalType, PrincipalAccountID string
	Service, EventName                           string
	Route, Origin, Evidence                      string
	EndpointID, EndpointAccountID, EndpointOwner string
	Egress                                       string
	mixed                                        bool
	logged                                       bool    // only access logs show it
	way                                          *wayOut // until joinUses
}

// A reader collects the data for an answer.
type reader struct {
	q         Question
	service   service
	endpoints map[string]*Endpoint // all endpoints of the report, by id
	serving   map[string]bool      // ids of endpoints in use for the resource's service, in its Region if it has one
	uses      map[useKey]*Counts
	recorded  map[recorded]bool
	ways      map[callerKey]*wayOut
	allowed   []Endpoint
	values    map[string][]string // values of the conditions, by key
}

// readEndpoints reads the endpoints of all days. One day may know the owner, and another the VPC.
func (r *reader) readEndpoints(ctx context.Context, s *report.Span) error {
	region := regionOf(r.q.Resource)
	for row, err := range report.SpanRows(ctx, s, &table.Endpoints) {
		if err != nil {
			return err
		}
		e := r.endpoints[row.EndpointID]
		if e == nil {
			e = &Endpoint{ID: row.EndpointID}
			r.endpoints[row.EndpointID] = e
		}
		if table.RankOfOwner(row.EndpointOwner) > table.RankOfOwner(e.Owner) {
			e.Owner = row.EndpointOwner
		}
		e.AccountID, e.VPC, e.Region = max(e.AccountID, row.EndpointAccountID), max(e.VPC, row.VPCID), max(e.Region, row.Region)
		prefix, _, _ := strings.Cut(row.Service, ".")
		if prefix == r.service.name && (region == "" || region == row.Region) {
			r.serving[row.EndpointID] = true
		}
	}
	return nil
}

func (r *reader) readUses(ctx context.Context, s *report.Span) error {
	for i, d := range s.Days {
		for row, err := range report.ReadTable(ctx, s.Store, &table.Resources, s.Manifests[i], d) {
			if err != nil {
				return err
			}
			if row.Resource == r.q.Resource {
				r.addUse(d, row)
			}
		}
	}
	return nil
}

func (r *reader) addUse(d day.Day, row *table.ResourceRow) {
	k := useKey{
		Principal: row.Principal, PrincipalType: row.PrincipalType, PrincipalAccountID: row.PrincipalAccountID, Service: row.Service, EventName: row.EventName,
		Route: row.Route, Origin: row.Origin, Evidence: row.Evidence, EndpointID: row.EndpointID, EndpointAccountID: row.EndpointAccountID, EndpointOwner: row.EndpointOwner,
		way: r.wayOf(d, row),
	}
	if e := r.endpoints[row.EndpointID]; e != nil && row.Route == "vpce" {
		k.EndpointOwner, k.EndpointAccountID = e.Owner, e.AccountID // from another day
	}
	r.recorded[recorded{d, ""}], r.recorded[recorded{d, row.EventName}] = true, true
	c := r.uses[k]
	if c == nil {
		c = &Counts{FirstSeen: row.FirstSeen}
		r.uses[k] = c
	}
	c.add(&Counts{Calls: row.Calls, Denied: row.Denied, FirstSeen: row.FirstSeen, LastSeen: row.LastSeen})
}

func (c *Counts) add(o *Counts) {
	c.Calls += o.Calls
	c.Denied += o.Denied
	c.PerhapsDenied += o.PerhapsDenied
	c.FirstSeen, c.LastSeen = min(c.FirstSeen, o.FirstSeen), max(c.LastSeen, o.LastSeen)
	c.LastSeenAt = time.UnixMilli(c.LastSeen).UTC().Format(time.RFC3339)
}

// allow decides which endpoints the policy would allow.
func (r *reader) allow(a *Answer) {
	if r.q.Endpoints == nil {
		for id := range r.serving {
			if e := r.endpoints[id]; e.Owner == "own" {
				r.allowed = append(r.allowed, *e)
			}
		}
	}
	for _, id := range r.q.Endpoints {
		e := r.endpoints[id]
		switch {
		case e == nil:
			if e = (&Endpoint{ID: id}); !a.NoTrail {
				a.note("%s is not in the report of these days: no call went through it.", id)
			}
		case e.Owner != "own":
			owner := any(e.Owner)
			if e.Owner == "" {
				owner = phrase.Format("nothing, or that it is AWS's own")
			}
			a.note("%s is not known as ours: the report says %s. Analyze with an endpoint inventory that lists it.", id, owner)
		}
		r.allowed = append(r.allowed, *e)
	}
	slices.SortFunc(r.allowed, func(a, b Endpoint) int { return cmp.Compare(a.ID, b.ID) })
	r.allowed = slices.Compact(r.allowed)
	a.Endpoints = r.allowed
}

func (a *Answer) note(format phrase.Format, args ...any) {
	a.Notes = append(a.Notes, phrase.Of(format, args...))
}

// conditions sets the values of each condition.
func (r *reader) conditions(a *Answer, s *report.Span) {
	r.values = map[string][]string{}
	var nowhere []string // endpoints with an unknown VPC
	for _, e := range r.allowed {
		r.values[SourceVpce] = append(r.values[SourceVpce], e.ID)
		if e.VPC != "" {
			r.values[SourceVpc] = append(r.values[SourceVpc], e.VPC)
			if arn := e.vpcARN(partitionOf(r.q.Resource)); arn != "" {
				r.values[SourceVpcArn] = append(r.values[SourceVpcArn], arn)
			}
		} else {
			nowhere = append(nowhere, e.ID)
		}
	}
	switch len(nowhere) {
	case 0:
	case 1:
		a.note("The VPC of %s is not known: analyze with --endpoints.", nowhere[0])
	default:
		a.note("The VPCs of %s are not known: analyze with --endpoints.", phrase.Few(nowhere))
	}
	for _, e := range r.endpoints {
		if e.Owner == "own" && e.AccountID != "" {
			r.values[VpceAccount] = append(r.values[VpceAccount], e.AccountID)
		}
	}
	for _, m := range s.Manifests {
		r.values[VpceAccount] = append(r.values[VpceAccount], m.Run.OwnAccounts...)
	}
	if r.q.OrgID != "" {
		r.values[VpceOrgID] = []string{r.q.OrgID}
	}
	r.values[VpceOrgPaths] = slices.Clone(r.q.OrgPaths)
	var unsupported []string
	for _, key := range conditionKeys {
		slices.Sort(r.values[key])
		c := Condition{Key: key, Values: slices.Compact(r.values[key]), Calls: map[Outcome]int64{}}
		if c.Unsupported = r.service.name != "" && !policy.Supports(key, r.service.name); c.Unsupported {
			c.Values, unsupported = nil, append(unsupported, key)
		}
		if len(c.Values) > 0 {
			c.Statement = r.statement(key, c.Values)
		} else {
			c.Values = []string{}
		}
		r.values[key] = c.Values
		a.Conditions = append(a.Conditions, c)
	}
	if len(r.allowed) == 0 {
		service := any(r.service.name)
		if r.service.name == "" {
			service = phrase.Format("this service")
		}
		a.note("The report has no endpoint of ours for %s: vpcetrail readiness --endpoints takes those that the policy should let through.", service)
	}
	if len(unsupported) > 0 {
		a.note("Requests to %s never have %s (%s): such a condition would stop everybody, so it is not counted.", r.service.name, phrase.Few(unsupported), policy.SupportAsOf)
	}
}

// vpcARN returns the ARN of the endpoint's VPC, or "" if it is not known.
func (e *Endpoint) vpcARN(partition string) string {
	if e.VPC == "" || e.AccountID == "" || e.Region == "" {
		return ""
	}
	return "arn:" + partition + ":ec2:" + e.Region + ":" + e.AccountID + ":vpc/" + e.VPC
}

// judge sets the verdicts of every use, and sorts the uses: stopped first, then by calls.
func (r *reader) judge(a *Answer) {
	for k, c := range r.uses {
		u := Use{
			Principal: k.Principal, PrincipalType: k.PrincipalType, PrincipalAccountID: k.PrincipalAccountID,
			Service: k.Service, EventName: k.EventName, Action: actionOf(k.Service, k.EventName), logged: k.logged, Route: k.Route, Origin: k.Origin, Evidence: k.Evidence,
			EndpointID: k.EndpointID, EndpointAccountID: k.EndpointAccountID, EndpointOwner: k.EndpointOwner, Egress: k.Egress, mixed: k.mixed,
			Counts: *c, Verdicts: map[string]Verdict{},
		}
		if u.logged && strings.Contains(u.EventName, ".") { // no event of CloudTrail
			u.Action = ""
		}
		for i := range a.Conditions {
			cond := &a.Conditions[i]
			if !cond.judged() {
				continue
			}
			v := r.verdict(&u, cond.Key)
			u.Verdicts[cond.Key] = v
			cond.Calls[v.Outcome] += u.Calls
			if v.Outcome == Stopped {
				cond.Allowed += u.Calls - u.Denied - u.PerhapsDenied
				cond.PerhapsAllowed += u.PerhapsDenied
			}
		}
		a.Uses = append(a.Uses, u)
	}
	slices.SortFunc(a.Uses, func(x, y Use) int {
		return cmp.Or(cmp.Compare(x.rank(), y.rank()), cmp.Compare(y.Calls, x.Calls), cmp.Compare(x.Principal, y.Principal), cmp.Compare(x.EventName, y.EventName),
			cmp.Compare(x.Service, y.Service), cmp.Compare(x.Route, y.Route), cmp.Compare(x.Origin, y.Origin), cmp.Compare(x.Evidence, y.Evidence), cmp.Compare(x.EndpointID, y.EndpointID),
			cmp.Compare(x.PrincipalType, y.PrincipalType), cmp.Compare(x.PrincipalAccountID, y.PrincipalAccountID), cmp.Compare(x.EndpointOwner, y.EndpointOwner), cmp.Compare(x.EndpointAccountID, y.EndpointAccountID), cmp.Compare(x.Egress, y.Egress))
	})
}

// rank returns the sort order of a use by its first verdict.
func (u *Use) rank() int {
	for _, key := range conditionKeys {
		if v, ok := u.Verdicts[key]; ok {
			return slices.Index(outcomes, v.Outcome)
		}
	}
	return len(outcomes)
}
