package replay

import (
	"slices"
	"strings"

	"vpcetrail/classify/phrase"
	"vpcetrail/report/actions"
	"vpcetrail/report/policy"
)

// An Outcome is what policies would do to a call.
type Outcome string

// The outcomes, most important first.
const (
	Denied  Outcome = "denied"
	Unknown Outcome = "undecided"
	Allowed Outcome = "allowed"
)

// Outcomes are all outcomes, most important first.
var Outcomes = []Outcome{Denied, Unknown, Allowed}

// A Decision is an outcome with the statement that decides.
type Decision struct {
	Outcome   Outcome `json:"outcome"`
	Policy    string  `json:"policy,omitempty"`    // the file
	Statement string  `json:"statement,omitempty"` // its Sid or place; empty if no statement decides
	// Because are the conditions of the statement that hold, or what the closest statement lacks, or
	// what is not known.
	Because []string `json:"because,omitempty"`

	explicit bool            // by a Deny statement
	reasons  []phrase.Phrase // Because in sentences, if no statement decides
}

// undeclared returns a decision that no statement makes.
func undeclared(o Outcome, file string, reasons ...phrase.Phrase) Decision {
	d := Decision{Outcome: o, Policy: file, reasons: reasons}
	for _, r := range reasons {
		d.Because = append(d.Because, r.String())
	}
	return d
}

// rank orders decisions: an explicit Deny in any policy ends the evaluation.
func (d *Decision) rank() int {
	switch {
	case d.explicit:
		return 0
	case d.Outcome == Denied:
		return 1
	case d.Outcome == Unknown:
		return 2
	}
	return 3
}

// judge returns what the policies would do to a call. It returns false if none of them is for the call.
func (p *Plan) judge(c *Call) (Decision, bool) {
	var best *Decision
	for _, set := range p.setsFor(c) {
		d := set.judge(p, c)
		if best == nil || d.rank() < best.rank() {
			best = &d
		}
	}
	if best == nil {
		return Decision{}, false
	}
	return *best, true
}

// A set is the policies of one kind that are for a call.
type set struct {
	files     []File
	mustAllow bool
	free      bool // it does not stop calls that need no permission
}

// setsFor returns the policies that are for a call. No policy is for the events of services themselves, nor for
// signing in.
func (p *Plan) setsFor(c *Call) (sets []set) {
	if c.Evidence == "service_event" || c.isSignIn() {
		return nil
	}
	if p.Endpoint != nil && slices.Contains(p.Endpoints, c.EndpointID) && c.Route == "vpce" {
		p.seen[served{actions.ServiceOf(c.Source), c.Region}] = true
		sets = append(sets, set{files: []File{*p.Endpoint}, mustAllow: true})
	}
	if len(p.ServiceControl) > 0 && p.own[c.PrincipalAccount] && c.PrincipalAccount != p.ManagementID && !c.isService() && !c.isServiceLinked() {
		sets = append(sets, set{p.ServiceControl, p.serviceAllowList, true})
	}
	if len(p.ResourceControl) > 0 && p.hasResourceControl(c) {
		sets = append(sets, set{p.ResourceControl, false, true})
	}
	if p.Resource != nil && slices.ContainsFunc(c.Resources, p.isResource) {
		sets = append(sets, set{[]File{*p.Resource}, p.resourceMustAllow(c), false})
	}
	return sets
}

// isResource reports whether an ARN is that of the resource with the policy, or of something in it.
func (p *Plan) isResource(arn string) bool {
	rest, ok := strings.CutPrefix(arn, p.ResourceARN)
	return ok && (rest == "" || rest[0] == '/' || rest[0] == ':')
}

// hasResourceControl reports whether resource control policies are for a call: on resources of member
// accounts, by anybody except service-linked roles.
func (p *Plan) hasResourceControl(c *Call) bool {
	owner := c.ResourceAccount
	if owner == "" {
		owner = c.Account
	}
	return policy.HasResourceControl(actions.ServiceOf(c.Source)) && p.own[owner] && owner != p.ManagementID &&
		!c.isServiceLinked() && c.EventName != "RetireGrant"
}

