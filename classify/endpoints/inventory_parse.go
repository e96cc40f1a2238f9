package endpoints

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"vpcetrail/ingest/event"
)

// ParseInventory reads a description of our endpoints: the output of `aws ec2
// describe-vpc-endpoints`, or an inventory written by Save. It reads several as one (of
// several Regions, or pages), one after another or in an array. It also reads an array of
// endpoints alone.
//
// An error is one line with the line number, the field and what was expected there.
func ParseInventory(text []byte) (Inventory, error) {
	if event.IsUTF16(text) {
		return nil, event.ErrUTF16
	}
	r := inventoryReader{text: bytes.TrimPrefix(text, []byte("\ufeff")), found: Inventory{}}
	documents := json.NewDecoder(bytes.NewReader(r.text))
	for n := 0; ; n++ {
		var v json.RawMessage
		switch err := documents.Decode(&v); {
		case err == io.EOF && n > 0:
			return r.found, nil
		case err == io.EOF:
			return nil, r.errorAt(0, "it is empty", wantInventory)
		case err != nil:
			return nil, r.notJSON(err)
		}
		if err := r.value(r.valueAt(0, documents, v)); err != nil {
			return nil, err
		}
	}
}

const wantInventory = "want the output of aws ec2 describe-vpc-endpoints, or of vpcetrail endpoints"

// An inventoryReader reads the JSON of an inventory and keeps track of its place in the
// text.
type inventoryReader struct {
	text  []byte
	found Inventory
}

// A jsonValue is a value in the text.
type jsonValue struct {
	at   int // of its first byte
	text []byte
	path string // the fields and indexes that lead to it
}

// valueAt returns the value v that a decoder has just read. The decoder's input starts at
// base.
func (r *inventoryReader) valueAt(base int, d *json.Decoder, v json.RawMessage) jsonValue {
	return jsonValue{at: base + int(d.InputOffset()) - len(v), text: v}
}

// value reads a document, an endpoint as EC2 describes it, or a list of these.
func (r *inventoryReader) value(v jsonValue) error {
	switch v.text[0] {
	case '[':
		return r.elements(v, r.value)
	case '{':
	default:
		return r.errorAt(v.at, v.path, "found "+kindOf(v.text)+": "+wantInventory)
	}
	members := r.members(v)
	switch {
	case members["vpcendpoints"].text != nil:
		return r.list(members["vpcendpoints"], r.describedEndpoint)
	case members["vpcendpointid"].text != nil:
		return r.describedEndpoint(v)
	case members["format"].text == nil:
		return r.errorAt(v.at, v.path, `neither "VpcEndpoints" nor "format" is in it: `+wantInventory)
	}
	return r.saved(v, members)
}

// saved reads an inventory written by Save.
func (r *inventoryReader) saved(v jsonValue, members map[string]jsonValue) error {
	format, version, endpoints := members["format"], members["version"], members["endpoints"]
	switch {
	case string(format.text) != `"`+savedFormat+`"`:
		return r.errorAt(format.at, format.path, fmt.Sprintf("%.60s is not %q", format.text, savedFormat))
	case version.text == nil:
		return r.errorAt(v.at, "version", fmt.Sprintf("it is missing: want %d", savedVersion))
	case string(version.text) != fmt.Sprint(savedVersion):
		return r.errorAt(version.at, version.path, fmt.Sprintf("%.60s is not a version that this vpcetrail reads: want %d", version.text, savedVersion))
	case endpoints.text == nil:
		return r.errorAt(v.at, "endpoints", "it is missing: want a list")
	}
	return r.list(endpoints, r.savedEndpoint)
}

func (r *inventoryReader) describedEndpoint(v jsonValue) error {
	var d described
	return r.endpoint(v, &d, d.endpoint)
}

func (r *inventoryReader) savedEndpoint(v jsonValue) error {
	var s savedEndpoint
	return r.endpoint(v, &s, s.endpoint)
}

