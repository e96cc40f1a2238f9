package replay

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"vpcetrail/classify/phrase"
	"vpcetrail/report/actions"
	"vpcetrail/report/policy"
)

// A Row is a group of calls with the same decision.
type Row struct {
	Principal        string `json:"principal"`
	PrincipalAccount string `json:"principal_account_id,omitempty"`
	Service          string `json:"service"`
	EventName        string `json:"event_name,omitempty"` // empty if the report does not have it
	Action           string `json:"action,omitempty"`     // the IAM action; several with commas
	Resource         string `json:"resource,omitempty"`   // the container; several with commas
	Decision
	Calls      int64    `json:"calls"`
	LastSeen   int64    `json:"-"`
	LastSeenAt string   `json:"last_seen"`
	Samples    []string `json:"sample_event_ids,omitempty"` // from records only
}

// An Answer is the result of a replay.
type Answer struct {
	Days phrase.Phrase `json:"days"`
	// Read says what the calls come from: Tables or Records.
	Read  string            `json:"read"`
	Calls map[Outcome]int64 `json:"calls"` // that are allowed today
	// Rows are the calls that are allowed today, most important first. DeniedToday are the others.
	Rows        []Row           `json:"rows"`
	DeniedToday []Row           `json:"denied_today"`
	Incomplete  []phrase.Phrase `json:"incomplete,omitempty"` // what is missing
	// Problems say what is wrong with each object that could not be read whole.
	Problems []string `json:"-"`
	// OtherCalls are calls that no policy is for.
	OtherCalls int64 `json:"other_calls"`
	// UnknownNames are event names whose IAM action is not known.
	UnknownNames []string `json:"unknown_event_names,omitempty"`
	// CutOff is what needs resources of AWS itself that the endpoint policy stops.
	CutOff []CutOff        `json:"cut_off,omitempty"`
	Notes  []phrase.Phrase `json:"notes,omitempty"`

	// Suggestion is what a least policy must let through, if the plan asks for one.
	Suggestion *Suggestion `json:"-"`

	rows        map[rowKey]*Row
	unknown     map[string]bool
	unsupported map[[2]string]bool // keys that the policies use, and services that do not have them
}

// What the calls of an Answer come from.
const (
	Tables  = "tables"
	Records = "records"
)

type rowKey struct {
	principal, account, service, event, resource string
	outcome                                      Outcome
	file, statement, because                     string
	denied                                       bool
}

// maxSamples is the number of eventIDs that a row keeps.
const maxSamples = 3

// maxUnknown limits the unknown event names that are kept.
const maxUnknown = 200

func newAnswer(p *Plan) *Answer {
	a := &Answer{Calls: map[Outcome]int64{}, rows: map[rowKey]*Row{}, unknown: map[string]bool{}, unsupported: map[[2]string]bool{}}
	if p.Suggest != "" {
		a.Suggestion = newSuggestion(p)
	}
	return a
}

// add adds a call.
func (a *Answer) add(p *Plan, c *Call) {
	if a.Suggestion != nil {
		a.Suggestion.add(c)
	}
	d, ok := p.judge(c)
	if !ok {
		a.OtherCalls += c.Calls
		return
	}
	resource := c.container()
	k := rowKey{c.Principal, c.PrincipalAccount, c.Source, c.EventName, resource, d.Outcome, d.Policy, d.Statement, strings.Join(d.Because, ","), c.Denied}
	r := a.rows[k]
	if r == nil {
		needed := actions.Of(c.Source, c.EventName)
		r = &Row{
			Principal: c.Principal, PrincipalAccount: c.PrincipalAccount, Service: c.Source, EventName: c.EventName,
			Action: strings.Join(needed.Names, ","), Resource: resource, Decision: d,
		}
		a.rows[k] = r
		for _, key := range p.keys {
			if service := actions.ServiceOf(c.Source); !policy.Supports(key, service) {
				a.unsupported[[2]string{key, service}] = true
			}
		}
		if name := c.Source + " " + c.EventName; !needed.Known && c.EventName != "" && len(a.unknown) < maxUnknown {
			a.unknown[name] = true
		}
	}
	r.Calls += c.Calls
	r.LastSeen = max(r.LastSeen, c.Time)
	if c.ID != "" {
		r.sample(c.ID)
	}
	if !c.Denied {
		a.Calls[d.Outcome] += c.Calls
	}
}

