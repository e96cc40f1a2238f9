package memo

import (
	"vpcetrail/classify"
	"vpcetrail/classify/network"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/event"

	"vpcetrail/report/count/cells"
)

// paths caches what follows from the fields of a call's path that events repeat. The cached
// values are what network.View.PathOf returns. nil paths hold nothing.
type paths struct {
	dict *cells.Dictionary
	days *network.Days

	of   day.Day
	view *network.View // of that day; nil at first

	places cells.Numbers[placeKey]
	known  []knownPlace // by number of places
	hosts  cells.Texts  // Host headers
	shapes []uint32     // numbers of texts, by number of hosts
}

type placeKey struct {
	address uint32
	day     day.Day
}

// A knownPlace holds what follows from an address on a day.
type knownPlace struct {
	place uint32
	ipv6  bool
}

func (k *placeKey) hash() uint64 { return cells.Mix(uint64(k.address)<<32|uint64(uint32(k.day)), 4) }

// newPaths returns paths with numbers of dict. It returns nil if days is nil.
func newPaths(dict *cells.Dictionary, days *network.Days) *paths {
	if days == nil {
		return nil
	}
	p := &paths{dict: dict, days: days, places: cells.NewNumbers((*placeKey).hash), hosts: cells.NewTexts()}
	p.shapes = append(p.shapes, 0)
	return p
}

// clear removes all numbers, because the dictionary has started a new page.
func (p *paths) clear() {
	if p == nil {
		return
	}
	p.places.Clear()
	p.known = p.known[:0]
	p.hosts.Clear()
	p.shapes = p.shapes[:1]
}

// held returns the approximate memory of the paths in bytes.
func (p *paths) held() int {
	if p == nil {
		return 0
	}
	return p.hosts.Size() + 4*len(p.shapes) + 40*len(p.known)
}

// workloadOf returns the number of the workload that an identity shows.
func (p *paths) workloadOf(id *event.Identity) uint32 {
	if !p.days.Explains() {
		return 0
	}
	return p.dict.Text([]byte(network.WorkloadByIdentity(id)))
}

// Path returns the number of the path of a call of route internet. workload follows from its
// identity. The memo must have looked up the event's source last.
func (m *Memo) Path(ev *event.Event, of day.Day, workload uint32, origin classify.Origin) uint32 {
	p := m.paths
	at := p.placeOf(ev.SourceIP, m.address, of, origin)
	if !p.days.Explains() {
		return p.dict.Path(cells.Path{Place: at.place})
	}
	if workload == 0 {
		workload = p.dict.Text([]byte(network.WorkloadByAgent(ev.UserAgent)))
	}
	return p.dict.Path(cells.Path{Place: at.place, Host: p.shapeOf(ev.HostHeader), Workload: workload, IPv6: at.ipv6})
}

// placeOf returns the place of an address. number is that of its text, or 0 if the text was
// too long.
func (p *paths) placeOf(text []byte, number uint32, of day.Day, origin classify.Origin) knownPlace {
	if number == 0 {
		return p.findPlace(text, of, origin)
	}
	key := placeKey{number, of}
	at, isNew := p.places.Number(key.hash(), key)
	if isNew {
		p.known = append(p.known, p.findPlace(text, of, origin))
	}
	return p.known[at]
}

func (p *paths) findPlace(text []byte, of day.Day, origin classify.Origin) knownPlace {
	if p.view == nil || p.of != of {
		p.of, p.view = of, p.days.View(of)
	}
	address, _ := classify.ParseSource(text)
	place := p.view.PlaceOf(address, origin == classify.FromAWS)
	if !p.days.Explains() && network.Egress(place) == "" {
		place = ""
	}
	return knownPlace{p.dict.Text([]byte(place)), address.Unmap().Is6()}
}

// shapeOf returns the number of the shape of a host name.
func (p *paths) shapeOf(header []byte) uint32 {
	if len(header) > cells.MaxText {
		return p.dict.Text([]byte(network.ShapeOf(header)))
	}
	number, isNew := p.hosts.Number(header)
	if isNew {
		p.shapes = append(p.shapes, p.dict.Text([]byte(network.ShapeOf(header))))
	}
	return p.shapes[number]
}
