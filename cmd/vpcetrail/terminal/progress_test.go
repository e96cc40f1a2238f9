package terminal

import (
	"bytes"
	"fmt"
	"regexp"
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
		Snapshot
	}{
		{"nothing listed yet", Snapshot{Elapsed: time.Second, Stored: 0}},
		{"the listing goes on", Snapshot{Objects: 1204, Found: 16_400, Read: 812e6, Stored: 11e9, Events: 4_000_000, Elapsed: 42 * time.Second}},
		{"the first moment", Snapshot{Found: 2610, Listed: true, Stored: 1.8e9, Elapsed: time.Second}},
		{"half way", Snapshot{Objects: 1204, Found: 2610, Listed: true, Read: 812e6, Stored: 1.8e9, Events: 4_000_000, Elapsed: 42 * time.Second}},
		{"half way, with problems", Snapshot{Objects: 1204, Found: 2610, Listed: true, Read: 812e6, Stored: 1.8e9, Events: 4_000_000, Problems: 2, Elapsed: 42 * time.Second}},
		{"large", Snapshot{Objects: 4_201_204, Found: 9_912_610, Listed: true, Read: 1.2e12, Stored: 2.9e12, Events: 61e9, Problems: 1204, Elapsed: 12 * time.Hour}},
		{"days of a history, whose sizes nobody knows", Snapshot{Objects: 1, Found: 3, Listed: true, Read: 1_500_000, Stored: -1, Events: 950, Problems: 1, Elapsed: 10 * time.Second}},
		{"the end", Snapshot{Objects: 2610, Found: 2610, Listed: true, Read: 1.8e9, Stored: 1.8e9, Events: 9_000_000, Elapsed: 95 * time.Second}},
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
	s := Snapshot{Objects: 1204, Found: 2610, Listed: true, Read: 812e6, Stored: 1.8e9, Events: 4_000_000, Problems: 2, Elapsed: 42 * time.Second}
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
		p := NewProgress(NewMessages(&out, tc.json))
		p.lineEvery = time.Millisecond
		stop := p.Show(func() Snapshot {
			drawn <- true
			return Snapshot{Objects: 1, Found: 2, Listed: true, Read: 9, Stored: 18, Events: 50, Elapsed: 10 * time.Second}
		})
		<-drawn
		go func() {
			for range drawn { // another one may come before it stops
			}
		}()
		stop()
		line, _, _ := strings.Cut(regexp.MustCompile(`"time":"[^"]*",`).ReplaceAllString(out.String(), ""), "\n")
		if line+"\n" != tc.want {
			t.Errorf("it says\n%s\nwant\n%s", line, tc.want)
		}
	}
}
