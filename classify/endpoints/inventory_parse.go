package endpoints

import (
	"errors"
	"fmt"
	"strings"

	"vpcetrail/classify/document"
)

// ParseInventory reads a description of our endpoints: the output of `aws ec2
// describe-vpc-endpoints`, or an inventory written by Save. It reads several as one (of
// several Regions, or pages), one after another or in an array. It also reads an array of
// endpoints alone.
//
// An error is one line with the line number, the field and what was expected there.
func ParseInventory(text []byte) (Inventory, error) {
	r := inventoryReader{Inventory{}}
	empty := true
	err := document.Each(text, func(v document.Value) error {
		empty = false
		return r.value(v)
	})
	switch {
	case err != nil:
		return nil, err
	case empty:
		return nil, &document.Error{Line: 1, Text: "it is empty: " + wantInventory}
	}
	return r.found, nil
}

// InventoryOf reads an inventory that is a part of another document.
func InventoryOf(v document.Value) (Inventory, error) {
	r := inventoryReader{Inventory{}}
	err := r.value(v)
	return r.found, err
}

const wantInventory = "want the output of aws ec2 describe-vpc-endpoints, or of vpcetrail endpoints"

// An inventoryReader reads the documents of an inventory.
type inventoryReader struct{ found Inventory }

// value reads a document, an endpoint as EC2 describes it, or a list of these.
func (r *inventoryReader) value(v document.Value) error {
	switch v.Kind() {
	case '[':
		return r.list(v, r.value)
	case '{':
	default:
		return v.Wrong("", "found "+v.Found()+": "+wantInventory)
	}
	members := membersOf(v)
	switch {
	case members["vpcendpoints"].Text != nil:
		return r.list(members["vpcendpoints"], r.describedEndpoint)
	case members["vpcendpointid"].Text != nil:
		return r.describedEndpoint(v)
	case members["format"].Text == nil:
		return v.Wrong("", `neither "VpcEndpoints" nor "format" is in it: `+wantInventory)
	}
	return r.saved(v, members)
}

// saved reads an inventory written by Save.
func (r *inventoryReader) saved(v document.Value, members map[string]document.Value) error {
	format, version, endpoints := members["format"], members["version"], members["endpoints"]
	switch {
	case string(format.Text) != `"`+savedFormat+`"`:
		return format.Wrong("", fmt.Sprintf("%.60s is not %q", format.Text, savedFormat))
	case version.Text == nil:
		return v.Wrong("version", fmt.Sprintf("it is missing: want %d", savedVersion))
	case string(version.Text) != fmt.Sprint(savedVersion):
		return version.Wrong("", fmt.Sprintf("%.60s is not a version that this vpcetrail reads: want %d", version.Text, savedVersion))
	case endpoints.Text == nil:
		return v.Wrong("endpoints", "it is missing: want a list")
	}
	return r.list(endpoints, r.savedEndpoint)
}

func (r *inventoryReader) describedEndpoint(v document.Value) error {
	var d described
	return r.endpoint(v, &d, d.endpoint)
}

func (r *inventoryReader) savedEndpoint(v document.Value) error {
	var s savedEndpoint
	return r.endpoint(v, &s, s.endpoint)
}

// endpoint decodes v into form, and adds the endpoint that convert then returns.
func (r *inventoryReader) endpoint(v document.Value, form any, convert func() (Endpoint, error)) error {
	if v.Kind() != '{' && v.Kind() != 'n' {
		return v.Wrong("", "found "+v.Found()+": want an endpoint")
	}
	if err := v.Decode(form); err != nil {
		return err
	}
	e, err := convert()
	var field *fieldError
	if errors.As(err, &field) {
		if member, ok := membersOf(v)[strings.ToLower(field.field)]; ok {
			v.Line = member.Line
		}
		return v.Wrong(field.field, field.text)
	}
	r.found.Add(e)
	return err
}

// list reads the elements of v, which must be a list.
func (r *inventoryReader) list(v document.Value, read func(document.Value) error) error {
	if v.Kind() != '[' {
		return v.Wrong("", "found "+v.Found()+": want a list")
	}
	for element := range v.Elements() {
		if err := read(element); err != nil {
			return err
		}
	}
	return nil
}

// membersOf returns the members of an object by lower-case name, because the JSON of
// CloudTrail and of the API differ in case.
func membersOf(v document.Value) map[string]document.Value {
	found := map[string]document.Value{}
	for m := range v.Members() {
		found[strings.ToLower(m.Name)] = m.Value
	}
	return found
}
