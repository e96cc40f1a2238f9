package event

import (
	"encoding/json"
	"testing"
)

func TestMembersAreThoseOfEncodingJSON(t *testing.T) {
	for _, raw := range []string{
		`{}`, `[]`, ` `, `7`, `"text"`, `{"a":1,"b":[1,{"c":"}"},"]"],"d":null,"e":-1.5e3,"f":"\\\"","g\u0041":"\u00e9\n"}`,
		"{ \"a\" : { \"b\" : [ ] } ,\n\t\"c\":\"x,y:z\" }", `["a",{"b":"]"},[2],3,true]`, `{"\\":"\\","":""}`,
	} {
		var object map[string]json.RawMessage
		var array []json.RawMessage
		if json.Unmarshal([]byte(raw), &object) != nil {
			_ = json.Unmarshal([]byte(raw), &array)
		}
		n := 0
		for m := MembersOf([]byte(raw)); m.Next(); n++ {
			want := object[string(m.Name)]
			if n < len(array) {
				want = array[n]
			}
			if string(m.Value) != string(want) {
				t.Errorf("%s: %q is %s, want %s", raw, m.Name, m.Value, want)
			}
			var text string
			isText := json.Unmarshal(m.Value, &text) == nil && m.Value[0] == '"'
			if got, ok := TextOf(m.Value); ok != isText || string(got) != text {
				t.Errorf("%s: text %q, %v, want %q", m.Value, got, ok, text)
			}
		}
		if want := len(object) + len(array); n != want {
			t.Errorf("%s: %d members, want %d", raw, n, want)
		}
	}
}
