package policy

import (
	"fmt"
	"unicode/utf8"

	"vpcetrail/classify/document"
)

// read reads JSON, which must be one value without a name that is there twice.
func read(data []byte) (root document.Value, err error) {
	if root, err = document.One(data, "want one policy, a JSON object"); err != nil {
		return root, err
	}
	return root, unique(root, 0)
}

// maxDepth is larger than the depth of any policy. It protects the stack from hostile files.
const maxDepth = 12

// unique returns an error if an object in v has two members of one name.
func unique(v document.Value, depth int) error {
	if depth > maxDepth {
		return &document.Error{Line: v.Line, Text: "nested deeper than any policy"}
	}
	first := map[string]int{}
	for m := range v.Members() {
		if line, twice := first[m.Name]; twice {
			return &document.Error{Line: m.Line, Text: fmt.Sprintf("%q is there twice, first on line %d", m.Name, line)}
		}
		first[m.Name] = m.Line
		if err := unique(m.Value, depth+1); err != nil {
			return err
		}
	}
	for element := range v.Elements() {
		if err := unique(element, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// unwrapped returns the policy from the output of the AWS CLI, which holds it as a string.
func (p *Policy) unwrapped(root document.Value) (document.Value, error) {
	if inner, ok := member(root, "Attributes"); ok {
		root = inner
	}
	for _, key := range []string{"Policy", "ResourcePolicy", "policyText"} {
		inner, ok := member(root, key)
		if !ok || inner.Kind() != '"' {
			continue
		}
		text := inner.String()
		p.Size = utf8.RuneCountInString(text)
		n, err := read([]byte(text))
		if e, ok := err.(*document.Error); ok {
			return n, &document.Error{Line: inner.Line, Field: key, Text: e.Text + " (in the policy's own " + fmt.Sprintf("line %d)", e.Line)}
		}
		return n, err
	}
	return root, nil
}

// member returns the member of an object with a name, if there is one.
func member(n document.Value, name string) (document.Value, bool) {
	for m := range n.Members() {
		if m.Name == name {
			return m.Value, true
		}
	}
	return document.Value{}, false
}
