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
}

// An identifier makes identities. The zero value is ready.
type identifier struct {
	last   scope
	value  identity // of last
	scopes map[scope]identity
}

// maxScopes bounds the cache: no trail has more at a time, whatever its records say.
const maxScopes = 1 << 14

// of returns the identity of the event with that id, of the account, Region and day of ev, as resolved by take.
func (o *identifier) of(ev *event.Event, id []byte, d day.Day, kind event.Kind) identity {
	if o.last.kind != kind || o.last.day != d || o.last.account != string(ev.Recipient) || o.last.region != string(ev.Region) {
		o.enter(scope{string(ev.Recipient), string(ev.Region), d, kind})
	}
	hi, lo, ok := parseUUID(id)
	if !ok {
		sum := sha256.Sum256(id)
		hi, lo = binary.BigEndian.Uint64(sum[:]), binary.BigEndian.Uint64(sum[8:])
	}
	return identity{hi ^ o.value.hi, lo ^ o.value.lo}
}

func (o *identifier) enter(s scope) {
	value, ok := o.scopes[s]
	if !ok {
		text := binary.BigEndian.AppendUint32(nil, uint32(s.day))
		text = append(text, byte(s.kind))
		text = append(append(append(text, s.account...), '/'), s.region...)
		sum := sha256.Sum256(text)
		value = identity{binary.BigEndian.Uint64(sum[:]), binary.BigEndian.Uint64(sum[8:])}
		if o.scopes == nil || len(o.scopes) >= maxScopes {
			o.scopes = map[scope]identity{}
		}
		o.scopes[s] = value
	}
	o.last, o.value = s, value
}

// parseUUID reads a UUID in the form that CloudTrail writes, lower case with hyphens.
func parseUUID(s []byte) (hi, lo uint64, ok bool) {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return 0, 0, false
	}
	for i, c := range s {
		var digit byte
		switch {
		case i == 8 || i == 13 || i == 18 || i == 23:
			continue
		case '0' <= c && c <= '9':
			digit = c - '0'
		case 'a' <= c && c <= 'f':
			digit = c - 'a' + 10
		default:
			return 0, 0, false
		}
		hi = hi<<4 | lo>>60
		lo = lo<<4 | uint64(digit)
	}
	return hi, lo, true
}
