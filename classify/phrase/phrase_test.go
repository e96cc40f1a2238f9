package phrase

import (
	"reflect"
	"testing"
)

// Match undoes String, also for arguments that hold what looks like the form, or like a pattern.
func TestMatch(t *testing.T) {
	for _, p := range []Phrase{
		Of("nothing to fill (a.b)"),
		Of("%s in %s", Count(1234, "call"), Count(1, "day")),
		Of("%[3]s before %[1]s", "a", "", "b\n.*[c] before"),
	} {
		if got, ok := p.Format.Match(p.String(), "call", "day"); !ok || got.String() != p.String() || len(p.Args) > 0 && !reflect.DeepEqual(got.Args, p.Args) {
			t.Errorf("%q: %#v, %v", p, got, ok)
		}
	}
	for _, text := range []string{"", "3 calls", "3 calls at 2 days", "x 3 calls in"} {
		if got, ok := Format("%s in %s").Match(text); ok {
			t.Errorf("%q: %#v", text, got)
		}
	}
	if got, _ := Format("%s in %s").Match("01 call in 2 calls", "call"); got.Args[0] != "01 call" || got.Args[1] != Count(2, "call") {
		t.Errorf("%#v", got)
	}
}
