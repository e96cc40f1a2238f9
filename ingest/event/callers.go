package event

import (
	"bytes"

	"vpcetrail/ingest/event/walk"
)

// A few callers make most calls. In an object, nine of ten userIdentity values equal one
// of the last few dozen, byte for byte. They make up a quarter of the object's text. So a
// decoder keeps the texts of the last values that it walked, with the fields found in
// them. If the text at the start of a value equals a kept text, it is that value and has
// the same fields. It is compared, 32 bytes at a time, and not walked. (Its depth needs
// no check: 768 bytes cannot nest 10,000 levels.) This saves 4 % of the time of decoding.

const (
	callerSets = 64
	callerWays = 4 // callers kept in a set
	// Longer and shorter texts are not kept. Walking a shorter one is as fast.
	minCaller = 40
	maxCaller = 768
)

// callers are the last userIdentity values that were walked. Some bytes of a text select
// its set.
type callers struct {
	sets  [callerSets]callerSet
	texts [callerSets][callerWays][maxCaller]byte
	ids   [callerSets][callerWays]Identity // borrow from texts
	last  uint64                           // the last number given
}

// A callerSet distinguishes the callers of a set without looking at their texts.
type callerSet struct {
	size  [callerWays]uint16 // of the text; 0 if there is none
	tail  [callerWays]uint64 // the first eight of the last minCaller bytes
	order [callerWays]uint8  // the last one met comes first
}

// first moves the caller at position k to the front of the order.
func (s *callerSet) first(k int) {
	w := s.order[k]
	for ; k > 0; k-- {
		s.order[k] = s.order[k-1]
	}
	s.order[0] = w
}

// caller walks the object at b.At(i), the value of userIdentity.
func (d *decoder) caller(b walk.Buffer, i int) int {
	if d.callers == nil {
		d.callers = new(callers)
		for s := range d.callers.sets {
			d.callers.sets[s].order = [callerWays]uint8{0, 1, 2, 3}
		}
	}
	c, s := d.callers, callerSetOf(b, i)
	set := &c.sets[s]
	for k, w := range set.order {
		w %= callerWays
		size := int(set.size[w])
		if size == 0 || i+size > d.end || b.Load(i+size-minCaller) != set.tail[w] ||
			!bytes.Equal(b.Cut(i, i+size), c.texts[s][w][:size]) {
			continue
		}
		set.first(k)
		d.ev.Identity = c.ids[s][w]
		return i + size
	}
	d.ev.Identity = Identity{}
	end := d.object(b, i, inIdentity)
	if size := end - i; minCaller <= size && size <= maxCaller {
		w := set.order[callerWays-1] % callerWays
		set.size[w], set.tail[w] = uint16(size), b.Load(end-minCaller)
		text := c.texts[s][w][:size]
		copy(text, b.Cut(i, end))
		if !c.ids[s][w].borrow(&d.ev.Identity, text, b, i) {
			set.size[w] = 0
			return end
		}
		set.first(callerWays - 1)
		c.last++
		c.ids[s][w].Number, d.ev.Identity.Number = c.last, c.last
	}
	return end
}

// callerSetOf returns the set of the caller at b.At(i). It looks at bytes where callers
// of the usual types differ: the principalId that follows
// {"type":"AssumedRole","principalId":".
func callerSetOf(b walk.Buffer, i int) uint64 {
	const from = 36
	h := b.Load(i+from)*0x9e3779b97f4a7c15 + b.Load(i+from+8)*0xc2b2ae3d27d4eb4f +
		b.Load(i+from+16)*0x165667b19e3779f9 + b.Load(i+from+24)*0xd6e8feb86659fd93
	return (h ^ h>>32) * 0x9e3779b97f4a7c15 >> 58 % callerSets
}

// borrow copies the fields of of into id, as slices of text. text is a copy of the bytes
// at b.At(i). It returns false if that is impossible because an escape was resolved.
func (id *Identity) borrow(of *Identity, text []byte, b walk.Buffer, i int) bool {
	*id = Identity{}
	to := [...]*[]byte{&id.Type, &id.PrincipalID, &id.ARN, &id.AccountID, &id.UserName, &id.InvokedBy,
		&id.IssuerARN, &id.IssuerAccountID, &id.RoleDelivery, &id.OnBehalfOfUserID, &id.ScopeType, &id.ScopeARN}
	for k, part := range [...][]byte{of.Type, of.PrincipalID, of.ARN, of.AccountID, of.UserName, of.InvokedBy,
		of.IssuerARN, of.IssuerAccountID, of.RoleDelivery, of.OnBehalfOfUserID, of.ScopeType, of.ScopeARN} {
		if len(part) == 0 {
			continue
		}
		at := b.Place(part) - i
		if at < 0 || at+len(part) > len(text) {
			return false
		}
		*to[k] = text[at : at+len(part)]
	}
	return true
}
