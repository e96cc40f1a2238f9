package page

import (
	"math"
	"strconv"

	"vpcetrail/classify/phrase"
	"vpcetrail/ingest/day"
	"vpcetrail/report/grid"
	"vpcetrail/report/overview"
	"vpcetrail/report/table"
	"vpcetrail/report/words"
)

const (
	plotHeight = 170 // pixels
	maxBars    = 92  // more days share bars
)

// A chart shows stacked bars over time. Horizontal positions are in percent, so the chart fits
// any width and nothing is stretched. Vertical positions are in pixels.
type chart struct {
	ID, Title string
	Note      string // one sentence on what it shows, also for screen readers
	Bars      []bar
	Grid      []gridLine
	Labels    []axisLabel
}

type bar struct {
	Tip   string
	X, W  string // percent
	Parts []part
}

type part struct {
	Class string // route
	Y, H  string
}

type gridLine struct{ Y, Text string }

type axisLabel struct{ X, Anchor, Text string }

// A span holds the days of one bar. Days without a report are part of it, so gaps are visible.
type span struct {
	first, last day.Day
	days        int // that have a report
	table.Routes
}

func (s *span) name() phrase.Phrase {
	if s.first == s.last {
		return phrase.Of("%s", s.first)
	}
	return phrase.Of("%s to %s", s.first, s.last)
}

// spans divides the calendar from the first day to the last into at most maxBars spans of equal
// length.
func spans(days []overview.Day) []span {
	first, last := days[0].Day, days[len(days)-1].Day
	length := (int(last-first) + maxBars) / maxBars
	var all []span
	for d := first; d <= last; d += day.Day(length) {
		all = append(all, span{first: d, last: min(d+day.Day(length)-1, last)})
	}
	for i := range days {
		s := &all[int(days[i].Day-first)/length]
		s.days++
		s.Add(&days[i].Routes)
	}
	return all
}

// A series is one part of the bars of a chart, from the bottom up.
type series struct {
	class string
	name  phrase.Format
	calls func(*table.Routes) int64
}

var routeSeries = []series{
	{"vpce", "by an endpoint", func(r *table.Routes) int64 { return r.VPCE }},
	{"aws", "internet, from AWS addresses", func(r *table.Routes) int64 { return r.InternetAWS }},
	{"ext", "internet, from elsewhere", func(r *table.Routes) int64 { return r.InternetExternal }},
	{"svc", "by AWS services", func(r *table.Routes) int64 { return r.AWSService }},
	{"unk", "unknown", func(r *table.Routes) int64 { return r.Unknown }},
}

// pastSeries are the calls past the endpoint.
var pastSeries = routeSeries[1:3]

// newChart draws series over time.
func newChart(words *words.Language, id, title, note string, all []span, parts []series) chart {
	c := chart{ID: id, Title: title, Note: note}
	var most int64
	for i := range all {
		most = max(most, total(&all[i].Routes, parts))
	}
	most = niceCeiling(most)
	for _, n := range []int64{0, most / 2, most} {
		if text := short(n); n == 0 || len(c.Grid) == 0 || most >= 2 { // of a single call there is no half
			c.Grid = append(c.Grid, gridLine{Y: pixels(plotHeight - height(n, most)), Text: text})
		}
	}
	slot := 100 / float64(len(all))
	width := min(slot*0.76, 6)
	for i := range all {
		s := &all[i]
		b := bar{Tip: words.Say("%s: no report", s.name()), X: percent(slot*(float64(i)+0.5) - width/2), W: percent(width)}
		if s.days > 0 {
			b.Tip = words.Text(s.name())
			b.stack(words, &s.Routes, parts, most)
		}
		c.Bars = append(c.Bars, b)
	}
	c.label(words.Say("2 Jan"), all, slot)
	return c
}

// stack adds the parts of a bar, and describes them in its tooltip.
func (b *bar) stack(words *words.Language, r *table.Routes, parts []series, most int64) {
	y := float64(plotHeight)
	for _, s := range parts {
		n := s.calls(r)
		b.Tip += "\n" + words.Say("%s: %s", s.name, grid.Number(n))
		if n == 0 {
			continue
		}
		h := max(height(n, most), 1) // even one call is visible
		y -= h
		b.Parts = append(b.Parts, part{s.class, pixels(max(y, 0)), pixels(h)})
	}
}

// label writes at most seven days below the bars, in a layout of package time.
func (c *chart) label(layout string, all []span, slot float64) {
	step := (len(all) + 6) / 7
	for i := 0; i < len(all); i += step {
		c.Labels = append(c.Labels, axisLabel{percent(slot * (float64(i) + 0.5)), "middle", all[i].first.Time().Format(layout)})
	}
}

func total(r *table.Routes, parts []series) (n int64) {
	for _, s := range parts {
		n += s.calls(r)
	}
	return n
}

// niceCeiling rounds up to 1, 2, 4, 6, 8 or 10 times a power of ten. Half of these is also a round
// number.
func niceCeiling(n int64) int64 {
	if n < 2 {
		return max(n, 1)
	}
	power := int64(math.Pow10(int(math.Log10(float64(n)))))
	for _, f := range []int64{1, 2, 4, 6, 8} {
		if n <= f*power {
			return f * power
		}
	}
	return 10 * power
}

func height(n, most int64) float64 { return float64(n) / float64(most) * plotHeight }

func pixels(f float64) string { return strconv.FormatFloat(math.Round(f*100)/100, 'f', -1, 64) }

func percent(f float64) string {
	return strconv.FormatFloat(math.Round(f*1000)/1000, 'f', -1, 64) + "%"
}

// A strip is the bar in a row of a table: its parts, in proportion to the longest bar.
type strip []stripPart

type stripPart struct{ Class, X, W string }

// newStrip returns the bar with the parts of r. most calls fill the full width.
func newStrip(r *table.Routes, parts []series, most int64) (s strip) {
	x := 0.0
	for _, p := range parts {
		if n := p.calls(r); n > 0 && most > 0 {
			w := 100 * float64(n) / float64(most)
			s = append(s, stripPart{p.class, percent(x), percent(w)})
			x += w
		}
	}
	return s
}
