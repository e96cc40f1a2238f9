package audit

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"vpcetrail/report/grid"

	"go.yaml.in/yaml/v3"
)

// A reader reads the value of one field of a rule file.
type reader func(n *yaml.Node, field string) error

// fields maps the names of a mapping's fields to their readers.
type fields map[string]reader

// resolved returns the target of an alias.
func resolved(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

// found describes a node in words.
func found(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		if len(n.Content) == 0 {
			return "an empty list"
		}
		return "a list"
	}
	if n.Tag == "!!null" {
		return "nothing"
	}
	return fmt.Sprintf("%q", n.Value)
}

// mapping calls the reader of each field of a mapping. An unknown or repeated field is an error.
func mapping(n *yaml.Node, field string, known fields) error {
	n = resolved(n)
	want := strings.Join(slices.Sorted(maps.Keys(known)), ", ")
	if n.Kind != yaml.MappingNode {
		return &Error{n.Line, field, fmt.Sprintf("is %s: want a mapping of %s", found(n), want)}
	}
	seen := map[string]bool{}
	for i := 0; i < len(n.Content); i += 2 {
		key, value := resolved(n.Content[i]), resolved(n.Content[i+1])
		inner := strings.TrimPrefix(field+"."+key.Value, ".")
		read := known[key.Value]
		switch {
		case read == nil || key.Kind != yaml.ScalarNode:
			return &Error{n.Content[i].Line, inner, "is not known here: want " + want}
		case seen[key.Value]:
			return &Error{n.Content[i].Line, inner, "is there twice"}
		}
		seen[key.Value] = true
		if err := read(value, inner); err != nil {
			return err
		}
	}
	return nil
}

// sequence calls read for each element of a list. An empty list is an error.
func sequence(n *yaml.Node, field, what string, read reader) error {
	if n.Kind != yaml.SequenceNode || len(n.Content) == 0 {
		return &Error{n.Line, field, fmt.Sprintf("is %s: want a list of %s, one at least", found(n), what)}
	}
	for i, item := range n.Content {
		if err := read(resolved(item), fmt.Sprintf("%s[%d]", field, i)); err != nil {
			return err
		}
	}
	return nil
}

// text reads a text. It also accepts numbers, so an account id needs no quotes.
func text(to *string) reader {
	return func(n *yaml.Node, field string) error {
		if n.Kind != yaml.ScalarNode || n.Value == "" {
			return &Error{n.Line, field, fmt.Sprintf("is %s: want a text", found(n))}
		}
		*to = n.Value
		return nil
	}
}

// texts reads a list of texts, or a single text.
func texts(to *[]string) reader {
	return func(n *yaml.Node, field string) error {
		add := func(n *yaml.Node, field string) error {
			var one string
			err := text(&one)(n, field)
			*to = append(*to, one)
			return err
		}
		if n.Kind == yaml.ScalarNode {
			return add(n, field)
		}
		return sequence(n, field, "texts", add)
	}
}

// choice reads one of the words.
func choice(to *string, words ...string) reader {
	return func(n *yaml.Node, field string) error {
		if n.Kind != yaml.ScalarNode || !slices.Contains(words, n.Value) {
			return &Error{n.Line, field, fmt.Sprintf("is %s: want %s", found(n), grid.OneOf(words))}
		}
		*to = n.Value
		return nil
	}
}

// choices reads a list of the words, or a single word.
func choices(to *[]string, words ...string) reader {
	return func(n *yaml.Node, field string) error {
		if err := texts(to)(n, field); err != nil {
			return err
		}
		for _, word := range *to {
			if !slices.Contains(words, word) {
				return &Error{n.Line, field, fmt.Sprintf("is %q: want %s", word, grid.OneOf(words))}
			}
		}
		return nil
	}
}

// either reads one of two words. The second word sets to.
func either(to *bool, off, on string) reader {
	return func(n *yaml.Node, field string) error {
		var word string
		err := choice(&word, off, on)(n, field)
		*to = word == on
		return err
	}
}

func boolean(to *bool) reader { return either(to, "false", "true") }
