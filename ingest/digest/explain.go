package digest

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	"vpcetrail/ingest/day"
	"vpcetrail/ingest/inflate"
	"vpcetrail/ingest/source"
	"vpcetrail/ingest/source/layout"
	"vpcetrail/ingest/source/list"
)

// A trailEvent is a change of a trail, as the trail itself records it.
type trailEvent struct {
	EventTime         time.Time `json:"eventTime"`
	EventSource       string    `json:"eventSource"`
	EventName         string    `json:"eventName"`
	ErrorCode         string    `json:"errorCode"`
	UserIdentity      struct{ ARN string }
	RequestParameters struct {
		Name string `json:"name"` // the trail's name or ARN
	} `json:"requestParameters"`

	delivery
}

// A delivery is the Region and the time of a log.
type delivery struct {
	region string
	time   time.Time
}

// near reports whether events in a log may explain a gap.
func (l delivery) near(g *Finding) bool {
	return (g.Home == l.region || g.Region == l.region) &&
		slices.ContainsFunc(g.edges(), func(s span) bool { return !l.time.Before(s.from) && !l.time.After(s.to) })
}

// stops and starts are the events after which a chain ends or begins.
var (
	stops  = []string{"StopLogging", "DeleteTrail", "UpdateTrail"}
	starts = []string{"StartLogging", "CreateTrail", "UpdateTrail"}
)

// An event lies at most so long before, or after, the digest that it ends or begins.
const (
	eventBefore = 2 * time.Hour
	eventAfter  = 15 * time.Minute
)

// Explain reads the logs of the trails' home Regions around the gaps, to find the events
// that explain them. It changes the status of those gaps to Explained. A gap before a
// digest that names an earlier one is never explained: that digest is missing.
func (c *Check) Explain(ctx context.Context) error {
	gaps, err := c.unexplained()
	if err != nil {
		return err
	}
	var events []trailEvent
	for region, days := range daysOf(gaps) {
		found, err := c.events(ctx, region, days, gaps)
		if err != nil {
			return err
		}
		events = append(events, found...)
	}
	slices.SortFunc(events, func(a, b trailEvent) int {
		return cmp.Or(a.EventTime.Compare(b.EventTime), cmp.Compare(a.EventName, b.EventName), cmp.Compare(a.UserIdentity.ARN, b.UserIdentity.ARN))
	})
	c.explained = map[string]string{}
	for _, g := range gaps {
		c.explain(g, events)
	}
	return nil
}

// unexplained returns the gaps that events of the trail may explain.
func (c *Check) unexplained() (gaps []*Finding, err error) {
	cursor := c.found.Cursor()
	for cursor.Next() {
		if f := &cutHeader(cursor.Value).Finding; f.Kind == KindGap && (f.Restart || f.Open) {
			gaps = append(gaps, f)
		}
	}
	for _, t := range c.tails {
		if c.to.IsZero() || t.end.Before(c.to) {
			gaps = append(gaps, &Finding{Kind: KindGap, DigestName: t.chain, Start: t.end, Open: true})
		}
	}
	return gaps, cursor.Err()
}

// daysOf returns the days of the gaps' ends, by the Regions in which their events may be.
func daysOf(gaps []*Finding) map[string]map[day.Day]bool {
	days := map[string]map[day.Day]bool{}
	for _, g := range gaps {
		for _, region := range []string{g.Home, g.Region} {
			if days[region] == nil {
				days[region] = map[day.Day]bool{}
			}
			for _, s := range g.edges() {
				days[region][day.Of(s.from)], days[region][day.Of(s.to)] = true, true
			}
		}
	}
	return days
}

// edges returns the times in which the events that explain a gap are delivered.
func (f *Finding) edges() []span {
	around := func(t time.Time) span { return span{t.Add(-eventBefore), t.Add(eventBefore)} }
	switch {
	case f.Open:
		return []span{around(f.Start)}
	case f.First:
		return []span{around(f.End)}
	}
	return []span{around(f.Start), around(f.End)}
}

// events returns the changes of trails in the logs of a Region around the gaps.
func (c *Check) events(ctx context.Context, region string, days map[day.Day]bool, gaps []*Finding) ([]trailEvent, error) {
	var all []trailEvent
	for d := range days {
		sel := list.Selection{Window: day.Window{From: d, To: d}, Lateness: -1, Regions: []string{region}}
		trail, err := source.Open(ctx, c.opt.Sources, sel, c.opt.Reading)
		if err != nil {
			return nil, err
		}
		found, err := eventsIn(ctx, trail, func(t time.Time) bool {
			return slices.ContainsFunc(gaps, delivery{region, t}.near)
		})
		trail.Close()
		if err != nil {
			return nil, err
		}
		for i := range found {
			found[i].region = region
		}
		all = append(all, found...)
	}
	return all, nil
}

