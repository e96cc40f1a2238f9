package policy

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"vpcetrail/classify/document"
)

// Parse reads a policy: the document, or the output of the AWS CLI for a resource's policy
// (get-bucket-policy, get-queue-attributes, get-topic-attributes, get-key-policy,
// get-resource-policy, get-repository-policy). If IAM would not accept the policy, the error is a
// *document.Error. This includes unknown elements.
func Parse(data []byte) (*Policy, error) {
	if len(data) > maxFile {
		return nil, &document.Error{Line: 1, Text: fmt.Sprintf("is larger than any policy, %d bytes: want one policy", len(data))}
	}
	root, err := read(data)
	if err != nil {
		return nil, err
	}
	p := Policy{Size: utf8.RuneCount(bytes.TrimSpace(data))}
	if root, err = p.unwrapped(root); err != nil {
		return nil, err
	}
	if err := want(root, '{', "", "a policy, which is a JSON object"); err != nil {
		return nil, err
	}
	err = elements(root, "", "a policy's elements", map[string]func(document.Value, string) error{
		"Version": p.version, "Id": text(nil),
		"Statement": func(n document.Value, field string) error { return p.statements(n, field) },
	})
	if err == nil && p.Statements == nil {
		err = &document.Error{Line: root.Line, Field: "Statement", Text: "is missing: want a statement or a list of them"}
	}
	if err != nil {
		return nil, err
	}
	return &p, nil
}

// maxFile is larger than any policy, and than the output of the AWS CLI that holds one.
const maxFile = 256 << 10

func (p *Policy) version(n document.Value, field string) error {
	var version string
	if err := text(&version)(n, field); err != nil {
		return err
	}
	if version != "2012-10-17" && version != "2008-10-17" {
		return &document.Error{Line: n.Line, Field: field, Text: fmt.Sprintf("is %q: want 2012-10-17, or 2008-10-17", version)}
	}
	p.Variables = version == "2012-10-17"
	return nil
}

func want(n document.Value, kind byte, field, what string) error {
	if n.Kind() == kind {
		return nil
	}
	return &document.Error{Line: n.Line, Field: field, Text: fmt.Sprintf("is %s: want %s", n.Found(), what)}
}

// elements calls the function of its name for every member of n.
func elements(n document.Value, field, what string, known map[string]func(document.Value, string) error) error {
	for m := range n.Members() {
		inner := m.Name
		if field != "" {
			inner = field + "." + m.Name
		}
		read := known[m.Name]
		if read == nil {
			names := slices.Sorted(maps.Keys(known))
			return &document.Error{Line: m.Line, Field: inner, Text: fmt.Sprintf("is none of %s: want %s", what, strings.Join(names, ", "))}
		}
		if err := read(m.Value, inner); err != nil {
			return err
		}
	}
	return nil
}

// text returns a function that reads a string into to, which may be nil.
func text(to *string) func(document.Value, string) error {
	return func(n document.Value, field string) error {
		if err := want(n, '"', field, "a string"); err != nil {
			return err
		}
		if to != nil {
			*to = n.String()
		}
		return nil
	}
}

// texts reads a string, or a list of strings that is not empty. If loose, it also accepts other
// scalars, which the values of conditions may be.
func texts(n document.Value, field string, loose bool) (list []string, err error) {
	items := []document.Value{n}
	if n.Kind() == '[' {
		items = slices.Collect(n.Elements())
	}
	for _, item := range items {
		if kind := item.Kind(); !(kind == '"' || loose && (kind == 'b' || kind == '0')) {
			return nil, &document.Error{Line: item.Line, Field: field, Text: fmt.Sprintf("is %s: want a string or a list of strings", item.Found())}
		}
		list = append(list, item.String())
	}
	if list == nil {
		return nil, &document.Error{Line: n.Line, Field: field, Text: "is an empty list: want a string or a list of strings"}
	}
	return list, nil
}

func (p *Policy) statements(n document.Value, field string) error {
	items := []document.Value{n}
	if n.Kind() != '{' {
		if err := want(n, '[', field, "a statement or a list of them"); err != nil {
			return err
		}
		items = slices.Collect(n.Elements())
	}
	p.Statements = []Statement{}
	for i, item := range items {
		inner := fmt.Sprintf("%s[%d]", field, i)
		if err := want(item, '{', inner, "a statement, which is an object"); err != nil {
			return err
		}
		s, err := parseStatement(item, inner)
		if err != nil {
			return err
		}
		p.Statements = append(p.Statements, *s)
	}
	return nil
}

