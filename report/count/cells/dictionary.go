// Package cells gives numbers to what the events of a trail have in common. Then the number
// of its cell is all that is needed to count an event.
//
//	principal  name, type, account, session
//	callee     account, Region, service, endpoint and its owner, day, kind
//	path       what one record shows of the way of a call from a public address, if causes are asked for
//	group      callee, principal, path, and what one record shows of the verdict
//	target     resources, eventName, signs
//	cell       group, target
//
// A principal, a callee and a target consist of numbers of texts. Every number belongs to one
// Dictionary and counts from 0. Numbers depend on the order of the events, so output never
// depends on them. It depends on the texts.
package cells

import (
	"encoding/binary"
	"slices"

	"vpcetrail/classify"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/event"
)

// A Dictionary holds the numbers of everything that events have in common. Use New.
type Dictionary struct {
	Texts      Texts
	Principals Numbers[Principal]
	Callees    Numbers[Callee]
	Paths      Numbers[Path]
	Groups     Numbers[Group]
	sets       Texts // of several resources: their numbers in texts, four bytes each
	Targets    Numbers[Target]
	Cells      Numbers[Cell]
}

type (
	// A Principal is a caller, as numbers of texts.
	Principal struct{ Name, Kind, Account, Session uint32 }

	// A Callee is what was called, and what the record shows of the endpoint.
	Callee struct {
		Account, Region, Service uint32
		Endpoint, Owner          uint32 // id and account; 0 where there is none
		Day                      day.Day
		Kind                     event.Kind
		IsInterface              bool // a record proves the endpoint to be of type interface
	}

	// A Path is a network.Path, as numbers of texts. Calls have the zero path if no causes
	// are asked for.
	Path struct {
		Place, Host, Workload uint32
		IPv6                  bool
	}

	// A Group is a callee, a principal and a path, by their numbers, and bits.
	Group struct {
		Callee, Principal, Path uint32
		Bits                    VerdictBits
	}

	// A Target is what a record names. The zero target names nothing and has no sign that
	// findings use.
	Target struct {
		Resources ResourceSet
		Name      uint32 // eventName
		Signs     classify.Signs
	}

	// A Cell is what events with the same number have in common.
	Cell struct{ Group, Target uint32 }
)

// VerdictBits hold the verdict of a record if its endpoint is not ours. They also say whether
// the record may be a copy of a call that is in the principal's own account too.
type VerdictBits uint32

// SharedBit says that a record may be another account's copy.
const SharedBit VerdictBits = 1

// BitsOf returns the bits of a verdict.
func BitsOf(v classify.Verdict, shared bool) VerdictBits {
	b := VerdictBits(v.Evidence)<<16 | VerdictBits(v.Origin)<<8
	if shared {
		b |= SharedBit
	}
	return b
}

// Unowned returns the verdict.
func (b VerdictBits) Unowned() classify.Verdict {
	return classify.Verdict{Evidence: classify.Evidence(b >> 16), Origin: classify.Origin(b >> 8 & 0xff)}
}

// IsShared reports whether the record may be a copy.
func (b VerdictBits) IsShared() bool { return b&SharedBit != 0 }

// A ResourceSet is 0 for no resource, the number of a text for one resource, or severalBit
// and a number in sets for several.
type ResourceSet uint32

const severalBit ResourceSet = 1 << 31

// New returns an empty dictionary.
func New() *Dictionary {
	d := empty()
	d.Texts, d.sets = NewTexts(), NewTexts()
	d.begin()
	return d
}

func empty() *Dictionary {
	return &Dictionary{
		Principals: NewNumbers((*Principal).hash), Callees: NewNumbers((*Callee).hash), Paths: NewNumbers((*Path).hash), Groups: NewNumbers((*Group).Hash),
		Targets: NewNumbers((*Target).Hash), Cells: NewNumbers((*Cell).Hash),
	}
}

// begin gives the number 0 to the unknown principal, to the empty path, and to the target
// that names nothing.
func (d *Dictionary) begin() {
	d.Principals.Number(new(Principal).hash(), Principal{})
	d.Paths.Number(new(Path).hash(), Path{})
	d.Targets.Number(new(Target).Hash(), Target{})
}

func (p *Principal) hash() uint64 {
	return Mix(Mix(uint64(p.Name)<<32|uint64(p.Kind), 1), uint64(p.Account)<<32|uint64(p.Session))
}

func (c *Callee) hash() uint64 {
	h := Mix(uint64(c.Account)<<32|uint64(c.Region), uint64(c.Service)<<32|uint64(uint32(c.Day)))
	x := uint64(c.Kind)
	if c.IsInterface {
		x |= 8
	}
	return Mix(h^x, uint64(c.Endpoint)<<32|uint64(c.Owner))
}

