// Package document reads JSON documents that people write or keep, and knows the line of each value, so
// that an error can name it.
package document

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"

	"vpcetrail/ingest/event"
)

// A Value is a value in a document. It is valid JSON.
type Value struct {
	Line int    // of its first byte, from 1
	Path string // the fields and indexes that lead to it, such as Statement[0].Effect
	Text []byte // part of the document
}

// A Member is a member of an object.
type Member struct {
	Name  string
	Line  int // of the name
	Value Value
}

// An Error says what is wrong in a document, and where.
type Error struct {
	Line  int    // from 1
	Field string // such as Statement[0].Effect; empty for the document
	Text  string // what is there and what is expected
}

func (e *Error) Error() string {
	if e.Field == "" {
		return fmt.Sprintf("line %d: %s", e.Line, e.Text)
	}
	return fmt.Sprintf("line %d: %s: %s", e.Line, e.Field, e.Text)
}

// Each calls do for each of the JSON values that text consists of. The values share the memory of text.
func Each(text []byte, do func(Value) error) error {
	if event.IsUTF16(text) {
		return event.ErrUTF16
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	documents := json.NewDecoder(bytes.NewReader(text))
	line, counted := 1, 0
	for {
		var size size
		switch err := documents.Decode(&size); {
		case err == io.EOF:
			return nil
		case err != nil:
			return notJSON(text, err)
		}
		end := int(documents.InputOffset())
		start := end - int(size)
		line += bytes.Count(text[counted:start], []byte("\n"))
		counted = start
		if err := do(Value{Line: line, Text: text[start:end]}); err != nil {
			return err
		}
	}
}

// One returns the only value of text. want says what the text must be.
func One(text []byte, want string) (only Value, err error) {
	err = Each(text, func(v Value) error {
		if only.Text != nil {
			return &Error{v.Line, "", "a second value starts: " + want}
		}
		only = v
		return nil
	})
	if err == nil && only.Text == nil {
		err = &Error{1, "", "it is empty: " + want}
	}
	return only, err
}

// A size is the length of any value's text. It is decoded without a copy of the text.
type size int

func (s *size) UnmarshalJSON(text []byte) error {
	*s = size(len(text))
	return nil
}

// notJSON says where text stops being JSON. It quotes at most one character.
func notJSON(text []byte, err error) error {
	at, why := len(bytes.TrimSpace(text)), "it ends too early"
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		at, why = int(syntax.Offset)-1, syntax.Error()
	}
	return &Error{1 + lines(text, at), "", "not JSON: " + why}
}

// lines counts the line breaks in text before an offset.
func lines(text []byte, offset int) int {
	return bytes.Count(text[:min(max(offset, 0), len(text))], []byte("\n"))
}

// Wrong returns an error about a field of v, or about v itself if field is empty.
func (v Value) Wrong(field, text string) error { return &Error{v.Line, join(v.Path, field), text} }

func join(path, field string) string {
	if path == "" || field == "" {
		return path + field
	}
	return path + "." + field
}

// Kind returns {, [, ", b for true and false, n for null, or 0 for a number. The zero value
// has kind 0x00.
func (v Value) Kind() byte {
	if len(v.Text) == 0 {
		return 0
	}
	switch c := v.Text[0]; c {
	case '{', '[', '"', 'n':
		return c
	case 't', 'f':
		return 'b'
	}
	return '0'
}

// Found returns the kind of v in words, such as "a list".
func (v Value) Found() string { return kinds[v.Kind()] }

var kinds = map[byte]string{'{': "an object", '[': "a list", '"': "a string", 'b': "true or false", '0': "a number", 'n': "null"}

// String returns the text of a string, and the JSON of another value.
func (v Value) String() string {
	if v.Kind() != '"' {
		return string(v.Text)
	}
	var text string
	_ = json.Unmarshal(v.Text, &text) // it is valid
	return text
}

// Decode decodes v as encoding/json does. An error names the line and the field.
func (v Value) Decode(into any) error {
	err := json.Unmarshal(v.Text, into)
	var mistyped *json.UnmarshalTypeError
	if errors.As(err, &mistyped) {
		line := v.Line + lines(v.Text, int(mistyped.Offset)-1)
		return &Error{line, join(v.Path, mistyped.Field), "found " + found(mistyped.Value) + ": want " + wanted(mistyped.Type.Kind())}
	}
	if err != nil {
		return v.Wrong("", err.Error())
	}
	return nil
}

// found describes a value as encoding/json names it.
func found(value string) string {
	switch value {
	case "array":
		return "a list"
	case "bool":
		return "true or false"
	case "object":
		return "an object"
	}
	return "a " + value
}

// wanted says which JSON value goes into a type.
func wanted(kind reflect.Kind) string {
	switch kind {
	case reflect.Slice:
		return "a list"
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Struct, reflect.Map:
		return "an object"
	}
	return "a number"
}
