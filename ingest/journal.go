package ingest

import (
	"encoding/binary"

	"vpcetrail/ingest/day"
	"vpcetrail/ingest/event"
	"vpcetrail/ingest/spill"
)

// partitions is into how many parts identities are divided, each settled on its own: small enough for a
// core's cache up to a million events, and small enough for memory up to thousands of millions.
const partitions = 256

// A journal notes the identities of one worker's events, divided into partitions.
type journal struct {
	identifier
	ids         *spill.Buckets // of idSize bytes each
	corrections *spill.Buckets // of correctionSize bytes each, in the partition of the record corrected
	kept        *IDLog         // takes every EventID too; nil where none is asked for
	record      [correctionSize]byte
}

const (
	idSize         = 24 // identity and place
	correctionSize = 40 // identity of the record corrected; identity of the correction, and its place
)

// newJournal returns a journal that takes about share bytes of memory.
func newJournal(disk *spill.Disk, share int) *journal {
	return &journal{
		ids:         spill.NewBuckets(disk, partitions, share),
		corrections: spill.NewBuckets(disk, partitions, share/8),
	}
}

// note notes the identity of the event at p.
func (j *journal) note(ev *event.Event, d day.Day, p Place) {
	kind := ev.Kind()
	var id EventID
	if len(ev.ID) > 0 {
		id.own, id.named = j.of(ev, ev.ID, d, kind), true
	}
	if kind == event.Correction && len(ev.OriginalEventID) > 0 {
		id.original, id.corrects = j.of(ev, ev.OriginalEventID, d, event.Call), true
	}
	j.add(&id, p)
	if j.kept != nil {
		j.kept.add(&id)
	}
}

// add notes the event at p by its id. A record without eventID equals no other.
func (j *journal) add(id *EventID, p Place) {
	own := identity{lo: uint64(p)}
	if id.named {
		own = id.own
		putID(j.record[:], own, p)
		j.ids.Append(partitionOf(own), j.record[:idSize])
	}
	if id.corrects {
		putID(j.record[:], id.original, 0)
		putID(j.record[correctionSize-idSize:], own, p)
		j.corrections.Append(partitionOf(id.original), j.record[:])
	}
}

func partitionOf(id identity) int { return int(id.hash() % partitions) }

// end says that no event comes any more.
func (j *journal) end() {
	j.ids.End()
	j.corrections.End()
}

func (j *journal) err() error {
	if err := j.ids.Err(); err != nil {
		return err
	}
	if j.kept != nil && j.kept.log.Err() != nil {
		return j.kept.log.Err()
	}
	return j.corrections.Err()
}

func putID(record []byte, id identity, p Place) {
	binary.LittleEndian.PutUint64(record, id.hi)
	binary.LittleEndian.PutUint64(record[8:], id.lo)
	binary.LittleEndian.PutUint64(record[16:], uint64(p))
}

func cutID(record []byte) (id identity, p Place) {
	return identity{binary.LittleEndian.Uint64(record), binary.LittleEndian.Uint64(record[8:])},
		Place(binary.LittleEndian.Uint64(record[16:]))
}
