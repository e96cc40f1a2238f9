package policy

import (
	"fmt"
	"slices"
	"strings"

	"vpcetrail/classify/document"
)

// A Kind is what a policy is attached to.
type Kind int8

// The kinds of policies.
const (
	Interface       Kind = iota // a VPC endpoint of type interface
	Gateway                     // a VPC endpoint of type gateway
	ServiceControl              // an organization's service control policy
	ResourceControl             // an organization's resource control policy
	Resource                    // a resource, such as a bucket
)

// limits are the largest sizes in characters, from "Control access to VPC endpoints using endpoint policies"
// and "Quotas and service limits for AWS Organizations", both of 2026.
var limits = map[Kind]int{Interface: 20480, Gateway: 20480, ServiceControl: 10240, ResourceControl: 5120}

func (k Kind) String() string {
	return [...]string{"an endpoint policy", "a gateway endpoint's policy", "a service control policy", "a resource control policy", "a resource policy"}[k]
}

// resourceLimits are the largest sizes of resource policies by service, from the quotas of each service.
var resourceLimits = map[string]int{"s3": 20480, "kms": 32768, "sns": 30720, "secretsmanager": 20480, "ecr": 10240, "dynamodb": 20480, "lambda": 20480}

// LimitFor returns the largest size in characters of the policy of a resource, or 0 if it is not known.
func LimitFor(arn string) int {
	parts := strings.SplitN(arn, ":", 4)
	if len(parts) < 4 {
		return 0
	}
	return resourceLimits[parts[2]]
}

// Check returns a *document.Error if AWS does not accept p as a policy of that kind. most is the largest size in
// characters; 0 means the limit of the kind, if it has one.
func (p *Policy) Check(kind Kind, most int) error {
	if most == 0 {
		most = limits[kind]
	}
	if most > 0 && p.Size > most {
		return &document.Error{Line: 1, Field: "Statement", Text: fmt.Sprintf("the policy has %d characters with its white space: %s has at most %d", p.Size, kind, most)}
	}
	for i := range p.Statements {
		s := &p.Statements[i]
		if err := s.check(kind); err != nil {
			return err
		}
	}
	if kind == ResourceControl && !p.Variables {
		return &document.Error{Line: 1, Field: "Version", Text: "is not 2012-10-17: " + kind.String() + " must have it"}
	}
	return nil
}

func (s *Statement) check(kind Kind) error {
	wrong := func(line int, element, text string) error {
		return &document.Error{Line: max(line, s.Line), Field: s.Field + "." + element, Text: text}
	}
	given := s.Principals.Line > 0
	switch {
	case kind == ServiceControl && given:
		return wrong(s.Principals.Line, "Principal", "a service control policy has no principal: use aws:PrincipalArn in a condition")
	case kind != ServiceControl && !given:
		return wrong(s.Line, "Principal", "is missing: "+kind.String()+" must say for whom it is")
	case kind == Gateway && (s.Principals.Not || !s.Principals.Anyone || len(s.Principals.AWS) > 1):
		return wrong(s.Principals.Line, "Principal", `a gateway endpoint takes only "*": use aws:PrincipalArn in a condition (an account here means its root user alone)`)
	case kind == ResourceControl && (s.Principals.Not || !s.Principals.Anyone):
		return wrong(s.Principals.Line, "Principal", `a resource control policy takes only "*": use conditions`)
	case kind == ResourceControl && !s.Deny:
		return wrong(s.Line, "Effect", "a resource control policy of yours must be Deny: only RCPFullAWSAccess allows")
	case kind == ResourceControl && s.Actions.Not:
		return wrong(s.Actions.Line, "NotAction", "a resource control policy takes no NotAction")
	case kind == ResourceControl && slices.ContainsFunc(s.Actions.List, func(a string) bool { return !strings.Contains(a, ":") }):
		return wrong(s.Actions.Line, "Action", `a resource control policy must name a service, such as s3:*`)
	case (kind == ResourceControl || kind == ServiceControl) && s.Resources.Line == 0:
		return wrong(s.Line, "Resource", "is missing: want Resource or NotResource")
	case kind == Interface || kind == Gateway:
		return s.checkWildcards(wrong)
	}
	return nil
}

// systemKeys are keys with ids that AWS makes. Endpoint policies take no wildcards and no numbers for them.
var systemKeys = []string{
	"aws:principalaccount", "aws:principalorgid", "aws:resourceaccount", "aws:resourceorgid", "aws:sourceaccount", "aws:sourceorgid",
	"aws:sourcevpc", "aws:sourcevpce", "aws:vpceaccount", "aws:vpceorgid",
}

