package count

import (
	"encoding/binary"
	"sync"

	"vpcetrail/ingest/day"
	"vpcetrail/ingest/dedupe"
	"vpcetrail/ingest/event"
	"vpcetrail/ingest/spill"

	"vpcetrail/report/count/cells"
)

// denials are the calls that the policy of an endpoint refused, by day and requestID. The
// record of the call and the endpoint's own record of it are one denial. Adding is safe for
// concurrent use.
type denials struct {
	mu         sync.Mutex
	sorted     *spill.Sorter
	key, value []byte // scratch
}

func newDenials(disk *spill.Disk, share int) *denials {
	return &denials{sorted: spill.NewSorter(disk, share)}
}

// The last byte of a key. Records of calls come first.
const (
	byCall = iota
	byNetwork
)

// deny adds a record of a call that the policy of an endpoint refused.
func (p *Page) deny(r *dedupe.Record, x *extra) {
	if p.denials == nil {
		return
	}
	g := &p.Groups.Keys[p.Cells.Keys[r.Value].Group]
	c := &p.Callees.Keys[g.Callee]
	d := p.denials
	d.mu.Lock()
	defer d.mu.Unlock()
	key, by, id := cells.AppendText(c.Day.AppendKey(d.key[:0]), x.requestID), byte(byCall), []byte(nil)
	if c.Kind == event.Network {
		by, id = byNetwork, p.eventID(r, x)
	}
	value := p.appendGroup(d.value[:0], g)
	value = binary.BigEndian.AppendUint64(value, uint64(int64(c.Day)*msPerDay+int64(r.Flags>>timeShift)))
	d.key, d.value = append(key, by), append(value, id...)
	d.sorted.Add(d.key, d.value)
}

// appendGroup appends the parts of a group that matter for a denial. If a call has several
// network events, the one with the smallest of these bytes counts.
func (p *Page) appendGroup(dst []byte, g *cells.Group) []byte {
	c, who := &p.Callees.Keys[g.Callee], &p.Principals.Keys[g.Principal]
	v, shared := g.Bits.Unowned(), uint32(0)
	if g.Bits.IsShared() {
		shared = who.Account
	}
	if c.Kind == event.Network {
		who = &cells.Principal{}
	}
	isInterface := byte(0)
	if c.IsInterface {
		isInterface = 1
	}
	dst = append(dst, byte(v.Evidence), byte(v.Origin), isInterface)
	for _, text := range [...]uint32{
		c.Account, c.Region, who.Name, who.Kind, who.Account, who.Session, c.Service, c.Endpoint, c.Owner, shared,
	} {
		dst = cells.AppendText(dst, p.Texts.Text(text))
	}
	return dst
}

// A Denial is a record of a call that the policy of an endpoint refused.
type Denial struct {
	Day                                day.Day
	Account, Region, Service, Endpoint string
	SharedBy                           string // the account that the record is a copy of another's for
	Time                               int64  // in milliseconds since 1970
	EventID                            string // of a network event
	ByNetwork                          bool   // a network event's
	HasRequestID                       bool
	SameCall                           []byte // equal in records of one call, where they have a requestID
}

// Denials calls fn with every denial after all pages are read. The records of one call come
// together, the ordinary record first. The denial is valid until fn returns.
func (all *Counted) Denials(fn func(*Denial)) error {
	c := spill.Merge(all.denials.sorted)
	for c.Next() {
		d := cutDenial(c.Key, c.Value)
		fn(&d)
	}
	return c.Err()
}

func cutDenial(key, value []byte) (d Denial) {
	d.SameCall, d.ByNetwork = key[:len(key)-1], key[len(key)-1] == byNetwork
	of, rest := day.CutKey(d.SameCall)
	d.Day, d.HasRequestID = of, len(rest) > 1
	other, text := "", string(value[3:]) // the fields share its memory
	for _, field := range [...]*string{
		&d.Account, &d.Region, &other, &other, &other, &other, &d.Service, &d.Endpoint, &other, &d.SharedBy,
	} {
		n, width := binary.Uvarint(value[len(value)-len(text):])
		*field, text = text[width:width+int(n)], text[width+int(n):]
	}
	d.Time, d.EventID = int64(binary.BigEndian.Uint64(value[len(value)-len(text):])), text[8:]
	return d
}
