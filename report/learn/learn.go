// Package learn collects what the events of a trail show in addition to their own calls: the
// endpoints that events of EC2 describe, the endpoints that a record proves to be of type
// interface, and the accounts of the trail.
//
// A Learner takes the events of one worker. What it learns from an object is void until the object has been
// read to its end. A Collector is a Learner that needs nothing else of a trail: it finds our endpoints.
package learn

import (
	"cmp"
	"slices"

	"vpcetrail/classify/endpoints"
	"vpcetrail/classify/network"
	"vpcetrail/ingest"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/event"
)

// Learned holds what the events of a trail show in addition to their own calls. It is small
// for any trail. The zero value is empty. Its JSON is part of the index of a shard.
type Learned struct {
	// Endpoints are those that events describe, by the day of the events and the id of the endpoint.
	Endpoints map[day.Day]endpoints.Inventory `json:"endpoints"`
	// Interfaces are the ids of endpoints that a record of the day proves to be of type interface.
	Interfaces map[day.Day]map[string]bool `json:"interfaces,omitempty"`
	// Accounts are those of events in objects whose names give no account, in order.
	Accounts []string `json:"accounts"`
	// Changes are events that changed what decides paths, in order.
	Changes []network.Change `json:"changes,omitempty"`
}

// Merge adds what other runs learned. The order of merges makes no difference.
func (l *Learned) Merge(others *Learned) {
	for d, described := range others.Endpoints {
		for _, e := range described {
			l.addEndpoint(d, e)
		}
	}
	for d, ids := range others.Interfaces {
		for id := range ids {
			l.addInterface(d, []byte(id))
		}
	}
	for _, c := range others.Changes {
		l.addChange(c)
	}
	for _, account := range others.Accounts {
		l.addAccount([]byte(account))
	}
}

func (l *Learned) addEndpoint(d day.Day, e endpoints.Endpoint) {
	if l.Endpoints == nil {
		l.Endpoints = map[day.Day]endpoints.Inventory{}
	}
	if l.Endpoints[d] == nil {
		l.Endpoints[d] = endpoints.Inventory{}
	}
	l.Endpoints[d].Add(e)
}

func (l *Learned) addInterface(d day.Day, id []byte) {
	if l.Interfaces[d][string(id)] {
		return
	}
	if l.Interfaces == nil {
		l.Interfaces = map[day.Day]map[string]bool{}
	}
	if l.Interfaces[d] == nil {
		l.Interfaces[d] = map[string]bool{}
	}
	l.Interfaces[d][string(id)] = true
}

// maxAccount bounds an account in bytes. Account ids have 12, and pseudonyms in
// published trails up to 64. Longer texts belong to no trail, and would fill the
// memory.
const maxAccount = 64

// addChange adds a change. A duplicate adds nothing.
func (l *Learned) addChange(c network.Change) {
	i, known := slices.BinarySearchFunc(l.Changes, c, network.CompareChanges)
	if !known {
		l.Changes = slices.Insert(l.Changes, i, c)
	}
}

// addAccount adds an account. Records without an account belong to nobody.
func (l *Learned) addAccount(account []byte) {
	if len(account) == 0 || len(account) > maxAccount {
		return
	}
	i, known := slices.BinarySearchFunc(l.Accounts, account, func(a string, b []byte) int { return cmp.Compare(a, string(b)) })
	if !known {
		l.Accounts = slices.Insert(l.Accounts, i, string(account))
	}
}

// A Learner learns from the events of one worker, object by object. The zero value has learned nothing.
type Learner struct {
	learned Learned
	current Learned // from the current object, which may prove not to be whole
	account []byte  // of the event before, in the current object
}

// Event learns from an event of the current object. It is for events that show a route. A duplicate may
// be given too: it shows the same as the first one.
func (l *Learner) Event(ev *event.Event) {
	for _, e := range endpoints.FromEvent(ev) {
		l.current.addEndpoint(ingest.DayOf(ev), e)
	}
	if c, changed := network.FromEvent(ev); changed {
		l.current.addChange(c)
	}
	if string(l.account) != string(ev.Recipient) {
		l.account = append(l.account[:0], ev.Recipient...)
		l.current.addAccount(l.account)
	}
}

// Interface learns that a record of the current object proves an endpoint to be of type interface on a day.
func (l *Learner) Interface(d day.Day, id []byte) { l.current.addInterface(d, id) }

// End ends the current object. What it showed is kept only if its events count.
func (l *Learner) End(res *ingest.Result) {
	if res.Counted() {
		if res.Object.Key.Account != "" {
			l.current.Accounts = l.current.Accounts[:0] // the trail has a folder for each
		}
		l.learned.Merge(&l.current)
	}
	l.current = Learned{Accounts: l.current.Accounts[:0]}
	l.account = l.account[:0]
}

// Learned returns what the completed objects show. The caller may add to it.
func (l *Learner) Learned() *Learned { return &l.learned }
