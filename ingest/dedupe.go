package ingest

import (
	"crypto/sha256"
	"encoding/binary"

	"vpcetrail/ingest/event"
)

// An identity is what makes two records the same one, delivered twice: eventID within account and
// Region. Event ids are UUIDs and kept whole; account and Region, and any id of another form, by
// the first bits of their SHA-256, which no two that differ will ever share.
//
// The zero identity is that of a record without eventID, which equals no other.
type identity struct{ hi, lo, place uint64 }

// identify returns the identity of ev. Account and Region are those resolved by take.
func (o *objectReader) identify(ev *event.Event) identity {
	if len(ev.ID) == 0 {
		return identity{}
	}
	hi, lo, ok := parseUUID(ev.ID)
	if !ok {
		sum := sha256.Sum256(ev.ID)
		hi, lo = binary.BigEndian.Uint64(sum[:]), binary.BigEndian.Uint64(sum[8:])
	}
	return identity{hi, lo, o.placeOf(ev)}
}

// placeOf returns a number for the event's account and Region. A trail has few of them.
func (o *objectReader) placeOf(ev *event.Event) uint64 {
	o.place = append(append(append(o.place[:0], ev.Recipient...), '/'), ev.Region...)
	place, ok := o.places[string(o.place)]
	if !ok {
		sum := sha256.Sum256(o.place)
		place = binary.BigEndian.Uint64(sum[:]) | 1 // never the zero identity's
		if o.places == nil || len(o.places) >= maxPlaces {
			o.places = make(map[string]uint64)
		}
		o.places[string(o.place)] = place
	}
	return place
}

// maxPlaces bounds the cache of places: no trail has more, whatever its records say.
const maxPlaces = 1 << 16

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
