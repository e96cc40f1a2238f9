package report

import "hash/maphash"

// A cellIndex finds the numbers of cells by their keys' hash, by open addressing. A cell is looked up for each event: one
// table for both of its keys takes half the time of a map for each of them and one for the two numbers (2026-11).
type cellIndex struct {
	seed  maphash.Seed
	slots []cellSlot // a power of two, at most half of them used
	used  int
}

type cellSlot struct {
	hash uint32
	cell uint32 // one too high; 0 where the slot is free
}

func newCellIndex() cellIndex {
	return cellIndex{seed: maphash.MakeSeed(), slots: make([]cellSlot, 64)}
}

func (x *cellIndex) hash(group, target []byte) uint32 {
	return uint32((maphash.Bytes(x.seed, group)*31 + maphash.Bytes(x.seed, target)) >> 32)
}

// at returns the cell in the slot at, counted round, and its hash; below 0 where the slot is free, and no further one holds
// what was looked for.
func (x *cellIndex) at(at uint32) (cell int, hash uint32) {
	s := x.slots[int(at)&(len(x.slots)-1)]
	return int(s.cell) - 1, s.hash
}

// add adds a cell that is not there.
func (x *cellIndex) add(hash uint32, cell int) {
	if 2*x.used >= len(x.slots) {
		old := x.slots
		x.slots = make([]cellSlot, 2*len(old))
		for _, s := range old {
			if s.cell > 0 {
				x.put(s)
			}
		}
	}
	x.used++
	x.put(cellSlot{hash, uint32(cell) + 1})
}

func (x *cellIndex) put(s cellSlot) {
	at := s.hash
	for i, _ := x.at(at); i >= 0; i, _ = x.at(at) {
		at++
	}
	x.slots[int(at)&(len(x.slots)-1)] = s
}

func (x *cellIndex) clear() {
	clear(x.slots)
	x.used = 0
}
