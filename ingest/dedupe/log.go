package dedupe

import (
	"encoding/binary"

	"vpcetrail/ingest/day"
	"vpcetrail/ingest/event"
	"vpcetrail/ingest/spill"
)

// A Place says where an event is in the trail: the number of its object, in the order of
// object names, and its number among the events of that object. Places compare in the
// order of events in the trail.
type Place uint64

const (
	indexBits = 28
	// MaxEvents is the number of events in one object that can have a place.
	MaxEvents = 1 << indexBits

	correction Place = 1 << 63 // a flag in a Record's place
)

// PlaceOf returns the place of event number index in object number seq. Both start at 0.
func PlaceOf(seq, index int) Place { return Place(seq)<<indexBits | Place(index) }

// Object returns the number of the object.
func (p Place) Object() int { return int(p &^ correction >> indexBits) }

// Index returns the event's number in its object.
func (p Place) Index() int { return int(p & (MaxEvents - 1)) }

// A Record is what a Log keeps of one event, in 32 bytes.
type Record struct {
	ID    ID
	Place Place
	// Value and Flags belong to the caller. HasExtra is the only flag that a Log reads
	// and sets.
	Value, Flags uint32
}

// HasExtra is set in Flags if the record was added with extra bytes.
const HasExtra = 1

// IsCorrection reports whether the record was added by Correct.
func (r *Record) IsCorrection() bool { return r.Place&correction != 0 }

// At returns the record's place without the correction flag.
func (r *Record) At() Place { return r.Place &^ correction }

// IsNamed reports whether the record has an eventID.
func (r *Record) IsNamed() bool { return r.ID != ID{} && r.ID != ID{Lo: uint64(r.Place)} }

const recordSize = 32

func (r *Record) put(b []byte) {
	_ = b[recordSize-1]
	binary.LittleEndian.PutUint64(b, r.ID.Hi)
	binary.LittleEndian.PutUint64(b[8:], r.ID.Lo)
	binary.LittleEndian.PutUint64(b[16:], uint64(r.Place))
	binary.LittleEndian.PutUint32(b[24:], r.Value)
	binary.LittleEndian.PutUint32(b[28:], r.Flags)
}

func cutRecord(b []byte) Record {
	_ = b[recordSize-1]
	return Record{
		ID:    ID{binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])},
		Place: Place(binary.LittleEndian.Uint64(b[16:])),
		Value: binary.LittleEndian.Uint32(b[24:]), Flags: binary.LittleEndian.Uint32(b[28:]),
	}
}

const (
	// Partitions is the number of partitions that ids are divided into. Each is settled
	// alone. A partition fits a core's cache up to a million events, and fits memory up
	// to billions.
	Partitions = 256
	nameless   = Partitions // the partition of records without an eventID, which equal no other record
	// Parts is the number of partitions, including the one for records without an
	// eventID.
	Parts = Partitions + 1
)

func partOf(id ID) int { return int(id.hash() % Partitions) }

// A Log holds the records of one worker, divided into partitions. It is for one
// goroutine.
type Log struct {
	records     *spill.Buckets
	extras      *spill.Buckets // of records with HasExtra: the length of the extra, then the extra
	corrections *spill.Buckets // by partition of the corrected record
	count       int64          // of records
	void        objectSet
	scopes      scopes // for the method Event
	scratch     []byte
}

// NewLog returns a log that takes about share bytes of memory.
func NewLog(disk *spill.Disk, share int) *Log {
	return &Log{
		records: spill.NewBuckets(disk, Parts, share-share/4),
		extras:  spill.NewBuckets(disk, Parts, share/4), corrections: spill.NewBuckets(disk, Parts, share/16),
	}
}

// Add adds a record. It keeps no reference to r and extra.
func (l *Log) Add(r *Record, extra []byte) { l.add(partOf(r.ID), r, extra) }

// AddNameless adds a record without an eventID. It always counts.
func (l *Log) AddNameless(r *Record, extra []byte) { l.add(nameless, r, extra) }

