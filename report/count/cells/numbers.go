package cells

import (
	"hash/maphash"
	"math/bits"
	"math/rand/v2"
	"unicode/utf8"
)

// seed enters every hash in this package, so no trail can fill a table with collisions. No
// output depends on it.
var (
	seed     = maphash.MakeSeed()
	seedWord = rand.Uint64()
)

// A slot holds half of the hash of a key, and the number of the key plus one. A free slot has
// 0.
type slot struct{ hash, number uint32 }

// slots find numbers by hashes, with open addressing. Their count is a power of two. At most
// half of them are used.
type slots []slot

// slotsOf returns slots with the numbers below n. They have room for one more number.
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

// Texts gives numbers to texts. "" has the number 0. Use NewTexts.
type Texts struct {
	slots slots
	arena []byte
	ends  []uint32 // of each text in arena, by number
}

// NewTexts returns Texts with only "".
func NewTexts() Texts {
	var t Texts
	t.Number(nil)
	return t
}

// Number returns the number of s. It keeps no reference to s.
func (t *Texts) Number(s []byte) (number uint32, isNew bool) {
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
		if x.hash == uint32(hash>>32) && string(t.Text(x.number-1)) == string(s) {
			return x.number - 1, false
		}
	}
}

// Text returns the text of a number. It is valid until Clear.
func (t *Texts) Text(number uint32) []byte {
	from := uint32(0)
	if number > 0 {
		from = t.ends[number-1]
	}
	return t.arena[from:t.ends[number]]
}

// Len returns the number of texts.
func (t *Texts) Len() int { return len(t.ends) }

// Bytes returns the total length of the texts in bytes.
func (t *Texts) Bytes() int { return len(t.arena) }

// All returns the texts by number. They share one copy of the memory.
func (t *Texts) All() []string {
	arena := string(t.arena)
	list := make([]string, len(t.ends))
	from := uint32(0)
	for i, end := range t.ends {
		list[i], from = arena[from:end], end
	}
	return list
}

// index builds the slots of all texts.
func (t *Texts) index() {
	t.slots = slotsOf(len(t.ends), func(number uint32) uint64 { return maphash.Bytes(seed, t.Text(number)) })
}

// Clear removes all texts except "".
func (t *Texts) Clear() {
	clear(t.slots)
	t.arena, t.ends = t.arena[:0], t.ends[:0]
	t.Number(nil)
}

// Size returns the memory of the texts in bytes.
func (t *Texts) Size() int { return len(t.arena) + 4*len(t.ends) + 8*len(t.slots) }

// Numbers gives numbers to keys of a fixed size, from 0. Use NewNumbers.
type Numbers[K comparable] struct {
	Keys   []K // by number
	slots  slots
	hashOf func(*K) uint64
}

// NewNumbers returns Numbers for keys with that hash function.
func NewNumbers[K comparable](hashOf func(*K) uint64) Numbers[K] { return Numbers[K]{hashOf: hashOf} }

// Number returns the number of key. hash is its hash.
func (n *Numbers[K]) Number(hash uint64, key K) (number uint32, isNew bool) {
	if 2*(len(n.Keys)+1) > len(n.slots) {
		n.index()
	}
	mask := uint64(len(n.slots) - 1)
	for at := hash; ; at++ {
		x := &n.slots[at&mask]
		if x.number == 0 {
			n.Keys = append(n.Keys, key)
			*x = slot{uint32(hash >> 32), uint32(len(n.Keys))}
			return x.number - 1, true
		}
		if x.hash == uint32(hash>>32) && n.Keys[x.number-1] == key {
			return x.number - 1, false
		}
	}
}

// Touch loads the slot of a hash into the cache, so that a later look-up does not wait for
// memory.
func (n *Numbers[K]) Touch(hash uint64) uint32 {
	if len(n.slots) == 0 {
		return 0
	}
	return n.slots[hash&uint64(len(n.slots)-1)].number
}

// index builds the slots of all keys.
func (n *Numbers[K]) index() {
	n.slots = slotsOf(len(n.Keys), func(number uint32) uint64 { return n.hashOf(&n.Keys[number]) })
}

// Clear removes all keys.
func (n *Numbers[K]) Clear() {
	clear(n.slots)
	n.Keys = n.Keys[:0]
}

// Mix hashes two words.
func Mix(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a^seedWord, b^0x9e3779b97f4a7c15)
	return hi ^ lo
}

// MaxText is the longest text in a table, in bytes. IAM limits an ARN to 2,048.
const MaxText = 2 << 10

// cutMark is the end of a text that was cut.
const cutMark = "…"

// Clip returns s. If s is longer than MaxText, Clip returns a copy that is cut and marked.
func Clip(s []byte) []byte {
	if len(s) <= MaxText {
		return s
	}
	end := MaxText - len(cutMark)
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return append(s[:end:end], cutMark...)
}
