package report

import (
	"encoding/binary"

	"vpcetrail/ingest/event"
	"vpcetrail/ingest/spill"

	"vpcetrail/report/table"
)

// A row is what is kept of an event until it is known whether it counts.
type row struct {
	cell      int // its number on the dictionary's page at hand
	failed    bool
	denied    bool
	byPolicy  bool // an endpoint's policy refused it
	readOnly  event.Bool
	time      int64
	bytesIn   int64
	bytesOut  int64
	requestID []byte // where byPolicy
	eventID   []byte // where it may be a finding's sample
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

// A rowLog holds the rows of one worker, in the order taken. An entry of it starts with a byte: one of
// the entry… values, or flags of a row, whose number of cell and time follow, each time as the
// difference to the one before.
type rowLog struct {
	log   *spill.Buckets
	time  int64 // of the row before, in one object
	entry []byte
}

const (
	flagFailed = 1 << iota
	flagDenied
	flagByPolicy
	flagReads
	flagWrites
	flagBytes
	flagSample

	entryObject = 0x80 // the number of an object, whose rows follow
	entryPage   = 0x81 // the cells' numbers start anew
)

func newRowLog(disk *spill.Disk, share int) rowLog {
	return rowLog{log: spill.NewBuckets(disk, 1, share)}
}

// begin starts the rows of object number seq.
func (l *rowLog) begin(seq int) {
	l.time = 0
	l.log.Append(0, binary.AppendUvarint([]byte{entryObject}, uint64(seq)))
}

// nextPage notes that the dictionary has started a new page.
func (l *rowLog) nextPage() { l.log.Append(0, []byte{entryPage}) }

func (l *rowLog) add(r *row) { l.log.Append(0, l.encode(r)) }

// encode returns the row's entry, valid until the next call.
func (l *rowLog) encode(r *row) []byte {
	flags := byte(0)
	if r.failed {
		flags |= flagFailed
	}
	if r.denied {
		flags |= flagDenied
	}
	if r.byPolicy {
		flags |= flagByPolicy
	}
	switch r.readOnly {
	case event.True:
		flags |= flagReads
	case event.False:
		flags |= flagWrites
	}
	if r.bytesIn != 0 || r.bytesOut != 0 {
		flags |= flagBytes
	}
	if len(r.eventID) > 0 {
		flags |= flagSample
	}
	b := append(l.entry[:0], flags)
	b = binary.AppendUvarint(b, uint64(r.cell))
	b = binary.AppendVarint(b, r.time-l.time)
	l.time = r.time
	if flags&flagBytes != 0 {
		b = binary.AppendVarint(b, r.bytesIn)
		b = binary.AppendVarint(b, r.bytesOut)
	}
	if flags&flagByPolicy != 0 {
		b = binary.AppendUvarint(b, uint64(len(r.requestID)))
		b = append(b, r.requestID...)
	}
	if flags&flagSample != 0 {
		b = binary.AppendUvarint(b, uint64(len(r.eventID)))
		b = append(b, r.eventID...)
	}
	l.entry = b
	return b
}

// A rowReader walks a rowLog's entries.
type rowReader struct {
	blocks *spill.Blocks
	block  []byte
	object int // whose rows come
	time   int64
}

func (l *rowLog) read() *rowReader { return &rowReader{blocks: l.log.Read(0)} }

// next returns the next entry's first byte, with the row filled in where it is flags, and io.EOF
// after the last one. The row's ids are valid until the next call.
func (r *rowReader) next(into *row) (entry byte, err error) {
	for len(r.block) == 0 {
		if r.block, err = r.blocks.Next(); err != nil {
			return 0, err
		}
	}
	entry = r.block[0]
	r.block = r.block[1:]
	switch entry {
	case entryObject:
		r.time = 0
		r.object = int(r.uvarint())
		return entry, nil
	case entryPage:
		return entry, nil
	}
	*into = row{cell: int(r.uvarint()), failed: entry&flagFailed != 0, denied: entry&flagDenied != 0, byPolicy: entry&flagByPolicy != 0}
	r.time += r.varint()
	into.time = r.time
	switch {
	case entry&flagReads != 0:
		into.readOnly = event.True
	case entry&flagWrites != 0:
		into.readOnly = event.False
	}
	if entry&flagBytes != 0 {
		into.bytesIn, into.bytesOut = r.varint(), r.varint()
	}
	if into.byPolicy {
		into.requestID = r.text()
	}
	if entry&flagSample != 0 {
		into.eventID = r.text()
	}
	return entry, nil
}

func (r *rowReader) text() []byte {
	n := r.uvarint()
	text := r.block[:n]
	r.block = r.block[n:]
	return text
}

func (r *rowReader) uvarint() uint64 {
	v, n := binary.Uvarint(r.block)
	r.block = r.block[n:]
	return v
}

func (r *rowReader) varint() int64 {
	v, n := binary.Varint(r.block)
	r.block = r.block[n:]
	return v
}
