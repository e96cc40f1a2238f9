package count

import (
	"encoding/binary"
	"slices"

	"vpcetrail/classify"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/event"
)

// A dictionary numbers all that events have in common, so that an event is counted by the number of its
// cell alone. All texts are numbers in texts.
//
//	principal  name, type, account, session
//	callee     account, Region, service, endpoint and its owner, day, kind
//	group      callee, principal, and what one record shows of the verdict
//	target     resources, eventName, signs
//	cell       group, target
//
// Where it fills its share of memory it is put away as a page, and numbers start from 0 again.
type dictionary struct {
	texts      texts
	principals numbers[principal]
	callees    numbers[callee]
	groups     numbers[group]
	sets       texts // of several resources: their numbers in texts, four bytes each
	targets    numbers[target]
	cells      numbers[cell]
}

type (
	// A principal is numbers of texts.
	principal struct{ name, kind, account, session uint32 }

	// A callee is what is called, and how a record says so.
	callee struct {
		account, region, service uint32
		endpoint, owner          uint32 // id and account; 0 where there is none
		day                      day.Day
		kind                     event.Kind
		isInterface              bool // a record proves the endpoint to be of type interface
	}

	// A group is numbers of a callee and a principal, and bits.
	group struct {
		callee, principal uint32
		bits              verdictBits
	}

	// A target is what a record names. The zero target names nothing and shows no sign that findings look for.
	target struct {
		resources resourceSet
		name      uint32 // eventName
		signs     classify.Signs
	}

	// A cell is what events of one number have in common.
	cell struct{ group, target uint32 }
)

// verdictBits hold the verdict of a record where its endpoint is not ours, and whether it may be another
// account's copy of a call that the principal's account holds too.
type verdictBits uint32

const sharedBit verdictBits = 1

func bitsOf(v classify.Verdict, shared bool) verdictBits {
	b := verdictBits(v.Evidence)<<16 | verdictBits(v.Origin)<<8
	if shared {
		b |= sharedBit
	}
	return b
}

func (b verdictBits) unowned() classify.Verdict {
	return classify.Verdict{Evidence: classify.Evidence(b >> 16), Origin: classify.Origin(b >> 8 & 0xff)}
}

func (b verdictBits) isShared() bool { return b&sharedBit != 0 }

// A resourceSet is 0 for none, the number of a text for one resource, or severalBit and a number in sets.
type resourceSet uint32

const severalBit resourceSet = 1 << 31

func newDictionary() dictionary {
	d := dictionary{texts: newTexts(), sets: newTexts()}
	d.begin()
	return d
}

// begin gives the number 0 to nobody, and to the target that names nothing.
func (d *dictionary) begin() {
	d.principals.number(hashPrincipal(&principal{}), principal{}, hashPrincipal)
	d.targets.number(hashTarget(&target{}), target{}, hashTarget)
}

func hashPrincipal(p *principal) uint64 {
	return mix(mix(uint64(p.name)<<32|uint64(p.kind), 1), uint64(p.account)<<32|uint64(p.session))
}

func hashCallee(c *callee) uint64 {
	h := mix(uint64(c.account)<<32|uint64(c.region), uint64(c.service)<<32|uint64(uint32(c.day)))
	x := uint64(c.kind)
	if c.isInterface {
		x |= 8
	}
	return mix(h^x, uint64(c.endpoint)<<32|uint64(c.owner))
}

func hashGroup(g *group) uint64 {
	return mix(uint64(g.callee)<<32|uint64(g.principal), uint64(g.bits))
}

func hashTarget(t *target) uint64 {
	return mix(uint64(t.resources)<<32|uint64(t.name), uint64(t.signs))
}

func hashCell(c *cell) uint64 { return mix(uint64(c.group)<<32|uint64(c.target), 2) }

// What entries take in memory: their keys, their slots, and what is made of them when they are counted.
const (
	groupCost  = 160
	targetCost = 40
	cellCost   = 150
	otherCost  = 60
)

// held is about what the dictionary takes in memory, in bytes, until its tables are made.
func (d *dictionary) held() int {
	return d.texts.size() + 20*len(d.texts.ends) + d.sets.size() + otherCost*(len(d.principals.keys)+len(d.callees.keys)) +
		groupCost*len(d.groups.keys) + targetCost*len(d.targets.keys) + cellCost*len(d.cells.keys)
}

func (d *dictionary) clear() {
	d.texts.clear()
	d.principals.clear()
	d.callees.clear()
	d.groups.clear()
	d.sets.clear()
	d.targets.clear()
	d.cells.clear()
	d.begin()
}

// text returns the number of a text, which is cut where it is too long for a table.
func (d *dictionary) text(s []byte) uint32 {
	number, _ := d.texts.number(clip(s))
	return number
}

func (d *dictionary) principal(p *classify.Principal) uint32 {
	key := principal{d.text(p.Name), d.text(p.Type), d.text(p.Account), d.text(p.Session)}
	number, _ := d.principals.number(hashPrincipal(&key), key, hashPrincipal)
	return number
}

// callee returns the number of what an event of day day and of that kind calls.
func (d *dictionary) callee(ev *event.Event, m *classify.Mention, of day.Day, kind event.Kind) uint32 {
	key := callee{
		account: d.text(ev.Recipient), region: d.text(ev.Region), service: d.text(ev.Source),
		endpoint: d.text(m.EndpointID), owner: d.text(m.EndpointAccount), day: of, kind: kind, isInterface: m.Interface,
	}
	number, _ := d.callees.number(hashCallee(&key), key, hashCallee)
	return number
}

// set returns the number of a set of resources, by the numbers of their texts, each of which is there once.
// It puts them in order.
func (d *dictionary) set(resources []uint32) resourceSet {
	switch len(resources) {
	case 0:
		return 0
	case 1:
		return resourceSet(resources[0])
	}
	slices.Sort(resources)
	var room [64]byte
	key := room[:0]
	for _, r := range resources {
		key = binary.LittleEndian.AppendUint32(key, r)
	}
	number, _ := d.sets.number(key)
	return severalBit | resourceSet(number)
}

// resources appends the numbers of the texts of a set.
func (d *dictionary) resources(dst []uint32, set resourceSet) []uint32 {
	if set&severalBit == 0 {
		if set != 0 {
			dst = append(dst, uint32(set))
		}
		return dst
	}
	for key := d.sets.text(uint32(set &^ severalBit)); len(key) > 0; key = key[4:] {
		dst = append(dst, binary.LittleEndian.Uint32(key))
	}
	return dst
}

// bareCallee returns the number of what events of that day and kind call that show no route.
func (d *dictionary) bareCallee(of day.Day, kind event.Kind) uint32 {
	key := callee{day: of, kind: kind}
	number, _ := d.callees.number(hashCallee(&key), key, hashCallee)
	return number
}
