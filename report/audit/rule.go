package audit

import (
	"slices"
	"strings"

	"vpcetrail/report/findings"
	"vpcetrail/report/table"
	"vpcetrail/report/wildcard"
)

// Rules is the content of a rule file.
type Rules struct {
	// RequireComplete means that the audit does not pass if the report lacks days or objects.
	RequireComplete bool
	// RequireVerified means that the audit does not pass if digests do not prove the logs.
	RequireVerified bool
	List            []Rule
}

// A Rule requires a route for calls.
type Rule struct {
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	Severity    string `json:"severity"`

	Scope   Selector
	Require Requirement
	Except  []Exception
	Allow   Threshold
	// CountDenied also judges denied calls. Without it they are left out, because they had no
	// effect.
	CountDenied bool
	// UnknownViolates treats a call with an unknown route or owner as a violation. Without it,
	// such calls are open.
	UnknownViolates bool
	// ServicesViolate also judges calls by AWS services. Without it they are left out, because
	// their path is not the caller's.
	ServicesViolate bool
}

// severities are those of findings, most severe first.
var severities = findings.Severities

// Severities returns the valid severities of a rule, most severe first.
func Severities() []string { return slices.Clone(severities) }

// A Selector selects the calls that match every list that is not nil. Lists hold patterns with
// wildcards.
type Selector struct {
	Accounts, Regions                                          []string
	Principals, PrincipalTypes, PrincipalAccounts, Sessions    []string
	Services, Resources, Actions, Endpoints, Evidence, Origins []string
	Causes, Egress                                             []string
}

// A Requirement is what the calls of a rule must satisfy.
type Requirement struct {
	Routes    []string // at least one of vpce, internet, aws_service; or only none: no call at all
	Endpoints []string // for calls by vpce: patterns; nil for any
	Owners    []string // for calls by vpce: own, foreign, unknown; nil for any
	Origins   []string // for calls by internet: aws, external; nil for any
}

// An Exception leaves calls out of a rule.
type Exception struct {
	Reason string
	Selector
}

// A Threshold limits the violations that a rule allows. Every limit that is set applies.
type Threshold struct {
	Calls int64   // violating calls; below 0 if not set
	Share float64 // share of all judged calls, from 0 to 1; below 0 if not set
}

// keeps reports whether the numbers of violating and judged calls are within the limits.
func (t Threshold) keeps(violating, judged int64) bool {
	return (t.Calls < 0 || violating <= t.Calls) && (t.Share < 0 || float64(violating) <= t.Share*float64(judged))
}

// names reports whether the scope or an exception names something.
func (r *Rule) names(something func(*Selector) bool) bool {
	return something(&r.Scope) || slices.ContainsFunc(r.Except, func(e Exception) bool { return something(&e.Selector) })
}

func (r *Rule) namesResources() bool {
	return r.names(func(s *Selector) bool { return s.Resources != nil || s.Actions != nil })
}

func (r *Rule) namesCauses() bool { return r.names(func(s *Selector) bool { return s.Causes != nil }) }
func (r *Rule) namesEgress() bool { return r.names(func(s *Selector) bool { return s.Egress != nil }) }

// table returns the name of the table that the rule is checked against.
func (r *Rule) table() string {
	switch {
	case r.namesResources():
		return table.Resources.Name
	case r.namesCauses():
		return table.Causes.Name
	}
	return table.Traffic.Name
}

// conflict says which fields the rule names that no table has together. It returns "" if there are none.
func (r *Rule) conflict() string {
	const none = ": no table has both"
	switch {
	case r.namesResources() && r.names(func(s *Selector) bool { return s.Sessions != nil }):
		return "asks for sessions and for resources or actions" + none
	case r.namesResources() && (r.namesCauses() || r.namesEgress()):
		return "asks for causes or egress and for resources or actions" + none
	case r.namesCauses() && (r.Require.Origins != nil || r.names(func(s *Selector) bool {
		return s.Sessions != nil || s.PrincipalTypes != nil || s.Evidence != nil || s.Origins != nil
	})):
		return "asks for causes and for sessions, principal_types, evidence or origins" + none
	}
	return ""
}

// matches reports whether a call is selected.
func (s *Selector) matches(c *Call) bool {
	for _, list := range []struct {
		patterns []string
		text     string
	}{
		{s.Accounts, c.AccountID}, {s.Regions, c.Region}, {s.Services, c.Service}, {s.Principals, c.Principal},
		{s.PrincipalTypes, c.PrincipalType}, {s.PrincipalAccounts, c.PrincipalAccountID}, {s.Sessions, c.Session},
		{s.Resources, c.Resource}, {s.Endpoints, c.EndpointID}, {s.Evidence, c.Evidence}, {s.Origins, c.Origin},
		{s.Causes, c.Cause}, {s.Egress, c.Egress},
	} {
		if list.patterns != nil && !wildcard.MatchAny(list.patterns, list.text) {
			return false
		}
	}
	return s.Actions == nil || slices.ContainsFunc(s.Actions, func(pattern string) bool { return isAction(pattern, c) })
}

// isAction reports whether a call matches an action such as DeleteObject, s3:Delete* or *.
func isAction(pattern string, c *Call) bool {
	service, name, both := strings.Cut(pattern, ":")
	if !both {
		return wildcard.Match(pattern, c.Action)
	}
	prefix, _, _ := strings.Cut(c.Service, ".")
	return wildcard.Match(service, prefix) && wildcard.Match(name, c.Action)
}

// A judgement is the result of a requirement for a call.
type judgement int

const (
	keeps judgement = iota
	violates
	open    // the route or the owner is unknown
	noRoute // a service made the call
)

// judge checks a call against the requirement of the rule.
func (r *Rule) judge(c *Call) judgement {
	q := &r.Require
	unknown := open
	if r.UnknownViolates {
		unknown = violates
	}
	switch {
	case q.Routes[0] == "none" && c.Route != "aws_service":
		return violates // by any route
	case slices.Contains(q.Routes, c.Route):
	case c.Route == "aws_service" && !r.ServicesViolate:
		return noRoute
	case c.Route == "unknown":
		return unknown
	default:
		return violates
	}
	switch {
	case c.Route == "internet" && q.Origins != nil && !slices.Contains(q.Origins, c.Origin):
		return violates
	case c.Route != "vpce":
		return keeps
	case q.Endpoints != nil && !wildcard.MatchAny(q.Endpoints, c.EndpointID):
		return violates
	case q.Owners == nil || slices.Contains(q.Owners, c.EndpointOwner):
		return keeps
	case c.EndpointOwner == "unknown":
		return unknown
	}
	return violates
}