// sample keeps the least ids, so that the order of calls makes no difference.
func (r *Row) sample(id string) {
	at, found := slices.BinarySearch(r.Samples, id)
	if found || at == maxSamples {
		return
	}
	r.Samples = slices.Insert(r.Samples, at, id)
	r.Samples = r.Samples[:min(len(r.Samples), maxSamples)]
}

// container names the containers that a call names.
func (c *Call) container() string {
	var list []string
	for _, arn := range c.Resources {
		inOther := slices.ContainsFunc(c.Resources, func(other string) bool {
			return len(other) < len(arn) && (strings.HasPrefix(arn, other+"/") || strings.HasPrefix(arn, other+":"))
		})
		if !inOther {
			list = append(list, arn)
		}
	}
	slices.Sort(list)
	const most = 3
	if len(list) > most {
		list = append(list[:most], "…")
	}
	return strings.Join(list, ",")
}

// finish sorts the rows.
func (a *Answer) finish(p *Plan) {
	a.Rows, a.DeniedToday = []Row{}, []Row{}
	for k, r := range a.rows {
		r.LastSeenAt = time.UnixMilli(r.LastSeen).UTC().Format(time.RFC3339)
		if k.denied {
			a.DeniedToday = append(a.DeniedToday, *r)
		} else {
			a.Rows = append(a.Rows, *r)
		}
	}
	for _, rows := range [][]Row{a.Rows, a.DeniedToday} {
		slices.SortFunc(rows, func(x, y Row) int {
			return cmp.Or(
				cmp.Compare(slices.Index(Outcomes, x.Outcome), slices.Index(Outcomes, y.Outcome)), cmp.Compare(y.Calls, x.Calls), cmp.Compare(x.Principal, y.Principal),
				cmp.Compare(x.PrincipalAccount, y.PrincipalAccount), cmp.Compare(x.Service, y.Service), cmp.Compare(x.EventName, y.EventName), cmp.Compare(x.Resource, y.Resource),
				cmp.Compare(x.Policy, y.Policy), cmp.Compare(x.Statement, y.Statement), slices.Compare(x.Because, y.Because))
		})
	}
	for name := range a.unknown {
		a.UnknownNames = append(a.UnknownNames, name)
	}
	slices.Sort(a.UnknownNames)
	if p.Endpoint != nil {
		a.CutOff = p.findCutOff()
	}
	a.addNotes(p)
	a.rows, a.unknown, a.unsupported = nil, nil, nil
}

func (a *Answer) note(f phrase.Format, args ...any) { a.Notes = append(a.Notes, phrase.Of(f, args...)) }

// addNotes says what limits the answer.
func (a *Answer) addNotes(p *Plan) {
	if a.Read == Tables {
		a.note("The tables have no objects, addresses, user agents, credentials or times: a policy that checks these is undecided. The records have them: vpcetrail replay SOURCE.")
	}
	without := map[string][]string{}
	for pair := range a.unsupported {
		without[pair[0]] = append(without[pair[0]], pair[1])
	}
	for _, key := range slices.Sorted(maps.Keys(without)) {
		slices.Sort(without[key])
		a.note("Requests to %s never have %s (%s): a Deny that wants it stops every call there.", phrase.Few(without[key]), key, policy.SupportAsOf)
	}
	if len(a.Rows)+len(a.DeniedToday) == 0 && a.Suggestion == nil {
		a.note("No call of these days is one that the policies are for: see --endpoint, --resource and --own-accounts.")
	}
	if len(p.Assume) > 0 {
		a.note("As given: calls that do not show %s have the values of --assume.", phrase.Few(slices.Sorted(maps.Keys(p.Assume))))
	}
	if len(p.ServiceControl) > 0 && !p.serviceAllowList {
		a.note("No service control policy of these allows anything: FullAWSAccess is taken to be attached too.")
	}
	if p.Resource != nil {
		a.note("A call that no statement decides is taken as allowed if its caller is of the resource's account: that a statement of today's policy lets it in cannot be seen.")
	}
	if len(p.files()) > 0 {
		a.note("Policies that are not given are taken to decide as they did. A call that is denied today may lack what would follow it.")
	}
}
