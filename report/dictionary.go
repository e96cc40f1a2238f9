package report

import (
	"encoding/binary"
	"io"

	"vpcetrail/ingest/spill"
)

// A dictionary numbers cells: groups by what their records name. Where its keys pass its share of memory it
// starts anew: a page of keys is put away, and all numbers start from 0 again. So one cell may have a number on
// several pages.
type dictionary struct {
	share    int
	held     int
	turns    int // pages put away
	groups   numbering[group]
	targets  numbering[target]
	paths    paths          // to the groups of events
	cells    pairIndex      // by numbers of group and target
	order    []cell         // of the page at hand, by number
	least    []uint32       // likewise, a number in leasts; 0 of cells that have not become findings
	leasts   []least        // from 1
	admitted []admission    // by the object at hand
	pages    *spill.Buckets // the pages before: see next
}

// A cell is what the rows of one number have in common: a group and a target, by their numbers.
type cell struct{ group, target uint32 }

func newDictionary(disk *spill.Disk, share int) dictionary {
	return dictionary{
		share: share, groups: newNumbering[group](), targets: newNumbering[target](), paths: newPaths(),
		pages: spill.NewBuckets(disk, 1, share/8),
	}
}

// What each takes in memory beside its key, its totals when it is counted included.
const (
	keyCost  = 200
	cellCost = 120
)

// place returns the number of a cell, a new one for a cell that is new on this page.
func (d *dictionary) place(group, target []byte) int { return d.placeIn(d.group(group), target) }

// group returns the number of a group, likewise.
func (d *dictionary) group(group []byte) int {
	number, isNew := d.groups.place(group)
	if isNew {
		d.held += len(group) + keyCost
	}
	return number
}

// placeIn returns the number of the cell of a group, by its number, and a target.
func (d *dictionary) placeIn(group int, target []byte) int {
	t, isNew := d.targets.place(target)
	if isNew {
		d.held += len(target) + keyCost
	}
	key := pair{first: uint32(group), second: uint32(t)}
	if number, ok := d.cells.find(key); ok {
		return number
	}
	number := len(d.order)
	d.cells.add(key, number)
	d.order, d.least = append(d.order, cell{uint32(group), uint32(t)}), append(d.least, 0)
	d.held += cellCost
	return number
}

// full reports whether it is time for a new page.
func (d *dictionary) full() bool { return d.held+d.paths.held > d.share }

// next puts the page at hand away: its groups, its targets and its cells, a 0 behind each of the three. A
// key stands behind its length, a cell is two numbers; the length and the first number are one too high.
func (d *dictionary) next() {
	d.groups.putAway(d.pages)
	d.targets.putAway(d.pages)
	var record []byte
	for _, c := range d.order {
		record = binary.AppendUvarint(record[:0], uint64(c.group)+1)
		d.pages.Append(0, binary.AppendUvarint(record, uint64(c.target)))
	}
	d.pages.Append(0, []byte{0})
	d.cells.clear()
	d.paths.clear()
	d.order, d.least, d.leasts, d.admitted, d.held = d.order[:0], d.least[:0], d.leasts[:0], d.admitted[:0], 0
	d.turns++
}

// read returns the pages in order, the one at hand last. Nothing may be placed any more.
func (d *dictionary) read() *dictionaryReader {
	return &dictionaryReader{blocks: d.pages.Read(0), last: page{d.groups.order, d.targets.order, d.order}}
}

// A numbering numbers the keys of one kind.
type numbering[K ~string] struct {
	index map[K]int
	order []K
}

func newNumbering[K ~string]() numbering[K] { return numbering[K]{index: map[K]int{}} }

func (n *numbering[K]) place(key []byte) (number int, isNew bool) {
	if i, ok := n.index[K(key)]; ok {
		return i, false
	}
	k, i := K(key), len(n.order)
	n.index[k] = i
	n.order = append(n.order, k)
	return i, true
}

func (n *numbering[K]) putAway(pages *spill.Buckets) {
	var record []byte
	for _, k := range n.order {
		record = append(binary.AppendUvarint(record[:0], uint64(len(k))+1), k...)
		pages.Append(0, record)
	}
	pages.Append(0, []byte{0})
	n.clear()
}

func (n *numbering[K]) clear() {
	clear(n.index)
	clear(n.order)
	n.order = n.order[:0]
}

// A page holds what numbers stand for.
type page struct {
	groups  []group
	targets []target
	cells   []cell
}

// A dictionaryReader walks pages.
type dictionaryReader struct {
	blocks *spill.Blocks
	block  []byte
	last   page
}

// next returns the next page.
func (r *dictionaryReader) next() (p page, err error) {
	more, err := r.more()
	if err == io.EOF {
		return r.last, nil
	}
	for ; more && err == nil; more, err = r.more() {
		p.groups = append(p.groups, group(r.key()))
	}
	if err == nil {
		more, err = r.more()
	}
	for ; more && err == nil; more, err = r.more() {
		p.targets = append(p.targets, target(r.key()))
	}
	if err == nil {
		more, err = r.more()
	}
	for ; more && err == nil; more, err = r.more() {
		p.cells = append(p.cells, cell{uint32(r.uvarint() - 1), uint32(r.uvarint())})
	}
	return p, err
}

// more reports whether another key or cell follows, and goes over the 0 that stands behind the last.
func (r *dictionaryReader) more() (bool, error) {
	for len(r.block) == 0 {
		var err error
		if r.block, err = r.blocks.Next(); err != nil {
			return false, err
		}
	}
	if r.block[0] == 0 {
		r.block = r.block[1:]
		return false, nil
	}
	return true, nil
}

func (r *dictionaryReader) uvarint() uint64 {
	n, width := binary.Uvarint(r.block)
	r.block = r.block[width:]
	return n
}

func (r *dictionaryReader) key() []byte {
	n := r.uvarint() - 1
	key := r.block[:n]
	r.block = r.block[n:]
	return key
}
