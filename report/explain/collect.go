package explain

import (
	"encoding/gob"
	"errors"
	"fmt"
	"io"

	"vpcetrail/classify"
	"vpcetrail/ingest"
	"vpcetrail/ingest/dedupe"
	"vpcetrail/ingest/event"
	"vpcetrail/ingest/spill"

	"vpcetrail/report/learn"
)

// A Collector keeps the events of a run until they can be explained. Use NewCollector. It
// works for a run with one worker.
type Collector struct {
	ranges *classify.Ranges
	ids    map[string]bool // of wanted events and requests; empty: all
	disk   *spill.Disk
	memory int

	log            *dedupe.Log    // of all events
	kept           *spill.Buckets // streams of what follows
	events, places *gob.Encoder   // of keptEvent, and of keptPlace for each object that has some

	learner learn.Learner

	objects, unread int
	problem         func(string)
	at              current
	err             error
}

// current is the current object.
type current struct {
	seq, index int
	kept       bool // an event of it
}

// A keptEvent is an event in the form in which it is kept.
type keptEvent struct {
	Seq, Index int
	Event      event.Event
}

// A keptPlace names an object. Whether the object is whole is known only after its events are
// kept.
type keptPlace struct {
	Seq    int
	Object string
}

// Options say which events a Collector keeps, and where.
type Options struct {
	Ranges  *classify.Ranges // AWS's public addresses
	IDs     []string         // keep the events with these eventIDs or requestIDs; none: all
	Disk    *spill.Disk      // takes what passes Memory, in bytes; it must stay open until all is explained
	Memory  int
	Problem func(string) // is called with what is wrong with an object that cannot be read whole
}

// NewCollector returns an empty Collector.
func NewCollector(opt Options) *Collector {
	c := &Collector{
		ranges: opt.Ranges, ids: map[string]bool{}, disk: opt.Disk, memory: opt.Memory,
		log: dedupe.NewLog(opt.Disk, opt.Memory/2), kept: spill.NewBuckets(opt.Disk, 2, opt.Memory/2), problem: opt.Problem,
	}
	for _, id := range opt.IDs {
		c.ids[id] = true
	}
	c.events, c.places = gob.NewEncoder(bucketWriter{c.kept, 0}), gob.NewEncoder(bucketWriter{c.kept, 1})
	return c
}

// Objects returns the number of objects read, and the number of those that could not be read
// completely.
func (c *Collector) Objects() (all, unread int) { return c.objects, c.unread }

// Begin opens object number seq.
func (c *Collector) Begin(seq int) { c.at = current{seq: seq} }

// Event takes an event of the current object.
func (c *Collector) Event(ev *event.Event) {
	index := c.at.index
	c.at.index++
	c.log.Event(ev, ingest.DayOf(ev), dedupe.PlaceOf(c.at.seq, index), nil)
	if ev.Kind() != event.Other {
		c.learn(ev)
	}
	if len(c.ids) > 0 && !c.ids[string(ev.ID)] && !c.ids[string(ev.RequestID)] || c.err != nil {
		return
	}
	kept := keptEvent{c.at.seq, index, *ev}
	kept.Event.Request, kept.Event.Response, kept.Event.Resources = nil, nil, nil // no evidence, and most of the record
	c.err = c.events.Encode(kept)
	c.at.kept = true
}

// learn records what ev shows about other events.
func (c *Collector) learn(ev *event.Event) {
	c.learner.Event(ev)
	if f := classify.Examine(ev, c.ranges); f.Interface {
		c.learner.Interface(ingest.DayOf(ev), f.EndpointID)
	}
}

// End closes the current object.
func (c *Collector) End(res *ingest.Result) error {
	c.objects++
	if res.Status != ingest.OK {
		c.unread++
		c.problem(res.Err.Error())
	}
	if c.at.kept && c.err == nil {
		c.err = c.places.Encode(keptPlace{res.Seq, res.Object.Name})
	}
	c.learner.End(res)
	if !res.Counted() {
		c.log.Void(c.at.seq)
	}
	return errors.Join(c.err, c.kept.Err(), c.log.Err())
}

// each calls fn with the kept events and the names of their objects. It leaves out events of
// void objects.
func (c *Collector) each(fn func(e *keptEvent, object string) error) error {
	events := gob.NewDecoder(&bucketReader{blocks: c.kept.Read(0)})
	places := gob.NewDecoder(&bucketReader{blocks: c.kept.Read(1)})
	place := keptPlace{Seq: -1}
	for {
		var e keptEvent // a new one each time: gob leaves out what is empty
		err := events.Decode(&e)
		if err == io.EOF {
			return nil
		}
		for err == nil && place.Seq != e.Seq {
			place = keptPlace{}
			err = places.Decode(&place)
		}
		if err != nil {
			return fmt.Errorf("records kept: %w", err)
		}
		if c.log.IsVoid(e.Seq) {
			continue
		}
		if err := fn(&e, place.Object); err != nil {
			return err
		}
	}
}

// bucketWriter and bucketReader turn a bucket into a stream.
type bucketWriter struct {
	kept   *spill.Buckets
	bucket int
}

func (w bucketWriter) Write(b []byte) (int, error) {
	w.kept.Append(w.bucket, b)
	return len(b), w.kept.Err()
}

type bucketReader struct {
	blocks *spill.Blocks
	block  []byte
}

func (r *bucketReader) Read(b []byte) (int, error) {
	for len(r.block) == 0 {
		var err error
		if r.block, err = r.blocks.Next(); err != nil {
			return 0, err
		}
	}
	n := copy(b, r.block)
	r.block = r.block[n:]
	return n, nil
}
