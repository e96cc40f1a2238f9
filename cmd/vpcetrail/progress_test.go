package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"vpcetrail/fixtures"
)

// TestProgressText checks the bar at three widths, and the line for logs, at several
// moments of a run.
func TestProgressText(t *testing.T) {
	var out strings.Builder
	for _, tc := range []struct {
		name string
		snapshot
	}{
		{"nothing listed yet", snapshot{elapsed: time.Second, stored: 0}},
		{"the listing goes on", snapshot{objects: 1204, found: 16_400, read: 812e6, stored: 11e9, events: 4_000_000, elapsed: 42 * time.Second}},
		{"the first moment", snapshot{found: 2610, listed: true, stored: 1.8e9, elapsed: time.Second}},
		{"half way", snapshot{objects: 1204, found: 2610, listed: true, read: 812e6, stored: 1.8e9, events: 4_000_000, elapsed: 42 * time.Second}},
		{"half way, with problems", snapshot{objects: 1204, found: 2610, listed: true, read: 812e6, stored: 1.8e9, events: 4_000_000, problems: 2, elapsed: 42 * time.Second}},
		{"large", snapshot{objects: 4_201_204, found: 9_912_610, listed: true, read: 1.2e12, stored: 2.9e12, events: 61e9, problems: 1204, elapsed: 12 * time.Hour}},
		{"days of a history, whose sizes nobody knows", snapshot{objects: 1, found: 3, listed: true, read: 1_500_000, stored: -1, events: 950, problems: 1, elapsed: 10 * time.Second}},
		{"the end", snapshot{objects: 2610, found: 2610, listed: true, read: 1.8e9, stored: 1.8e9, events: 9_000_000, elapsed: 95 * time.Second}},
	} {
		fmt.Fprintf(&out, "%s\n", tc.name)
		for _, width := range []int{40, 80, 120} {
			bar := tc.bar(width)
			if len(bar) >= width {
				t.Errorf("%s: %d columns do not fit into %d", tc.name, len(bar), width)
			}
			fmt.Fprintf(&out, "%4d|%s\n", width, bar)
		}
		fmt.Fprintf(&out, " log|%s\n\n", tc.text())
	}
	fixtures.Golden(t, "testdata/progress.golden", []byte(out.String()))
}

func TestBarFitsAnyWidth(t *testing.T) {
	s := snapshot{objects: 1204, found: 2610, listed: true, read: 812e6, stored: 1.8e9, events: 4_000_000, problems: 2, elapsed: 42 * time.Second}
	for width := range 200 {
		if n := len(s.bar(width)); n > max(0, width-1) {
			t.Errorf("%d columns do not fit into %d", n, width)
		}
	}
}

// Without a terminal, progress is written as whole lines until it is stopped.
func TestProgressLines(t *testing.T) {
	for _, tc := range []struct {
		json bool
		want string
	}{
		{false, "vpcetrail: 1 of 2 objects, 9 B, 5 events/s, 0:10 left\n"},
		{true, `{"level":"INFO","msg":"progress","objects":1,"objects_found":2,"listing_complete":true,"bytes":9,` +
			`"events":50,"events_per_second":5,"problems":0,"seconds_left":10}` + "\n"},
	} {
		var out bytes.Buffer
		drawn := make(chan bool)
		p := newProgress(newMessages(&out, tc.json))
		p.lineEvery = time.Millisecond
		stop := p.show(func() snapshot {
			drawn <- true
			return snapshot{objects: 1, found: 2, listed: true, read: 9, stored: 18, events: 50, elapsed: 10 * time.Second}
		})
		<-drawn
		go func() {
			for range drawn { // another one may come before it stops
			}
		}()
		stop()
		line, _, _ := strings.Cut(withoutTime(t, out.String()), "\n")
		if line+"\n" != tc.want {
			t.Errorf("it says\n%s\nwant\n%s", line, tc.want)
		}
	}
}