// eventsIn returns the changes of trails in the logs that were delivered at a wanted time.
func eventsIn(ctx context.Context, trail *source.Trail, wanted func(time.Time) bool) (events []trailEvent, err error) {
	var text []byte
	err = trail.Each(ctx, func(f *source.Fetch) (err error) {
		t, ok := layout.ParseStamp(path.Base(f.Object.Name))
		if !ok || !wanted(t) {
			return nil
		}
		if text, err = textOf(ctx, f, text); err == nil {
			for _, e := range trailEvents(text) {
				e.time = t
				events = append(events, e)
			}
		}
		var unread *source.Error
		if ctx.Err() != nil || errors.As(err, &unread) && unread.EndsRun() {
			return err
		}
		return nil
	})
	return events, err
}

func textOf(ctx context.Context, f *source.Fetch, buf []byte) ([]byte, error) {
	body, err := f.Open(ctx)
	if err != nil {
		return nil, err
	}
	gz, err := inflate.NewStream(bufio.NewReader(body))
	if err != nil {
		return nil, err
	}
	return readAll(buf[:0], io.LimitReader(gz, maxText))
}

// trailEvents returns the changes of trails in a log.
func trailEvents(text []byte) (events []trailEvent) {
	named := func(name string) bool { return bytes.Contains(text, []byte(`"`+name+`"`)) }
	if !slices.ContainsFunc(stops, named) && !slices.ContainsFunc(starts, named) {
		return nil
	}
	var log struct{ Records []json.RawMessage }
	if json.Unmarshal(text, &log) != nil {
		return nil
	}
	for _, record := range log.Records {
		var e trailEvent
		if json.Unmarshal(record, &e) == nil && e.EventSource == "cloudtrail.amazonaws.com" && e.ErrorCode == "" {
			events = append(events, e)
		}
	}
	return events
}

// explain looks for the events that explain a gap.
func (c *Check) explain(g *Finding, events []trailEvent) {
	find := func(names []string, t time.Time) string {
		for _, e := range events {
			trail := e.RequestParameters.Name
			if e.near(g) && slices.Contains(names, e.EventName) && (trail == g.Trail || strings.HasSuffix(trail, ":trail/"+g.Trail)) &&
				!e.EventTime.Before(t.Add(-eventBefore)) && !e.EventTime.After(t.Add(eventAfter)) {
				return e.EventName + " by " + e.UserIdentity.ARN + " at " + e.EventTime.Format(time.RFC3339)
			}
		}
		return ""
	}
	var why []string
	if !g.First {
		why = append(why, find(stops, g.Start))
	}
	if !g.Open && (g.First || why[0] != "") {
		if start := find(starts, g.End); start != "" || g.First {
			why = append(why, start)
		}
	}
	if text := strings.Join(why, ", "); text != "" {
		c.explained[g.id()] = text
	}
}

// id identifies a gap.
func (f *Finding) id() string {
	return string((&header{Finding: Finding{DigestName: f.chainAt(f.Start)}}).key())
}

func (f *Finding) chainAt(t time.Time) layout.DigestName {
	chain := f.DigestName
	chain.End = t
	return chain
}

// settle gives a gap the explanation that was found for it, and cuts it at the end of the
// range or day, unless that is zero.
func (c *Check) settle(f *Finding, end time.Time) *Finding {
	if f.After != "" && c.explained[f.After] == "" {
		f.Status, f.Problem = Unlinked, "starts its chain again, and no event of the trail says why: ask who stopped the trail"
	}
	if f.Kind != KindGap {
		return f
	}
	if !end.IsZero() && (f.Open || f.End.After(end)) {
		f.End = end
	}
	if why := c.explained[f.id()]; why != "" {
		f.Status, f.Problem = Explained, "the trail did not log: "+why
		return f
	}
	why := "digests are missing"
	switch {
	case f.Status == TailMissing:
		why = "see aws cloudtrail get-trail-status, and the trail's StopLogging and DeleteTrail events"
	case f.Status == Pending:
		why = "none came since: check again in two hours"
	case f.Restart:
		why = "the chain starts again after it, as after StopLogging and StartLogging, and no event of the trail says why"
	}
	f.Problem = fmt.Sprintf("no digest for %s: %s", f.End.Sub(f.Start).Round(time.Second), why)
	return f
}
