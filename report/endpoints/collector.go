// Package endpoints gathers what a trail's own events tell of VPC endpoints over time.
package endpoints

import (
	"cmp"
	"slices"

	"vpcetrail/classify/endpoints"
	"vpcetrail/ingest"
	"vpcetrail/ingest/event"
)

// A Collector takes the events of one worker, and keeps what they tell of endpoints. It is an ingest.Sink; use
// NewCollector. It holds the endpoints that are told of, and what is wrong with objects that cannot be read whole.
type Collector struct {
	told     endpoints.Inventory
	loose    map[string]bool // accounts of events in objects whose names tell no account
	problems []problem
	objects  int

	current struct { // the object at hand, which may not count
		told     []endpoints.Endpoint
		account  string // of the event before
		accounts []string
	}
}

type problem struct{ object, text string }

// NewCollector returns an empty Collector.
func NewCollector() *Collector {
	return &Collector{told: endpoints.Inventory{}, loose: map[string]bool{}}
}

// Begin opens an object.
func (c *Collector) Begin(int) {}

// Event takes an event of the object at hand.
func (c *Collector) Event(ev *event.Event) {
	if ev.Kind() == event.Other {
		return
	}
	at := &c.current
	at.told = append(at.told, endpoints.FromEvent(ev)...)
	if at.account != string(ev.Recipient) {
		at.account = string(ev.Recipient)
		at.accounts = append(at.accounts, at.account)
	}
}

// End closes the object at hand. It never fails.
func (c *Collector) End(res *ingest.Result) error {
	c.objects++
	if res.Status != ingest.OK {
		c.problems = append(c.problems, problem{res.Object.Name, res.Err.Error()})
	}
	at := &c.current
	if res.Counted() {
		for _, e := range at.told {
			c.told.Add(e)
		}
		if res.Object.Key.Account == "" {
			for _, account := range at.accounts {
				c.loose[account] = true
			}
		}
	}
	at.told, at.account, at.accounts = at.told[:0], "", at.accounts[:0]
	return nil
}

// A Trail is what the events of a whole trail tell.
type Trail struct {
	// Endpoints are those of our accounts.
	Endpoints endpoints.Inventory
	// Problems says what is wrong with each object that could not be read whole, in the order of the objects' names.
	Problems []string
	// Objects is how many were read, or could not be.
	Objects int
}

// Gather joins what the collectors of a run found that has ended well. Ours are the accounts that have a folder in the
// trail, those of objects whose names tell none, and own.
func Gather(collectors []*Collector, trailAccounts, own []string) *Trail {
	ours := map[string]bool{}
	for _, account := range slices.Concat(trailAccounts, own) {
		ours[account] = true
	}
	trail := &Trail{Endpoints: endpoints.Inventory{}}
	var problems []problem
	for _, c := range collectors {
		trail.Objects += c.objects
		problems = append(problems, c.problems...)
		for account := range c.loose {
			ours[account] = true
		}
	}
	delete(ours, "") // records without an account belong to nobody
	for _, c := range collectors {
		for _, e := range c.told {
			if ours[e.Account] {
				trail.Endpoints.Add(e)
			}
		}
	}
	slices.SortFunc(problems, func(a, b problem) int { return cmp.Compare(a.object, b.object) })
	for _, p := range problems {
		trail.Problems = append(trail.Problems, p.text)
	}
	return trail
}
