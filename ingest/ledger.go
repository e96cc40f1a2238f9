package ingest

import (
	"context"

	"vpcetrail/ingest/spill"
)

// A Ledger settles events that were read before, maybe by several runs, as Run settles those that it
// reads. It is for one goroutine.
type Ledger struct {
	disk    *spill.Disk
	memory  int
	journal *journal
	void    objectSet
}

// NewLedger returns an empty Ledger that takes about memory bytes.
func NewLedger(disk *spill.Disk, memory int) *Ledger {
	return &Ledger{disk: disk, memory: memory, journal: newJournal(disk, memory/logsShare)}
}

// Note notes the event at p. Places are those of all runs together: objects are numbered in the order of their names.
func (l *Ledger) Note(p Place, id *EventID) { l.journal.add(id, p) }

// Void says that object number seq could not be read whole.
func (l *Ledger) Void(seq int) { l.void.add(seq) }

// Settle finds which of the events count. Nothing may be noted any more.
func (l *Ledger) Settle(ctx context.Context) (*Marks, error) {
	if err := l.journal.err(); err != nil {
		return nil, err
	}
	return settle(ctx, []*journal{l.journal}, &l.void, l.disk, l.memory)
}
