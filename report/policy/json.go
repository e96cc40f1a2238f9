package policy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// A node is a JSON value with the line where it starts. Errors name that line, and encoding/json
// does not give it.
type node struct {
	kind    byte // {, [, ", b for true and false, 0 for numbers, n for null
	text    string
	items   []*node
	members []member
	line    int
}

type member struct {
	key   string
	line  int
	value *node
}

// kindNames are the names of the kinds of nodes, for errors.
var kindNames = map[byte]string{'{': "an object", '[': "a list", '"': "a text", 'b': "true or false", '0': "a number", 'n': "null"}

// maxDepth is larger than the depth of any policy. It protects the stack from hostile files.
const maxDepth = 12

// An Error says what is wrong with a policy, and where.
type Error struct {
	Line  int    // of the file, from 1
	Field string // such as Statement[0].Effect; empty for the document
	Text  string // what is there and what was expected
}

func (e *Error) Error() string {
	if e.Field == "" {
		return fmt.Sprintf("line %d: %s", e.Line, e.Text)
	}
	return fmt.Sprintf("line %d: %s: %s", e.Line, e.Field, e.Text)
}

// A treeReader reads JSON into nodes.
type treeReader struct {
	data []byte
	dec  *json.Decoder
	line int // line of the last token
	seen int // number of bytes in which line breaks are counted
}

// parseTree reads data, which must hold exactly one JSON value.
func parseTree(data []byte) (*node, error) {
	r := treeReader{data: data, dec: json.NewDecoder(bytes.NewReader(data)), line: 1}
	r.dec.UseNumber()
	root, err := r.value(0)
	if err != nil {
		return nil, err
	}
	if _, err := r.dec.Token(); !errors.Is(err, io.EOF) {
		r.count(r.dec.InputOffset())
		return nil, &Error{Line: r.line, Text: "want one JSON object, but more follows it"}
	}
	return root, nil
}

// count advances line to an offset.
func (r *treeReader) count(offset int64) {
	to := max(r.seen, int(offset))
	r.line += bytes.Count(r.data[r.seen:to], []byte{'\n'})
	r.seen = to
}

func (r *treeReader) token() (json.Token, error) {
	token, err := r.dec.Token()
	if err == nil {
		r.count(r.dec.InputOffset()) // the end of the token; a token has no line break in it
		return token, nil
	}
	at, text := int64(len(r.data)), "want JSON, but it ends too early"
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) && syntax.Offset < at {
		at, text = syntax.Offset, "want JSON: "+syntax.Error()
	}
	r.count(at)
	return nil, &Error{Line: r.line, Text: text}
}

func (r *treeReader) value(depth int) (*node, error) {
	token, err := r.token()
	if err != nil {
		return nil, err
	}
	n := &node{line: r.line}
	if depth > maxDepth {
		return nil, &Error{Line: r.line, Text: "nested deeper than any policy"}
	}
	switch t := token.(type) {
	case json.Delim:
		n.kind = byte(t)
		if t == '{' {
			return n, r.object(n, depth)
		}
		return n, r.list(n, depth)
	case string:
		n.kind, n.text = '"', t
	case bool:
		n.kind, n.text = 'b', fmt.Sprint(t)
	case json.Number:
		n.kind, n.text = '0', t.String()
	default:
		n.kind = 'n'
	}
	return n, nil
}

func (r *treeReader) object(n *node, depth int) error {
	lines := map[string]int{}
	for r.dec.More() {
		key, err := r.token()
		if err != nil {
			return err
		}
		m := member{key: key.(string), line: r.line} // the decoder accepts only strings as keys
		if first, twice := lines[m.key]; twice {
			return &Error{Line: r.line, Text: fmt.Sprintf("%q is there twice, first on line %d", m.key, first)}
		}
		lines[m.key] = m.line
		if m.value, err = r.value(depth + 1); err != nil {
			return err
		}
		n.members = append(n.members, m)
	}
	_, err := r.token()
	return err
}

func (r *treeReader) list(n *node, depth int) error {
	for r.dec.More() {
		item, err := r.value(depth + 1)
		if err != nil {
			return err
		}
		n.items = append(n.items, item)
	}
	_, err := r.token()
	return err
}