func parseStatement(n document.Value, field string) (*Statement, error) {
	s := &Statement{Line: n.Line, Field: field, Principals: Principals{Anyone: true}}
	names := func(to *Names, not bool) func(document.Value, string) error {
		return func(n document.Value, field string) (err error) {
			if to.List != nil {
				return &document.Error{Line: n.Line, Field: field, Text: "its opposite is there too: want one of the two"}
			}
			to.Line, to.Not = n.Line, not
			to.List, err = texts(n, field, false)
			return err
		}
	}
	opposite := false // of the element Principal or NotPrincipal
	principals := func(not bool) func(document.Value, string) error {
		return func(n document.Value, field string) error {
			opposite = s.Principals.Line > 0
			s.Principals = Principals{Line: n.Line, Not: not}
			return s.Principals.parse(n, field)
		}
	}
	var effect string
	err := elements(n, field, "a statement's elements", map[string]func(document.Value, string) error{
		"Sid": text(&s.Sid), "Effect": text(&effect),
		"Principal": principals(false), "NotPrincipal": principals(true),
		"Action": names(&s.Actions, false), "NotAction": names(&s.Actions, true),
		"Resource": names(&s.Resources, false), "NotResource": names(&s.Resources, true),
		"Condition": func(n document.Value, field string) error { return s.parseConditions(n, field) },
	})
	switch {
	case err != nil:
		return nil, err
	case effect != "Allow" && effect != "Deny":
		where := n
		if m, ok := member(n, "Effect"); ok {
			where = m
		}
		return nil, &document.Error{Line: where.Line, Field: field + ".Effect", Text: fmt.Sprintf("is %q: want Allow or Deny", effect)}
	case opposite:
		return nil, &document.Error{Line: n.Line, Field: field + ".Principal", Text: "its opposite is there too: want one of the two"}
	case s.Actions.List == nil:
		return nil, &document.Error{Line: n.Line, Field: field + ".Action", Text: "is missing: want Action or NotAction"}
	}
	s.Deny = effect == "Deny"
	if s.Resources.List == nil {
		s.Resources.List = []string{"*"}
	}
	return s, s.checkValues()
}

func (p *Principals) parse(n document.Value, field string) error {
	if n.Kind() == '"' {
		if n.String() != "*" {
			return &document.Error{Line: n.Line, Field: field, Text: fmt.Sprintf(`is %q: want "*" or an object such as {"AWS": "…"}`, n)}
		}
		p.Anyone = true
		return nil
	}
	if err := want(n, '{', field, `"*" or an object such as {"AWS": "…"}`); err != nil {
		return err
	}
	list := func(to *[]string) func(document.Value, string) error {
		return func(n document.Value, field string) (err error) {
			*to, err = texts(n, field, false)
			return err
		}
	}
	var federated, canonical []string
	err := elements(n, field, "the kinds of principals", map[string]func(document.Value, string) error{
		"AWS": list(&p.AWS), "Service": list(&p.Services), "Federated": list(&federated), "CanonicalUser": list(&canonical),
	})
	p.Anyone = slices.Contains(p.AWS, "*")
	p.Others = append(federated, canonical...)
	return err
}

func (s *Statement) parseConditions(n document.Value, field string) error {
	if err := want(n, '{', field, "an object of condition operators"); err != nil {
		return err
	}
	for m := range n.Members() {
		inner := field + "." + m.Name
		c, ok := parseOperator(m.Name)
		if !ok {
			return &document.Error{Line: m.Line, Field: inner, Text: "is no condition operator: want one such as StringNotEquals, BoolIfExists or ForAnyValue:StringLike"}
		}
		if err := want(m.Value, '{', inner, "an object of condition keys"); err != nil {
			return err
		}
		for key := range m.Value.Members() {
			c.Line, c.Key = key.Line, key.Name
			var err error
			if c.Values, err = texts(key.Value, inner+"."+key.Name, true); err != nil {
				return err
			}
			if err := c.checkValues(inner + "." + key.Name); err != nil {
				return err
			}
			s.Conditions = append(s.Conditions, c)
		}
	}
	return nil
}

// parseOperator splits an operator such as ForAllValues:StringLikeIfExists into its parts.
func parseOperator(text string) (c Condition, ok bool) {
	set, rest, hasSet := strings.Cut(text, ":")
	if hasSet {
		if set != "ForAnyValue" && set != "ForAllValues" {
			return c, false
		}
		c.Set, text = set, rest
	}
	c.Operator, c.IfExists = strings.CutSuffix(text, "IfExists")
	_, ok = operators[c.Operator]
	return c, ok && !(c.Operator == "Null" && c.IfExists)
}
