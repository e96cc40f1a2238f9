package dedupe

import (
	"bytes"
	"encoding/binary"
	"io"

	"vpcetrail/ingest/spill"
)

// A loader loads the records of one partition after another. It reuses its memory.
type loader struct {
	logs  []*Log
	share int
	seed  [2]uint64
	visit func(p *Partition) error

	passes, pass uint64
	records      []Record
	fates        []Fate
	extras       []byte
	starts       []start
	table        []uint32 // by spread: index in records plus one; 0 if the slot is free
	partition    Partition
}

// A start is the position where a run starts.
type start struct{ log, record, extra int }

// chosen reports whether the current pass includes the id.
func (l *loader) chosen(id ID) bool { return l.passes <= 1 || id.hash()>>40%l.passes == l.pass }

func (l *loader) empty() {
	l.records, l.fates, l.extras, l.starts = l.records[:0], l.fates[:0], l.extras[:0], l.starts[:0]
	l.partition.Replacing = l.partition.Replacing[:0]
}

// load loads the partition's records that belong to the current pass.
func (l *loader) load(part int) error {
	l.empty()
	for i := range l.logs {
		if err := l.loadLog(i, part, nil); err != nil {
			return err
		}
	}
	l.cutRuns()
	return nil
}

// loadLog loads one log's records that belong to the current pass. It calls after, if not
// nil, for each loaded record.
func (l *loader) loadLog(number, part int, after func() error) error {
	log := l.logs[number]
	extras := extraReader{blocks: log.extras.Read(part)}
	l.start(number)
	return each(log.records.Read(part), func(block []byte) error {
		for ; len(block) > 0; block = block[recordSize:] {
			r := cutRecord(block)
			wanted := l.chosen(r.ID) && !(len(log.void.bits) > 0 && log.void.has(r.Place.Object()))
			if r.Flags&HasExtra != 0 {
				extra, err := extras.next()
				if err != nil {
					return err
				}
				if wanted {
					l.extras = append(binary.AppendUvarint(l.extras, uint64(len(extra))), extra...)
				}
			}
			if !wanted {
				continue
			}
			l.records = append(l.records, r)
			if after != nil {
				if err := after(); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// start marks that the records of a log come next.
func (l *loader) start(log int) {
	l.starts = append(l.starts, start{log, len(l.records), len(l.extras)})
}

// cutRuns builds the partition from the loaded records.
func (l *loader) cutRuns() {
	if cap(l.fates) < len(l.records) {
		l.fates = make([]Fate, len(l.records), cap(l.records))
	}
	l.fates = l.fates[:len(l.records)]
	clear(l.fates)
	l.partition.Runs = l.partition.Runs[:0]
	for i, s := range l.starts {
		end := start{record: len(l.records), extra: len(l.extras)}
		if i+1 < len(l.starts) {
			end = l.starts[i+1]
		}
		if s.record < end.record {
			l.partition.Runs = append(l.partition.Runs, Run{
				Log: s.log, Records: l.records[s.record:end.record],
				Fates: l.fates[s.record:end.record], extras: l.extras[s.extra:end.extra],
			})
		}
	}
}

// eachNameless visits the records without an eventID, one share at a time.
func (l *loader) eachNameless() error {
	l.passes = 1
	flush := func() error {
		l.cutRuns()
		if len(l.records) == 0 {
			return nil
		}
		return l.visit(&l.partition)
	}
	for i := range l.logs {
		l.empty()
		again := func() error {
			if len(l.records)*recordSize+len(l.extras) < l.share {
				return nil
			}
			if err := flush(); err != nil {
				return err
			}
			l.empty()
			l.start(i)
			return nil
		}
		if err := l.loadLog(i, nameless, again); err != nil {
			return err
		}
		if err := flush(); err != nil {
			return err
		}
	}
	return nil
}

// An entry is a correction in the form that a Log keeps.
type entry struct {
	original ID
	Replacement
}

// cutEntry removes an entry from the front of block. The entry borrows from block.
func cutEntry(block []byte) (e entry, rest []byte) {
	e.original, e.Record = cutRecord(block).ID, cutRecord(block[16:])
	block = block[16+recordSize:]
	n, width := binary.Uvarint(block)
	e.Extra = block[width : width+int(n)]
	return e, block[width+int(n):]
}

// corrections returns the corrections of the partition's records that belong to the
// current pass.
func (l *loader) corrections(part int) (all []entry, err error) {
	for i, log := range l.logs {
		err := each(log.corrections.Read(part), func(block []byte) error {
			for len(block) > 0 {
				var e entry
				e, block = cutEntry(block)
				e.Log, e.Extra = i, bytes.Clone(e.Extra)
				if l.chosen(e.original) && !log.void.has(e.Record.Place.Object()) {
					all = append(all, e)
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

// each calls fn with each block.
func each(blocks *spill.Blocks, fn func(block []byte) error) error {
	for {
		block, err := blocks.Next()
		if err == io.EOF {
			return nil
		}
		if err == nil {
			err = fn(block)
		}
		if err != nil {
			return err
		}
	}
}

// An extraReader reads the extras of one log and partition.
type extraReader struct {
	blocks *spill.Blocks
	rest   Extras
}

func (r *extraReader) next() ([]byte, error) {
	for len(r.rest.text) == 0 {
		block, err := r.blocks.Next()
		if err != nil {
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return nil, err
		}
		r.rest.text = block
	}
	return r.rest.Next(), nil
}

// Extras iterates over the extras of a run.
type Extras struct{ text []byte }

// Next returns the next extra. There must be one.
func (x *Extras) Next() []byte {
	n, width := binary.Uvarint(x.text)
	extra := x.text[width : width+int(n)]
	x.text = x.text[width+int(n):]
	return extra
}
