package report

import (
	"vpcetrail/classify"
	"vpcetrail/ingest"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/event"
	"vpcetrail/ingest/spill"

	"vpcetrail/report/findings"
)

// A Counter takes the events of one worker, of one Reader. It is an ingest.Sink; use NewCounter.
//
// It cannot count at once: which events are duplicates shows at the end. So it keeps a row of some ten
// bytes for each event, which names the event's cell, and the keys of the cells: see dictionary.
type Counter struct {
	ranges   *classify.Ranges
	lateness int

	cells dictionary
	rows  rowLog

	objects  objectLog
	results  *spill.Buckets // of CounterOptions.Keep: each object's result, behind its length
	records  Balance        // Records, OutsideWindow and Invalid only
	statuses map[ingest.Status]int64
	folders  map[day.Day]bool // days of the folders that objects lay in
	told     toldEndpoints    // by the trail's own events
	loose    map[string]bool  // accounts of events in objects whose names tell no account

	current   current // the object at hand
	callers   callers
	resources classify.Resources // of the event at hand
	group     []byte             // scratch
	target    []byte             // scratch
}

// current is what must not count before the object at hand has proved whole.
type current struct {
	told     []toldEndpoint
	account  string // of the event before
	accounts []string
}

// CounterOptions bound a Counter and say what its tables hold.
type CounterOptions struct {
	Disk     *spill.Disk // takes what passes Memory; nil is the system's own place
	Memory   int         // bytes, about: half for cells, a quarter for rows, little for objects; 0 is 64 MiB
	Lateness int         // days after a day whose folders are read for it
	Keep     bool        // keep what WriteShard needs
}

const defaultMemory = 64 << 20

// NewCounter returns a Counter that tells AWS's public addresses by ranges.
func NewCounter(ranges *classify.Ranges, opt CounterOptions) *Counter {
	if opt.Disk == nil {
		opt.Disk = spill.NewDisk("")
	}
	if opt.Memory == 0 {
		opt.Memory = defaultMemory
	}
	c := &Counter{
		ranges: ranges, lateness: opt.Lateness,
		cells: newDictionary(opt.Disk, opt.Memory/2), rows: newRowLog(opt.Disk, opt.Memory/4),
		objects: newObjectLog(opt.Disk, opt.Memory/32), statuses: map[ingest.Status]int64{},
		folders: map[day.Day]bool{}, told: toldEndpoints{}, loose: map[string]bool{},
	}
	if opt.Keep {
		c.results = spill.NewBuckets(opt.Disk, 1, opt.Memory/32)
	}
	return c
}

// Begin opens object number seq.
func (c *Counter) Begin(seq int) { c.rows.begin(seq) }

// Event takes an event of the object at hand.
func (c *Counter) Event(ev *event.Event) {
	if c.cells.full() {
		c.cells.next()
		c.rows.nextPage()
	}
	d := ingest.Undated
	if ev.HasTime {
		d = day.OfMillis(ev.Time)
	}
	kind := ev.Kind()
	if kind == event.Other {
		c.group = appendBareGroup(c.group[:0], d, kind)
		c.rows.add(&row{cell: c.cells.place(c.group, nil), time: ev.Time})
		return
	}
	c.take(ev, d, kind)
}

// nobody is the caller of network events: the calls themselves tell of it.
var nobody classify.Principal

// take takes an event that tells a route.
func (c *Counter) take(ev *event.Event, d day.Day, kind event.Kind) {
	callee, mention := c.cells.paths.callee(d, kind, ev)
	facts := mention.Examine(ev, c.ranges)
	signs := classify.SignsOf(ev, &facts)
	who, caller := &nobody, 0
	c.target = c.target[:0]
	if kind == event.Network {
		caller = c.cells.paths.caller(&classify.Principal{Account: classify.SharedBy(ev)})
	} else {
		known := c.callers.of(ev)
		who, caller = &known.principal, c.cells.paths.callerOf(known)
		c.resources.Read(ev)
		c.target = appendTarget(c.target, ev, signs, c.resources.ARNs)
	}
	path := pathOf(callee, caller, &facts, ev)
	group, known := c.cells.paths.groups.find(path)
	if !known {
		c.group = appendGroup(c.group[:0], d, kind, ev, &facts, who)
		group = c.cells.group(c.group)
		c.cells.paths.groups.add(path, group)
	}
	r := row{
		cell: c.cells.placeIn(group, c.target), time: ev.Time, failed: classify.Failed(ev), denied: signs&classify.DeniedCall != 0,
		readOnly: ev.ReadOnly, bytesIn: ev.Additional.BytesIn, bytesOut: ev.Additional.BytesOut,
	}
	if signs&classify.DeniedByEndpoint != 0 {
		r.byPolicy, r.requestID = true, ev.RequestID
	}
	if (kind != event.Network || r.byPolicy) && findings.CanSample(ev.ID) && findable(ev, &facts, who, signs) {
		r.eventID = ev.ID
	}
	if c.results == nil { // which of those that are kept beat which, WriteShard decides
		c.cells.choose(&r, kind)
	}
	c.rows.add(&r)
	for _, e := range classify.TrailEndpoints(ev) {
		c.current.told = append(c.current.told, toldEndpoint{d, e})
	}
	if c.current.account != string(ev.Recipient) {
		c.current.account = string(ev.Recipient)
		c.current.accounts = append(c.current.accounts, c.current.account)
	}
}

// End closes the object at hand.
func (c *Counter) End(res *ingest.Result) error {
	c.records.Records += res.Records
	c.records.OutsideWindow += res.Outside
	c.records.Invalid += res.Invalid
	c.statuses[res.Status]++
	if res.Object.Key.HasDay {
		c.folders[res.Object.Key.Day] = true
	}
	c.cells.settle(res.Counted())
	c.objects.add(res, c.lateness)
	c.keep(res)
	if res.Counted() {
		for _, t := range c.current.told {
			c.told.merge(t.day, t.endpoint)
		}
		if res.Object.Key.Account == "" {
			for _, account := range c.current.accounts {
				if account != "" {
					c.loose[account] = true
				}
			}
		}
	}
	clear(c.current.told)
	c.current = current{told: c.current.told[:0], accounts: c.current.accounts[:0]}
	return c.err()
}

// err returns what went wrong in writing to disk.
func (c *Counter) err() error {
	if c.results != nil && c.results.Err() != nil {
		return c.results.Err()
	}
	for _, err := range []error{c.rows.log.Err(), c.cells.pages.Err(), c.objects.err()} {
		if err != nil {
			return err
		}
	}
	return nil
}

// toldEndpoints are the endpoints that the trail's own events tell of, by day and id: few, in any trail.
type toldEndpoints map[day.Day]map[string]classify.Endpoint

// A toldEndpoint is one that an event of a day tells of.
type toldEndpoint struct {
	day      day.Day
	endpoint classify.Endpoint
}

func (t toldEndpoints) merge(d day.Day, e classify.Endpoint) {
	if t[d] == nil {
		t[d] = map[string]classify.Endpoint{}
	}
	t[d][e.ID] = classify.Merge(t[d][e.ID], e)
}