// checkWildcards holds the rules for wildcards in endpoint policies.
func (s *Statement) checkWildcards(wrong func(int, string, string) error) error {
	for _, arn := range s.Resources.List {
		if mixedAccount(arn) {
			return wrong(s.Resources.Line, "Resource", fmt.Sprintf("%q: the account of an ARN is an id or *, not both", arn))
		}
	}
	for i := range s.Conditions {
		c := &s.Conditions[i]
		element := "Condition." + c.Name() + "." + c.Key
		likes := strings.HasSuffix(c.Operator, "Like") || strings.HasPrefix(c.Operator, "Arn")
		system := slices.Contains(systemKeys, strings.ToLower(c.Key))
		if system && strings.HasPrefix(c.Operator, "Numeric") {
			return wrong(c.Line, element, "an endpoint policy takes no numeric operator for ids: use StringEquals")
		}
		for _, value := range c.Values {
			switch {
			case system && likes && strings.ContainsAny(value, "*?"):
				return wrong(c.Line, element, fmt.Sprintf("%q: an endpoint policy takes no wildcard in an id that AWS makes", value))
			case strings.HasPrefix(c.Operator, "String") && likes && !wildcardsAreClose(value):
				return wrong(c.Line, element, fmt.Sprintf("%q: an endpoint policy needs 6 other characters in a row before or after each wildcard", value))
			case mixedAccount(value):
				return wrong(c.Line, element, fmt.Sprintf("%q: the account of an ARN is an id or *, not both", value))
			}
		}
	}
	return nil
}

// mixedAccount reports whether the account of an ARN has a wildcard and other characters.
func mixedAccount(arn string) bool {
	parts := strings.SplitN(arn, ":", 6)
	return len(parts) == 6 && parts[0] == "arn" && strings.ContainsAny(parts[4], "*?") && len(parts[4]) > 1 && !strings.Contains(parts[4], "${")
}

// wildcardsAreClose reports whether six characters without a wildcard come before or after each wildcard.
func wildcardsAreClose(value string) bool {
	const least = 6
	value = strings.NewReplacer("${*}", "xx", "${?}", "xx").Replace(value)
	before := 0
	for i := 0; i < len(value); i++ {
		if value[i] != '*' && value[i] != '?' {
			before++
			continue
		}
		after := strings.IndexAny(value[i+1:], "*?")
		if after < 0 {
			after = len(value) - i - 1
		}
		if before < least && after < least {
			return false
		}
		before = 0
	}
	return true
}

// checkValues checks what all kinds of policies have in common: the form of actions, resources and principals.
func (s *Statement) checkValues() error {
	wrong := func(line int, element, value, want string) error {
		return &document.Error{Line: line, Field: s.Field + "." + element, Text: fmt.Sprintf("is %q: want %s", value, want)}
	}
	for _, action := range s.Actions.List {
		service, name, ok := strings.Cut(action, ":")
		if action != "*" && (!ok || service == "" || name == "" || strings.Contains(name, ":")) {
			return wrong(s.Actions.Line, s.Actions.element("Action"), action, "* or an action such as s3:GetObject")
		}
	}
	for _, arn := range s.Resources.List {
		if !strings.HasPrefix(arn, "arn:") && !strings.HasPrefix(arn, "*") && !strings.HasPrefix(arn, "${") {
			return wrong(s.Resources.Line, s.Resources.element("Resource"), arn, "* or an ARN")
		}
	}
	for _, name := range s.Principals.AWS {
		if name != "*" && strings.ContainsAny(name, "*?") {
			return wrong(s.Principals.Line, "Principal", name, "no wildcard in the name of a principal: use aws:PrincipalArn in a condition")
		}
	}
	if s.Principals.Not && !s.Deny && s.Principals.Anyone {
		return wrong(s.Principals.Line, "NotPrincipal", "*", "principals: this statement is for nobody")
	}
	return nil
}

func (n *Names) element(name string) string {
	if n.Not {
		return "Not" + name
	}
	return name
}

// checkValues checks that the values of a condition are of the type that its operator compares. Values with
// policy variables are not checked.
func (c *Condition) checkValues(field string) error {
	var ok func(string) bool
	want := ""
	switch {
	case c.Operator == "Bool" || c.Operator == "Null":
		want, ok = "true or false", func(v string) bool { return strings.EqualFold(v, "true") || strings.EqualFold(v, "false") }
	case strings.HasSuffix(c.Operator, "IpAddress"):
		want, ok = "an address or a range such as 203.0.113.0/24", func(v string) bool { _, ok := parseRange(v); return ok }
	case strings.HasPrefix(c.Operator, "Numeric"):
		want, ok = "a number", func(v string) bool { _, ok := number(v); return ok }
	case strings.HasPrefix(c.Operator, "Date"):
		want, ok = "a date such as 2026-11-20T00:00:00Z", func(v string) bool { _, ok := instant(v); return ok }
	default:
		return nil
	}
	for _, v := range c.Values {
		if !strings.Contains(v, "${") && !ok(v) {
			return &document.Error{Line: c.Line, Field: field, Text: fmt.Sprintf("is %q: want %s", v, want)}
		}
	}
	return nil
}
