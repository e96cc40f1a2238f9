package report

import (
	"encoding/binary"
	"io"

	"vpcetrail/ingest/spill"
)

// A dictionary numbers groups. Where its keys pass its share of memory it starts anew: a page of keys is
// put away, and the numbers start from 0 again. So one group may have a number on several pages.
type dictionary struct {
	share int
	held  int
	index map[group]int
	order []group        // of the page at hand, by number
	keys  *spill.Buckets // the pages before: each key behind its length, each page's end as length 0
}

func newDictionary(disk *spill.Disk, share int) dictionary {
	return dictionary{share: share, index: map[group]int{}, keys: spill.NewBuckets(disk, 1, share/8)}
}

// groupCost is what a group takes in memory beside its key, its totals when it is counted included.
const groupCost = 200

// place returns the number of a group, a new one for a group that is new on this page.
func (d *dictionary) place(key []byte) int {
	if i, ok := d.index[group(key)]; ok {
		return i
	}
	g, i := group(key), len(d.order)
	d.index[g] = i
	d.order = append(d.order, g)
	d.held += len(key) + groupCost
	return i
}

// full reports whether it is time for a new page.
func (d *dictionary) full() bool { return d.held > d.share }

// next puts the page at hand away.
func (d *dictionary) next() {
	var record []byte
	for _, g := range d.order {
		record = append(binary.AppendUvarint(record[:0], uint64(len(g))), g...)
		d.keys.Append(0, record)
	}
	d.keys.Append(0, []byte{0})
	clear(d.index)
	clear(d.order)
	d.order, d.held = d.order[:0], 0
}

// pages returns the pages in order, the one at hand last. Nothing may be placed any more.
func (d *dictionary) pages() *dictionaryPages {
	return &dictionaryPages{blocks: d.keys.Read(0), last: d.order}
}

// dictionaryPages walks pages.
type dictionaryPages struct {
	blocks *spill.Blocks
	block  []byte
	last   []group
}

// next returns the keys of the next page, by number.
func (p *dictionaryPages) next() (keys []group, err error) {
	for {
		for len(p.block) == 0 {
			if p.block, err = p.blocks.Next(); err == io.EOF {
				return p.last, nil
			}
			if err != nil {
				return nil, err
			}
		}
		n, width := binary.Uvarint(p.block)
		p.block = p.block[width:]
		if n == 0 {
			return keys, nil
		}
		keys = append(keys, group(p.block[:n]))
		p.block = p.block[n:]
	}
}
