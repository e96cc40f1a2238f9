package count

import (
	"encoding/binary"
	"errors"
	"math"

	"vpcetrail/classify"
	"vpcetrail/classify/network"
	"vpcetrail/ingest"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/dedupe"
	"vpcetrail/ingest/event"
	"vpcetrail/ingest/spill"

	"vpcetrail/report"
	"vpcetrail/report/count/cells"
	"vpcetrail/report/count/memo"
	"vpcetrail/report/count/objects"
	"vpcetrail/report/learn"
)

// A Counter takes the events of one worker. It is an ingest.Sink. Use NewCounter.
//
// It keeps 32 bytes of each event: identity, place, cell, time of day and flags. Whether the
// event counts is decided after all objects are read.
type Counter struct {
	lateness int
	share    int // of memory, in bytes, for dict and memo

	dict *cells.Dictionary
	memo *memo.Memo
	log  *dedupe.Log
	away *pageFile // the pages before the current one
	base uint32    // the number of cells on them

	objects  *objects.Log
	results  *spill.Sorter  // with Options.Keep: what reading each object gave, by its number
	records  report.Balance // Records, OutsideWindow and Invalid only
	statuses map[ingest.Status]int64
	folders  map[day.Day]bool // days of the folders that objects are in
	learner  learn.Learner

	seq, index int       // of the current object, and of its next event
	batch      []pending // events that have no cell yet
	originals  []original
	extras     []byte // of the batch
	touched    uint32 // keeps the loops that touch slots
}

// Options are the limits of a Counter.
type Options struct {
	Disk     *spill.Disk   // takes what passes Memory; nil is the system's own place
	Memory   int           // bytes, about: half for numbers, a sixteenth for records, which are written in order and read once; 0 is 64 MiB
	Lateness int           // days after a day: their folders are read for it too
	Keep     bool          // keep what WriteShard needs
	Network  *network.Days // what decides causes; nil: nobody asks
	Verify   bool          // keep what a check by digests needs
}

const (
	defaultMemory = 64 << 20
	msPerDay      = 24 * 60 * 60 * 1000
)

// batchSize is the number of events that get their cells together. The slots of the tables
// are then loaded in loops without branches, so their cache misses overlap.
const batchSize = 512

// maxArena limits the texts of a page, in bytes. Their ends are 32-bit numbers, and a batch
// may exceed the limit.
const maxArena = 2 << 30

// A pending is an event that has no cell yet.
type pending struct {
	group  cells.Group
	target cells.Target
	record dedupe.Record
	extra  uint32 // where its extra ends in extras
	kind   recordKind
}

type recordKind uint8

const (
	named      recordKind = iota
	nameless              // without eventID
	correcting            // an original belongs to it
)

// An original is the record that a correction corrects.
type original struct {
	id       dedupe.ID
	named    bool // the correction has an eventID
	corrects bool // the correction names the original
}

// The flags of a record, in addition to dedupe.HasExtra. The higher bits hold the time of day
// in milliseconds.
const (
	flagFailed = 2 << iota
	flagDenied
	flagReads
	flagWrites
	timeShift = 5
)

// NewCounter returns a Counter. ranges are AWS's public addresses.
func NewCounter(ranges *classify.Ranges, opt Options) *Counter {
	if opt.Disk == nil {
		opt.Disk = spill.NewDisk("")
	}
	if opt.Memory == 0 {
		opt.Memory = defaultMemory
	}
	c := &Counter{
		lateness: opt.Lateness, share: min(opt.Memory/2, maxArena), dict: cells.New(),
		log: dedupe.NewLog(opt.Disk, opt.Memory/16), away: newPageFile(opt.Disk),
		objects: objects.NewLog(opt.Disk, opt.Memory/32, opt.Verify), statuses: map[ingest.Status]int64{},
		folders: map[day.Day]bool{},
		batch:   make([]pending, 0, batchSize),
	}
	if opt.Keep {
		c.results = spill.NewSorter(opt.Disk, opt.Memory/32)
	}
	c.memo = memo.New(c.dict, ranges, opt.Network)
	return c
}

