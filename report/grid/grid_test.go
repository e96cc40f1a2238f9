package grid

import (
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"vpcetrail/fixtures"
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
		{Size(999), "999 B"}, {Size(1000), "1.0 kB"}, {Size(99_949), "99.9 kB"}, {Size(99_950), "100 kB"}, {Size(999_499), "999 kB"}, {Size(999_500), "1.0 MB"}, {Size(math.MaxInt64), "9.2 EB"},
		{Dollars(0), "$0.00"}, {Dollars(0.001), "< $0.01"}, {Dollars(1234.567), "$1,234.57"},
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

func TestWay(t *testing.T) {
	for want, way := range map[string]Way{
		"vpce-0a":                 {Route: "vpce", EndpointID: "vpce-0a", EndpointOwner: "own"},
		"vpce-0a (unknown)":       {Route: "vpce", EndpointID: "vpce-0a"},
		"vpce, private_address":   {Route: "vpce", Evidence: "private_address"},
		"vpce-0a (foreign)":       {Route: "vpce", EndpointID: "vpce-0a", EndpointOwner: "foreign"},
		"internet, AWS address":   {Route: "internet", Origin: "aws", Evidence: "public_source"},
		"internet, external":      {Route: "internet", Origin: "external", Evidence: "public_source"},
		"internet, a console":     {Route: "internet", Origin: "external", Evidence: "console_public_source", EndpointID: "vpce-0a"},
		"unknown, private_source": {Route: "unknown", Evidence: "private_source"},
	} {
		if got := way.String(); got != want {
			t.Errorf("%+v: %s, want %s", way, got, want)
		}
	}
}

func TestElide(t *testing.T) {
	for _, tc := range []struct {
		text  string
		width int
		want  string
	}{
		{"arn:aws:iam::111122223333:role/app", 12, "arn…role/app"}, {"abcdef", 6, "abcdef"}, {"abcdefg", 6, "a…defg"}, {"éèêë", 3, "…êë"}, {"ab", 1, "…"},
	} {
		if got := Elide(tc.text, tc.width); got != tc.want {
			t.Errorf("%s in %d: %s, want %s", tc.text, tc.width, got, tc.want)
		}
	}
}

// A table is as wide as its terminal at most, as long as its columns of numbers and the least of its texts have room.
func TestGridFitsTheTerminal(t *testing.T) {
	g := Grid{
		Title: "Wide", Heads: []string{"who", "where", "n", "m"}, Right: []bool{false, false, true, true}, Spare: []bool{false, false, true, true},
	}
	g.Add(strings.Repeat("0123456789", 6), "arn:aws:s3:::a-bucket-with-a-long-name", "1,000,000", "7")
	var all strings.Builder
	for width := 120; width >= 40; width -= 10 {
		g.Style.Width = width
		var out strings.Builder
		g.Write(&out)
		all.WriteString(out.String())
		for line := range strings.Lines(out.String()) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > max(width, 2*(leastWidth+2)) {
				t.Errorf("%d columns on a terminal of %d: %s", n, width, line)
			}
		}
	}
	fixtures.Golden(t, "testdata/widths.golden", []byte(all.String()))
}

func TestPaint(t *testing.T) {
	if got := (Style{}).Paint(Alarm, "text"); got != "text" {
		t.Errorf("without colours: %q", got)
	}
	if got := (Style{Color: true}).Paint(Alarm, "text"); got != "\x1b[31mtext\x1b[0m" {
		t.Errorf("with colours: %q", got)
	}
}

func TestMarkdownIsNoMarkup(t *testing.T) {
	if got := markdown("  a|b `c` <script>*_[x](y)\\\n"); got != "a\\|b \\`c\\` \\<script\\>\\*\\_\\[x\\](y)\\\\" {
		t.Errorf("%s", got)
	}
}
