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
