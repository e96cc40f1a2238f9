package ingest

import (
	"crypto/sha256"
	"encoding/binary"

	"vpcetrail/ingest/day"
	"vpcetrail/ingest/event"
)

// An identity is what makes two records the same one, delivered twice: eventID within account, Region,
// day and kind. Event ids are UUIDs and kept whole; what surrounds them, and any id of another form, goes
// in by the first 128 bits of its SHA-256, which no two that differ will ever share.
//
// The day is in it so that a day's counts depend on that day's records alone.
type identity struct{ hi, lo uint64 }

func (a identity) compare(b identity) int {
	switch {
	case a == b:
		return 0
	case a.hi < b.hi || a.hi == b.hi && a.lo < b.lo:
		return -1
	}
	return 1
}

func (a identity) append(dst []byte) []byte {
	return binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(dst, a.hi), a.lo)
}

func cutIdentity(text []byte) (a identity, rest []byte) {
	return identity{binary.LittleEndian.Uint64(text), binary.LittleEndian.Uint64(text[8:])}, text[16:]
}

// hash spreads identities over buckets and tables: ids that somebody counts up would share their first bits.
func (a identity) hash() uint64 {
	h := (a.hi ^ a.lo>>32 ^ a.lo<<32) * 0x9e3779b97f4a7c15
	return h ^ h>>29
}

// A scope is what an event's id is unique within.
type scope struct {
	account, region string
	day             day.Day
	kind            event.Kind
	value           identity // what it adds to that of an id
}

// An identifier makes identities. The zero value is ready.
type identifier struct {
	last   scope
	scopes map[string]scope // by what their values are the digests of
	key    []byte           // scratch
}

// maxScopes bounds the cache: no trail has more at a time, whatever its records say.
const maxScopes = 1 << 14

// of returns the identity of the event with that id, of the account, Region and day of ev, as resolved by take.
func (o *identifier) of(ev *event.Event, id []byte, d day.Day, kind event.Kind) identity {
	if o.last.kind != kind || o.last.day != d || o.last.account != string(ev.Recipient) || o.last.region != string(ev.Region) {
		o.enter(ev, d, kind)
	}
	hi, lo, ok := parseUUID(id)
	if !ok {
		sum := sha256.Sum256(id)
		hi, lo = binary.BigEndian.Uint64(sum[:]), binary.BigEndian.Uint64(sum[8:])
	}
	return identity{hi ^ o.last.value.hi, lo ^ o.last.value.lo}
}

// enter makes the scope of ev the last one. One that was met before takes no memory.
func (o *identifier) enter(ev *event.Event, d day.Day, kind event.Kind) {
	key := binary.BigEndian.AppendUint32(o.key[:0], uint32(d))
	key = append(key, byte(kind))
	key = append(append(append(key, ev.Recipient...), '/'), ev.Region...)
	o.key = key
	known, ok := o.scopes[string(key)]
	if !ok {
		sum := sha256.Sum256(key)
		value := identity{binary.BigEndian.Uint64(sum[:]), binary.BigEndian.Uint64(sum[8:])}
		known = scope{string(ev.Recipient), string(ev.Region), d, kind, value}
		if o.scopes == nil || len(o.scopes) >= maxScopes {
			o.scopes = map[string]scope{}
		}
		o.scopes[string(key)] = known
	}
	o.last = known
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

// parseHex reads eight digits, all at a time, for it is done for every event: a byte is a digit if 0x30 to 0x39, or
// 0x61 to 0x66, which have bit 6. wrong is not 0 where one is not.
func parseHex(text uint64) (value, wrong uint64) {
	const ones = 0x0101010101010101
	letters := text >> 6 & ones
	value = text&(0x0f*ones) + 9*letters // 0x61 and 9 end in a; no byte is above 24, so that no sum carries
	above9 := (value + 0x76*ones) & (0x80 * ones)
	above15 := (value + 0x70*ones) & (0x80 * ones)
	wrong = (value + 0x30*ones + 0x27*letters) ^ text // what such a digit is written as
	wrong |= above15 | (above9 ^ letters<<7)          // and letters, they alone, are above 9
	value = (value | value>>4) & 0x00ff00ff00ff00ff
	value = (value | value>>8) & 0x0000ffff0000ffff
	return (value | value>>16) & 0xffffffff, wrong
}
