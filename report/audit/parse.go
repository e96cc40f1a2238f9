package audit

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// An Error says what is wrong with a rule file, and where.
type Error struct {
	Line  int    // from 1
	Field string // such as rules[0].require.route; empty for the document
	Text  string // what is there and what was expected
}

func (e *Error) Error() string {
	text := e.Text
	if e.Field != "" {
		text = e.Field + ": " + text
	}
	if e.Line == 0 {
		return text
	}
	return fmt.Sprintf("line %d: %s", e.Line, text)
}

// Parse reads a rule file. If it finds anything unknown or unexpected, the error is an *Error.
func Parse(data []byte) (*Rules, error) {
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var doc yaml.Node
	switch err := dec.Decode(&doc); {
	case errors.Is(err, io.EOF):
		return nil, &Error{Line: 1, Text: "is empty: want rules"}
	case err != nil:
		return nil, &Error{Text: "want YAML: " + strings.TrimPrefix(err.Error(), "yaml: ")}
	}
	if err := dec.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, &Error{Text: "want one YAML document, but more follows it"}
	}
	rules := &Rules{RequireComplete: true}
	err := mapping(doc.Content[0], "", fields{
		"require_complete": boolean(&rules.RequireComplete),
		"require_verified": boolean(&rules.RequireVerified),
		"rules":            func(n *yaml.Node, field string) error { return rules.read(n, field) },
	})
	if err == nil && rules.List == nil {
		err = &Error{Line: doc.Content[0].Line, Field: "rules", Text: "is missing: want a list of rules, one at least"}
	}
	if err != nil {
		return nil, err
	}
	return rules, nil
}

func (rules *Rules) read(n *yaml.Node, field string) error {
	return sequence(n, field, "rules", func(n *yaml.Node, field string) error {
		r, err := readRule(n, field)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(rules.List, func(other Rule) bool { return other.Name == r.Name }) {
			return &Error{n.Line, field + ".name", fmt.Sprintf("%q is another rule's name too: want one of its own", r.Name)}
		}
		rules.List = append(rules.List, *r)
		return nil
	})
}

func readRule(n *yaml.Node, field string) (*Rule, error) {
	r := &Rule{Severity: "medium", Allow: Threshold{Calls: -1, Share: -1}}
	err := mapping(n, field, fields{
		"name": text(&r.Name), "description": text(&r.Description), "severity": choice(&r.Severity, severities...),
		"scope":       selector(&r.Scope),
		"require":     r.Require.read,
		"allow":       r.Allow.read,
		"denied":      either(&r.CountDenied, "ignore", "count"),
		"unknown":     either(&r.UnknownViolates, "report", "violate"),
		"aws_service": either(&r.ServicesViolate, "ignore", "violate"),
		"except": func(n *yaml.Node, field string) error {
			return sequence(n, field, "exceptions", func(n *yaml.Node, field string) error {
				var e Exception
				known := selectorFields(&e.Selector)
				known["reason"] = text(&e.Reason)
				if err := mapping(n, field, known); err != nil {
					return err
				}
				if e.Reason == "" || len(n.Content) == 2 {
					return &Error{n.Line, field, "is not whole: want a reason, and the calls that it is about"}
				}
				r.Except = append(r.Except, e)
				return nil
			})
		},
	})
	switch {
	case err != nil:
		return nil, err
	case r.Name == "":
		return nil, &Error{n.Line, field + ".name", "is missing: want a name"}
	case r.Require.Routes == nil:
		return nil, &Error{n.Line, field + ".require", "is missing: want route, endpoints, owners or origins"}
	case r.byResource() && r.usesSessions():
		return nil, &Error{n.Line, field, "asks for sessions and for resources or actions: no table has both"}
	}
	if r.Allow.Calls < 0 && r.Allow.Share < 0 {
		r.Allow.Calls = 0
	}
	return r, nil
}

func (r *Rule) usesSessions() bool {
	return r.Scope.Sessions != nil || slices.ContainsFunc(r.Except, func(e Exception) bool { return e.Sessions != nil })
}

func selector(s *Selector) reader {
	return func(n *yaml.Node, field string) error { return mapping(n, field, selectorFields(s)) }
}

func selectorFields(s *Selector) fields {
	return fields{
		"accounts": texts(&s.Accounts), "regions": texts(&s.Regions), "services": texts(&s.Services), "resources": texts(&s.Resources), "actions": texts(&s.Actions),
		"principals": texts(&s.Principals), "principal_types": texts(&s.PrincipalTypes), "principal_accounts": texts(&s.PrincipalAccounts), "sessions": texts(&s.Sessions),
		"endpoints": texts(&s.Endpoints), "evidence": texts(&s.Evidence), "origins": choices(&s.Origins, "aws", "external"),
	}
}

// read reads a requirement. If it has no route, endpoints and owners imply vpce, and origins imply
// internet.
func (q *Requirement) read(n *yaml.Node, field string) error {
	err := mapping(n, field, fields{
		"route": choices(&q.Routes, "vpce", "internet", "aws_service", "none"), "endpoints": texts(&q.Endpoints),
		"owners": choices(&q.Owners, "own", "foreign", "unknown"), "origins": choices(&q.Origins, "aws", "external"),
	})
	if err != nil {
		return err
	}
	if slices.Contains(q.Routes, "none") && len(q.Routes) > 1 {
		return &Error{n.Line, field, "allows none and other routes: want one of the two"}
	}
	byVPCE, byInternet := q.Endpoints != nil || q.Owners != nil, q.Origins != nil
	if q.Routes == nil {
		if byVPCE {
			q.Routes = append(q.Routes, "vpce")
		}
		if byInternet {
			q.Routes = append(q.Routes, "internet")
		}
		return nil
	}
	if byVPCE && !slices.Contains(q.Routes, "vpce") || byInternet && !slices.Contains(q.Routes, "internet") {
		return &Error{n.Line, field, "says how calls must come by a route that it does not allow: endpoints and owners need route vpce, origins need internet"}
	}
	return nil
}

// read reads a threshold.
func (t *Threshold) read(n *yaml.Node, field string) error {
	return mapping(n, field, fields{
		"calls": func(n *yaml.Node, field string) error {
			var err error
			if t.Calls, err = strconv.ParseInt(n.Value, 10, 64); n.Kind != yaml.ScalarNode || err != nil || t.Calls < 0 {
				return &Error{n.Line, field, fmt.Sprintf("is %s: want a number of calls, 0 or more", found(n))}
			}
			return nil
		},
		"share": func(n *yaml.Node, field string) error {
			value, percent := strings.CutSuffix(strings.TrimSpace(n.Value), "%")
			share, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
			if percent {
				share /= 100
			}
			if t.Share = share; n.Kind != yaml.ScalarNode || err != nil || !(share >= 0 && share <= 1) {
				return &Error{n.Line, field, fmt.Sprintf("is %s: want a share from 0 to 1, or in %%", found(n))}
			}
			return nil
		},
	})
}
