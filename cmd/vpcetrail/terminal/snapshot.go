package terminal

import (
	"fmt"
	"strings"
	"time"

	"vpcetrail/report/grid"
)

// A Snapshot is how far a run has come at one moment.
type Snapshot struct {
	Objects, Found int64 // finished, and listed so far
	Listed         bool  // the listing is complete
	Read, Stored   int64 // bytes as stored: read, and listed so far; Stored is -1 if unknown
	Events         int64 // in the finished objects
	Problems       int64 // objects that could not be read completely
	Elapsed        time.Duration
}

// fraction returns the finished part of the work, by bytes if all sizes are known,
// else by objects. It is known once the listing is complete, except for a single
// object of unknown size.
func (s *Snapshot) fraction() (done float64, known bool) {
	part, whole := s.Objects, s.Found
	if s.Stored > 0 {
		part, whole = s.Read, s.Stored
	}
	if !s.Listed || whole == 0 || s.Stored < 0 && s.Found == 1 {
		return 0, false
	}
	return min(1, float64(part)/float64(whole)), true
}

// minElapsed is the shortest time after which the speed is shown.
const minElapsed = 2 * time.Second

// left estimates the remaining time at the speed so far.
func (s *Snapshot) left() (time.Duration, bool) {
	done, known := s.fraction()
	if !known || done == 0 || s.Elapsed < minElapsed {
		return 0, false
	}
	return time.Duration(float64(s.Elapsed) * (1 - done) / done).Round(time.Second), true
}

// rate returns events per second.
func (s *Snapshot) rate() float64 {
	if s.Elapsed <= 0 {
		return 0
	}
	return float64(s.Events) / s.Elapsed.Seconds()
}

// text returns the snapshot as a line for a log.
func (s *Snapshot) text() string {
	if s.Found == 0 {
		return "listing"
	}
	parts := []string{s.objectsText(" of "), grid.Size(s.Read)}
	if s.Events > 0 {
		parts = append(parts, short(s.rate())+" events/s")
	}
	if left, ok := s.left(); ok {
		parts = append(parts, clock(left)+" left")
	}
	if s.Problems > 0 {
		parts = append(parts, grid.Plural(s.Problems, "problem"))
	}
	return strings.Join(parts, ", ")
}

// The bar uses the available width within these bounds. If there is less room, it is
// left out.
const minBar, maxBar = 5, 40

// bar returns the snapshot as a line for a terminal. The line is shorter than width,
// because text in the last column would wrap. If there is not enough room, the least
// important parts are left out.
func (s *Snapshot) bar(width int) string {
	if s.Found == 0 {
		return fit("listing", width)
	}
	done, known := s.fraction()
	left, hasLeft := s.left()
	parts := []struct {
		text string
		rank int // the highest is left out first
	}{
		{fmt.Sprintf("%3d %%", int(100*done)), 2},
		{s.objectsText("/"), 1},
		{grid.Size(s.Read), 6},
		{short(s.rate()) + " events/s", 5},
		{clock(left) + " left", 4},
		{grid.Plural(s.Problems, "problem"), 3},
	}
	shown := []bool{known, true, true, s.Events > 0, hasLeft, s.Problems > 0}
	line := func(rank int) string {
		var texts []string
		for i, p := range parts {
			if shown[i] && p.rank <= rank {
				texts = append(texts, p.text)
			}
		}
		return strings.Join(texts, "  ")
	}
	text := line(len(parts))
	for rank := len(parts) - 1; len(text) >= width && rank > 0; rank-- {
		text = line(rank)
	}
	cells := min(maxBar, width-1-len(text)-len("[] "))
	if !known || cells < minBar {
		return fit(strings.TrimLeft(text, " "), width)
	}
	full := int(done * float64(cells))
	return "[" + strings.Repeat("=", full) + strings.Repeat(" ", cells-full) + "] " + text
}

func fit(text string, width int) string { return text[:min(len(text), max(0, width-1))] }

func (s *Snapshot) objectsText(of string) string {
	more := ""
	if !s.Listed {
		more = "+"
	}
	return grid.Number(s.Objects) + of + grid.Number(s.Found) + more + " objects"
}

// short writes a rate in about four characters.
func short(n float64) string {
	switch {
	case n < 1e3:
		return fmt.Sprintf("%.0f", n)
	case n < 1e6:
		return fmt.Sprintf("%.0fk", n/1e3)
	default:
		return fmt.Sprintf("%.1fM", n/1e6)
	}
}

// clock writes a time as 1:23 or 1:02:03.
func clock(d time.Duration) string {
	s := int64(d.Seconds())
	if s < 3600 {
		return fmt.Sprintf("%d:%02d", s/60, s%60)
	}
	return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
}