func (p *Path) hash() uint64 {
	h := uint64(p.Workload) << 1
	if p.IPv6 {
		h |= 1
	}
	return Mix(uint64(p.Place)<<32|uint64(p.Host), h)
}

// Hash returns the hash of a group.
func (g *Group) Hash() uint64 {
	return Mix(uint64(g.Callee)<<32|uint64(g.Principal), uint64(g.Path)<<32|uint64(g.Bits))
}

// Hash returns the hash of a target.
func (t *Target) Hash() uint64 {
	return Mix(uint64(t.Resources)<<32|uint64(t.Name), uint64(t.Signs))
}

// Hash returns the hash of a cell.
func (c *Cell) Hash() uint64 { return Mix(uint64(c.Group)<<32|uint64(c.Target), 2) }

// The memory of one entry: its key, its slots, and its totals when it is counted.
const (
	groupCost  = 160
	targetCost = 40
	cellCost   = 150
	otherCost  = 60
)

// Held returns the approximate memory of the dictionary in bytes, until its tables are made.
func (d *Dictionary) Held() int {
	return d.Texts.Size() + 20*len(d.Texts.ends) + d.sets.Size() + otherCost*(len(d.Principals.Keys)+len(d.Callees.Keys)+len(d.Paths.Keys)) +
		groupCost*len(d.Groups.Keys) + targetCost*len(d.Targets.Keys) + cellCost*len(d.Cells.Keys)
}

// Clear forgets all numbers.
func (d *Dictionary) Clear() {
	d.Texts.Clear()
	d.Principals.Clear()
	d.Callees.Clear()
	d.Paths.Clear()
	d.Groups.Clear()
	d.sets.Clear()
	d.Targets.Clear()
	d.Cells.Clear()
	d.begin()
}

// Text returns the number of a text. It cuts a text that is too long for a table.
func (d *Dictionary) Text(s []byte) uint32 {
	number, _ := d.Texts.Number(Clip(s))
	return number
}

// Principal returns the number of a principal.
func (d *Dictionary) Principal(p *classify.Principal) uint32 {
	key := Principal{d.Text(p.Name), d.Text(p.Type), d.Text(p.Account), d.Text(p.Session)}
	number, _ := d.Principals.Number(key.hash(), key)
	return number
}

// Path returns the number of a path with these numbers of texts.
func (d *Dictionary) Path(p Path) uint32 {
	number, _ := d.Paths.Number(p.hash(), p)
	return number
}

// Callee returns the number of a callee, for an event of that day and kind.
func (d *Dictionary) Callee(ev *event.Event, m *classify.Mention, of day.Day, kind event.Kind) uint32 {
	key := Callee{
		Account: d.Text(ev.Recipient), Region: d.Text(ev.Region), Service: d.Text(ev.Source),
		Endpoint: d.Text(m.EndpointID), Owner: d.Text(m.EndpointAccount), Day: of, Kind: kind, IsInterface: m.Interface,
	}
	number, _ := d.Callees.Number(key.hash(), key)
	return number
}

// Set returns the number of a set of resources. list has the numbers of their texts, each
// once. Set sorts it.
func (d *Dictionary) Set(resources []uint32) ResourceSet {
	switch len(resources) {
	case 0:
		return 0
	case 1:
		return ResourceSet(resources[0])
	}
	slices.Sort(resources)
	var room [64]byte
	key := room[:0]
	for _, r := range resources {
		key = binary.LittleEndian.AppendUint32(key, r)
	}
	number, _ := d.sets.Number(key)
	return severalBit | ResourceSet(number)
}

// Resources appends the numbers of the texts of a set.
func (d *Dictionary) Resources(dst []uint32, set ResourceSet) []uint32 {
	if set&severalBit == 0 {
		if set != 0 {
			dst = append(dst, uint32(set))
		}
		return dst
	}
	for key := d.sets.Text(uint32(set &^ severalBit)); len(key) > 0; key = key[4:] {
		dst = append(dst, binary.LittleEndian.Uint32(key))
	}
	return dst
}

// BareCallee returns the number of the callee of events of that day and kind that show no
// route.
func (d *Dictionary) BareCallee(of day.Day, kind event.Kind) uint32 {
	key := Callee{Day: of, Kind: kind}
	number, _ := d.Callees.Number(key.hash(), key)
	return number
}

// CalleeOf returns the number of what events of an account and Region call that day, if nothing else is known.
func (d *Dictionary) CalleeOf(account, region []byte, of day.Day, kind event.Kind) uint32 {
	key := Callee{Account: d.Text(account), Region: d.Text(region), Day: of, Kind: kind}
	number, _ := d.Callees.Number(key.hash(), key)
	return number
}
