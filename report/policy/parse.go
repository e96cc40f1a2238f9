package policy

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// Parse reads a policy: the document, or the output of the AWS CLI for a resource's policy
// (get-bucket-policy, get-queue-attributes, get-topic-attributes, get-key-policy,
// get-resource-policy, get-repository-policy). If IAM would not accept the policy, the error is an
// *Error. This includes unknown elements.
func Parse(data []byte) (*Policy, error) {
	if len(data) > maxFile {
		return nil, &Error{Line: 1, Text: fmt.Sprintf("is larger than any policy, %d bytes: want one policy", len(data))}
	}
	root, err := parseTree(data)
	if err != nil {
		return nil, err
	}
	p := Policy{Size: utf8.RuneCount(bytes.TrimSpace(data))}
	if root, err = p.unwrapped(root); err != nil {
		return nil, err
	}
	if err := root.want('{', "", "a policy, which is a JSON object"); err != nil {
		return nil, err
	}
	err = root.elements("", "a policy's elements", map[string]func(*node, string) error{
		"Version": p.version, "Id": text(nil),
		"Statement": func(n *node, field string) error { return p.statements(n, field) },
	})
	if err == nil && p.Statements == nil {
		err = &Error{Line: root.line, Field: "Statement", Text: "is missing: want a statement or a list of them"}
	}
	if err != nil {
		return nil, err
	}
	return &p, nil
}

// maxFile is larger than any policy, and than the output of the AWS CLI that holds one.
const maxFile = 256 << 10

func (p *Policy) version(n *node, field string) error {
	var version string
	if err := text(&version)(n, field); err != nil {
		return err
	}
	if version != "2012-10-17" && version != "2008-10-17" {
		return &Error{Line: n.line, Field: field, Text: fmt.Sprintf("is %q: want 2012-10-17, or 2008-10-17", version)}
	}
	p.Variables = version == "2012-10-17"
	return nil
}

// unwrapped returns the policy from the output of the AWS CLI, which holds it as a string.
func (p *Policy) unwrapped(root *node) (*node, error) {
	if inner := root.member("Attributes"); inner != nil {
		root = inner
	}
	for _, key := range []string{"Policy", "ResourcePolicy", "policyText"} {
		inner := root.member(key)
		if inner == nil || inner.kind != '"' {
			continue
		}
		p.Size = utf8.RuneCountInString(inner.text)
		n, err := parseTree([]byte(inner.text))
		if e, ok := err.(*Error); ok {
			return nil, &Error{Line: inner.line, Field: key, Text: e.Text + " (in the policy's own " + fmt.Sprintf("line %d)", e.Line)}
		}
		return n, err
	}
	return root, nil
}

func (n *node) member(key string) *node {
	for _, m := range n.members {
		if m.key == key {
			return m.value
		}
	}
	return nil
}

func (n *node) want(kind byte, field, what string) error {
	if n.kind == kind {
		return nil
	}
	return &Error{Line: n.line, Field: field, Text: fmt.Sprintf("is %s: want %s", kindNames[n.kind], what)}
}

// elements calls the function of its name for every member of n.
func (n *node) elements(field, what string, known map[string]func(*node, string) error) error {
	for _, m := range n.members {
		inner := m.key
		if field != "" {
			inner = field + "." + m.key
		}
		read := known[m.key]
		if read == nil {
			names := slices.Sorted(maps.Keys(known))
			return &Error{Line: m.line, Field: inner, Text: fmt.Sprintf("is none of %s: want %s", what, strings.Join(names, ", "))}
		}
		if err := read(m.value, inner); err != nil {
			return err
		}
	}
	return nil
}

// text returns a function that reads a text into to, which may be nil.
func text(to *string) func(*node, string) error {
	return func(n *node, field string) error {
		if err := n.want('"', field, "a text"); err != nil {
			return err
		}
		if to != nil {
			*to = n.text
		}
		return nil
	}
}

// texts reads a text, or a list of texts that is not empty. If loose, it also accepts other
// scalars, which the values of conditions may be.
func (n *node) texts(field string, loose bool) (list []string, err error) {
	items := []*node{n}
	if n.kind == '[' {
		items = n.items
	}
	for _, item := range items {
		if !(item.kind == '"' || loose && (item.kind == 'b' || item.kind == '0')) {
			return nil, &Error{Line: item.line, Field: field, Text: fmt.Sprintf("is %s: want a text or a list of texts", kindNames[item.kind])}
		}
		list = append(list, item.text)
	}
	if list == nil {
		return nil, &Error{Line: n.line, Field: field, Text: "is an empty list: want a text or a list of texts"}
	}
	return list, nil
}

