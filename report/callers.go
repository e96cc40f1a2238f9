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
	slots [callerSlots]caller // by the number's last bits
	names []byte              // scratch of classify.Caller
}

type caller struct {
	number    uint64
	principal classify.Principal
	texts     []byte // what principal borrows from
}

// of returns the principal of ev. It is valid until the next call, or until ev is not.
func (c *callers) of(ev *event.Event) classify.Principal {
	number := ev.Identity.Number
	known := &c.slots[number%callerSlots]
	if number != 0 && known.number == number {
		return known.principal
	}
	c.names = c.names[:0]
	p := classify.Caller(ev, &c.names)
	if number != 0 {
		known.keep(number, &p)
	}
	return p
}

// keep makes c the caller with that number.
func (c *caller) keep(number uint64, p *classify.Principal) {
	c.number, c.principal = number, *p
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
