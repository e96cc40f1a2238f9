package learn

import (
	"cmp"
	"maps"
	"slices"

	"vpcetrail/classify/endpoints"
	"vpcetrail/classify/network"
	"vpcetrail/ingest"
	"vpcetrail/ingest/event"
)

// A Collector finds our endpoints over time in the events of one worker. It is an
// ingest.Sink. It holds the endpoints that events describe, and the errors of objects that
// cannot be read completely. The zero value is empty.
type Collector struct {
	learner  Learner
	problems []problem
	objects  int
}

type problem struct{ object, text string }

// Begin opens an object.
func (c *Collector) Begin(int) {}

// Event takes an event of the current object.
func (c *Collector) Event(ev *event.Event) {
	if ev.Kind() != event.Other {
		c.learner.Event(ev)
	}
}

// End closes the current object. It never fails.
func (c *Collector) End(res *ingest.Result) error {
	c.objects++
	if res.Status != ingest.OK {
		c.problems = append(c.problems, problem{res.Object.Name, res.Err.Error()})
	}
	c.learner.End(res)
	return nil
}

// A Trail holds what the events of a whole trail show about endpoints.
type Trail struct {
	// Endpoints are those of our accounts.
	Endpoints endpoints.Inventory
	// Problems has a line for each object that could not be read completely, in the order of
	// the names.
	Problems []string
	// Objects is the number of objects that the run read or tried to read.
	Objects int
	// Changes are the events of our accounts that changed what decides paths.
	Changes []network.Change
}

// Gather joins the results of the collectors of a successful run. Our accounts are those with
// a folder in the trail, those of objects whose names give none, and own.
func Gather(collectors []*Collector, trailAccounts, own []string) *Trail {
	trail := &Trail{Endpoints: endpoints.Inventory{}}
	var learned Learned
	var problems []problem
	for _, c := range collectors {
		learned.Merge(c.learner.Learned())
		trail.Objects += c.objects
		problems = append(problems, c.problems...)
	}
	owners := endpoints.Owners{Accounts: map[string]bool{}}
	for _, account := range slices.Concat(trailAccounts, learned.Accounts, own) {
		owners.Accounts[account] = true
	}
	for _, described := range learned.Endpoints {
		for _, e := range described {
			trail.Endpoints.Add(e)
		}
	}
	maps.DeleteFunc(trail.Endpoints, func(_ string, e endpoints.Endpoint) bool { return !owners.Owns(e.Account) })
	trail.Changes = slices.DeleteFunc(learned.Changes, func(c network.Change) bool { return !owners.Owns(c.Account) })
	slices.SortFunc(problems, func(a, b problem) int { return cmp.Compare(a.object, b.object) })
	for _, p := range problems {
		trail.Problems = append(trail.Problems, p.text)
	}
	return trail
}
