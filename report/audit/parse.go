package audit

import (
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"vpcetrail/classify/network"
	"vpcetrail/report/fields"
)

// Parse reads a rule file. If it finds anything unknown or unexpected, the error is a *fields.Error.
func Parse(data []byte) (*Rules, error) {
	root, err := fields.Document(data, "rules")
	if err != nil {
		return nil, err
	}
	rules := &Rules{RequireComplete: true}
	err = fields.Mapping(root, "", fields.Map{
		"require_complete": fields.Boolean(&rules.RequireComplete),
		"require_verified": fields.Boolean(&rules.RequireVerified),
		"rules":            func(n *yaml.Node, field string) error { return rules.read(n, field) },
	})
	if err == nil && rules.List == nil {
		err = fields.Wrong(root, "rules", "is missing: want a list of rules, one at least")
	}
	if err != nil {
		return nil, err
	}
	return rules, nil
}

func (rules *Rules) read(n *yaml.Node, field string) error {
	return fields.Sequence(n, field, "rules", func(n *yaml.Node, field string) error {
		r, err := readRule(n, field)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(rules.List, func(other Rule) bool { return other.Name == r.Name }) {
			return fields.Wrong(n, field+".name", "%q is another rule's name too: want one of its own", r.Name)
		}
		rules.List = append(rules.List, *r)
		return nil
	})
}

func readRule(n *yaml.Node, field string) (*Rule, error) {
	r := &Rule{Severity: "medium", Allow: Threshold{Calls: -1, Share: -1}}
	err := fields.Mapping(n, field, fields.Map{
		"name": fields.Text(&r.Name), "description": fields.Text(&r.Description), "severity": fields.Choice(&r.Severity, severities...),
		"scope":       selector(&r.Scope),
		"require":     r.Require.read,
		"allow":       r.Allow.read,
		"denied":      fields.Either(&r.CountDenied, "ignore", "count"),
		"unknown":     fields.Either(&r.UnknownViolates, "report", "violate"),
		"aws_service": fields.Either(&r.ServicesViolate, "ignore", "violate"),
		"except": func(n *yaml.Node, field string) error {
			return fields.Sequence(n, field, "exceptions", func(n *yaml.Node, field string) error {
				var e Exception
				known := selectorFields(&e.Selector)
				known["reason"] = fields.Text(&e.Reason)
				if err := fields.Mapping(n, field, known); err != nil {
					return err
				}
				if e.Reason == "" || len(n.Content) == 2 {
					return fields.Wrong(n, field, "is not whole: want a reason, and the calls that it is about")
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
		return nil, fields.Wrong(n, field+".name", "is missing: want a name")
	case r.Require.Routes == nil:
		return nil, fields.Wrong(n, field+".require", "is missing: want route, endpoints, owners or origins")
	case r.conflict() != "":
		return nil, fields.Wrong(n, field, "%s", r.conflict())
	}
	if r.Allow.Calls < 0 && r.Allow.Share < 0 {
		r.Allow.Calls = 0
	}
	return r, nil
}

func selector(s *Selector) fields.Reader {
	return func(n *yaml.Node, field string) error { return fields.Mapping(n, field, selectorFields(s)) }
}

// causes returns the names of all causes.
func causes() (names []string) {
	for _, c := range network.Causes {
		names = append(names, string(c))
	}
	return names
}

func selectorFields(s *Selector) fields.Map {
	return fields.Map{
		"accounts": fields.Texts(&s.Accounts), "regions": fields.Texts(&s.Regions), "services": fields.Texts(&s.Services), "resources": fields.Texts(&s.Resources), "actions": fields.Texts(&s.Actions),
		"principals": fields.Texts(&s.Principals), "principal_types": fields.Texts(&s.PrincipalTypes), "principal_accounts": fields.Texts(&s.PrincipalAccounts), "sessions": fields.Texts(&s.Sessions),
		"endpoints": fields.Texts(&s.Endpoints), "evidence": fields.Texts(&s.Evidence), "origins": fields.Choices(&s.Origins, "aws", "external"),
		"causes": fields.Choices(&s.Causes, causes()...), "egress": fields.Texts(&s.Egress),
	}
}

// read reads a requirement. If it has no route, endpoints and owners imply vpce, and origins imply
// internet.
func (q *Requirement) read(n *yaml.Node, field string) error {
	err := fields.Mapping(n, field, fields.Map{
		"route": fields.Choices(&q.Routes, "vpce", "internet", "aws_service", "none"), "endpoints": fields.Texts(&q.Endpoints),
		"owners": fields.Choices(&q.Owners, "own", "foreign", "unknown"), "origins": fields.Choices(&q.Origins, "aws", "external"),
	})
	if err != nil {
		return err
	}
	if slices.Contains(q.Routes, "none") && len(q.Routes) > 1 {
		return fields.Wrong(n, field, "allows none and other routes: want one of the two")
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
		return fields.Wrong(n, field, "says how calls must come by a route that it does not allow: endpoints and owners need route vpce, origins need internet")
	}
	return nil
}

// read reads a threshold.
func (t *Threshold) read(n *yaml.Node, field string) error {
	return fields.Mapping(n, field, fields.Map{
		"calls": func(n *yaml.Node, field string) error {
			var err error
			if t.Calls, err = strconv.ParseInt(n.Value, 10, 64); n.Kind != yaml.ScalarNode || err != nil || t.Calls < 0 {
				return fields.Wrong(n, field, "is %s: want a number of calls, 0 or more", fields.Found(n))
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
				return fields.Wrong(n, field, "is %s: want a share from 0 to 1, or in %%", fields.Found(n))
			}
			return nil
		},
	})
}
