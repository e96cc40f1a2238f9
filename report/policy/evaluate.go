package policy

import (
	"slices"
	"strings"

	"vpcetrail/report/wildcard"
)

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
