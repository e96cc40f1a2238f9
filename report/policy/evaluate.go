package policy

import (
	"slices"
	"strings"

	"vpcetrail/report/wildcard"
)

// A Truth is an answer. No < Maybe < Yes, so the minimum of two is "and", and the maximum is "or".
type Truth int8

// The answers.
const (
	No Truth = iota
	Maybe
	Yes
)

func truth(b bool) Truth {
	if b {
		return Yes
	}
	return No
}

// A Value is what is known about a key in the context of a request. The zero Value means unknown.
type Value struct {
	State ValueState
	Text  string // the value, if State is Is or Perhaps
}

// A ValueState says what is known about a key.
type ValueState int8

// The states of a key.
const (
	Unknown ValueState = iota // present or absent
	Absent                    // absent
	Present                   // present, with an unknown value
	Is                        // present, with one known value
	Perhaps                   // absent, or present with one known value
)

// NoResource is the resource of a request that is about none, such as one that lists all queues. Only * matches
// it in a policy.
const NoResource = literalStar

// A Request holds what is known about a request, or about a class of requests.
type Request struct {
	Action   string // such as s3:DeleteObject, or a pattern such as s3:*, if it is one of these
	Resource string // a pattern that matches all resources of the request, such as arn:aws:s3:::bucket/*
	// PrincipalARN and PrincipalAccount identify the caller. For an assumed role PrincipalARN is that
	// of the role, and SessionARN that of the session, if it is known. Service is the name of a caller
	// that is a service. If all are empty, the request may come from anyone.
	PrincipalARN, SessionARN, PrincipalAccount, Service string
	// Keys holds the condition context, by key in lower case. A missing key is unknown.
	Keys map[string]Value
}

// A Side is what the statements of one effect say of a request.
type Side struct {
	// Applies is Yes if a statement applies to the request, and Maybe if one may.
	Applies Truth
	// By is the statement that decides: the first that applies, else the first that may. If none does,
	// it is the one that comes closest. It is nil if the policy has no statement of that effect.
	By *Statement
	// Open lists what a Maybe depends on: condition keys, and Action, Resource or Principal if a
	// statement covers only some of the requests. It is sorted.
	Open []string
	// Lacks says what keeps the closest statement from applying, if none may: Action, Resource,
	// Principal, or a condition such as "StringEquals aws:SourceVpce".
	Lacks string
}

// Evaluate returns what the Deny statements of p say of r, and what the Allow statements say.
func (p *Policy) Evaluate(r *Request) (deny, allow Side) {
	var closest [2]int
	for i := range p.Statements {
		s := &p.Statements[i]
		side, near := &allow, &closest[0]
		if s.Deny {
			side, near = &deny, &closest[1]
		}
		m := s.match(r, p.Variables)
		switch {
		case side.By == nil, m.applies > side.Applies:
			side.Applies, side.By, side.Lacks, *near = m.applies, s, m.lacks, m.met
		case m.applies == No && side.Applies == No && m.met > *near:
			side.By, side.Lacks, *near = s, m.lacks, m.met
		}
		if m.applies == Maybe {
			side.Open = append(side.Open, m.open...)
		}
	}
	deny.finish()
	allow.finish()
	return deny, allow
}

func (s *Side) finish() {
	if s.Applies != Maybe {
		s.Open = nil
		return
	}
	slices.Sort(s.Open)
	s.Open = slices.Compact(s.Open)
}

// Denied returns whether a Deny statement of p stops r. With Maybe it returns what the answer
// depends on: condition keys, and Action, Principal or Resource if a statement covers only some of
// the requests in r.
func (p *Policy) Denied(r *Request) (Truth, []string) {
	deny, _ := p.Evaluate(r)
	return deny.Applies, deny.Open
}

// A match says whether a statement applies to a request.
type match struct {
	applies Truth
	open    []string // what a Maybe depends on
	met     int      // how many elements and conditions hold, or may hold, before the first that does not
	lacks   string   // that one
}

func (m *match) and(name string, t Truth) {
	m.applies = min(m.applies, t)
	switch {
	case t == Maybe:
		m.open = append(m.open, name)
	case t == No && m.lacks == "":
		m.lacks = name
	}
	if m.lacks == "" {
		m.met++
	}
}

// match returns whether the statement applies to r.
func (s *Statement) match(r *Request, variables bool) match {
	m := match{applies: Yes}
	m.and("Action", s.Actions.coverAction(r.Action))
	m.and("Resource", s.Resources.cover(r.Resource, func(name string) (string, Truth) { return expand(name, r, variables) }))
	m.and("Principal", s.Principals.hold(r))
	for i := range s.Conditions {
		c := &s.Conditions[i]
		t := c.holds(r, variables)
		if t == No {
			m.and(c.Name()+" "+c.Key, t)
		} else {
			m.and(c.Key, t)
		}
	}
	return m
}

// coverAction is cover for actions. They ignore case and have no variables.
func (n *Names) coverAction(action string) Truth {
	return n.cover(strings.ToLower(action), func(name string) (string, Truth) { return strings.ToLower(name), Yes })
}

// cover returns whether the names cover all (Yes), some (Maybe) or none (No) of what the pattern
// matches. read returns the pattern of a name, as expand does.
func (n *Names) cover(pattern string, read func(string) (string, Truth)) Truth {
	covered := No
	for _, name := range n.List {
		name, known := read(name)
		switch {
		case known == No && !n.Not: // a variable without a value
		case known == No: // what AWS does then is not documented
			covered = max(covered, Maybe)
		case known == Yes && wildcard.Covers(name, pattern):
			covered = Yes
		case covered == No && wildcard.Overlap(name, pattern):
			covered = Maybe
		}
	}
	if n.Not {
		return Yes - covered
	}
	return covered
}

// hold returns whether the principals include the caller.
func (p *Principals) hold(r *Request) Truth {
	var named Truth
	switch {
	case p.Anyone:
		named = Yes
	case r.Service != "":
		named = truth(slices.Contains(p.Services, r.Service))
	case r.PrincipalARN == "" && r.SessionARN == "" && r.PrincipalAccount == "":
		named = Maybe // some of all callers
	default:
		for _, name := range p.AWS {
			named = max(named, namesPrincipal(name, r))
		}
		if len(p.Others) > 0 { // no record shows who has this canonical id, or came by this provider
			named = max(named, Maybe)
		}
	}
	if p.Not {
		return Yes - named
	}
	return named
}

// namesPrincipal returns whether a principal in a policy, an account or an ARN, is the caller or
// includes the caller.
func namesPrincipal(name string, r *Request) Truth {
	account := name
	if parts := strings.SplitN(name, ":", 6); len(parts) == 6 {
		switch {
		case name == r.PrincipalARN || name == r.SessionARN:
			return Yes
		case parts[2] == "sts" && parts[4] == r.PrincipalAccount && r.SessionARN == "":
			return Maybe // one session of a role, and only the role is known
		case parts[5] != "root":
			return No
		}
		account = parts[4]
	}
	return truth(account != "" && account == r.PrincipalAccount)
}
