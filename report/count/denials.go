package count

import (
	"encoding/binary"
	"sync"

	"vpcetrail/ingest/day"
	"vpcetrail/ingest/dedupe"
	"vpcetrail/ingest/event"
	"vpcetrail/ingest/spill"
)

// denials are the calls that an endpoint's policy refused, by day and requestID: the call and the
// endpoint's own event of it are one denial. It is safe for concurrent use while it is added to.
type denials struct {
	mu     sync.Mutex
	sorted *spill.Sorter
}

func newDenials(disk *spill.Disk, share int) *denials {
	return &denials{sorted: spill.NewSorter(disk, share)}
}

// What the key of a denial ends in: calls come first.
const (
	byCall = iota
	byNetwork
)

// deny notes that an endpoint's policy refused the call of a record.
func (p *page) deny(r *dedupe.Record, x *extra) {
	if p.denials == nil {
		return
	}
	g := &p.groups.keys[p.cells.keys[r.Value].group]
	c := &p.callees.keys[g.callee]
	key, by, id := appendText(c.day.AppendKey(nil), x.requestID), byte(byCall), []byte(nil)
	if c.kind == event.Network {
		by, id = byNetwork, p.eventID(r, x)
	}
	value := p.appendGroup(nil, g)
	value = binary.BigEndian.AppendUint64(value, uint64(int64(c.day)*msPerDay+int64(r.Flags>>timeShift)))
	p.denials.mu.Lock()
	defer p.denials.mu.Unlock()
	p.denials.sorted.Add(append(key, by), append(value, id...))
}

// appendGroup appends what of a group decides about a denial. Of several network events of one call the
// first by these bytes counts.
func (p *page) appendGroup(dst []byte, g *group) []byte {
	c, who := &p.callees.keys[g.callee], &p.principals.keys[g.principal]
	v, shared := g.bits.unowned(), uint32(0)
	if g.bits.isShared() {
		shared = who.account
	}
	if c.kind == event.Network {
		who = &principal{}
	}
	isInterface := byte(0)
	if c.isInterface {
		isInterface = 1
	}
	dst = append(dst, byte(v.Evidence), byte(v.Origin), isInterface)
	for _, text := range [...]uint32{
		c.account, c.region, who.name, who.kind, who.account, who.session, c.service, c.endpoint, c.owner, shared,
	} {
		dst = appendText(dst, p.texts.text(text))
	}
	return dst
}

// A denial is one that was read back.
type denial struct {
	day       day.Day
	key       endpointKey
	byNetwork bool
	requestID bool // there is one
	sharedBy  string
	time      int64
	eventID   string
	sameAs    []byte // equal in denials of one call
}

func cutDenial(key, value []byte) (d denial) {
	d.sameAs, d.byNetwork = key[:len(key)-1], key[len(key)-1] == byNetwork
	of, rest := day.CutKey(d.sameAs)
	d.day, d.requestID = of, len(rest) > 1
	value = value[3:]
	for _, field := range [...]*string{
		&d.key.account, &d.key.region, new(string), new(string), new(string), new(string), &d.key.service, &d.key.endpoint, new(string), &d.sharedBy,
	} {
		n, width := binary.Uvarint(value)
		*field, value = string(value[width:width+int(n)]), value[width+int(n):]
	}
	d.time, d.eventID = int64(binary.BigEndian.Uint64(value)), string(value[8:])
	return d
}
