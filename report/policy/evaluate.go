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
	Text  string // the value, if State is Is
}

// A ValueState says what is known about a key.
type ValueState int8

// The states of a key.
const (
	Unknown ValueState = iota // present or absent
	Absent                    // absent
	Present                   // present, with an unknown value
	Is                        // present, with one known value
)

// A Request holds what is known about a request, or about a class of requests.
type Request struct {
	Action   string // such as s3:DeleteObject
	Resource string // a pattern that matches all resources of the request, such as arn:aws:s3:::bucket/*
	// PrincipalARN and PrincipalAccount identify the caller. If both are empty, the request may
	// come from anyone.
	PrincipalARN, PrincipalAccount string
	// Keys holds the condition context, by key in lower case. A missing key is unknown.
	Keys map[string]Value
}

// Denied returns whether a Deny statement of p stops r. With Maybe it returns what the answer
// depends on: condition keys, and Principal or Resource if a statement covers only some of the
// requests in r.
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

// applies returns whether the statement applies to r, and what a Maybe depends on. The actions of
// the statement must match r.
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

// match reports whether the names match an action. It ignores case.
func (n *Names) match(action string) bool {
	return n.Not != slices.ContainsFunc(n.List, func(pattern string) bool {
		return wildcard.Match(strings.ToLower(pattern), strings.ToLower(action))
	})
}

// cover returns whether the names cover all (Yes), some (Maybe) or none (No) of what the pattern
// matches.
func (n *Names) cover(pattern string) Truth {
	covered := No
	for _, name := range n.List {
		switch {
		case strings.Contains(name, "${"): // a policy variable, with an unknown value
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

// hold returns whether the principals include the caller.
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

// namesPrincipal returns whether a principal in a policy, an account or an ARN, is the caller or
// includes the caller.
func namesPrincipal(name string, r *Request) Truth {
	account := name
	if parts := strings.SplitN(name, ":", 6); len(parts) == 6 {
		switch {
		case name == r.PrincipalARN:
			return Yes
		case parts[2] == "sts" && parts[4] == r.PrincipalAccount:
			return Maybe // one session of a role; the report keeps only the role
		case parts[5] != "root":
			return No
		}
		account = parts[4]
	}
	return truth(account != "" && account == r.PrincipalAccount)
}

// holds returns whether the condition holds for a key. v is what is known about the key.
//
// If the key is absent, a positive operator does not hold. A negated operator (StringNotEquals,
// ArnNotLike, NotIpAddress …) holds, and so does any operator with IfExists. ForAllValues holds,
// because the set is empty. ForAnyValue needs a value, with every operator. If the condition has
// several values, a positive operator needs one that matches, and a negated one needs none that
// matches.
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

// null returns whether "Null": "true" (the key is absent) or "false" (the key is present) holds.
func (c *Condition) null(v Value) Truth {
	holds := No
	for _, want := range c.Values {
		holds = max(holds, truth(strings.EqualFold(want, "true") == (v.State == Absent)))
	}
	return holds
}

// matches returns whether one value of the condition matches that of the key, by the positive form
// of the operator.
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
		// The ARN operators match each of the six parts separately. For the ARNs in policies the
		// result is the same.
		return truth(wildcard.Match(want, got))
	}
	return Maybe // numbers, dates and addresses: their keys are never known here
}