func (p *Policy) statements(n *node, field string) error {
	if n.kind == '{' {
		n = &node{kind: '[', items: []*node{n}, line: n.line}
	}
	if err := n.want('[', field, "a statement or a list of them"); err != nil {
		return err
	}
	p.Statements = []Statement{}
	for i, item := range n.items {
		inner := fmt.Sprintf("%s[%d]", field, i)
		if err := item.want('{', inner, "a statement, which is an object"); err != nil {
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

func parseStatement(n *node, field string) (*Statement, error) {
	s := &Statement{Line: n.line, Field: field, Principals: Principals{Anyone: true}}
	names := func(to *Names, not bool) func(*node, string) error {
		return func(n *node, field string) (err error) {
			if to.List != nil {
				return &Error{Line: n.line, Field: field, Text: "its opposite is there too: want one of the two"}
			}
			to.Line, to.Not = n.line, not
			to.List, err = n.texts(field, false)
			return err
		}
	}
	principals := func(not bool) func(*node, string) error {
		return func(n *node, field string) error {
			s.Principals = Principals{Line: n.line, Not: not}
			return s.Principals.parse(n, field)
		}
	}
	var effect string
	err := n.elements(field, "a statement's elements", map[string]func(*node, string) error{
		"Sid": text(&s.Sid), "Effect": text(&effect),
		"Principal": principals(false), "NotPrincipal": principals(true),
		"Action": names(&s.Actions, false), "NotAction": names(&s.Actions, true),
		"Resource": names(&s.Resources, false), "NotResource": names(&s.Resources, true),
		"Condition": func(n *node, field string) error { return s.parseConditions(n, field) },
	})
	switch {
	case err != nil:
		return nil, err
	case effect != "Allow" && effect != "Deny":
		where := n
		if m := n.member("Effect"); m != nil {
			where = m
		}
		return nil, &Error{Line: where.line, Field: field + ".Effect", Text: fmt.Sprintf("is %q: want Allow or Deny", effect)}
	case n.member("Principal") != nil && n.member("NotPrincipal") != nil:
		return nil, &Error{Line: n.line, Field: field + ".Principal", Text: "its opposite is there too: want one of the two"}
	case s.Actions.List == nil:
		return nil, &Error{Line: n.line, Field: field + ".Action", Text: "is missing: want Action or NotAction"}
	}
	s.Deny = effect == "Deny"
	if s.Resources.List == nil {
		s.Resources.List = []string{"*"}
	}
	return s, s.checkValues()
}

func (p *Principals) parse(n *node, field string) error {
	if n.kind == '"' {
		if n.text != "*" {
			return &Error{Line: n.line, Field: field, Text: fmt.Sprintf(`is %q: want "*" or an object such as {"AWS": "…"}`, n.text)}
		}
		p.Anyone = true
		return nil
	}
	if err := n.want('{', field, `"*" or an object such as {"AWS": "…"}`); err != nil {
		return err
	}
	list := func(to *[]string) func(*node, string) error {
		return func(n *node, field string) (err error) {
			*to, err = n.texts(field, false)
			return err
		}
	}
	var federated, canonical []string
	err := n.elements(field, "the kinds of principals", map[string]func(*node, string) error{
		"AWS": list(&p.AWS), "Service": list(&p.Services), "Federated": list(&federated), "CanonicalUser": list(&canonical),
	})
	p.Anyone = slices.Contains(p.AWS, "*")
	p.Others = append(federated, canonical...)
	return err
}

func (s *Statement) parseConditions(n *node, field string) error {
	if err := n.want('{', field, "an object of condition operators"); err != nil {
		return err
	}
	for _, m := range n.members {
		inner := field + "." + m.key
		c, ok := parseOperator(m.key)
		if !ok {
			return &Error{Line: m.line, Field: inner, Text: "is no condition operator: want one such as StringNotEquals, BoolIfExists or ForAnyValue:StringLike"}
		}
		if err := m.value.want('{', inner, "an object of condition keys"); err != nil {
			return err
		}
		for _, key := range m.value.members {
			c.Line, c.Key = key.line, key.key
			var err error
			if c.Values, err = key.value.texts(inner+"."+key.key, true); err != nil {
				return err
			}
			if err := c.checkValues(inner + "." + key.key); err != nil {
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
