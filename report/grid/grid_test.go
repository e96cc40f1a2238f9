package grid

import (
	"math"
	"strings"
	"testing"
)

func TestCleanKeepsLogsFromMovingTheCursor(t *testing.T) {
	if got := Clean("a\x1b[31mb\rc é"); got != "a\uFFFD[31mb\uFFFDc é" {
		t.Errorf("%q", got)
	}
}

func TestWords(t *testing.T) {
	for _, tc := range []struct{ got, want string }{
		{Number(0), "0"}, {Number(999), "999"}, {Number(1000), "1,000"}, {Number(-123456), "-123,456"},
		{Percent(1, 3), "33.3 %"}, {Percent(0, 0), "-"}, {Share(0.5), "50.0 %"}, {Share(math.NaN()), "-"},
		{Plural(1, "shared copy"), "1 shared copy"}, {Plural(1200, "shared copy"), "1,200 shared copies"}, {Plural(0, "call"), "0 calls"},
		{OrDash(""), "-"}, {OrDash("a"), "a"},
	} {
		if tc.got != tc.want {
			t.Errorf("%q, want %q", tc.got, tc.want)
		}
	}
}

func TestGrid(t *testing.T) {
	g := Grid{Title: "Numbers", Heads: []string{"name", "n"}, Right: []bool{false, true}}
	var out strings.Builder
	g.Write(&out)
	g.Add("one", "1")
	g.Add("é\x1btwo", "22,222")
	g.More(0)
	g.Write(&out)
	g.More(1000)
	g.Write(&out)
	const table = "\nNumbers\n  name        n\n  one         1\n  é\uFFFDtwo  22,222\n"
	if want := "\nNumbers\n  none\n" + table + table + "  … and 1,000 more\n"; out.String() != want {
		t.Errorf("%q, want %q", out.String(), want)
	}
}

func TestPrincipal(t *testing.T) {
	for _, tc := range [][3]string{
		{"arn:aws:iam::111122223333:role/team/app", "role/app", "111122223333"},
		{"arn:aws:iam::111122223333:root", "root", "111122223333"},
		{"ec2.amazonaws.com", "ec2.amazonaws.com", "-"},
		{"", "-", "-"},
	} {
		if name, account := Principal(tc[0]); name != tc[1] || account != tc[2] {
			t.Errorf("%s: %s, %s", tc[0], name, account)
		}
	}
}
