package dedupe

import (
	"crypto/sha256"
	"encoding/binary"

	"vpcetrail/ingest/day"
	"vpcetrail/ingest/event"
)

// An ID is the identity of an event. Two records with one ID are one record, delivered
// twice. The ID combines the eventID with a scope: the account, Region, day and kind of
// the event. UUIDs are kept whole. Scopes and other eventIDs enter as the first 128 bits
// of their SHA-256.
//
// The day is part of the scope, so the counts of a day depend only on the records of that
// day.
type ID struct{ Hi, Lo uint64 }

// A Scope is the part of an ID that events of one account, Region, day and kind share.
type Scope ID

// ScopeOf returns the scope of the events of one account, Region, day and kind.
func ScopeOf(account, region []byte, d day.Day, kind event.Kind) Scope {
	return Scope(digest(appendScope(nil, account, region, d, kind)))
}

func appendScope(dst, account, region []byte, d day.Day, kind event.Kind) []byte {
	dst = binary.BigEndian.AppendUint32(dst, uint32(d))
	dst = append(dst, byte(kind))
	return append(append(append(dst, account...), '/'), region...)
}

func digest(text []byte) ID {
	sum := sha256.Sum256(text)
	return ID{binary.BigEndian.Uint64(sum[:]), binary.BigEndian.Uint64(sum[8:])}
}

// ID returns the identity of the event with this eventID in the scope. plain reports
// whether the eventID is a UUID as CloudTrail writes it, so that AppendUUID can restore
// it.
func (s Scope) ID(eventID []byte) (id ID, plain bool) {
	id.Hi, id.Lo, plain = parseUUID(eventID)
	if !plain {
		id = digest(eventID)
	}
	return ID{id.Hi ^ s.Hi, id.Lo ^ s.Lo}, plain
}

// AppendUUID appends the eventID that id was made from, in CloudTrail's form. The eventID
// must be a UUID.
func (s Scope) AppendUUID(dst []byte, id ID) []byte {
	hi, lo := id.Hi^s.Hi, id.Lo^s.Lo
	var text [36]byte
	put := func(at int, digits uint64) { binary.BigEndian.PutUint64(text[at:], digits) }
	put(0, hexDigits(uint32(hi>>32)))
	put(28, hexDigits(uint32(lo)))
	middle, end := hexDigits(uint32(hi)), hexDigits(uint32(lo>>32))
	binary.BigEndian.PutUint32(text[9:], uint32(middle>>32))
	binary.BigEndian.PutUint32(text[14:], uint32(middle))
	binary.BigEndian.PutUint32(text[19:], uint32(end>>32))
	binary.BigEndian.PutUint32(text[24:], uint32(end))
	text[8], text[13], text[18], text[23] = '-', '-', '-', '-'
	return append(dst, text[:]...)
}

// hexDigits returns the eight digits of n, the first in the highest byte. It computes all
// eight at once because it runs for most events.
func hexDigits(n uint32) uint64 {
	x := uint64(n)
	x = (x | x<<16) & 0x0000ffff0000ffff
	x = (x | x<<8) & 0x00ff00ff00ff00ff
	x = (x | x<<4) & 0x0f0f0f0f0f0f0f0f
	letters := (x + 0x7676767676767676) >> 7 & 0x0101010101010101 // 1 where a digit is above 9
	return x + 0x3030303030303030 + letters*('a'-'9'-1)
}

// hash spreads ids over partitions. It is the same in every run. It mixes all bits
// because sequential ids share their first bits.
func (id ID) hash() uint64 {
	h := (id.Hi ^ id.Lo>>32 ^ id.Lo<<32) * 0x9e3779b97f4a7c15
	return h ^ h>>29
}

func (id ID) compare(other ID) int {
	switch {
	case id == other:
		return 0
	case id.Hi < other.Hi || id.Hi == other.Hi && id.Lo < other.Lo:
		return -1
	}
	return 1
}

// parseUUID reads a UUID in the form that CloudTrail writes, lower case with hyphens.
func parseUUID(s []byte) (hi, lo uint64, ok bool) {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return 0, 0, false
	}
	var digits [32]byte
	copy(digits[0:], s[0:8])
	copy(digits[8:], s[9:13])
	copy(digits[12:], s[14:18])
	copy(digits[16:], s[19:23])
	copy(digits[20:], s[24:36])
	wrong := uint64(0)
	var words [4]uint64
	for i := range words {
		var bad uint64
		words[i], bad = parseHex(binary.BigEndian.Uint64(digits[8*i:]))
		wrong |= bad
	}
	return words[0]<<32 | words[1], words[2]<<32 | words[3], wrong == 0
}

// parseHex reads eight digits at once because it runs for every event. A byte is a digit
// if it is 0x30 to 0x39, or 0x61 to 0x66. Bit 6 is set only in the second range. wrong is
// 0 only if all eight are digits.
func parseHex(text uint64) (value, wrong uint64) {
	const ones = 0x0101010101010101
	letters := text >> 6 & ones
	value = text&(0x0f*ones) + 9*letters // 0x61 and 9 end in a; no byte exceeds 24, so no sum carries
	above9 := (value + 0x76*ones) & (0x80 * ones)
	above15 := (value + 0x70*ones) & (0x80 * ones)
	wrong = (value + 0x30*ones + 0x27*letters) ^ text // compares with the spelling of such a digit
	wrong |= above15 | (above9 ^ letters<<7)          // letters, and only letters, are above 9
	value = (value | value>>4) & 0x00ff00ff00ff00ff
	value = (value | value>>8) & 0x0000ffff0000ffff
	return (value | value>>16) & 0xffffffff, wrong
}
