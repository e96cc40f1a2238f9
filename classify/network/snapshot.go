package network

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"vpcetrail/classify/endpoints"
	"vpcetrail/ingest/day"
)

// A Place is an account and a Region.
type Place struct{ Account, Region string }

// A Sweep is one reading of an account in a Region.
type Sweep struct {
	Place
	At int64 // milliseconds since the epoch: when it began
	// Unread says why a call was refused, by the call: ec2:DescribeSubnets. What the call
	// would have returned is unknown.
	Unread map[string]string
}

// A Change is an event of the trail that changed what decides paths.
type Change struct {
	Place
	At    int64    // milliseconds since the epoch
	Event string   // its name, such as CreateRoute
	IDs   []string // of the resources that it names, sorted
}

// A Snapshot is what was seen of networks over time. Use New.
type Snapshot struct {
	Endpoints endpoints.Inventory // over time, as for --endpoints

	sweeps  map[sweepKey]map[string]string // Unread, by sweep
	things  map[string]*seen               // by the JSON of the thing
	changes map[string]Change              // by the JSON of the change
}

type sweepKey struct {
	Place
	at int64
}

// A seen is a thing with the sweeps that saw it exactly so.
type seen struct {
	Thing
	at map[int64]bool
}

// New returns an empty snapshot.
func New() *Snapshot {
	return &Snapshot{endpoints.Inventory{}, map[sweepKey]map[string]string{}, map[string]*seen{}, map[string]Change{}}
}

// AddSweep adds a reading and the things that it found.
func (s *Snapshot) AddSweep(sweep Sweep, things []Thing) {
	key := sweepKey{sweep.Place, sweep.At}
	s.noteSweep(key, sweep.Unread)
	for i := range things {
		t := things[i]
		t.Account, t.Region = sweep.Account, sweep.Region
		s.noteThing(t, sweep.At)
	}
}

// noteSweep adds a sweep. Of several readings at one time a call was read if one of them
// could read it.
func (s *Snapshot) noteSweep(key sweepKey, unread map[string]string) {
	known, again := s.sweeps[key]
	if !again {
		s.sweeps[key] = map[string]string{}
		for call, why := range unread {
			s.sweeps[key][call] = why
		}
		return
	}
	for call, why := range known {
		if other, refused := unread[call]; !refused {
			delete(known, call)
		} else {
			known[call] = max(why, other)
		}
	}
}

func (s *Snapshot) noteThing(t Thing, at int64) {
	t.tidy()
	key := string(mustJSON(t))
	if s.things[key] == nil {
		s.things[key] = &seen{t, map[int64]bool{}}
	}
	s.things[key].at[at] = true
}

// AddChange adds a change event.
func (s *Snapshot) AddChange(c Change) {
	slices.Sort(c.IDs)
	c.IDs = slices.Compact(c.IDs)
	s.changes[string(mustJSON(c))] = c
}

// mustJSON returns the JSON of a value that always has one.
func mustJSON(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic("BUG: network: " + err.Error())
	}
	return text
}

// Merge adds what another snapshot holds. The order of merges makes no difference.
func (s *Snapshot) Merge(o *Snapshot) {
	for _, e := range o.Endpoints {
		s.Endpoints.Add(e)
	}
	for key, unread := range o.sweeps {
		s.noteSweep(key, unread)
	}
	for _, t := range o.things {
		for at := range t.at {
			s.noteThing(t.Thing, at)
		}
	}
	for _, c := range o.changes {
		s.AddChange(c)
	}
}

// Sweeps returns the sweeps by account, Region and time.
func (s *Snapshot) Sweeps() []Sweep {
	var all []Sweep
	for key, unread := range s.sweeps {
		all = append(all, Sweep{key.Place, key.at, unread})
	}
	slices.SortFunc(all, func(a, b Sweep) int {
		return cmp.Or(comparePlaces(a.Place, b.Place), cmp.Compare(a.At, b.At))
	})
	return all
}

func comparePlaces(a, b Place) int {
	return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Region, b.Region))
}

// sortedChanges returns the changes by account, Region and time.
func (s *Snapshot) sortedChanges() []Change {
	return slices.SortedFunc(maps.Values(s.changes), CompareChanges)
}

