package document

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"vpcetrail/ingest/event"
)

// places lists v and all values in it, each with its line, its path and its text.
func places(v Value) (list []Value) {
	list = append(list, v)
	for m := range v.Members() {
		list = append(list, places(m.Value)...)
	}
	for element := range v.Elements() {
		list = append(list, places(element)...)
	}
	return list
}

func TestPlaces(t *testing.T) {
	const text = "\n{\"a\":\n [1 , {\"b\\\"]\": -2e3}\n,[ ] ],\n\"c\" :{}, \"d\": \"x,]}\\\\\"}\ntrue{\"e\":null}-1-2"
	var got []Value
	if err := Each([]byte(text), func(v Value) error {
		got = append(got, places(v)...)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	want := []Value{
		{2, "", []byte("{\"a\":\n [1 , {\"b\\\"]\": -2e3}\n,[ ] ],\n\"c\" :{}, \"d\": \"x,]}\\\\\"}")},
		{3, "a", []byte("[1 , {\"b\\\"]\": -2e3}\n,[ ] ]")}, {3, "a[0]", []byte("1")}, {3, "a[1]", []byte(`{"b\"]": -2e3}`)}, {3, `a[1].b"]`, []byte("-2e3")}, {4, "a[2]", []byte("[ ]")},
		{5, "c", []byte("{}")}, {5, "d", []byte(`"x,]}\\"`)},
		{6, "", []byte("true")}, {6, "", []byte(`{"e":null}`)}, {6, "e", []byte("null")}, {6, "", []byte("-1")}, {6, "", []byte("-2")},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestRefused(t *testing.T) {
	for text, want := range map[string]string{
		"":                     "line 1: it is empty: want one",
		"{\n\"a\": [\n\n":      "line 2: not JSON: it ends too early",
		"{\n\"a\"; []}":        "line 2: not JSON: invalid character ';' after object key",
		"{}\n\n{}":             "line 3: a second value starts: want one",
		"\xff\xfe{\x00}\x00":   event.ErrUTF16.Error(),
		"\ufeff{\"a\":\n[x]}":  "line 2: not JSON: invalid character 'x' looking for beginning of value",
		"{\"a\":\n{\"b\": 7}}": "line 2: a.b: found a number: want a string",
		`{"a": {"c": {}}}`:     "line 1: a.c: found an object: want a list",
		`{"a": {"d": []}}`:     "line 1: a.d: found a list: want true or false",
		`{"a": {"e": "x"}}`:    "line 1: a.e: found a string: want an object",
		`{"a": {"f": true}}`:   "line 1: a.f: found true or false: want a number",
		`{"a": "x"}`:           "line 1: a: found a string: want an object",
	} {
		v, err := One([]byte(text), "want one")
		for m := range v.Members() {
			if err == nil {
				err = m.Value.Decode(&struct {
					B string   `json:"b"`
					C []string `json:"c"`
					D bool     `json:"d"`
					E struct{} `json:"e"`
					F int      `json:"f"`
				}{})
			}
		}
		if err == nil || err.Error() != want {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
}

// FuzzEach compares the values of a text with those of encoding/json, and their lines with a count.
func FuzzEach(f *testing.F) {
	for _, text := range []string{"{\"a\":\n[1,{\"b\":null}],\"\\u0041\":\"\\\"\"}", "1-2true[]\n\"x\"", "\ufeff{}", "[[[]"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if bytes.HasPrefix(text, []byte("\ufeff")) || event.IsUTF16(text) {
			return
		}
		documents := json.NewDecoder(bytes.NewReader(text))
		documents.UseNumber()
		err := Each(text, func(v Value) error {
			var want any
			if err := documents.Decode(&want); err != nil {
				t.Fatalf("%q: %v", text, err)
			}
			for _, inside := range places(v) {
				start := cap(text) - cap(inside.Text) // both end where the memory ends
				if line := 1 + bytes.Count(text[:start], []byte("\n")); line != inside.Line {
					t.Errorf("%q: %q is on line %d, not %d", text, inside.Text, line, inside.Line)
				}
			}
			if got := decoded(v); !reflect.DeepEqual(got, want) {
				t.Errorf("%q: got %#v, want %#v", text, got, want)
			}
			return nil
		})
		if err != nil && strings.Contains(err.Error(), "\n") {
			t.Errorf("the error has several lines: %v", err)
		}
	})
}

// decoded decodes a value by way of its parts.
func decoded(v Value) any {
	switch v.Kind() {
	case '{':
		object := map[string]any{}
		for m := range v.Members() {
			object[m.Name] = decoded(m.Value)
		}
		return object
	case '[':
		list := []any{}
		for _, element := range slices.Collect(v.Elements()) {
			list = append(list, decoded(element))
		}
		return list
	case '"':
		return v.String()
	case 'b':
		return v.String() == "true"
	case 'n':
		return nil
	}
	return json.Number(v.String())
}
