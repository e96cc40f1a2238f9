package explain

import (
	"context"
	"encoding/binary"

	"vpcetrail/ingest/dedupe"
	"vpcetrail/ingest/spill"
)

// A fate says how a record counts that does not count as a call of its own.
type fate byte

const (
	plain     fate = iota // counts as what it is
	duplicate             // was delivered before
	corrected             // a later record replaces it
	replacing             // a correction that counts in the place of the record that it corrects
)

// fates returns the fates of events in the order of their places.
type fates struct {
	list *spill.Cursor
	at   dedupe.Place
	fate fate
}

// settleFates finds the fates of all events.
func (c *Collector) settleFates(ctx context.Context) (*fates, error) {
	c.log.End()
	found := spill.NewSorter(c.disk, c.memory/4)
	add := func(at dedupe.Place, f fate) {
		found.Add(append(binary.BigEndian.AppendUint64(nil, uint64(at)), byte(f)), nil)
	}
	err := dedupe.Settle(ctx, []*dedupe.Log{c.log}, c.memory/2, 1, func(_ int, p *dedupe.Partition) error {
		for _, run := range p.Runs {
			for i := range run.Records {
				switch run.Fates[i] {
				case dedupe.Duplicate:
					add(run.Records[i].At(), duplicate)
				case dedupe.Corrected:
					add(run.Records[i].At(), corrected)
				}
			}
		}
		for i := range p.Replacing {
			add(p.Replacing[i].Record.At(), replacing)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	f := &fates{list: found.Cursor()}
	f.next()
	return f, found.Err()
}

func (f *fates) next() {
	if !f.list.Next() {
		f.at, f.fate = ^dedupe.Place(0), plain
		return
	}
	f.at, f.fate = dedupe.Place(binary.BigEndian.Uint64(f.list.Key)), fate(f.list.Key[8])
}

// of returns the fate of the event at p. Call it with places in ascending order.
func (f *fates) of(p dedupe.Place) fate {
	for f.at < p {
		f.next()
	}
	if f.at > p {
		return plain
	}
	return f.fate
}
