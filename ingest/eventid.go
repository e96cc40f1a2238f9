package ingest

import (
	"io"

	"vpcetrail/ingest/spill"
)

// An EventID is all that tells whether an event counts beside others: what makes it the same as another one, and, of
// a correction, which record it corrects. The zero value is that of an event without eventID, which equals no other.
type EventID struct {
	own, original identity
	named         bool // own is known
	corrects      bool // original is known
}

const (
	idNamed = 1 << iota
	idCorrects
)

// Append appends the id in a form that CutEventID reads: at most 33 bytes.
func (id *EventID) Append(dst []byte) []byte {
	flags := byte(0)
	if id.named {
		flags |= idNamed
	}
	if id.corrects {
		flags |= idCorrects
	}
	dst = append(dst, flags)
	if id.named {
		dst = id.own.append(dst)
	}
	if id.corrects {
		dst = id.original.append(dst)
	}
	return dst
}

// CutEventID takes off the front of text what Append has written.
func CutEventID(text []byte) (id EventID, rest []byte) {
	id.named, id.corrects = text[0]&idNamed != 0, text[0]&idCorrects != 0
	text = text[1:]
	if id.named {
		id.own, text = cutIdentity(text)
	}
	if id.corrects {
		id.original, text = cutIdentity(text)
	}
	return id, text
}

// An IDLog keeps the EventIDs of one worker's events, in the order in which its Sink was offered them: for a
// report that is to be merged with others, whose events may be the same.
type IDLog struct {
	log    *spill.Buckets
	record []byte // scratch
}

// NewIDLog returns an empty log that takes about share bytes of memory.
func NewIDLog(disk *spill.Disk, share int) *IDLog {
	return &IDLog{log: spill.NewBuckets(disk, 1, share)}
}

func (l *IDLog) add(id *EventID) {
	l.record = id.Append(l.record[:0])
	l.log.Append(0, l.record)
}

// Read returns a reader before the first id. It may be called once Run has returned.
func (l *IDLog) Read() *IDReader { return &IDReader{blocks: l.log.Read(0)} }

// An IDReader walks an IDLog. It is for one goroutine.
type IDReader struct {
	blocks *spill.Blocks
	block  []byte
}

// Next returns the next id. There is one for every event, so that the end, which nobody should reach, is
// io.ErrUnexpectedEOF.
func (r *IDReader) Next() (id EventID, err error) {
	for len(r.block) == 0 {
		if r.block, err = r.blocks.Next(); err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return EventID{}, err
		}
	}
	id, r.block = CutEventID(r.block)
	return id, nil
}
