package day

import (
	"testing"
	"time"
)

func TestParseWindow(t *testing.T) {
	now := time.Date(2026, 11, 21, 0, 30, 0, 0, time.FixedZone("east", 2*3600)) // still 20 November in UTC
	for _, tc := range []struct{ in, want string }{
		{"all", "all"},
		{"yesterday", "2026-11-19"},
		{"2026-11-20", "2026-11-20"},
		{"2026-02-28..2026-03-01", "2026-02-28..2026-03-01"},
	} {
		w, err := ParseWindow(tc.in, now)
		if err != nil || w.String() != tc.want {
			t.Errorf("ParseWindow(%q) = %v, %v; want %s", tc.in, w, err, tc.want)
		}
	}
}

func TestWindowOpenAtOneEnd(t *testing.T) {
	from, to := All(), All()
	from.From, to.To = 20000, 20000
	if from.String() != "2024-10-04 and later" || to.String() != "2024-10-04 and earlier" {
		t.Errorf("%s, %s", from, to)
	}
}

func TestParseWindowRefuses(t *testing.T) {
	for in, want := range map[string]string{
		"today":                  `day "today": want YYYY-MM-DD`,
		"2026-02-30":             `day "2026-02-30": want YYYY-MM-DD`,
		"2026-11-20..":           `day "": want YYYY-MM-DD`,
		"2026-11-20..2026-11-19": `window "2026-11-20..2026-11-19": ends before it starts`,
	} {
		if _, err := ParseWindow(in, time.Now()); err == nil || err.Error() != want {
			t.Errorf("ParseWindow(%q): %v; want %s", in, err, want)
		}
	}
}

func TestOfMillisRoundsDown(t *testing.T) {
	for ms, want := range map[int64]string{
		0: "1970-01-01", -1: "1969-12-31", -msPerDay: "1969-12-31", -msPerDay - 1: "1969-12-30",
		1795219199999: "2026-11-20", 1795219200000: "2026-11-21",
	} {
		if got := OfMillis(ms).String(); got != want {
			t.Errorf("OfMillis(%d) = %s, want %s", ms, got, want)
		}
	}
}

func TestWindowContainsBothEnds(t *testing.T) {
	w := Window{10, 12}
	if !w.Contains(10) || !w.Contains(12) || w.Contains(9) || w.Contains(13) || w.Days() != 3 {
		t.Errorf("window %d..%d has the wrong days", w.From, w.To)
	}
	if !All().Contains(OfMillis(-1)) || !All().IsAll() {
		t.Error("All leaves a day out")
	}
}