// Begin opens object number seq.
func (c *Counter) Begin(seq int) { c.seq, c.index = seq, 0 }

// Event takes an event of the current object.
func (c *Counter) Event(ev *event.Event) {
	if len(c.batch) == batchSize || c.dict.Texts.Bytes() > c.share {
		c.settle()
	}
	of, ms := ingest.Undated, int64(0)
	if ev.HasTime {
		of = day.OfMillis(ev.Time)
		ms = ev.Time - int64(of)*msPerDay
	}
	kind := ev.Kind()
	callee := c.memo.Callee(ev, of, kind)
	c.batch = append(c.batch, pending{})
	p := &c.batch[len(c.batch)-1]
	p.group.Callee = callee.Number
	p.record.Place = dedupe.PlaceOf(c.seq, c.index)
	p.record.Flags = uint32(ms) << timeShift
	c.index++
	tag := c.identify(p, ev, callee, of)
	if kind != event.Other {
		tag |= c.classify(p, ev, callee, of)
		c.learner.Event(ev)
	}
	if tag != 0 {
		c.extras = appendExtra(c.extras, tag, ev)
	}
	p.extra = uint32(len(c.extras))
}

// identify sets the identity of the event.
func (c *Counter) identify(p *pending, ev *event.Event, callee *memo.Callee, of day.Day) (tag extraTag) {
	plain := false
	if len(ev.ID) > 0 {
		p.record.ID, plain = callee.Scope.ID(ev.ID)
	} else {
		p.kind = nameless
	}
	if callee.Kind == event.Correction {
		o := original{named: len(ev.ID) > 0, corrects: len(ev.OriginalEventID) > 0}
		if o.corrects {
			o.id, _ = dedupe.ScopeOf(ev.Recipient, ev.Region, of, event.Call).ID(ev.OriginalEventID)
		}
		p.kind, c.originals = correcting, append(c.originals, o)
	}
	if len(ev.ID) > 0 && (!plain || callee.Clipped) {
		return extraID
	}
	return 0
}

// classify sets the group and the target of an event that shows a route.
func (c *Counter) classify(p *pending, ev *event.Event, callee *memo.Callee, of day.Day) (tag extraTag) {
	m := &callee.Mention
	shared := classify.SharedBy(ev)
	var caller memo.Caller
	if callee.Kind == event.Network { // the calls themselves name the caller
		caller.Principal = c.dict.Principal(&classify.Principal{Account: shared})
		caller.Served = classify.ServedBy(&ev.Identity)
	} else {
		caller = c.memo.Caller(ev)
	}
	var verdict classify.Verdict
	public := false
	switch {
	case callee.ServiceEvent:
		verdict.Evidence = classify.ServiceEvent
	case caller.Served != classify.NoEvidence:
		verdict.Evidence = caller.Served
	default:
		verdict, public = m.Decide(c.memo.Source(ev.SourceIP), ev.UserAgent)
	}
	p.group.Principal, p.group.Bits = caller.Principal, cells.BitsOf(verdict, shared != nil)
	if c.memo.HasPaths() && verdict.Route() == classify.Internet && callee.Kind != event.Network {
		p.group.Path = c.memo.Path(ev, of, caller.Workload, verdict.Origin)
	}
	signs := m.SignsOf(ev, public)
	if callee.Kind != event.Network {
		set := c.memo.Named(ev)
		if set != 0 || signs&classify.Notable != 0 {
			p.target = cells.Target{Resources: set, Name: c.dict.Text(ev.Name), Signs: signs}
		}
	}
	p.record.Flags |= flagsOf(ev, signs)
	if ev.Additional.BytesIn|ev.Additional.BytesOut != 0 {
		tag |= extraBytes
	}
	if signs&classify.DeniedByEndpoint != 0 {
		tag |= extraPolicy
	}
	return tag
}