// endpoint decodes v into form, and adds the endpoint that convert then returns.
func (r *inventoryReader) endpoint(v jsonValue, form any, convert func() (Endpoint, error)) error {
	err := json.Unmarshal(v.text, form)
	var mistyped *json.UnmarshalTypeError
	if errors.As(err, &mistyped) {
		return r.errorAt(v.at+int(mistyped.Offset)-1, join(v.path, mistyped.Field), mistypedWords(mistyped))
	}
	if err != nil {
		return r.errorAt(v.at, v.path, err.Error())
	}
	e, err := convert()
	var field *fieldError
	if errors.As(err, &field) {
		at := v.at
		if member, ok := r.members(v)[strings.ToLower(field.field)]; ok {
			at = member.at
		}
		return r.errorAt(at, join(v.path, field.field), field.text)
	}
	r.found.Add(e)
	return err
}

// mistypedWords says what a field contains and what it should contain. All fields of a
// fixed type are strings.
func mistypedWords(e *json.UnmarshalTypeError) string {
	found, want := "a "+e.Value, "a string"
	switch e.Value {
	case "array":
		found = "a list"
	case "bool":
		found = "true or false"
	case "object":
		found = "an object"
	}
	if e.Field == "" {
		want = "an endpoint"
	}
	return "found " + found + ": want " + want
}

// list reads the elements of v, which must be a list.
func (r *inventoryReader) list(v jsonValue, read func(jsonValue) error) error {
	if v.text[0] != '[' {
		return r.errorAt(v.at, v.path, "found "+kindOf(v.text)+": want a list")
	}
	return r.elements(v, read)
}

// elements calls read with the elements of a list. The JSON must be valid. The same goes
// for members.
func (r *inventoryReader) elements(v jsonValue, read func(jsonValue) error) error {
	d := json.NewDecoder(bytes.NewReader(v.text))
	_, err := d.Token()
	for i := 0; err == nil && d.More(); i++ {
		var element json.RawMessage
		if err = d.Decode(&element); err == nil {
			inside := r.valueAt(v.at, d, element)
			inside.path = fmt.Sprintf("%s[%d]", v.path, i)
			err = read(inside)
		}
	}
	return err
}

// members returns the members of an object by lower-case name, because the JSON of
// CloudTrail and of the API differ in case.
func (r *inventoryReader) members(v jsonValue) map[string]jsonValue {
	found := map[string]jsonValue{}
	d := json.NewDecoder(bytes.NewReader(v.text))
	_, err := d.Token()
	for err == nil && d.More() {
		var name json.Token
		var value json.RawMessage
		if name, err = d.Token(); err == nil {
			err = d.Decode(&value)
		}
		if text, ok := name.(string); ok && err == nil {
			member := r.valueAt(v.at, d, value)
			member.path = join(v.path, text)
			found[strings.ToLower(text)] = member
		}
	}
	return found
}

func join(path, field string) string {
	if path == "" || field == "" {
		return path + field
	}
	return path + "." + field
}

// notJSON says where the text stops being JSON. It quotes at most one character.
func (r *inventoryReader) notJSON(err error) error {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return r.errorAt(int(syntax.Offset)-1, "not JSON", syntax.Error())
	}
	return r.errorAt(len(bytes.TrimSpace(r.text)), "not JSON", "it ends too early")
}

// errorAt returns an error with the line of a place in the text, and what is wrong there.
func (r *inventoryReader) errorAt(at int, what, text string) error {
	line := 1 + bytes.Count(r.text[:min(max(at, 0), len(r.text))], []byte("\n"))
	if what != "" {
		text = what + ": " + text
	}
	return fmt.Errorf("line %d: %s", line, text)
}

// kindOf returns the kind of a JSON value in words.
func kindOf(v []byte) string {
	switch v[0] {
	case '{':
		return "an object"
	case '[':
		return "a list"
	case '"':
		return "a string"
	case 't', 'f':
		return "true or false"
	case 'n':
		return "null"
	}
	return "a number"
}
