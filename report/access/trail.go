package access

import (
	"bytes"
	"encoding/binary"
	"slices"
	"time"

	"vpcetrail/classify"
	"vpcetrail/ingest"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/event"
	"vpcetrail/ingest/spill"

	"vpcetrail/report/analyze"
	"vpcetrail/report/dated"
)

// requests are the S3 requests of a trail, by their identity.
type requests struct{ observers []*observer }

func (r *requests) observe(job *analyze.Job, sinks []ingest.Sink) []ingest.Sink {
	before := make([]ingest.Sink, len(sinks))
	for i, sink := range sinks {
		o := &observer{Sink: sink, ranges: job.Ranges, window: job.Window, void: map[int]bool{}, sorter: spill.NewSorter(job.Disk, dated.Memory(job)/4/len(sinks))}
		r.observers = append(r.observers, o)
		before[i] = o
	}
	return before
}

// cursor returns the requests in the order of their identities.
func (r *requests) cursor() *requestCursor {
	c := &requestCursor{void: map[int]bool{}}
	var sorters []*spill.Sorter
	if r != nil {
		for _, o := range r.observers {
			sorters = append(sorters, o.sorter)
			for object := range o.void {
				c.void[object] = true
			}
		}
	}
	c.sorted = spill.Merge(sorters...)
	c.more = c.sorted.Next()
	return c
}

// An observer keeps the requests of one worker, and passes everything on.
type observer struct {
	ingest.Sink
	ranges *classify.Ranges
	window day.Window

	object int
	void   map[int]bool // objects that do not count
	sorter *spill.Sorter
	value  []byte
}

// Begin implements ingest.Sink.
func (o *observer) Begin(seq int) {
	o.object = seq
	o.Sink.Begin(seq)
}

// End implements ingest.Sink.
func (o *observer) End(res *ingest.Result) error {
	if !res.Counted() {
		o.void[o.object] = true
	}
	if err := o.sorter.Err(); err != nil {
		return err
	}
	return o.Sink.End(res)
}

// margin bounds how long before its record a request may have been received. A record has the time
// when the request was completed.
const margin = time.Hour

// Outside implements ingest.OutsideSink: the line of a request may be of the day before its record.
func (o *observer) Outside(ev *event.Event) {
	if near := margin.Milliseconds(); o.window.Contains(day.OfMillis(ev.Time-near)) || o.window.Contains(day.OfMillis(ev.Time+near)) {
		o.keep(ev)
	}
}

// Event implements ingest.Sink.
func (o *observer) Event(ev *event.Event) {
	o.keep(ev)
	o.Sink.Event(ev)
}

// keep keeps a request of S3.
func (o *observer) keep(ev *event.Event) {
	if string(ev.Source) == "s3.amazonaws.com" && (ev.Kind() == event.Call || ev.Kind() == event.Correction) {
		if key, ok := requestKey(ev.RequestID, ev.Additional.HostID); ok {
			o.value = o.appendRequest(o.value[:0], ev)
			o.sorter.Add(key[:], o.value)
		}
	}
}

// The routes that a record proves whoever owns the endpoint.
const (
	provesNothing byte = iota
	provesEndpoint
	provesInternet
)

// appendRequest appends what a record says of its request.
func (o *observer) appendRequest(dst []byte, ev *event.Event) []byte {
	facts, proves, address := classify.Examine(ev, o.ranges), provesNothing, ""
	switch facts.Unowned.Evidence {
	case classify.EndpointForeignAccount, classify.EndpointPrivateSource, classify.EndpointPublicSource:
		proves = provesEndpoint
	case classify.PublicSource:
		proves = provesInternet
	}
	if proves != provesNothing {
		address = valid(ev.SourceIP)
	}
	dst = binary.AppendUvarint(append(dst, proves), uint64(o.object))
	return spill.AppendFields(dst, valid(facts.EndpointID), valid(ev.Recipient), valid(ev.Region), valid(ev.ID), address)
}

// A request is what the trail says of one.
type request struct {
	proves                            byte
	endpoint, account, region, record string
	address                           string // of the caller, if the record proves a route
}

// A requestCursor finds the requests of the trail. Ask for them in order.
type requestCursor struct {
	sorted *spill.Cursor
	more   bool
	void   map[int]bool
	key    [idSize]byte
	found  []request
	asked  bool
}

// of returns what the trail says of a request: nothing, or a record of each account that has one.
func (c *requestCursor) of(key [idSize]byte) []request {
	if c.asked && c.key == key {
		return c.found
	}
	c.key, c.found, c.asked = key, c.found[:0], true
	for ; c.more && bytes.Compare(c.sorted.Key, key[:]) < 0; c.more = c.sorted.Next() {
	}
	for ; c.more && bytes.Equal(c.sorted.Key, key[:]); c.more = c.sorted.Next() {
		value := c.sorted.Value
		object, n := binary.Uvarint(value[1:])
		if c.void[int(object)] {
			continue
		}
		one := request{proves: value[0]}
		spill.CutFields(string(value[1+n:]), &one.endpoint, &one.account, &one.region, &one.record, &one.address)
		if !slices.ContainsFunc(c.found, func(has request) bool { return has.account == one.account }) {
			c.found = append(c.found, one)
		}
	}
	return c.found
}