func flagsOf(ev *event.Event, signs classify.Signs) (flags uint32) {
	if ev.Failed() {
		flags = flagFailed
		if signs&classify.DeniedCall != 0 {
			flags |= flagDenied
		}
	}
	switch ev.ReadOnly {
	case event.True:
		flags |= flagReads
	case event.False:
		flags |= flagWrites
	}
	return flags
}

// settle gives the events of the batch their cells, and adds them to the log. If the
// dictionary is full, settle puts it away.
func (c *Counter) settle() {
	c.number()
	from, originals := uint32(0), c.originals
	for i := range c.batch {
		p := &c.batch[i]
		extra := c.extras[from:p.extra]
		from = p.extra
		switch p.kind {
		case nameless:
			c.log.AddNameless(&p.record, extra)
		case correcting:
			o := originals[0]
			originals = originals[1:]
			c.log.Correct(&p.record, o.named, o.id, o.corrects, extra)
		default:
			c.log.Add(&p.record, extra)
		}
	}
	c.batch, c.originals, c.extras = c.batch[:0], c.originals[:0], c.extras[:0]
	if c.dict.Held()+c.memo.Held() > c.share {
		c.turn()
	}
}

// number sets the cell of each event of the batch.
func (c *Counter) number() {
	d, touched := c.dict, uint32(0)
	for i := range c.batch {
		touched += d.Groups.Touch(c.batch[i].group.Hash())
	}
	for i := range c.batch {
		p := &c.batch[i]
		p.record.Value, _ = d.Groups.Number(p.group.Hash(), p.group)
	}
	for i := range c.batch {
		p := &c.batch[i]
		number := uint32(0)
		if p.target != (cells.Target{}) {
			number, _ = d.Targets.Number(p.target.Hash(), p.target)
		}
		p.group.Callee = number // the group has its number: the place is free
		key := cells.Cell{Group: p.record.Value, Target: number}
		touched += d.Cells.Touch(key.Hash())
	}
	for i := range c.batch {
		p := &c.batch[i]
		key := cells.Cell{Group: p.record.Value, Target: p.group.Callee}
		number, _ := d.Cells.Number(key.Hash(), key)
		p.record.Value = c.base + number
	}
	c.touched = touched
}

// maxPageCells is larger than the number of cells in a page of maxArena bytes.
const maxPageCells = 1 << 28

var errCells = errors.New("too many different calls for one run: divide the trail with --shard")

// turn puts the dictionary away and starts a new page.
func (c *Counter) turn() {
	c.away.add(c.dict, c.base)
	if cells := len(c.dict.Cells.Keys); uint64(c.base)+uint64(cells) <= math.MaxUint32-maxPageCells {
		c.base += uint32(cells)
	} else {
		c.away.fail(errCells)
	}
	c.dict.Clear()
	c.memo.Clear()
}

// End closes the current object.
func (c *Counter) End(res *ingest.Result) error {
	c.records.Records += res.Records
	c.records.OutsideWindow += res.Outside
	c.records.Invalid += res.Invalid
	c.statuses[res.Status]++
	if res.Object.Key.HasDay {
		c.folders[res.Object.Key.Day] = true
	}
	c.objects.Add(res, c.lateness)
	if c.results != nil {
		c.results.Add(binary.BigEndian.AppendUint64(nil, uint64(c.seq)), objects.AppendResult(nil, res))
	}
	c.learner.End(res)
	if !res.Counted() {
		c.log.Void(c.seq)
	}
	return errors.Join(c.log.Err(), c.away.err, c.objects.Err(), c.keptErr())
}

func (c *Counter) keptErr() error {
	if c.results == nil {
		return nil
	}
	return c.results.Err()
}

// finish declares that no more objects come.
func (c *Counter) finish() error {
	c.settle()
	c.log.End()
	return errors.Join(c.log.Err(), c.away.err)
}

// LearnedBy returns what the events of all counters show in addition to their own calls.
func LearnedBy(counters []*Counter) (all learn.Learned) {
	for _, c := range counters {
		all.Merge(c.learner.Learned())
	}
	return all
}
