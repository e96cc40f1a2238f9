package dedupe

import (
	"encoding/binary"
	"slices"

	"vpcetrail/ingest/spill"
)

// Parked keeps settled records until they are read, page by page. The Value of a record
// selects its page. It is for one goroutine at a time. After End, several may read.
type Parked struct {
	starts  []uint32 // the first Value of each page
	records *spill.Buckets
	scratch []byte
}

// NewParked returns an empty Parked that takes about share bytes of memory. starts holds
// the first value of each page, in order, beginning with 0.
func NewParked(disk *spill.Disk, starts []uint32, share int) *Parked {
	return &Parked{starts: starts, records: spill.NewBuckets(disk, len(starts), share)}
}

// replacing marks a record that counts instead of another.
const replacing = Fate(0x80)

// Add keeps a run.
func (k *Parked) Add(run *Run) {
	extras := run.Extras()
	for i := range run.Records {
		r := &run.Records[i]
		var extra []byte
		if r.Flags&HasExtra != 0 {
			extra = extras.Next()
		}
		k.add(run.Fates[i], r, extra)
	}
}

// Replace keeps a replacement.
func (k *Parked) Replace(c *Replacement) { k.add(replacing, &c.Record, c.Extra) }

func (k *Parked) add(fate Fate, r *Record, extra []byte) {
	page, first := slices.BinarySearch(k.starts, r.Value)
	if !first {
		page--
	}
	var fixed [recordSize]byte
	r.put(fixed[:])
	k.scratch = append(append(k.scratch[:0], byte(fate)), fixed[:]...)
	k.scratch = append(binary.AppendUvarint(k.scratch, uint64(len(extra))), extra...)
	k.records.Append(page, k.scratch)
}

// End declares that no more records come.
func (k *Parked) End() error {
	k.records.End()
	return k.records.Err()
}

// Read passes the records of a page to visit, some at a time. Their values count from the
// start of the page. The partition is valid until visit returns.
func (k *Parked) Read(page int, visit func(p *Partition)) error {
	var run Run
	var part Partition
	return each(k.records.Read(page), func(block []byte) error {
		run = Run{Records: run.Records[:0], Fates: run.Fates[:0], extras: run.extras[:0]}
		part.Replacing = part.Replacing[:0]
		for len(block) > 0 {
			fate, r := Fate(block[0]), cutRecord(block[1:])
			r.Value -= k.starts[page]
			n, width := binary.Uvarint(block[1+recordSize:])
			extra := block[1+recordSize:][:width+int(n)]
			block = block[1+recordSize+len(extra):]
			switch {
			case fate == replacing:
				part.Replacing = append(part.Replacing, Replacement{Record: r, Extra: extra[width:]})
				continue
			case n > 0:
				run.extras = append(run.extras, extra...)
			}
			run.Records, run.Fates = append(run.Records, r), append(run.Fates, fate)
		}
		part.Runs = append(part.Runs[:0], run)
		visit(&part)
		return nil
	})
}
