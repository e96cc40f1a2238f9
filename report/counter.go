package report

import (
	"vpcetrail/classify"
	"vpcetrail/ingest"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/event"

	"vpcetrail/report/table"
)

// A Counter counts the events of one worker. It is an ingest.Sink; use NewCounter.
type Counter struct {
	ranges *classify.Ranges

	index  map[group]int32 // place in totals
	groups []group
	totals []table.Measures

	days      map[day.Day]*Kinds
	objects   []object
	endpoints map[day.Day]map[string]classify.Endpoint // by day and id: those that the trail's own events tell of
	denials   []denial
	loose     map[string]bool // accounts of events in objects whose names tell no account

	current *batch   // of the object at hand
	spare   []*batch // to be used again
	key     []byte   // scratch
	names   []byte   // scratch of classify.Caller
}

// NewCounter returns a Counter that tells AWS's public addresses by ranges.
func NewCounter(ranges *classify.Ranges) *Counter {
	return &Counter{
		ranges: ranges, index: map[group]int32{}, days: map[day.Day]*Kinds{},
		endpoints: map[day.Day]map[string]classify.Endpoint{}, loose: map[string]bool{},
	}
}

// Kinds counts records by what they are to the balance.
type Kinds struct {
	Calls         int64 `json:"calls"`
	Duplicates    int64 `json:"duplicates"`
	SharedCopies  int64 `json:"shared_copies"`
	NetworkEvents int64 `json:"network_events"`
	Corrections   int64 `json:"corrections"`
	OtherEvents   int64 `json:"other_events"`
}

// Add adds the counts of o.
func (k *Kinds) Add(o Kinds) {
	k.Calls += o.Calls
	k.Duplicates += o.Duplicates
	k.SharedCopies += o.SharedCopies
	k.NetworkEvents += o.NetworkEvents
	k.Corrections += o.Corrections
	k.OtherEvents += o.OtherEvents
}

// A row is one event on its way from its record to the counts.
type row struct {
	group     int32 // -1 for kinds that have none
	kind      event.Kind
	day       day.Day
	denied    bool
	failed    bool
	readOnly  event.Bool
	time      int64
	bytesIn   int64
	bytesOut  int64
	requestID string // of denials by an endpoint's policy only
	byPolicy  bool
}

// A denial is a call that an endpoint's policy refused, as an ordinary record or a network event tells it.
type denial struct {
	group     int32
	network   bool
	requestID string
}

// undated is the day of events without eventTime, which no report's day can hold.
const undated = day.Day(-1 << 31)

// Event takes an event of the object at hand.
func (c *Counter) Event(ev *event.Event) {
	if c.current == nil {
		c.current = c.newBatch()
	}
	r := row{group: -1, kind: ev.Kind(), day: undated, time: ev.Time}
	if ev.HasTime {
		r.day = day.OfMillis(ev.Time)
	}
	if r.kind == event.Call || r.kind == event.Network {
		c.fill(&r, ev)
	}
	c.current.rows = append(c.current.rows, r)
}

func (c *Counter) fill(r *row, ev *event.Event) {
	facts := classify.Examine(ev, c.ranges)
	var caller classify.Principal
	if r.kind == event.Call {
		c.names = c.names[:0]
		caller = classify.Caller(ev, &c.names)
	}
	c.key = appendGroup(c.key[:0], r.day, ev, &facts, &caller)
	r.group = c.place(c.key)
	r.failed = classify.Failed(ev)
	r.denied = r.failed && classify.Denied(ev)
	r.readOnly = ev.ReadOnly
	r.bytesIn, r.bytesOut = ev.Additional.BytesIn, ev.Additional.BytesOut
	if r.denied && len(facts.EndpointID) > 0 && classify.DeniedByEndpointPolicy(ev) {
		r.byPolicy, r.requestID = true, string(ev.RequestID)
	}
	if found := classify.TrailEndpoints(ev); found != nil {
		for _, e := range found {
			c.current.endpoints = append(c.current.endpoints, told{r.day, e})
		}
	}
}

