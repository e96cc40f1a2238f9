package readiness

import (
	"cmp"
	"slices"
	"strings"

	"vpcetrail/report/policy"
)

// Open are the actions that an existing policy leaves open to requests that do not come by the endpoints.
type Open struct {
	// Seen are those that such requests used: first what is open for certain, then by calls. An action that is
	// open to some for certain and to others perhaps is there twice.
	Seen []OpenAction `json:"seen"`
	// Unseen are important actions of the service that nobody was seen to use past the endpoints.
	Unseen []OpenAction `json:"unseen"`
}

// An OpenAction is an action that no Deny statement stops for certain.
type OpenAction struct {
	Action string `json:"action"`
	// Principals are those that were seen to use it, by name; nil for an unseen action.
	Principals []string `json:"principals,omitempty"`
	// HangsOn names what the answer hangs on where a statement might stop it: condition keys of which a report
	// knows nothing, or Principal or Resource where it holds for some of them. Empty: nothing stops it.
	HangsOn []string `json:"hangs_on,omitempty"`
	*Counts
}

// FindOpen sets a.Open to what p, the policy that the resource has now, leaves open.
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

// openSeen returns the actions that p leaves open of those that requests past the endpoints used, and all of these.
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

// stopped reports whether the first condition that is judged would stop the use.
func (u *Use) stopped() bool { return u.rank() == 0 }

// request returns what the report knows of the use's requests. Keys that are not named are unknown.
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
	is(principalArn, arn)
	is("aws:PrincipalAccount", u.PrincipalAccountID)
	// As "aws:PrincipalType" in the IAM User Guide has it.
	is("aws:PrincipalType", map[string]string{"IAMUser": "User", "Root": "Account", "AssumedRole": "AssumedRole", "FederatedUser": "FederatedUser"}[u.PrincipalType])
	return &policy.Request{Action: u.Action, PrincipalARN: arn, PrincipalAccount: u.PrincipalAccountID, Keys: keys}
}

// direct returns the keys of a request that its caller sends over the internet. aws:SourceIp is there, though a report
// does not keep it.
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

// byEndpoint changes keys to those of a request that goes through an endpoint: all that direct says is absent is
// there, and the address is not.
func byEndpoint(keys map[string]policy.Value) {
	for key, v := range keys {
		if v.State == policy.Absent {
			keys[key] = policy.Value{State: policy.Present}
		}
	}
	keys["aws:sourceip"] = policy.Value{State: policy.Absent}
}

// stranger returns a request over the internet by somebody whom no policy names, of an account that uses the resource.
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
