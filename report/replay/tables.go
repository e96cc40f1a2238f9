package replay

import (
	"context"
	"slices"

	"vpcetrail/classify/endpoints"
	"vpcetrail/classify/phrase"
	"vpcetrail/ingest/day"
	"vpcetrail/report"
	"vpcetrail/report/table"
)

// ReadTables judges the calls of a report. Table resources has the action of calls that name a resource. Of
// other calls, table traffic has the caller, the service and the route, so their action is any of the service.
// own are accounts that are ours beside those of the report.
func ReadTables(ctx context.Context, s *report.Span, p *Plan, own []string) (*Answer, error) {
	if err := s.Need(table.Resources.Name); err != nil {
		return nil, err
	}
	t := tables{plan: p, answer: newAnswer(p), vpcs: map[string]table.EndpointRow{}, rest: map[restKey]*rest{}}
	t.answer.Read, t.answer.Days = Tables, report.NameDays(s.Days)
	if err := t.readEndpoints(ctx, s); err != nil {
		return nil, err
	}
	accounts := own
	for _, m := range s.Manifests {
		accounts = slices.Concat(accounts, m.Run.OwnAccounts)
	}
	found, err := t.readTraffic(ctx, s)
	if err != nil {
		return nil, err
	}
	if err := p.prepare(accounts, found); err != nil {
		return nil, err
	}
	if err := t.readResources(ctx, s); err != nil {
		return nil, err
	}
	t.addRest()
	t.noteMissing(s)
	t.answer.finish(p)
	return t.answer, nil
}

// tables is the state of ReadTables.
type tables struct {
	plan   *Plan
	answer *Answer
	vpcs   map[string]table.EndpointRow // what is known of an endpoint, by id
	rest   map[restKey]*rest
}

// A restKey is what tables traffic and resources have in common.
type restKey struct {
	account, region, principal, principalType, principalAccount, service string
	route, evidence, endpoint, endpointAccount, owner                    string
}

// A rest counts the calls of table traffic that table resources does not have.
type rest struct{ calls, denied, lastSeen int64 }

func (t *tables) readEndpoints(ctx context.Context, s *report.Span) error {
	for row, err := range report.SpanRows(ctx, s, &table.Endpoints) {
		if err != nil {
			return err
		}
		known := t.vpcs[row.EndpointID]
		t.plan.Describe(endpoints.Endpoint{ID: row.EndpointID, Type: row.EndpointType, Service: row.ServiceName})
		known.VPCID, known.EndpointAccountID = max(known.VPCID, row.VPCID), max(known.EndpointAccountID, row.EndpointAccountID)
		t.vpcs[row.EndpointID] = known
	}
	return nil
}

// readTraffic reads table traffic and returns the accounts of the trail.
func (t *tables) readTraffic(ctx context.Context, s *report.Span) (accounts []string, err error) {
	seen := map[string]bool{}
	for row, err := range report.SpanRows(ctx, s, &table.Traffic) {
		if err != nil {
			return nil, err
		}
		if !seen[row.AccountID] {
			seen[row.AccountID] = true
			accounts = append(accounts, row.AccountID)
		}
		k := restKey{
			row.AccountID, row.Region, row.Principal, row.PrincipalType, row.PrincipalAccountID, row.Service,
			row.Route, row.Evidence, row.EndpointID, row.EndpointAccountID, row.EndpointOwner,
		}
		r := t.rest[k]
		if r == nil {
			r = new(rest)
			t.rest[k] = r
		}
		r.calls += row.Calls
		r.denied += row.Denied
		r.lastSeen = max(r.lastSeen, row.LastSeen)
	}
	return accounts, nil
}

func (t *tables) readResources(ctx context.Context, s *report.Span) error {
	for row, err := range report.SpanRows(ctx, s, &table.Resources) {
		if err != nil {
			return err
		}
		k := restKey{
			row.AccountID, row.Region, row.Principal, row.PrincipalType, row.PrincipalAccountID, row.Service,
			row.Route, row.Evidence, row.EndpointID, row.EndpointAccountID, row.EndpointOwner,
		}
		if r := t.rest[k]; r != nil { // a call that names several resources counts for each
			r.calls, r.denied = r.calls-row.Calls, r.denied-row.Denied
		}
		c := k.call(t)
		c.EventName, c.Resources, c.ResourceAccount = row.EventName, []string{row.Resource}, accountOf([]string{row.Resource})
		t.add(c, row.Calls, row.Denied, row.LastSeen)
	}
	return nil
}

// addRest adds the calls that name no resource.
func (t *tables) addRest() {
	if t.plan.Resource != nil {
		return // only calls that name the resource count
	}
	var nameless int64
	for k, r := range t.rest {
		if r.calls <= 0 {
			continue
		}
		before := t.answer.OtherCalls
		t.add(k.call(t), r.calls, min(max(r.denied, 0), r.calls), r.lastSeen)
		if t.answer.OtherCalls == before {
			nameless += r.calls
		}
	}
	if nameless > 0 {
		t.answer.note("At least %d calls name no resource: the tables do not have their actions. The records have: vpcetrail replay SOURCE.", nameless)
	}
}

func (k *restKey) call(t *tables) *Call {
	known := t.vpcs[k.endpoint]
	c := &Call{
		Account: k.account, Region: k.region, Principal: k.principal, PrincipalType: k.principalType, PrincipalAccount: k.principalAccount,
		Source: k.service, Route: k.route, Evidence: k.evidence, EndpointID: k.endpoint, EndpointAccount: k.endpointAccount, EndpointOwner: k.owner,
	}
	if c.Route == "vpce" {
		c.VPC, c.EndpointAccount = known.VPCID, max(c.EndpointAccount, known.EndpointAccountID)
	}
	return c
}

// add adds the calls of a row, those that are denied today apart.
func (t *tables) add(c *Call, calls, denied, lastSeen int64) {
	c.Time = lastSeen
	for _, part := range []struct {
		denied bool
		calls  int64
	}{{false, calls - denied}, {true, denied}} {
		if part.calls > 0 {
			c.Denied, c.Calls = part.denied, part.calls
			t.answer.add(t.plan, c)
		}
	}
}

// noteMissing says what of the days the report lacks.
func (t *tables) noteMissing(s *report.Span) {
	for _, lacking := range []struct {
		days []day.Day
		text phrase.Format
	}{
		{s.Missing, "the report lacks %s"},
		{s.Incomplete, "not all objects of %s could be read"},
		{s.Shards, "one shard of the trail alone was read for %s"},
	} {
		if len(lacking.days) > 0 {
			t.answer.Incomplete = append(t.answer.Incomplete, phrase.Of(lacking.text, phrase.Join(phrase.Comma, lacking.days)))
		}
	}
}