// CompareChanges orders changes by account, Region and time.
func CompareChanges(a, b Change) int {
	return cmp.Or(comparePlaces(a.Place, b.Place), cmp.Compare(a.At, b.At), cmp.Compare(a.Event, b.Event), slices.Compare(a.IDs, b.IDs))
}

// deciding returns the sweep that decides in each place for day d: the earliest at or
// after the end of the day.
func (s *Snapshot) deciding(d day.Day) map[Place]int64 {
	end := endOf(d)
	decides := map[Place]int64{}
	for key := range s.sweeps {
		if at, known := decides[key.Place]; key.at >= end && (!known || key.at < at) {
			decides[key.Place] = key.at
		}
	}
	return decides
}

func endOf(d day.Day) int64 { return (d + 1).Time().UnixMilli() }

// On returns the part of the snapshot that decides on day d: the deciding sweeps with
// their things, the changes from the start of the day to the sweep, and the endpoints that
// existed on the day.
func (s *Snapshot) On(d day.Day) *Snapshot {
	part, decides := New(), s.deciding(d)
	for place, at := range decides {
		part.noteSweep(sweepKey{place, at}, s.sweeps[sweepKey{place, at}])
	}
	for _, t := range s.things {
		if at, known := decides[Place{t.Account, t.Region}]; known && t.at[at] {
			part.noteThing(t.Thing, at)
		}
	}
	for _, c := range s.changes {
		if at, known := decides[c.Place]; c.At >= d.Time().UnixMilli() && (c.At < endOf(d) || known && c.At <= at) {
			part.AddChange(c)
		}
	}
	for id, e := range s.Endpoints {
		if e.On(d) {
			part.Endpoints[id] = e
		}
	}
	return part
}

func stamp(ms int64) string { return time.UnixMilli(ms).UTC().Format("2006-01-02T15:04:05.999Z07:00") }

func parseStamp(field, text string) (int64, error) {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return 0, wrong(field, "%q is not a time such as 2026-11-20T10:11:12Z", text)
	}
	return t.UnixMilli(), nil
}

// String says what the snapshot holds, in words.
func (s *Snapshot) String() string {
	places := map[Place]bool{}
	for key := range s.sweeps {
		places[key.Place] = true
	}
	return fmt.Sprintf("%d sweeps of %d accounts and Regions, %d resources, %d changes, %d endpoints",
		len(s.sweeps), len(places), len(s.things), len(s.changes), len(s.Endpoints))
}

// Days are the views of a snapshot, day by day. They are safe for concurrent use.
type Days struct {
	snapshot *Snapshot // nil: only the named networks are known
	networks *Networks

	mu    sync.Mutex
	views map[day.Day]*View
}

// maxViews bounds the views that Days keep: that of a large snapshot takes megabytes.
const maxViews = 16

// NewDays returns the days of a snapshot and of named networks. Both may be nil. If both are,
// it returns nil.
func NewDays(snapshot *Snapshot, networks *Networks) *Days {
	if snapshot == nil && networks == nil {
		return nil
	}
	return &Days{snapshot: snapshot, networks: networks, views: map[day.Day]*View{}}
}

// Explains reports whether there is a snapshot, so that causes are known. nil Days explain
// nothing.
func (d *Days) Explains() bool { return d != nil && d.snapshot != nil }

// View returns what is known of a day without the changes in the trail that is read.
func (d *Days) View(of day.Day) *View {
	d.mu.Lock()
	defer d.mu.Unlock()
	v := d.views[of]
	if v == nil {
		if len(d.views) >= maxViews {
			clear(d.views)
		}
		v = d.known().View(of, d.networks)
		d.views[of] = v
	}
	return v
}

func (d *Days) known() *Snapshot {
	if d.snapshot == nil {
		return New()
	}
	return d.snapshot
}

// Part returns what decides on a day: that part of the snapshot, and those of changes that
// are of the day.
func (d *Days) Part(of day.Day, changes []Change) *Snapshot {
	part := d.known().On(of)
	for _, c := range changes {
		if day.OfMillis(c.At) == of {
			part.AddChange(c)
		}
	}
	return part
}
