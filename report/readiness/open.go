package readiness

import (
	"cmp"
	"slices"
	"strings"

	"vpcetrail/classify/phrase"
	"vpcetrail/report/actions"
	"vpcetrail/report/grid"
	"vpcetrail/report/policy"
)

// Open lists the actions that an existing policy leaves open to requests that do not come through
// the endpoints.
type Open struct {
	// Seen are the actions that such requests used. Certainly open actions come first, then
	// those with more calls. An action is there twice if it is certainly open to some
	// principals and perhaps open to others.
	Seen []OpenAction `json:"seen"`
	// Unseen are important actions of the service that no request past the endpoints used.
	Unseen []OpenAction `json:"unseen"`
}

// An OpenAction is an action that no Deny statement certainly stops.
type OpenAction struct {
	Action string `json:"action"`
	// Principals are the principals that used it, by name. It is nil for an unseen action.
	Principals []string `json:"principals,omitempty"`
	// HangsOn lists what the answer depends on if a statement might stop the action: condition
	// keys that a report does not know, or Principal or Resource if the statement covers only
	// some of them. If it is empty, nothing stops the action.
	HangsOn []string `json:"hangs_on,omitempty"`
	*Counts
}

// FindOpen sets a.Open to the actions that p, the current policy of the resource, leaves open.
func (a *Answer) FindOpen(p *policy.Policy) {
	s := serviceOf(a.Resource)
	seen, checked := a.openSeen(&s, p)
	a.Open = &Open{Seen: seen, Unseen: []OpenAction{}}
	for _, action := range s.known {
		request := a.stranger()
		request.Action, request.Resource = action, s.target(a.Resource, action)
		if denied, hangsOn := p.Denied(request); denied != policy.Yes && !checked[action] {
			a.Open.Unseen = append(a.Open.Unseen, OpenAction{Action: action, HangsOn: hangsOn})
		}
	}
}

// openSeen returns the actions that requests past the endpoints used and that p leaves open. It
// also returns all actions that such requests used.
func (a *Answer) openSeen(s *service, p *policy.Policy) (list []OpenAction, used map[string]bool) {
	type certainty struct {
		action  string
		certain bool
	}
	seen := map[certainty]*OpenAction{}
	used = map[string]bool{}
	vpcs := map[string]string{}
	for _, e := range a.Endpoints {
		vpcs[e.ID] = e.VPC
	}
	for i := range a.Uses {
		u := &a.Uses[i]
		if !u.stopped() || u.Action == "" {
			continue
		}
		request := u.request(vpcs[u.EndpointID])
		request.Resource = s.target(a.Resource, u.Action)
		denied, hangsOn := p.Denied(request)
		used[u.Action] = true
		if denied == policy.Yes {
			continue
		}
		key := certainty{u.Action, denied == policy.No}
		open := seen[key]
		if open == nil {
			open = &OpenAction{Action: u.Action, Counts: &Counts{FirstSeen: u.FirstSeen}}
			seen[key] = open
		}
		open.HangsOn = append(open.HangsOn, hangsOn...)
		open.add(&u.Counts)
		open.Principals = append(open.Principals, u.Principal)
	}
	list = []OpenAction{}
	for _, open := range seen {
		slices.Sort(open.Principals)
		open.Principals = slices.Compact(open.Principals)
		slices.Sort(open.HangsOn)
		open.HangsOn = slices.Compact(open.HangsOn)
		list = append(list, *open)
	}
	slices.SortFunc(list, func(x, y OpenAction) int {
		return cmp.Or(cmp.Compare(len(x.HangsOn), len(y.HangsOn)), cmp.Compare(y.Calls, x.Calls), cmp.Compare(x.Action, y.Action))
	})
	return list, used
}

// stopped reports whether the first judged condition would stop the use.
func (u *Use) stopped() bool { return u.rank() == 0 }

