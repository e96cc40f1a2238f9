package grid

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestJSONHoldsNothingThatATerminalObeys(t *testing.T) {
	const value = "a\x1b[2J\u009b2J\u202e\u2028\n\U000e0001\x7f<é…>"
	var out strings.Builder
	if err := NewJSON(&out).Encode([]string{value}); err != nil {
		t.Fatal(err)
	}
	want := `["a\u001b[2J\u009b2J\u202e\u2028\n\udb40\udc01\u007f<é…>"]` + "\n"
	if out.String() != want {
		t.Errorf("%s, want %s", out.String(), want)
	}
	var back []string
	if err := json.Unmarshal([]byte(out.String()), &back); err != nil || back[0] != value {
		t.Errorf("it says %q, %v", back, err)
	}
}
