// Package memo remembers what follows from fields that events repeat, in numbers of a dictionary.
package memo

import (
	"vpcetrail/classify"
	"vpcetrail/classify/network"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/dedupe"
	"vpcetrail/ingest/event"

	"vpcetrail/report/count/cells"
)

// A Memo caches what follows from fields that events repeat, as numbers of the dictionary.
// Nine of ten events repeat every field except their own id and time. The cached values are
// what package classify returns for the event alone.
type Memo struct {
	dict   *cells.Dictionary
	ranges *classify.Ranges

	callers [callerSlots]Caller // by the last bits of Identity.Number

	addresses cells.Texts            // sourceIPAddress
	sources   []classify.SourceFacts // of addresses, by number

	address uint32 // number of the address that source was asked for last; 0: not kept

	paths *paths // nil: nobody asks for causes

	services  cells.Texts // eventSource
	endpoints cells.Texts // AppendMention, of events with an endpoint field
	wheres    cells.Numbers[where]
	last      lastWhere
	callees   cells.Numbers[calleeKey]
	known     []Callee

	resources classify.Resources // of the current event
	arns      []uint32           // scratch of named
	names     []byte             // scratch of classify.Caller
	key       []byte             // scratch
}

// callerSlots is about twice the number of callers that a Reader remembers.
const callerSlots = 512

// A Caller holds what follows from an identity. It is found by the number of the
// identity.
type Caller struct {
	number    uint64
	Principal uint32
	Workload  uint32            // text of network.WorkloadOf, by the identity alone; 0 where nobody asks
	Served    classify.Evidence // that a service made the call, by the identity
}

type where struct{ account, region uint32 }

// lastWhere is the account and Region of the previous event. Within one object they seldom
// change.
type lastWhere struct {
	account, region string
	number          uint32
}

// A calleeKey holds the fields that determine a Callee.
type calleeKey struct {
	mention, where uint32
	day            day.Day
	class          uint8
}

// A Callee holds what follows from what an event calls.
type Callee struct {
	Number       uint32 // of the callee
	Kind         event.Kind
	ServiceEvent bool
	Clipped      bool // the dictionary has not all of its texts
	Mention      classify.Mention
	Scope        dedupe.Scope
}

// New returns a Memo with numbers of dict. If days is nil, calls have no path.
func New(dict *cells.Dictionary, ranges *classify.Ranges, days *network.Days) *Memo {
	return &Memo{
		dict: dict, ranges: ranges, addresses: cells.NewTexts(), sources: []classify.SourceFacts{{Kind: classify.Missing}},
		services: cells.NewTexts(), endpoints: cells.NewTexts(),
		wheres: cells.NewNumbers((*where).hash), callees: cells.NewNumbers((*calleeKey).hash), paths: newPaths(dict, days),
	}
}

// Clear empties the memo, because the dictionary has started a new page.
func (m *Memo) Clear() {
	m.callers = [callerSlots]Caller{}
	m.addresses.Clear()
	m.sources = m.sources[:1]
	m.services.Clear()
	m.endpoints.Clear()
	m.wheres.Clear()
	m.last = lastWhere{}
	m.callees.Clear()
	clear(m.known)
	m.known = m.known[:0]
	m.paths.clear()
}

// Held returns the approximate memory of the memo in bytes, without its callers.
func (m *Memo) Held() int {
	return m.addresses.Size() + m.services.Size() + m.endpoints.Size() + 30*len(m.wheres.Keys) + 300*len(m.known) +
		m.paths.held()
}

// Caller returns the principal of a call.
func (m *Memo) Caller(ev *event.Event) Caller {
	number := ev.Identity.Number
	known := &m.callers[number%callerSlots]
	if number != 0 && known.number == number {
		return *known
	}
	m.names = m.names[:0]
	p := classify.Caller(ev, &m.names)
	c := Caller{number: number, Principal: m.dict.Principal(&p), Served: classify.ServedBy(&ev.Identity)}
	if m.paths != nil {
		c.Workload = m.paths.workloadOf(&ev.Identity)
	}
	if number != 0 {
		*known = c
	}
	return c
}

