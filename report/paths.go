package report

import (
	"encoding/binary"

	"vpcetrail/classify"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/event"
)

// paths number the groups of events without writing each group out. Nearly all of a group's text is of who called, or of what
// was called by way of which endpoint: both have numbers, and what else decides about the group is a few bits. Its numbers are
// those of the dictionary's page at hand.
//
// A profile of a whole run had 16 % in classifying, and in writing, hashing and comparing groups, and has 10 % now (2026-11).
type paths struct {
	callers  numbering[string]  // by appendCaller
	callees  numbering[string]  // by appendCallee
	mentions []classify.Mention // by number of callee
	groups   pairIndex          // by number of callee and of caller, as pathOf says
	turn     int                // of the page, from 1
	held     int                // bytes, about
	key      []byte             // scratch
}

func newPaths() paths {
	return paths{turn: 1, callers: newNumbering[string](), callees: newNumbering[string]()}
}

// callee returns the number of what ev calls, and what records that call it say of an endpoint.
func (p *paths) callee(d day.Day, kind event.Kind, ev *event.Event) (number int, m *classify.Mention) {
	p.key = appendCallee(p.key[:0], d, kind, ev)
	number, isNew := p.callees.place(p.key)
	if isNew {
		m := classify.MentionIn(ev)
		p.mentions = append(p.mentions, m.Clone())
		p.held += len(p.key) + keyCost
	}
	return number, &p.mentions[number]
}

// caller returns the number of a principal.
func (p *paths) caller(who *classify.Principal) int {
	p.key = appendCaller(p.key[:0], who)
	number, isNew := p.callers.place(p.key)
	if isNew {
		p.held += len(p.key) + keyCost
	}
	return number
}

// callerOf returns the number of a caller, who keeps it as long as it is good.
func (p *paths) callerOf(c *caller) int {
	if c.turn != p.turn {
		c.turn, c.place = p.turn, p.caller(&c.principal)
	}
	return c.place
}

func (p *paths) clear() {
	p.callers.clear()
	p.callees.clear()
	p.groups.clear()
	p.turn, p.held = p.turn+1, 0
	clear(p.mentions)
	p.mentions = p.mentions[:0]
}

// appendCallee appends what of a group is of ev itself.
func appendCallee(dst []byte, d day.Day, kind event.Kind, ev *event.Event) []byte {
	dst = append(binary.BigEndian.AppendUint32(dst, uint32(d)), byte(kind))
	dst = appendText(dst, ev.Recipient)
	dst = appendText(dst, ev.Region)
	return classify.AppendMention(dst, ev)
}

// appendCaller appends what of a group is of its principal.
func appendCaller(dst []byte, p *classify.Principal) []byte {
	dst = appendText(dst, p.Name)
	dst = appendText(dst, p.Type)
	dst = appendText(dst, p.Account)
	return appendText(dst, p.Session)
}

// pathOf returns what tells the group of ev: its callee and its caller, by their numbers, what its facts add, and whether the
// caller's account sees it too.
func pathOf(callee, caller int, f *classify.Facts, ev *event.Event) pair {
	bits := uint32(f.Unowned.Evidence)<<16 | uint32(f.Unowned.Origin)<<8
	if classify.SharedBy(ev) != nil {
		bits |= 1
	}
	return pair{uint32(callee), uint32(caller), bits}
}
