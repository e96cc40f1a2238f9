package report

import (
	"slices"
	"strings"
	"testing"

	"vpcetrail/report/table"
)

func TestAddFindingsKeepsTheOrder(t *testing.T) {
	rows := func(text string) (rows []table.FindingRow) {
		for name := range strings.FieldsSeq(text) {
			rows = append(rows, table.FindingRow{FindingKey: table.FindingKey{Finding: name}})
		}
		return rows
	}
	for _, tc := range []struct{ before, more, want string }{
		{"", "c a", "a c"}, {"b d", "e c a", "a b c d e"}, {"b", "", "b"}, {"a c", "b", "a b c"},
	} {
		d := &Day{Findings: RowsOf(rows(tc.before))}
		d.AddFindings(rows(tc.more))
		for range 2 { // as often as the rows are read
			var got []string
			for row, err := range d.Findings {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, row.Finding)
			}
			if !slices.Equal(got, strings.Fields(tc.want)) {
				t.Errorf("%q and %q: %q", tc.before, tc.more, got)
			}
		}
	}
	none := new(Day)
	if none.AddFindings(rows("a")); none.Findings != nil {
		t.Error("a day without findings has got some")
	}
}