// place returns the place of a group in totals, a new one for a group that is new.
func (c *Counter) place(key []byte) int32 {
	if i, ok := c.index[group(key)]; ok {
		return i
	}
	g, i := group(key), int32(len(c.groups))
	c.index[g] = i
	c.groups = append(c.groups, g)
	c.totals = append(c.totals, table.Measures{})
	return i
}

// End closes the object at hand.
func (c *Counter) End(res *ingest.Result) ingest.Batch {
	b := c.current
	c.current = nil
	if b == nil {
		b = c.newBatch()
	}
	c.objects = append(c.objects, newObject(res, b.rows))
	if res.Object.Key.Account == "" && res.Counted() {
		c.noteAccounts(b.rows)
	}
	if !res.Counted() || len(b.rows) == 0 {
		b.reset()
		c.spare = append(c.spare, b)
		return nil
	}
	return b
}

// noteAccounts keeps the accounts that rows were delivered to.
func (c *Counter) noteAccounts(rows []row) {
	last := int32(-1)
	for i := range rows {
		if g := rows[i].group; g >= 0 && g != last {
			c.loose[c.groups[g].texts()[textAccount]] = true
			last = g
		}
	}
}

func (c *Counter) newBatch() *batch {
	if n := len(c.spare); n > 0 {
		b := c.spare[n-1]
		c.spare = c.spare[:n-1]
		return b
	}
	return &batch{counter: c}
}

// A batch holds an object's events until its duplicates are known.
type batch struct {
	counter   *Counter
	rows      []row
	endpoints []told
}

// told is an endpoint that an event of a day tells of.
type told struct {
	day      day.Day
	endpoint classify.Endpoint
}

func (b *batch) reset() {
	clear(b.rows) // they hold strings
	clear(b.endpoints)
	b.rows, b.endpoints = b.rows[:0], b.endpoints[:0]
}

// Count adds the batch to its Counter.
func (b *batch) Count(duplicate []bool) {
	c := b.counter
	var kinds *Kinds
	last := undated
	for i := range b.rows {
		r := &b.rows[i]
		if kinds == nil || r.day != last {
			kinds, last = c.kindsOf(r.day), r.day
		}
		if duplicate[i] {
			kinds.Duplicates++
			continue
		}
		switch r.kind {
		case event.Call:
			kinds.Calls++
		case event.Network:
			kinds.NetworkEvents++
		case event.Correction:
			kinds.Corrections++
		case event.Other:
			kinds.OtherEvents++
		}
		if r.group >= 0 {
			r.addTo(&c.totals[r.group])
		}
		if r.byPolicy {
			c.denials = append(c.denials, denial{r.group, r.kind == event.Network, r.requestID})
		}
	}
	for _, e := range b.endpoints {
		mergeEndpoint(c.endpoints, e.day, e.endpoint)
	}
	b.reset()
	c.spare = append(c.spare, b)
}

func mergeEndpoint(into map[day.Day]map[string]classify.Endpoint, d day.Day, e classify.Endpoint) {
	if into[d] == nil {
		into[d] = map[string]classify.Endpoint{}
	}
	into[d][e.ID] = classify.Merge(into[d][e.ID], e)
}

func (c *Counter) kindsOf(d day.Day) *Kinds {
	k := c.days[d]
	if k == nil {
		k = new(Kinds)
		c.days[d] = k
	}
	return k
}

// addTo counts the row.
func (r *row) addTo(m *table.Measures) {
	if m.Calls == 0 {
		m.FirstSeen, m.LastSeen = r.time, r.time
	}
	m.Calls++
	m.FirstSeen, m.LastSeen = min(m.FirstSeen, r.time), max(m.LastSeen, r.time)
	if r.failed {
		m.Errors++
	}
	if r.denied {
		m.Denied++
	}
	switch r.readOnly {
	case event.True:
		m.Reads++
	case event.False:
		m.Writes++
	}
	m.BytesIn += r.bytesIn
	m.BytesOut += r.bytesOut
}
