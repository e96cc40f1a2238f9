package count

import (
	"hash/maphash"
	"math/bits"
	"math/rand/v2"
	"slices"
	"strings"
	"unicode/utf8"
)

// seed is of every hash in this package, so that no trail can fill a table with collisions. No output
// depends on it.
var (
	seed     = maphash.MakeSeed()
	seedWord = rand.Uint64()
)

// A slot of a table holds half of a key's hash, and the key's number, one too high; 0 where it is free.
type slot struct{ hash, number uint32 }

// Slots find numbers by hashes, by open addressing. At most half of its slots are used, and there is
// a power of two of them.
type slots []slot

// slotsOf returns slots of the numbers below n, of which at most half the slots are used once one more
// is added.
func slotsOf(n int, hashOf func(number uint32) uint64) slots {
	size := 64
	for size < 2*(n+1) {
		size *= 2
	}
	t, mask := make(slots, size), uint64(size-1)
	for number := range uint32(n) {
		hash := hashOf(number)
		at := hash
		for t[at&mask].number != 0 {
			at++
		}
		t[at&mask] = slot{uint32(hash >> 32), number + 1}
	}
	return t
}

// texts number texts. "" has the number 0. Use newTexts.
type texts struct {
	slots slots
	arena []byte
	ends  []uint32 // of each text in arena, by number
}

func newTexts() texts {
	var t texts
	t.number(nil)
	return t
}

// number returns the number of s. It keeps no reference to s.
func (t *texts) number(s []byte) (number uint32, isNew bool) {
	if 2*(len(t.ends)+1) > len(t.slots) {
		t.index()
	}
	hash, mask := maphash.Bytes(seed, s), uint64(len(t.slots)-1)
	for at := hash; ; at++ {
		x := &t.slots[at&mask]
		if x.number == 0 {
			t.arena = append(t.arena, s...)
			t.ends = append(t.ends, uint32(len(t.arena)))
			*x = slot{uint32(hash >> 32), uint32(len(t.ends))}
			return x.number - 1, true
		}
		if x.hash == uint32(hash>>32) && string(t.text(x.number-1)) == string(s) {
			return x.number - 1, false
		}
	}
}

// text returns the text of a number. It is valid until the texts are cleared.
func (t *texts) text(number uint32) []byte {
	from := uint32(0)
	if number > 0 {
		from = t.ends[number-1]
	}
	return t.arena[from:t.ends[number]]
}

// all returns every text by its number. They share one copy of the memory.
func (t *texts) all() []string {
	arena := string(t.arena)
	list := make([]string, len(t.ends))
	from := uint32(0)
	for i, end := range t.ends {
		list[i], from = arena[from:end], end
	}
	return list
}

// index makes the slots of the texts that are there.
func (t *texts) index() {
	t.slots = slotsOf(len(t.ends), func(number uint32) uint64 { return maphash.Bytes(seed, t.text(number)) })
}

func (t *texts) clear() {
	clear(t.slots)
	t.arena, t.ends = t.arena[:0], t.ends[:0]
	t.number(nil)
}

// size is what the texts take in memory, in bytes.
func (t *texts) size() int { return len(t.arena) + 4*len(t.ends) + 8*len(t.slots) }

// numbers number keys of a fixed size, from 0.
type numbers[K comparable] struct {
	slots slots
	keys  []K
}

// number returns the number of key, with its hash.
func (n *numbers[K]) number(hash uint64, key K, hashOf func(*K) uint64) (number uint32, isNew bool) {
	if 2*(len(n.keys)+1) > len(n.slots) {
		n.index(hashOf)
	}
	mask := uint64(len(n.slots) - 1)
	for at := hash; ; at++ {
		x := &n.slots[at&mask]
		if x.number == 0 {
			n.keys = append(n.keys, key)
			*x = slot{uint32(hash >> 32), uint32(len(n.keys))}
			return x.number - 1, true
		}
		if x.hash == uint32(hash>>32) && n.keys[x.number-1] == key {
			return x.number - 1, false
		}
	}
}

// index makes the slots of the keys that are there.
func (n *numbers[K]) index(hashOf func(*K) uint64) {
	n.slots = slotsOf(len(n.keys), func(number uint32) uint64 { return hashOf(&n.keys[number]) })
}

func (n *numbers[K]) clear() {
	clear(n.slots)
	n.keys = n.keys[:0]
}

// mix hashes two words.
func mix(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a^seedWord, b^0x9e3779b97f4a7c15)
	return hi ^ lo
}

// maxText bounds the texts that tables hold, in bytes. IAM limits an ARN to 2,048.
const maxText = 2 << 10

// cutMark ends a text that was longer.
const cutMark = "…"

// clip returns s, cut and marked where it is longer than maxText. Then it is a copy.
func clip(s []byte) []byte {
	if len(s) <= maxText {
		return s
	}
	end := maxText - len(cutMark)
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return append(s[:end:end], cutMark...)
}

// ranked returns the rank of each of list in the order of their bytes, and the texts by rank. The texts of
// list differ.
func ranked(list []string) (ranks []uint32, byRank []string) {
	order := make([]uint32, len(list))
	for i := range order {
		order[i] = uint32(i)
	}
	slices.SortFunc(order, func(a, b uint32) int { return strings.Compare(list[a], list[b]) })
	ranks, byRank = make([]uint32, len(list)), make([]string, len(list))
	for rank, i := range order {
		ranks[i], byRank[rank] = uint32(rank), list[i]
	}
	return ranks, byRank
}
