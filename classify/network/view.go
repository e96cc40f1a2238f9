package network

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"vpcetrail/classify/endpoints"
	"vpcetrail/ingest/day"
)

// A View is what is known of one day, by a Snapshot. It is read-only once made, and safe
// for concurrent use.
type View struct {
	day    day.Day
	start  string // of the day, as RFC 3339
	unread map[Place]map[string]string

	byID      map[string]*Thing
	functions map[string]*Thing // by ARN
	inVPC     map[string]map[Kind][]*Thing
	services  map[string][]*Thing // endpoint services by Region
	addresses map[netip.Addr][]*Thing
	blocks    []block        // IPv6 blocks of VPCs
	inside    []netip.Prefix // IPv4 blocks of VPCs that look public

	changedVPCs   map[string]Change
	changedPlaces map[Place]Change  // by changes of resources that are in no known VPC
	changedIDs    map[string]Change // addresses, interfaces, functions
	moved         map[Place]bool    // an address was moved, and the event does not say from or to what
	networks      *Networks
}

// A block is an IPv6 range of a VPC.
type block struct {
	prefix netip.Prefix
	vpc    string
}

// View returns what is known of day d. networks may be nil.
func (s *Snapshot) View(d day.Day, networks *Networks) *View {
	part := s.On(d)
	v := &View{
		day: d, start: stamp(d.Time().UnixMilli()), unread: map[Place]map[string]string{},
		byID: map[string]*Thing{}, functions: map[string]*Thing{}, inVPC: map[string]map[Kind][]*Thing{},
		services: map[string][]*Thing{}, addresses: map[netip.Addr][]*Thing{},
		changedVPCs: map[string]Change{}, changedPlaces: map[Place]Change{}, changedIDs: map[string]Change{}, moved: map[Place]bool{}, networks: networks,
	}
	for key, unread := range part.sweeps {
		v.unread[key.Place] = unread
	}
	for _, key := range slices.Sorted(maps.Keys(part.things)) { // of several with one id the first counts
		t := part.things[key]
		if t.Kind == Function {
			v.functions[t.ID] = &t.Thing
		}
		if t.Kind == EndpointService {
			v.services[t.Region] = append(v.services[t.Region], &t.Thing)
			continue
		}
		// Of a shared resource the owner sees most.
		if known := v.byID[t.ID]; known == nil || !known.owned() && t.owned() || known.owned() == t.owned() && t.Account < known.Account {
			v.byID[t.ID] = &t.Thing
		}
	}
	for _, id := range slices.Sorted(maps.Keys(v.byID)) {
		v.index(v.byID[id])
	}
	for _, byKind := range v.inVPC {
		for _, things := range byKind {
			slices.SortFunc(things, func(a, b *Thing) int { return strings.Compare(a.ID, b.ID) })
		}
	}
	for _, services := range v.services { // those of several accounts differ by account alone
		slices.SortFunc(services, func(a, b *Thing) int {
			return cmp.Or(strings.Compare(a.ID, b.ID), strings.Compare(a.Account, b.Account))
		})
	}
	v.noteChanges(part)
	return v
}

func (v *View) index(t *Thing) {
	if t.VPC != "" {
		if v.inVPC[t.VPC] == nil {
			v.inVPC[t.VPC] = map[Kind][]*Thing{}
		}
		v.inVPC[t.VPC][t.Kind] = append(v.inVPC[t.VPC][t.Kind], t)
	}
	for _, text := range t.Addresses {
		if address, err := netip.ParseAddr(text); err == nil {
			v.addresses[address] = append(v.addresses[address], t)
		}
	}
	if t.Kind == VPC {
		for _, cidr := range t.CIDRs {
			switch prefix, err := netip.ParsePrefix(cidr); {
			case err != nil:
			case prefix.Addr().Is6():
				v.blocks = append(v.blocks, block{prefix, t.ID})
			case !prefix.Addr().IsPrivate():
				v.inside = append(v.inside, prefix)
			}
		}
	}
}

// IsEmpty reports whether no sweep decides on the day.
func (v *View) IsEmpty() bool { return len(v.unread) == 0 }

// vpcOf returns the VPC of a resource, by its id.
func (v *View) vpcOf(id string) string {
	if t := v.byID[id]; t != nil {
		if t.Kind == VPC {
			return t.ID
		}
		return t.VPC
	}
	if strings.HasPrefix(id, "vpc-") {
		return id
	}
	return ""
}

// noteChanges says which VPCs, addresses, interfaces and functions changed. Of several
// changes the first one counts.
func (v *View) noteChanges(part *Snapshot) {
	changes := part.sortedChanges()
	made := map[string]string{} // the VPC of resources that are gone again, by changes that name both
	for _, c := range changes {
		for _, id := range c.IDs {
			if strings.HasPrefix(id, "vpc-") {
				for _, other := range c.IDs {
					made[other] = id
				}
			}
		}
	}
	for _, c := range slices.Backward(changes) {
		v.noteChange(c, made)
	}
}

func (v *View) noteChange(c Change, made map[string]string) {
	vpcs, owners := 0, 0
	for _, id := range c.IDs {
		v.changedIDs[id] = c
		if strings.HasPrefix(id, "eni-") || strings.HasPrefix(id, "i-") {
			owners++
		}
		vpc := v.vpcOf(id)
		if vpc == "" {
			vpc = made[id]
		}
		if vpc != "" && !changesOneAddress(c.Event) {
			v.changedVPCs[vpc] = c
			vpcs++
		}
	}
	switch {
	case changesOneAddress(c.Event):
		v.moved[c.Place] = v.moved[c.Place] || owners == 0 && strings.HasSuffix(c.Event, "Address")
	case vpcs == 0:
		v.changedPlaces[c.Place] = c
	}
}

// changed returns the change that makes a VPC uncertain on the day.
func (v *View) changed(vpc *Thing) (Change, bool) {
	if c, ok := v.changedVPCs[vpc.ID]; ok {
		return c, true
	}
	c, ok := v.changedPlaces[Place{vpc.Account, vpc.Region}]
	return c, ok
}

// read reports whether a sweep of the place decides and could make all of these calls.
func (v *View) read(place Place, calls ...string) bool {
	unread, known := v.unread[place]
	for _, call := range calls {
		if _, refused := unread[call]; refused {
			return false
		}
	}
	return known
}

// owners reports whether it is known which addresses an account has. If not, the reason
// says why: an address that nothing has may be one that the account brought to AWS, and a
// build without a known address may run in a VPC.
func (v *View) owners(account string) (Reason, bool) {
	swept := false
	for place := range v.unread {
		if place.Account != account {
			continue
		}
		if swept = true; !v.read(place, CallNATGateways, CallInterfaces) {
			return NotRead, false
		}
	}
	return NoSweepOfAccount, swept
}

// endpointsIn returns the endpoints of a VPC that carry calls to one of the services, and
// are available.
func (v *View) endpointsIn(vpc string, carries func(*endpoints.Service, string) bool) (found []*Thing) {
	for _, e := range v.inVPC[vpc][Endpoint] {
		service := endpoints.ServiceOf(e.Service)
		if (e.State == "" || e.State == "available") && endpoints.TypeOf(e.Type) != "" && carries(&service, e.Service) {
			found = append(found, e)
		}
	}
	return found
}
