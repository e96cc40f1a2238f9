package explain

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"vpcetrail/fixtures"
	"vpcetrail/report/grid"
)

// byBothRoutes returns the classic: the same CreateBucket by a gateway endpoint and by an internet gateway.
func byBothRoutes(t *testing.T) (a, b *Record) {
	t.Helper()
	for _, c := range fixtures.Cases(t) {
		if c.Number() != "225" {
			continue
		}
		a = explainedCase(t, &c)
		var record map[string]any
		if err := json.Unmarshal(c.Record, &record); err != nil {
			t.Fatal(err)
		}
		delete(record, "vpcEndpointId")
		delete(record["additionalEventData"].(map[string]any), "vpcEndpointId")
		record["sourceIPAddress"] = "52.4.0.10"
		record["eventID"] = "0d1e2f3a-0000-4000-8000-EXAMPLE22222"
		var err error
		if c.Record, err = json.Marshal(record); err != nil {
			t.Fatal(err)
		}
		return a, explainedCase(t, &c)
	}
	t.Fatal("no case 225")
	return nil, nil
}

func TestDiffOfTheSameCallByBothRoutes(t *testing.T) {
	a, b := byBothRoutes(t)
	var text, js bytes.Buffer
	if err := WriteDiff(&text, grid.Style{}, a, b); err != nil {
		t.Fatal(err)
	}
	fixtures.Golden(t, "testdata/diff.golden", text.Bytes())
	if err := WriteDiffJSON(&js, a, b); err != nil {
		t.Fatal(err)
	}
	fixtures.Golden(t, "testdata/diff-json.golden", js.Bytes())
}

// TestDiffMarksWhatDecides holds the marks against what was changed.
func TestDiffMarksWhatDecides(t *testing.T) {
	a, b := byBothRoutes(t)
	var differ, decide []string
	for _, row := range append(diffHead(a, b), diffFindings(a, b)...) {
		if row.Differs {
			differ = append(differ, row.Field)
		}
		if row.Decides {
			decide = append(decide, row.Field)
		}
	}
	if want := "vpcEndpointId additionalEventData.vpcEndpointId endpoint inventory sourceIPAddress"; strings.Join(differ, " ") != want {
		t.Errorf("differ: %s\n  want: %s", strings.Join(differ, " "), want)
	}
	if want := "vpcEndpointId endpoint inventory sourceIPAddress"; strings.Join(decide, " ") != want {
		t.Errorf("decide: %s\n  want: %s", strings.Join(decide, " "), want)
	}
	same := diffFindings(a, a)
	if slices.ContainsFunc(same, func(r diffRow) bool { return r.Differs || r.Decides }) {
		t.Errorf("a record differs from itself: %+v", same)
	}
}

// TestDiffOfAnyTwoCases holds that every pair of neighbours can be set side by side within the width, whatever the other way
// round.
func TestDiffOfAnyTwoCases(t *testing.T) {
	var last *Record
	for _, c := range fixtures.Cases(t) {
		r := explainedCase(t, &c)
		if r == nil {
			continue
		}
		if last != nil {
			var out bytes.Buffer
			if err := WriteDiff(&out, grid.Style{}, last, r); err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(out.String()) {
				if len([]rune(line)) > grid.Columns+1 {
					t.Errorf("%s: too wide: %s", c.Name, line)
				}
			}
			if len(diffFindings(last, r)) != len(diffFindings(r, last)) {
				t.Errorf("%s: the rows depend on the order", c.Name)
			}
		}
		last = r
	}
}
