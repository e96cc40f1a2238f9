package policy

import (
	"slices"
	"strings"

	"vpcetrail/report/wildcard"
)

// A Truth is an answer. No < Maybe < Yes, so that the lesser of two is "and", the greater one "or".
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

// A Value is what is known of a key of a request's context. The zero Value says that nothing is known.
type Value struct {
	State ValueState
	Text  string // where State is Is
}

// A ValueState says what is known of a key.
type ValueState int8

// What can be known of a key.
const (
	Unknown ValueState = iota // whether it is there
	Absent                    // it is not there
	Present                   // it is there, with a value that nobody knows
	Is                        // its one value is known
)

// A Request is a request, or a class of them, as far as it is known.
type Request struct {
	Action   string // as s3:DeleteObject
	Resource string // a pattern for all that the request may be about, as arn:aws:s3:::bucket/*
	// PrincipalARN and PrincipalAccount are the caller's. Where both are empty, the request stands for anyone's.
	PrincipalARN, PrincipalAccount string
	// Keys holds the condition context by key in lower case. A key that is not in it is unknown.
	Keys map[string]Value
}

// Denied says whether a Deny statement of p stops r. With Maybe it names what that hangs on: condition keys, and
// Principal or Resource where a statement holds for some of those that r stands for.
func (p *Policy) Denied(r *Request) (Truth, []string) {
	denied := No
	var hangsOn []string
	for i := range p.Statements {
		s := &p.Statements[i]
		if !s.Deny || !s.Actions.match(r.Action) {
			continue
		}
		applies, open := s.applies(r)
		denied = max(denied, applies)
		if applies == Maybe {
			hangsOn = append(hangsOn, open...)
		}
	}
	if denied != Maybe {
		return denied, nil
	}
	slices.Sort(hangsOn)
	return Maybe, slices.Compact(hangsOn)
}

// applies says whether the statement, whose actions match, applies to r, and what Maybe hangs on.
func (s *Statement) applies(r *Request) (Truth, []string) {
	all := Yes
	var open []string
	and := func(name string, t Truth) {
		all = min(all, t)
		if t == Maybe {
			open = append(open, name)
		}
	}
	and("Resource", s.Resources.cover(r.Resource))
	and("Principal", s.Principals.hold(r))
	for i := range s.Conditions {
		c := &s.Conditions[i]
		and(c.Key, c.holds(r.Keys[strings.ToLower(c.Key)]))
	}
	return all, open
}

// match reports whether the names match an action. Actions are compared without regard to case.
func (n *Names) match(action string) bool {
	return n.Not != slices.ContainsFunc(n.List, func(pattern string) bool {
		return wildcard.Match(strings.ToLower(pattern), strings.ToLower(action))
	})
}

// cover says whether the names hold for all (Yes), some (Maybe) or none of what the pattern matches.
func (n *Names) cover(pattern string) Truth {
	covered := No
	for _, name := range n.List {
		switch {
		case strings.Contains(name, "${"): // a policy variable: whatever it stands for
			covered = max(covered, Maybe)
		case wildcard.Covers(name, pattern):
			covered = Yes
		case wildcard.Overlap(name, pattern):
			covered = max(covered, Maybe)
		}
	}
	if n.Not {
		return Yes - covered
	}
	return covered
}

// hold says whether the principals hold for the caller.
func (p *Principals) hold(r *Request) Truth {
	var named Truth
	switch {
	case p.Anyone:
		named = Yes
	case r.PrincipalARN == "" && r.PrincipalAccount == "":
		named = Maybe // some of all callers
	default:
		for _, name := range p.AWS {
			named = max(named, namesPrincipal(name, r))
		}
	}
	if p.Not {
		return Yes - named
	}
	return named
}

// namesPrincipal says whether a principal of a policy, an account or an ARN, is the caller or has it as a part.
func namesPrincipal(name string, r *Request) Truth {
	account := name
	if parts := strings.SplitN(name, ":", 6); len(parts) == 6 {
		switch {
		case name == r.PrincipalARN:
			return Yes
		case parts[2] == "sts" && parts[4] == r.PrincipalAccount:
			return Maybe // one session of a role; the report keeps the role
		case parts[5] != "root":
			return No
		}
		account = parts[4]
	}
	return truth(account != "" && account == r.PrincipalAccount)
}

// holds says whether the condition holds for a key of which v is known.
//
// An absent key fails an operator, but satisfies a negated one (StringNotEquals, ArnNotLike, NotIpAddress …), any
// operator with IfExists, and ForAllValues, which holds for the empty set; ForAnyValue needs a value, whatever
// follows it. Of several values a positive operator needs one that matches, a negated one that none does.
func (c *Condition) holds(v Value) Truth {
	negated := operators[c.Operator]
	switch {
	case v.State == Unknown:
		return Maybe
	case c.Operator == "Null":
		return c.null(v)
	case v.State == Absent && c.Set == "ForAnyValue":
		return No
	case v.State == Absent:
		return truth(negated || c.IfExists || c.Set == "ForAllValues")
	case v.State == Present:
		return Maybe
	}
	matches := No
	for _, want := range c.Values {
		matches = max(matches, c.matches(want, v.Text))
	}
	if negated {
		return Yes - matches
	}
	return matches
}

// null says whether "Null": "true" (the key is absent) or "false" (it is there) holds.
func (c *Condition) null(v Value) Truth {
	holds := No
	for _, want := range c.Values {
		holds = max(holds, truth(strings.EqualFold(want, "true") == (v.State == Absent)))
	}
	return holds
}

// matches says whether one value of the condition matches the key's, by the operator's positive sense.
func (c *Condition) matches(want, got string) Truth {
	if strings.Contains(want, "${") {
		return Maybe // a policy variable
	}
	switch c.Operator {
	case "StringEquals", "StringNotEquals":
		return truth(want == got)
	case "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "Bool":
		return truth(strings.EqualFold(want, got))
	case "StringLike", "StringNotLike", "ArnEquals", "ArnNotEquals", "ArnLike", "ArnNotLike":
		// The ARN operators match each of the six parts alone; of ARNs as policies hold them that is the same.
		return truth(wildcard.Match(want, got))
	}
	return Maybe // numbers, dates, addresses: of no key that is known here
}
