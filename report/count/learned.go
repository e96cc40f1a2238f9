package count

import (
	"maps"
	"slices"

	"vpcetrail/classify/endpoints"
	"vpcetrail/ingest/day"
)

// Learned is what the events of a trail show beside their own calls: little, in any trail.
type Learned struct {
	// Endpoints are those that events describe, by the events' day and the endpoints' id.
	Endpoints map[day.Day]map[string]endpoints.Endpoint `json:"endpoints"`
	// Accounts are those of events in objects whose names give no account, in order.
	Accounts []string `json:"accounts"`
}

// LearnedBy returns what the events of all counters show.
func LearnedBy(counters []*Counter) Learned {
	told, loose := toldEndpoints{}, map[string]bool{}
	for _, c := range counters {
		told.mergeAll(c.told)
		maps.Copy(loose, c.loose)
	}
	return Learned{told, slices.Sorted(maps.Keys(loose))}
}

// toldEndpoints are the endpoints that the trail's own events describe, by day and id: few, in any trail.
type toldEndpoints map[day.Day]map[string]endpoints.Endpoint

// A toldEndpoint is one that an event of a day describes.
type toldEndpoint struct {
	day      day.Day
	endpoint endpoints.Endpoint
}

func (t toldEndpoints) merge(d day.Day, e endpoints.Endpoint) {
	if t[d] == nil {
		t[d] = map[string]endpoints.Endpoint{}
	}
	t[d][e.ID] = endpoints.Merge(t[d][e.ID], e)
}

func (t toldEndpoints) mergeAll(others toldEndpoints) {
	for d, endpoints := range others {
		for _, e := range endpoints {
			t.merge(d, e)
		}
	}
}
