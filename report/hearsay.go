package report

import (
	"maps"
	"slices"

	"vpcetrail/classify"
	"vpcetrail/ingest/day"
)

// Hearsay is what the events of a trail tell beside their own calls: little, in any trail.
type Hearsay struct {
	// Endpoints are those that events tell of, by the events' day and the endpoints' id.
	Endpoints map[day.Day]map[string]classify.Endpoint `json:"endpoints"`
	// Accounts are those of events in objects whose names tell no account, in order.
	Accounts []string `json:"accounts"`
}

// HearsayOf returns what the events of all counters tell.
func HearsayOf(counters []*Counter) Hearsay {
	told, loose := toldEndpoints{}, map[string]bool{}
	for _, c := range counters {
		told.mergeAll(c.told)
		maps.Copy(loose, c.loose)
	}
	return Hearsay{told, slices.Sorted(maps.Keys(loose))}
}

// Hear takes what events told that another run's counters took.
func (c *Counter) Hear(h *Hearsay) {
	c.told.mergeAll(h.Endpoints)
	for _, account := range h.Accounts {
		c.loose[account] = true
	}
}

func (t toldEndpoints) mergeAll(others toldEndpoints) {
	for d, endpoints := range others {
		for _, e := range endpoints {
			t.merge(d, e)
		}
	}
}
