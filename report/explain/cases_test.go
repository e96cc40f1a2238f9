package explain

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"vpcetrail/classify"
	"vpcetrail/fixtures"
	"vpcetrail/report/grid"
)

// TestCases holds that every documented case is explained as it is counted.
func TestCases(t *testing.T) {
	for _, c := range fixtures.Cases(t) {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			r := explainedCase(t, &c)
			if r == nil || c.Want.Kind == "invalid" {
				if r != nil || c.Want.Kind != "invalid" {
					t.Fatalf("found %v of a record of kind %s", r, c.Want.Kind)
				}
				return
			}
			if r.Counted != c.Want.Kind {
				t.Errorf("counted as %s, want %s", r.Counted, c.Want.Kind)
			}
			if (r.Explanation == nil) != (c.Want.Kind == CountedOther) {
				t.Fatalf("explanation %v of kind %s", r.Explanation, c.Want.Kind)
			}
			if c.Want.Kind == CountedCall {
				checkVerdict(t, r, &c.Want)
			}
			if r.Explanation != nil {
				checkFindings(t, r.Explanation)
			}
			checkText(t, r)
			checkJapanese(t, r)
		})
	}
}

func checkVerdict(t *testing.T, r *Record, want *fixtures.Want) {
	t.Helper()
	x := r.Explanation
	v, e := x.Verdict, x.Endpoint
	if v.Route() != classify.VPCE {
		e.Type = "" // the report's tables name the type of routes by endpoints only
	}
	if e.ID == "" {
		e.Account = cmp.Or(e.Account, *cmp.Or(want.EndpointAccountID, new(string))) // nobody's endpoint: an explanation has nothing to add it to
	}
	text := func(s *string) string {
		if s == nil {
			return ""
		}
		return *s
	}
	for _, f := range []struct{ name, got, want string }{
		{"route", v.Route().String(), want.Route}, {"evidence", v.Evidence.String(), want.Evidence},
		{"origin", v.Origin.String(), text(want.Origin)}, {"endpoint_owner", v.Owner().String(), text(want.EndpointOwner)},
		{"vpc_endpoint_id", e.ID, text(want.VPCEndpointID)}, {"endpoint_type", e.Type, text(want.EndpointType)},
		{"endpoint_account_id", e.Account, text(want.EndpointAccountID)},
		{"account_id", r.Account, text(want.AccountID)}, {"region", r.Region, text(want.Region)},
		{"principal", r.Principal, text(want.Principal)}, {"session", r.Session, text(want.Session)},
	} {
		if f.got != f.want {
			t.Errorf("%s %q, want %q", f.name, f.got, f.want)
		}
	}
	if (r.Error != "") != want.Error {
		t.Errorf("error %q, want one: %v", r.Error, want.Error)
	}
}

// checkFindings holds what every explanation keeps to.
func checkFindings(t *testing.T, x *classify.Explanation) {
	t.Helper()
	seen := map[string]bool{}
	decided := false
	for _, f := range x.Findings {
		if seen[f.Field] {
			t.Errorf("two findings of %s", f.Field)
		}
		seen[f.Field] = true
		decided = decided || f.Side == classify.Decides
		if f.Value == "" && (f.Side == classify.For || f.Side == classify.Against) {
			t.Errorf("%s is absent, and yet stands on side %s", f.Field, f.Side)
		}
	}
	if !decided {
		t.Error("nothing has decided")
	}
	for _, c := range x.Changes {
		if c.Verdict.Owner() != classify.Own {
			t.Errorf("%s would make it %v", c.Given, c.Verdict)
		}
	}
}

// checkText holds that lines are not wider than they may be, but for words that cannot be broken.
func checkText(t *testing.T, r *Record) {
	t.Helper()
	var out, js bytes.Buffer
	if err := r.WriteText(&out, grid.Style{}); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(out.String()) {
		words := strings.Fields(line)
		long := slices.ContainsFunc(words, func(w string) bool { return len(w) > 60 })
		if utf8.RuneCountInString(line) > grid.Columns+1 && !long {
			t.Errorf("too wide: %s", line)
		}
		if strings.TrimRight(line, " \n")+"\n" != line {
			t.Errorf("ends in spaces: %q", line)
		}
	}
	if err := r.WriteJSON(&js); err != nil || bytes.Count(js.Bytes(), []byte("\n")) != 1 {
		t.Errorf("not one line of JSON: %v\n%s", err, js.String())
	}
}

// TestGoldenTexts holds the text of a case of each sort. Golden files are of the cases' own numbers and names.
func TestGoldenTexts(t *testing.T) {
	wanted := []string{
		"101", "201", "203", "206", "214", "215", "217", "227", "301", "303", "307", "401", "402", "501", "503", "505",
		"601", "602", "611", "642", "661", "664", "671", "681", "801", "821", "826", "841",
	}
	for _, c := range fixtures.Cases(t) {
		if slices.Contains(wanted, c.Number()) {
			t.Run(c.Name, func(t *testing.T) {
				var out bytes.Buffer
				if err := explainedCase(t, &c).WriteText(&out, grid.Style{}); err != nil {
					t.Fatal(err)
				}
				fixtures.Golden(t, "testdata/"+c.Name+".golden", out.Bytes())
			})
		}
	}
}

// TestGoldenJSON holds the JSON of a call, and of a record that is no call.
func TestGoldenJSON(t *testing.T) {
	var out bytes.Buffer
	for _, c := range fixtures.Cases(t) {
		if slices.Contains([]string{"203", "505", "602", "826"}, c.Number()) {
			if err := explainedCase(t, &c).WriteJSON(&out); err != nil {
				t.Fatal(err)
			}
		}
	}
	fixtures.Golden(t, "testdata/json.golden", out.Bytes())
}
