package digest

import (
	"slices"
	"time"

	"vpcetrail/ingest/day"
)

// A coverage says which times the digests of a chain cover: few spans, in order.
type coverage struct {
	known []span // by any digest
	valid []span // by valid digests
}

// add adds the window of a digest. Digests are added by the ends of their windows.
func (c *coverage) add(h *header, s span) {
	c.known = join(c.known, s)
	if h.Status == Valid {
		c.valid = join(c.valid, s)
	}
}

// join adds a span that ends after the others.
func join(spans []span, s span) []span {
	for len(spans) > 0 && !spans[len(spans)-1].to.Before(s.from) {
		last := spans[len(spans)-1]
		spans = spans[:len(spans)-1]
		if last.from.Before(s.from) {
			s.from = last.from
		}
		s.to = later(s.to, last.to)
	}
	return append(spans, s)
}

// border is how far the minute in a log's name may lie from its delivery.
const border = 15 * time.Minute

// unnamedAt returns the status of a log that was delivered at t and that no digest names.
// It is as if the digests of that day and of the next one were all that there are. So it
// does not depend on the days that are read.
func unnamedAt(chains []coverage, t time.Time) Status {
	today := day.Of(t).Time()
	near := span{today, today.Add(2 * aDay)}
	var newest time.Time
	status := NotInDigest
	for i := range chains {
		end := endIn(chains[i].known, near)
		newest = later(newest, end)
		around := span{later(t.Add(-border), near.from), t.Add(border)}
		if around.to.After(end) {
			around.to = end
		}
		if around.to.After(around.from) && !slices.ContainsFunc(chains[i].valid, func(s span) bool { return s.holds(around) }) {
			status = Unverified
		}
	}
	switch {
	case newest.IsZero():
		return Unverified
	case t.Add(border).After(newest):
		return Pending
	}
	return status
}

// endIn returns up to which time of a range a chain has digests. It is zero if it has none
// there.
func endIn(known []span, near span) (end time.Time) {
	for _, s := range known {
		if s.to.After(near.from) && s.from.Before(near.to) {
			if end = s.to; end.After(near.to) {
				end = near.to
			}
		}
	}
	return end
}