// resourceMustAllow reports whether a resource policy must allow a call. For callers of its own account their
// own policies suffice, except with KMS keys.
func (p *Plan) resourceMustAllow(c *Call) bool {
	owner := c.ResourceAccount
	if owner == "" {
		owner = c.Account
	}
	return strings.Contains(p.ResourceARN, ":kms:") || c.isService() || c.PrincipalAccount != owner
}

// judge returns what the policies of one kind would do to a call.
func (s *set) judge(p *Plan, c *Call) Decision {
	r := policy.Request{SessionARN: c.SessionARN, PrincipalAccount: c.PrincipalAccount, Keys: p.context(c)}
	switch {
	case c.isService():
		r.Service = c.Principal
	case strings.HasPrefix(c.Principal, "arn:"):
		r.PrincipalARN = c.Principal
	case c.isAnonymous():
		r.PrincipalARN = anonymous // no principal of a policy has this name
	}
	n := needOf(c)
	if len(n.of) == 1 && s.free && actions.Free(n.of[0].action) {
		return undeclared(Allowed, "", phrase.Of("the call needs no permission"))
	}
	if len(n.of) == 0 {
		return Decision{Outcome: Unknown, Because: []string{"Action"}} // the element of a policy
	}
	return s.meet(&n, &r)
}

// meet returns whether the policies let through what a call needs.
func (s *set) meet(n *need, r *policy.Request) Decision {
	if len(n.of) == 0 {
		r.Action, r.Resource = n.action, n.resource
		return s.decide(r)
	}
	worst := s.meet(&n.of[0], r)
	for i := range n.of[1:] {
		d := s.meet(&n.of[i+1], r)
		switch {
		case !n.all && d.Outcome != worst.Outcome:
			return Decision{Outcome: Unknown, Policy: worst.Policy, Statement: worst.Statement, Because: []string{n.question}}
		case d.rank() < worst.rank():
			worst = d
		}
	}
	return worst
}

// decide returns what the policies would do to a request.
func (s *set) decide(r *policy.Request) Decision {
	var denies, allows policy.Side
	var denyFile, allowFile string
	for _, f := range s.files {
		deny, allow := f.Policy.Evaluate(r)
		if denies.By == nil || deny.Applies > denies.Applies {
			denies, denyFile = deny, f.Name
		}
		if allows.By == nil || allow.Applies > allows.Applies {
			allows, allowFile = allow, f.Name
		}
	}
	switch {
	case denies.Applies == policy.Yes:
		return Decision{Outcome: Denied, Policy: denyFile, Statement: denies.By.Name(), Because: conditions(denies.By), explicit: true}
	case s.mustAllow && allows.Applies == policy.No:
		return s.silent(&allows)
	case denies.Applies == policy.Maybe:
		return Decision{Outcome: Unknown, Policy: denyFile, Statement: denies.By.Name(), Because: denies.Open}
	case s.mustAllow && allows.Applies == policy.Maybe:
		return Decision{Outcome: Unknown, Policy: allowFile, Statement: allows.By.Name(), Because: allows.Open}
	case allows.Applies == policy.Yes:
		return Decision{Outcome: Allowed, Policy: allowFile, Statement: allows.By.Name(), Because: conditions(allows.By)}
	}
	return undeclared(Allowed, "", phrase.Of("no Deny matches"))
}

// silent is the decision if no statement allows a request.
func (s *set) silent(allows *policy.Side) Decision {
	reasons := []phrase.Phrase{phrase.Of("no Allow matches")}
	if allows.By != nil && allows.Lacks != "Action" {
		reasons = append(reasons, phrase.Of("%s lacks %s", allows.By.Name(), allows.Lacks))
	}
	return undeclared(Denied, s.files[0].Name, reasons...)
}

func conditions(s *policy.Statement) (names []string) {
	for i := range s.Conditions {
		names = append(names, s.Conditions[i].Name()+" "+s.Conditions[i].Key)
	}
	return names
}
