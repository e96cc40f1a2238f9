package digest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
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
	var gaps []*Finding
	for f, err := range c.Findings() {
		if err != nil {
			return err
		}
		if f.Kind == KindGap && (f.Restart || f.Open) {
			gaps = append(gaps, f)
		}
	}
	for _, t := range c.tails {
		f := &Finding{Kind: KindGap, DigestName: t.chain, Start: t.end, Open: true}
		f.End = t.end
		gaps = append(gaps, f)
	}
	c.explained = map[string]string{}
	var events []trailEvent
	for region, days := range daysOf(gaps) {
		found, err := c.events(ctx, region, days, gaps)
		if err != nil {
			return err
		}
		events = append(events, found...)
	}
	for _, g := range gaps {
		c.explain(g, events)
	}
	return nil
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
	if f.Open {
		return []span{around(f.Start)}
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
			return slices.ContainsFunc(gaps, func(g *Finding) bool {
				return (g.Home == region || g.Region == region) && slices.ContainsFunc(g.edges(), func(s span) bool { return !t.Before(s.from) && !t.After(s.to) })
			})
		})
		trail.Close()
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

// eventsIn returns the changes of trails in the logs that were delivered at a wanted time.
func eventsIn(ctx context.Context, trail *source.Trail, wanted func(time.Time) bool) (events []trailEvent, err error) {
	var text []byte
	for {
		f, err := trail.Next(ctx)
		if err == io.EOF {
			return events, context.Cause(ctx)
		}
		if err != nil {
			return nil, err
		}
		if t, ok := layout.ParseStamp(path.Base(f.Object.Name)); ok && wanted(t) {
			if text, err = textOf(ctx, f, text); err == nil {
				events = append(events, trailEvents(text)...)
			}
		}
		f.Close()
		var unread *source.Error
		if ctx.Err() != nil || errors.As(err, &unread) && unread.EndsRun() {
			return nil, err
		}
	}
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
			if slices.Contains(names, e.EventName) && (trail == g.Trail || strings.HasSuffix(trail, ":trail/"+g.Trail)) &&
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

// settle gives a gap the explanation that was found for it.
func (c *Check) settle(f *Finding) *Finding {
	if f.After != "" && c.explained[f.After] == "" {
		f.Status, f.Problem = Unlinked, "starts its chain again, and no event of the trail says why: ask who stopped the trail"
	}
	if why := c.explained[f.id()]; f.Kind == KindGap && why != "" {
		f.Status, f.Problem = Explained, "the trail did not log: "+why
	}
	return f
}