// request returns what the report knows about the requests of the use. Keys that are missing are
// unknown.
func (u *Use) request(vpc string) *policy.Request {
	keys := direct()
	is := func(key, value string) {
		if value != "" {
			keys[strings.ToLower(key)] = policy.Value{State: policy.Is, Text: value}
		}
	}
	if u.Route == "vpce" {
		byEndpoint(keys)
		is(SourceVpce, u.EndpointID)
		is(SourceVpc, vpc)
		is(VpceAccount, u.EndpointAccountID)
	}
	arn := u.Principal
	if !strings.HasPrefix(arn, "arn:") {
		arn = ""
	}
	for key := range keys {
		if !policy.Supports(key, actions.ServiceOf(u.Service)) {
			keys[key] = policy.Value{State: policy.Absent}
		}
	}
	is(principalArn, arn)
	is("aws:PrincipalAccount", u.PrincipalAccountID)
	// See "aws:PrincipalType" in the IAM User Guide.
	is("aws:PrincipalType", map[string]string{"IAMUser": "User", "Root": "Account", "AssumedRole": "AssumedRole", "FederatedUser": "FederatedUser"}[u.PrincipalType])
	return &policy.Request{Action: u.Action, PrincipalARN: arn, PrincipalAccount: u.PrincipalAccountID, Keys: keys}
}

// direct returns the keys of a request that its caller sends over the internet. aws:SourceIp is
// present, but a report does not keep its value.
func direct() map[string]policy.Value {
	no := policy.Value{State: policy.Is, Text: "false"}
	keys := map[string]policy.Value{
		strings.ToLower(viaAWSService): no, strings.ToLower(principalIsAWSService): no,
		"aws:sourceip": {State: policy.Present},
	}
	for _, key := range []string{SourceVpce, SourceVpc, "aws:SourceVpcArn", "aws:VpcSourceIp", VpceAccount, VpceOrgID, "aws:VpceOrgPaths"} {
		keys[strings.ToLower(key)] = policy.Value{State: policy.Absent}
	}
	return keys
}

// byEndpoint changes keys to those of a request through an endpoint: all keys that are absent in
// direct are present, and aws:SourceIp is absent.
func byEndpoint(keys map[string]policy.Value) {
	for key, v := range keys {
		if v.State == policy.Absent {
			keys[key] = policy.Value{State: policy.Present}
		}
	}
	keys["aws:sourceip"] = policy.Value{State: policy.Absent}
}

// stranger returns a request over the internet from a principal that no policy names, in an
// account that uses the resource.
func (a *Answer) stranger() *policy.Request {
	account := ""
	for i := range a.Uses {
		account = max(account, a.Uses[i].PrincipalAccountID)
	}
	u := Use{Route: "internet", PrincipalType: "IAMUser", PrincipalAccountID: account}
	if account != "" {
		u.Principal = "arn:" + partitionOf(a.Resource) + ":iam::" + account + ":user/anybody-else"
	}
	return u.request("")
}

func (t *text) writeOpen(file string) {
	a := t.Answer
	g := grid.Grid{
		Title: t.Say("Left open by %s to calls past the endpoints", file), Heads: t.Style.Words.Each("action", "calls", "denied", "last seen", "by", "unless"), Style: t.Style,
		Right: []bool{false, true, true, false, false, false},
	}
	for i := range a.Open.Seen {
		o := &a.Open.Seen[i]
		var who []string
		for _, p := range o.Principals {
			name, _ := grid.Principal(p)
			who = append(who, name)
		}
		g.Add(o.Action, grid.Number(o.Calls), o.denied(), o.lastDay(), t.Say("%s", phrase.Few(who)), t.Say("%s", phrase.Join(phrase.Comma, o.HangsOn)))
	}
	g.Write(&t.Builder)
	var unseen, perhaps []string
	for _, o := range a.Open.Unseen {
		if len(o.HangsOn) == 0 {
			unseen = append(unseen, o.Action)
		} else {
			perhaps = append(perhaps, t.Say("%s (%s)", o.Action, phrase.Join(phrase.Comma, o.HangsOn)))
		}
	}
	if len(unseen) > 0 {
		t.Paragraph("  ", "    ", "open too, though nobody was seen to use it: %s", phrase.Join(phrase.Comma, unseen))
	}
	if len(perhaps) > 0 {
		t.Paragraph("  ", "    ", "perhaps open, by what a report does not know: %s", phrase.Join(phrase.Comma, perhaps))
	}
	if a.PolicyKind == "" {
		t.Paragraph("  ", "    ", "Only Deny statements count here.")
		return
	}
	t.Paragraph("  ", "    ", "Only Deny statements close an action: what the %s does not deny, the policies of a principal may allow.", a.PolicyKind)
}
