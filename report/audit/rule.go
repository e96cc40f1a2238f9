package audit

import (
	"slices"
	"strings"

	"vpcetrail/report/findings"
	"vpcetrail/report/wildcard"
)

// Rules are what a rule file holds.
type Rules struct {
	// RequireComplete says that an audit over a report that lacks days or objects is not passed.
	RequireComplete bool
	List            []Rule
}

// A Rule says by which route calls must have come.
type Rule struct {
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	Severity    string `json:"severity"`

	Scope   Selector
	Require Requirement
	Except  []Exception
	Allow   Threshold
	// CountDenied judges calls that were denied too. Without it they are left out: nothing came of them.
	CountDenied bool
	// UnknownViolates takes a call whose route or owner is unknown for a violation, and not for an open question.
	UnknownViolates bool
	// ServicesViolate judges calls that AWS services made, which otherwise are left out: it is not the caller's path.
	ServicesViolate bool
}

// severities are those of findings, the gravest first.
var severities = findings.Severities

// Severities returns what a rule's severity can be, the gravest first.
func Severities() []string { return slices.Clone(severities) }

// A Selector chooses calls: those that match each list that is not nil. Lists hold patterns with wildcards.
type Selector struct {
	Accounts, Regions                                          []string
	Principals, PrincipalTypes, PrincipalAccounts, Sessions    []string
	Services, Resources, Actions, Endpoints, Evidence, Origins []string
}

// A Requirement says what the calls of a rule must be.
type Requirement struct {
	Routes    []string // vpce, internet, aws_service, or none alone: no call at all; one at least
	Endpoints []string // patterns; nil for any. Of calls by vpce
	Owners    []string // own, foreign, unknown; nil for any. Of calls by vpce
	Origins   []string // aws, external; nil for any. Of calls by internet
}

// An Exception leaves calls out of a rule.
type Exception struct {
	Reason string
	Selector
}

// A Threshold is how much a rule tolerates. Each that is set must be kept.
type Threshold struct {
	Calls int64   // violating calls; below 0 where it is not set
	Share float64 // of all judged calls, from 0 to 1; below 0 where it is not set
}

// keeps reports whether so many violating calls of so many judged ones are tolerated.
func (t Threshold) keeps(violating, judged int64) bool {
	return (t.Calls < 0 || violating <= t.Calls) && (t.Share < 0 || float64(violating) <= t.Share*float64(judged))
}

// byResource reports whether the rule is held against table resources.
func (r *Rule) byResource() bool {
	by := func(s *Selector) bool { return s.Resources != nil || s.Actions != nil }
	return by(&r.Scope) || slices.ContainsFunc(r.Except, func(e Exception) bool { return by(&e.Selector) })
}

// matches reports whether a call is chosen.
func (s *Selector) matches(c *Call) bool {
	for _, list := range []struct {
		patterns []string
		text     string
	}{
		{s.Accounts, c.AccountID}, {s.Regions, c.Region}, {s.Services, c.Service}, {s.Principals, c.Principal},
		{s.PrincipalTypes, c.PrincipalType}, {s.PrincipalAccounts, c.PrincipalAccountID}, {s.Sessions, c.Session},
		{s.Resources, c.Resource}, {s.Endpoints, c.EndpointID}, {s.Evidence, c.Evidence}, {s.Origins, c.Origin},
	} {
		if list.patterns != nil && !wildcard.MatchAny(list.patterns, list.text) {
			return false
		}
	}
	return s.Actions == nil || slices.ContainsFunc(s.Actions, func(pattern string) bool { return isAction(pattern, c) })
}

// isAction reports whether a call is of an action, named as DeleteObject, s3:Delete* or *.
func isAction(pattern string, c *Call) bool {
	service, name, both := strings.Cut(pattern, ":")
	if !both {
		return wildcard.Match(pattern, c.Action)
	}
	prefix, _, _ := strings.Cut(c.Service, ".")
	return wildcard.Match(service, prefix) && wildcard.Match(name, c.Action)
}

// A judgement is what a requirement says of a call.
type judgement int

const (
	keeps judgement = iota
	violates
	open    // the route or the owner is unknown
	noRoute // a service made the call
)

// judge says what the rule's requirement says of a call.
func (r *Rule) judge(c *Call) judgement {
	q := &r.Require
	unknown := open
	if r.UnknownViolates {
		unknown = violates
	}
	switch {
	case q.Routes[0] == "none" && c.Route != "aws_service":
		return violates // by whatever route
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