func (l *Log) add(part int, r *Record, extra []byte) {
	if len(extra) > 0 {
		r.Flags |= HasExtra
		l.scratch = append(binary.AppendUvarint(l.scratch[:0], uint64(len(extra))), extra...)
		l.extras.Append(part, l.scratch)
	}
	var b [recordSize]byte
	r.put(b[:])
	l.records.Append(part, b[:])
	l.count++
}

// Correct adds a record that corrects the record with the id original. named reports
// whether the correction has an eventID. corrects reports whether it names the original.
func (l *Log) Correct(r *Record, named bool, original ID, corrects bool, extra []byte) {
	r.Place |= correction
	if !named {
		r.ID = ID{Lo: uint64(r.Place)}
		l.AddNameless(r, extra)
	} else {
		l.Add(r, extra)
	}
	if corrects {
		l.correct(r, original, extra)
	}
}

// correct adds a correction to the partition of the record that it corrects.
func (l *Log) correct(r *Record, original ID, extra []byte) {
	b := make([]byte, 16+recordSize, 16+recordSize+binary.MaxVarintLen64+len(extra))
	binary.LittleEndian.PutUint64(b, original.Hi)
	binary.LittleEndian.PutUint64(b[8:], original.Lo)
	r.put(b[16:])
	b = append(binary.AppendUvarint(b, uint64(len(extra))), extra...)
	l.corrections.Append(partOf(original), b)
}

// Event adds ev, an event on that day, without value and flags. It computes the scope
// itself. Use it where each event is added once and little else is done. It keeps no
// reference to extra.
func (l *Log) Event(ev *event.Event, of day.Day, at Place, extra []byte) {
	kind := ev.Kind()
	r := Record{Place: at}
	named := len(ev.ID) > 0
	if named {
		r.ID, _ = l.scopes.of(ev, of, kind).ID(ev.ID)
	}
	switch {
	case kind == event.Correction:
		var original ID
		corrects := len(ev.OriginalEventID) > 0
		if corrects {
			original, _ = l.scopes.of(ev, of, event.Call).ID(ev.OriginalEventID)
		}
		l.Correct(&r, named, original, corrects, extra)
	case named:
		l.Add(&r, extra)
	default:
		l.AddNameless(&r, extra)
	}
}

// scopes caches the scopes of earlier events.
type scopes struct {
	known map[string]Scope
	key   []byte // scratch
}

// maxScopes bounds the cache, whatever the records say.
const maxScopes = 1 << 14

func (s *scopes) of(ev *event.Event, of day.Day, kind event.Kind) Scope {
	s.key = appendScope(s.key[:0], ev.Recipient, ev.Region, of, kind)
	known, ok := s.known[string(s.key)]
	if !ok {
		if s.known == nil || len(s.known) >= maxScopes {
			s.known = map[string]Scope{}
		}
		known = ScopeOf(ev.Recipient, ev.Region, of, kind)
		s.known[string(s.key)] = known
	}
	return known
}

// Void marks object number seq as void: none of its events counts.
func (l *Log) Void(seq int) { l.void.add(seq) }

// IsVoid reports whether Void was called for object number seq.
func (l *Log) IsVoid(seq int) bool { return l.void.has(seq) }

// Len returns the number of records.
func (l *Log) Len() int64 { return l.count }

// End declares that no more records come. It frees the memory that only writing needs.
func (l *Log) End() {
	l.records.End()
	l.extras.End()
	l.corrections.End()
}

// Err returns the first error of writing to disk.
func (l *Log) Err() error {
	for _, b := range []*spill.Buckets{l.records, l.extras, l.corrections} {
		if b.Err() != nil {
			return b.Err()
		}
	}
	return nil
}

// An objectSet is a set of object numbers. It has one bit for each number up to the
// largest.
type objectSet struct{ bits []uint64 }

func (s *objectSet) add(seq int) {
	for len(s.bits) <= seq/64 {
		s.bits = append(s.bits, 0)
	}
	s.bits[seq/64] |= 1 << (seq % 64)
}

func (s *objectSet) has(seq int) bool {
	return seq/64 < len(s.bits) && s.bits[seq/64]>>(seq%64)&1 == 1
}
