// Package fields reads YAML files strictly. An unknown or repeated field, or a value of
// another form, is an error with its line, its field, and what is expected there.
package fields

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"vpcetrail/report/grid"
)

// An Error says what is wrong with a file, and where.
type Error struct {
	Line  int    // from 1; 0 if it is not known
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

// Wrong returns the error for the value n of a field.
func Wrong(n *yaml.Node, field, format string, args ...any) error {
	return &Error{n.Line, field, fmt.Sprintf(format, args...)}
}

// Document returns the root of a file with one YAML document. what names its content.
func Document(data []byte, what string) (*yaml.Node, error) {
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var doc yaml.Node
	switch err := dec.Decode(&doc); {
	case errors.Is(err, io.EOF):
		return nil, &Error{Line: 1, Text: "is empty: want " + what}
	case err != nil:
		return nil, &Error{Text: "want YAML: " + strings.TrimPrefix(err.Error(), "yaml: ")}
	}
	if err := dec.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, &Error{Text: "want one YAML document, but more follows it"}
	}
	return doc.Content[0], nil
}

// A Reader reads the value of one field. The error is an *Error.
type Reader func(n *yaml.Node, field string) error

// A Map has the fields of a mapping by name.
type Map map[string]Reader

// resolved returns the target of an alias.
func resolved(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

// Found describes a node in words.
func Found(n *yaml.Node) string {
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

// Mapping calls the reader of each field of a mapping. An unknown or repeated field is an error.
func Mapping(n *yaml.Node, field string, known Map) error {
	want := strings.Join(slices.Sorted(maps.Keys(known)), ", ")
	return Each(n, field, want, func(key, value *yaml.Node, inner string) error {
		if read := known[key.Value]; read != nil {
			return read(value, inner)
		}
		return Wrong(key, inner, "is not known here: want %s", want)
	})
}

// Each calls read for each field of a mapping with names of the user's own. what says what the
// fields are. A repeated field is an error.
func Each(n *yaml.Node, field, what string, read func(key, value *yaml.Node, field string) error) error {
	n = resolved(n)
	if n.Kind != yaml.MappingNode {
		return Wrong(n, field, "is %s: want a mapping of %s", Found(n), what)
	}
	seen := map[string]bool{}
	for i := 0; i < len(n.Content); i += 2 {
		key, value := resolved(n.Content[i]), resolved(n.Content[i+1])
		inner := strings.TrimPrefix(field+"."+key.Value, ".")
		switch {
		case key.Kind != yaml.ScalarNode:
			return Wrong(n.Content[i], inner, "is not known here: want %s", what)
		case seen[key.Value]:
			return Wrong(n.Content[i], inner, "is there twice")
		}
		seen[key.Value] = true
		if err := read(key, value, inner); err != nil {
			return err
		}
	}
	return nil
}

// Sequence calls read for each element of a list. An empty list is an error.
func Sequence(n *yaml.Node, field, what string, read Reader) error {
	if n.Kind != yaml.SequenceNode || len(n.Content) == 0 {
		return Wrong(n, field, "is %s: want a list of %s, one at least", Found(n), what)
	}
	for i, item := range n.Content {
		if err := read(resolved(item), fmt.Sprintf("%s[%d]", field, i)); err != nil {
			return err
		}
	}
	return nil
}

// Text reads a text. It also accepts numbers, so an account id needs no quotes.
func Text(to *string) Reader {
	return func(n *yaml.Node, field string) error {
		if n.Kind != yaml.ScalarNode || n.Value == "" {
			return Wrong(n, field, "is %s: want a text", Found(n))
		}
		*to = n.Value
		return nil
	}
}

// Texts reads a list of texts, or a single text.
func Texts(to *[]string) Reader {
	return func(n *yaml.Node, field string) error {
		add := func(n *yaml.Node, field string) error {
			var one string
			err := Text(&one)(n, field)
			*to = append(*to, one)
			return err
		}
		if n.Kind == yaml.ScalarNode {
			return add(n, field)
		}
		return Sequence(n, field, "texts", add)
	}
}

// Choice reads one of the words.
func Choice(to *string, words ...string) Reader {
	return func(n *yaml.Node, field string) error {
		if n.Kind != yaml.ScalarNode || !slices.Contains(words, n.Value) {
			return Wrong(n, field, "is %s: want %s", Found(n), grid.OneOf(words))
		}
		*to = n.Value
		return nil
	}
}

// Choices reads a list of the words, or a single word.
func Choices(to *[]string, words ...string) Reader {
	return func(n *yaml.Node, field string) error {
		if err := Texts(to)(n, field); err != nil {
			return err
		}
		for _, word := range *to {
			if !slices.Contains(words, word) {
				return Wrong(n, field, "is %q: want %s", word, grid.OneOf(words))
			}
		}
		return nil
	}
}

// Either reads one of two words. The second word sets to.
func Either(to *bool, off, on string) Reader {
	return func(n *yaml.Node, field string) error {
		var word string
		err := Choice(&word, off, on)(n, field)
		*to = word == on
		return err
	}
}

// Boolean reads false or true.
func Boolean(to *bool) Reader { return Either(to, "false", "true") }
