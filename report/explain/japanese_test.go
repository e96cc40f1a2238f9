package explain

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"vpcetrail/fixtures"
	"vpcetrail/report/grid"
	"vpcetrail/report/reporttest"
	"vpcetrail/report/words"
)

// checkJapanese holds that nothing is English where Japanese is asked for, and that lines fit a terminal.
func checkJapanese(t *testing.T, r *Record) {
	t.Helper()
	var out bytes.Buffer
	if err := r.WriteText(&out, grid.Style{Width: 80, Words: words.In("ja")}); err != nil {
		t.Fatal(err)
	}
	known := []string{r.Error, short(r.Error), r.Principal, r.Session}
	if x := r.Explanation; x != nil {
		for _, f := range x.Findings {
			known = append(known, f.Value, short(f.Value))
		}
	}
	for i := range known {
		known[i] = strings.Join(strings.Fields(grid.Clean(known[i])), " ")
	}
	if found := reporttest.English(strings.Join(strings.Fields(out.String()), " "), known...); len(found) > 0 {
		t.Errorf("%q in\n%s", found, out.String())
	}
	for line := range strings.Lines(out.String()) {
		long := slices.ContainsFunc(strings.Fields(line), func(w string) bool { return grid.Width(w) > 40 })
		if grid.Width(strings.TrimSpace(line)) > 80 && !long {
			t.Errorf("too wide: %s", line)
		}
		if first := []rune(strings.TrimSpace(line)); len(first) > 0 && strings.ContainsRune("、。）」", first[0]) {
			t.Errorf("a line starts with %c", first[0])
		}
	}
}

// TestGoldenJapanese holds the Japanese text of some cases, and of the same call by both routes.
func TestGoldenJapanese(t *testing.T) {
	style := grid.Style{Words: words.In("ja")}
	var out bytes.Buffer
	for _, c := range fixtures.Cases(t) {
		switch c.Number() {
		case "203", "401", "503", "602", "664", "826", "841":
			if err := explainedCase(t, &c).WriteText(&out, style); err != nil {
				t.Fatal(err)
			}
			out.WriteString("\n")
		}
	}
	a, b := byBothRoutes(t)
	if err := WriteDiff(&out, style, a, b); err != nil {
		t.Fatal(err)
	}
	fixtures.Golden(t, "testdata/japanese.golden", out.Bytes())
}
