package report

import (
	"vpcetrail/classify"
	"vpcetrail/ingest/event"
)

// callerSlots is about twice as many as a Reader remembers callers.
const callerSlots = 512

// callers read the principals of events that come from one Reader. Nine of ten events have a caller that was met
// before, which their identity's number tells: its principal need not be worked out again. The zero value is ready.
type callers struct {
	slots    [callerSlots]caller // by the number's last bits
	stranger caller              // one that no number tells
	names    []byte              // scratch of classify.Caller
}

// A caller is the principal of an identity, by that identity's number.
type caller struct {
	number    uint64
	principal classify.Principal
	texts     []byte // what principal borrows from

	turn, place int // its number among the dictionary's paths, and when it had it: see paths.callerOf
}

// of returns the caller of ev. It is valid until the next call, or until ev is not.
func (c *callers) of(ev *event.Event) *caller {
	number := ev.Identity.Number
	known := &c.slots[number%callerSlots]
	if number != 0 && known.number == number {
		return known
	}
	c.names = c.names[:0]
	p := classify.Caller(ev, &c.names)
	if number == 0 {
		c.stranger = caller{principal: p}
		return &c.stranger
	}
	known.keep(number, &p)
	return known
}

// keep makes c the caller with that number.
func (c *caller) keep(number uint64, p *classify.Principal) {
	c.number, c.principal, c.turn = number, *p, 0
	fields := [...]*[]byte{&c.principal.Name, &c.principal.Type, &c.principal.Account, &c.principal.Session}
	c.texts = c.texts[:0]
	for _, field := range fields {
		c.texts = append(c.texts, *field...)
	}
	rest := c.texts
	for _, field := range fields {
		*field, rest = rest[:len(*field):len(*field)], rest[len(*field):]
	}
}
