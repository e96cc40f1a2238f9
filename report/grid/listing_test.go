package grid

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"strings"
	"testing"

	"vpcetrail/classify/phrase"
	"vpcetrail/fixtures"
)

func listing(rows ...[]any) *Listing {
	return &Listing{
		Title: phrase.Of("All kinds"),
		Columns: []Column{
			{Name: "name", Head: "who"}, {Name: "hidden", Kind: Count}, {Name: "calls", Head: "calls", Kind: Count}, {Name: "bytes", Head: "bytes", Kind: Bytes},
			{Name: "share", Head: "share", Kind: Ratio}, {Name: "usd", Head: "cost", Kind: Money}, {Name: "seen", Head: "seen", Kind: Moment},
		},
		Rows: func(yield func([]any, error) bool) {
			for _, row := range rows {
				if !yield(row, nil) {
					return
				}
			}
		},
		Total: len(rows),
	}
}

func TestListing(t *testing.T) {
	full := listing(
		[]any{"arn:aws:iam::111122223333:user/a\x1b|b,\"c\"", int64(1), int64(1234567), int64(2500), 0.125, 0.5, int64(1795219199123)},
		[]any{nil, nil, nil, nil, nil, nil, nil},
		[]any{"last", int64(-1), int64(0), int64(0), 1.0, 1e9, int64(0)},
	)
	first := listing([]any{"only", int64(1), int64(2), int64(3), 0.5, 6.0, int64(7)}, []any{"not shown", nil, nil, nil, nil, nil, nil})
	first.Top = 1
	var out strings.Builder
	for _, l := range []*Listing{full, first, listing()} {
		for _, format := range Formats() {
			fmt.Fprintf(&out, "== %s\n", format)
			if err := l.Write(&out, format, Style{}); err != nil {
				t.Fatal(err)
			}
		}
	}
	fixtures.Golden(t, "testdata/listing.golden", []byte(out.String()))
}

// CSV is for programs, but what goes to a terminal cannot move its cursor.
func TestCSVOnATerminal(t *testing.T) {
	row := []any{"a\x1b[2J", nil, nil, nil, nil, nil, nil}
	for width, want := range map[int]string{0: "a\x1b[2J,,,,,,\n", 80: "a\uFFFD[2J,,,,,,\n"} {
		var out bytes.Buffer
		if err := listing(row).Write(&out, FormatCSV, Style{Width: width}); err != nil {
			t.Fatal(err)
		}
		if _, got, _ := strings.Cut(out.String(), "\n"); got != want {
			t.Errorf("width %d: %q, want %q", width, got, want)
		}
	}
}

// A spreadsheet runs no cell of CSV as a formula, unless that is asked for; numbers are no text.
func TestCSVHoldsNoFormula(t *testing.T) {
	for _, tc := range []struct{ text, want string }{
		{"=1+1", "'=1+1"}, {"+1", "'+1"}, {"-1", "'-1"}, {"@SUM(A1)", "'@SUM(A1)"}, {"\t=1", "'\t=1"}, {"\n=1", "'\n=1"}, {"'=1", "''=1"}, {"＝1", "'＝1"},
		{"a=1", "a=1"}, {"arn:aws:s3:::b", "arn:aws:s3:::b"}, {" =1", " =1"},
	} {
		for raw, want := range map[bool]string{false: tc.want, true: tc.text} {
			var out bytes.Buffer
			l := listing([]any{tc.text, int64(-1), nil, nil, nil, nil, nil})
			if err := l.Write(&out, FormatCSV, Style{Raw: raw}); err != nil {
				t.Fatal(err)
			}
			rows, err := csv.NewReader(&out).ReadAll()
			if err != nil || len(rows) != 2 || rows[1][0] != want || rows[1][1] != "-1" {
				t.Errorf("%q, raw %v: %q, %v, want %q", tc.text, raw, rows, err, want)
			}
		}
	}
}

func TestListingEndsWithTheError(t *testing.T) {
	broken := errors.New("broken")
	for _, format := range Formats() {
		l := listing()
		l.Rows = func(yield func([]any, error) bool) { yield(nil, broken) }
		if err := l.Write(&bytes.Buffer{}, format, Style{}); !errors.Is(err, broken) {
			t.Errorf("%s: %v", format, err)
		}
	}
	if err := listing().Write(&bytes.Buffer{}, "xml", Style{}); err == nil || err.Error() != `format "xml": want table, csv, json, markdown` {
		t.Errorf("xml: %v", err)
	}
}
