package dedupe

import (
	"cmp"
	"context"
	"math/bits"
	"math/rand/v2"
	"slices"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
)

// A Fate says whether a record counts.
type Fate uint8

// The fates.
const (
	Counts    Fate = iota // counts as itself; a correction with this fate replaces nothing
	Duplicate             // was delivered before
	Corrected             // a later record replaces it
)

// A Partition holds the records of one partition, or some of them. It is valid until the
// visit returns.
type Partition struct {
	// Runs holds the records of each log.
	Runs []Run
	// Replacing holds the corrections that count as calls, each instead of a record of
	// this partition.
	Replacing []Replacement
}

// A Run holds the records of one log.
type Run struct {
	Log     int
	Records []Record
	Fates   []Fate // one for each of Records

	extras []byte
}

// Extras returns the extras of the run's records, one for each with HasExtra.
func (r *Run) Extras() Extras { return Extras{r.extras} }

// A Replacement is a correction that counts instead of the record that it corrects. The
// correction's own record is also in some partition. Its fate there is Counts.
type Replacement struct {
	Log    int
	Record Record
	Extra  []byte
}

// Settle passes the records of logs to visit, one partition at a time, from the given
// number of workers. It calls visit concurrently, with the number of the worker. Settle
// takes about memory bytes in total. It returns the first error of visit, of reading or
// of ctx.
func Settle(ctx context.Context, logs []*Log, memory, workers int, visit func(worker int, p *Partition) error) error {
	share := max(memory/(workers+1), leastShare)
	var next atomic.Int32
	group, running := errgroup.WithContext(ctx)
	for worker := range workers {
		group.Go(func() error {
			l := loader{logs: logs, share: share, seed: [2]uint64{rand.Uint64(), rand.Uint64()}, visit: func(p *Partition) error { return visit(worker, p) }}
			for part := next.Add(1) - 1; part < Parts; part = next.Add(1) - 1 {
				if running.Err() != nil {
					return context.Cause(running)
				}
				if err := l.settle(int(part)); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return group.Wait()
}

// leastShare limits the number of passes over a partition if memory is very short.
const leastShare = 64 << 10

// settle settles a partition. If its records exceed the share, it makes several passes.
// Each pass takes the ids that hash to it.
func (l *loader) settle(part int) error {
	if part == nameless {
		return l.eachNameless()
	}
	size := int64(0)
	for _, log := range l.logs {
		size += log.records.Size(part) + log.extras.Size(part) + 2*log.corrections.Size(part)
	}
	l.passes = uint64(1 + (size+size/2)/int64(l.share)) // a table takes up to half as much as the records
	for l.pass = 0; l.pass < l.passes; l.pass++ {
		if err := l.load(part); err != nil {
			return err
		}
		l.findDuplicates()
		if err := l.correct(part); err != nil {
			return err
		}
		if err := l.visit(&l.partition); err != nil {
			return err
		}
	}
	return nil
}

// findDuplicates sets the fate of every record except the first of each id. It leaves a
// table of the first records.
func (l *loader) findDuplicates() {
	size := 64
	for size < 2*len(l.records) {
		size *= 2
	}
	if cap(l.table) < size {
		l.table = make([]uint32, size)
	}
	l.table = l.table[:size]
	clear(l.table)
	mask := uint64(size - 1)
	for i := range l.records {
		r := &l.records[i]
		for at := l.spread(r.ID); ; at++ {
			slot := &l.table[at&mask]
			if *slot == 0 {
				*slot = uint32(i + 1)
				break
			}
			first := *slot - 1
			if l.records[first].ID != r.ID {
				continue
			}
			if l.records[first].Place < r.Place {
				l.fates[i] = Duplicate
			} else {
				l.fates[first], *slot = Duplicate, uint32(i+1)
			}
			break
		}
	}
}

// find returns the index in records of the one that counts for that id, or -1 if there is
// none.
func (l *loader) find(id ID) int {
	mask := uint64(len(l.table) - 1)
	for at := l.spread(id); ; at++ {
		switch slot := l.table[at&mask]; {
		case slot == 0:
			return -1
		case l.records[slot-1].ID == id:
			return int(slot - 1)
		}
	}
}

// spread is the hash of the table. It is seeded, so no trail can fill the table with
// collisions.
func (l *loader) spread(id ID) uint64 {
	hi, lo := bits.Mul64(id.Hi^l.seed[0], id.Lo^l.seed[1])
	return hi ^ lo
}

// correct finds the records of the partition that corrections replace, and which
// correction replaces each.
func (l *loader) correct(part int) error {
	entries, err := l.corrections(part)
	if err != nil {
		return err
	}
	slices.SortFunc(entries, func(a, b entry) int {
		return cmp.Or(a.original.compare(b.original), a.Record.ID.compare(b.Record.ID), cmp.Compare(a.Record.Place, b.Record.Place))
	})
	for i := 0; i < len(entries); {
		winner, original := &entries[i], entries[i].original
		for i++; i < len(entries) && entries[i].original == original; i++ {
			if entries[i].Record.ID != entries[i-1].Record.ID && entries[i].Record.Place > winner.Record.Place {
				winner = &entries[i]
			}
		}
		if at := l.find(original); at >= 0 {
			l.fates[at] = Corrected
			l.partition.Replacing = append(l.partition.Replacing, winner.Replacement)
		}
	}
	return nil
}