// Source returns what the source address of an event proves.
func (m *Memo) Source(address []byte) classify.SourceFacts {
	if m.address = 0; len(address) > cells.MaxText {
		return classify.SourceOf(address, m.ranges)
	}
	number, isNew := m.addresses.Number(address)
	if isNew {
		m.sources = append(m.sources, classify.SourceOf(address, m.ranges))
	}
	m.address = number
	return m.sources[number]
}

// Callee returns what an event of that day and kind calls. The result is valid until the next
// call.
func (m *Memo) Callee(ev *event.Event, of day.Day, kind event.Kind) *Callee {
	class := uint8(kind) << 1
	if classify.IsServiceEvent(ev.Type) {
		class |= 1
	}
	if max(len(ev.Source), len(ev.Recipient), len(ev.Region), len(ev.EndpointID), len(ev.EndpointAccount), len(ev.Additional.EndpointID)) > cells.MaxText {
		c := m.learn(ev, of, kind)
		c.Clipped = true
		return &c
	}
	key := calleeKey{mention: m.mention(ev), where: m.where(ev), day: of, class: class}
	number, isNew := m.callees.Number(key.hash(), key)
	if isNew {
		m.known = append(m.known, m.learn(ev, of, kind))
	}
	return &m.known[number]
}

// learn determines what an event calls.
func (m *Memo) learn(ev *event.Event, of day.Day, kind event.Kind) Callee {
	c := Callee{
		Kind: kind, ServiceEvent: classify.IsServiceEvent(ev.Type), Scope: dedupe.ScopeOf(ev.Recipient, ev.Region, of, kind),
	}
	if kind == event.Other {
		c.Number = m.dict.BareCallee(of, kind)
		return c
	}
	mention := classify.MentionIn(ev)
	c.Mention = mention.Clone()
	c.Number = m.dict.Callee(ev, &mention, of, kind)
	return c
}

// mention returns a number for the source of an event and for what the event says about an
// endpoint.
func (m *Memo) mention(ev *event.Event) uint32 {
	if len(ev.EndpointID)|len(ev.EndpointAccount)|len(ev.Additional.EndpointID) == 0 {
		number, _ := m.services.Number(ev.Source)
		return number << 1
	}
	m.key = classify.AppendMention(m.key[:0], ev)
	number, _ := m.endpoints.Number(m.key)
	return number<<1 | 1
}

// where returns a number for the account and Region of an event.
func (m *Memo) where(ev *event.Event) uint32 {
	if string(ev.Recipient) == m.last.account && string(ev.Region) == m.last.region && len(m.wheres.Keys) > 0 {
		return m.last.number
	}
	key := where{m.dict.Text(ev.Recipient), m.dict.Text(ev.Region)}
	number, _ := m.wheres.Number(key.hash(), key)
	m.last = lastWhere{string(ev.Recipient), string(ev.Region), number}
	return number
}

func (w *where) hash() uint64 { return cells.Mix(uint64(w.account)<<32|uint64(w.region), 3) }

func (k *calleeKey) hash() uint64 {
	return cells.Mix(uint64(k.mention)<<32|uint64(k.where), uint64(uint32(k.day))<<8|uint64(k.class))
}

// Named returns the resources that an event names.
func (m *Memo) Named(ev *event.Event) cells.ResourceSet {
	m.resources.Read(ev)
	m.arns = m.arns[:0]
	for _, arn := range m.resources.ARNs {
		m.arns = append(m.arns, m.dict.Text(arn))
	}
	return m.dict.Set(m.arns)
}

// HasPaths reports whether calls have paths.
func (m *Memo) HasPaths() bool { return m.paths != nil }
