// Package metrics holds what CloudWatch measured at interface endpoints, day by day, and the
// file in which vpcetrail metrics keeps it.
//
// CloudWatch has a data point for each minute in which an endpoint got traffic. So a
// measured day without a point is a day without traffic. A day that was not measured says
// nothing. CloudWatch has no metrics of gateway endpoints, and none shows who called.
package metrics

import (
	"fmt"
	"maps"
	"slices"

	"vpcetrail/ingest/day"
)

// Endpoints are measured endpoints by id. The zero value has none and cannot take any.
type Endpoints map[string]*Endpoint

// An Endpoint is an interface endpoint with what was measured of it.
type Endpoint struct {
	ID, Account, Region string
	VPC, Service        string
	Days                map[day.Day]Point // every measured day, those without traffic too
}

// A Point is what was measured on one day.
type Point struct {
	NewConnections    int64            // the sum
	ActiveConnections int64            // the maximum
	Bytes             int64            // the sum of both directions: what AWS charges for
	PacketsDropped    int64            // the sum
	SubnetBytes       map[string]int64 // the same by subnet, of every subnet that was measured
}

// IsUsed reports whether the endpoint got traffic. A connection may last for days: then
// only its bytes show.
func (p *Point) IsUsed() bool { return p.NewConnections > 0 || p.ActiveConnections > 0 || p.Bytes > 0 }

// Add adds measured days of an endpoint. The same day may be added again if it says the
// same.
func (all Endpoints) Add(e *Endpoint) error {
	known := all[e.ID]
	if known == nil {
		known = &Endpoint{e.ID, e.Account, e.Region, e.VPC, e.Service, map[day.Day]Point{}}
		all[e.ID] = known
	}
	if known.Account != e.Account || known.Region != e.Region || known.VPC != e.VPC || known.Service != e.Service {
		return fmt.Errorf("%s: account, Region, VPC or service differ from one place to another", e.ID)
	}
	for d, p := range e.Days {
		if was, twice := known.Days[d]; twice && !was.equal(&p) {
			return fmt.Errorf("%s: %s is there twice, with different numbers: was one measured before the day was over?", e.ID, d)
		}
		known.Days[d] = p
	}
	return nil
}

// Merge adds everything of o.
func (all Endpoints) Merge(o Endpoints) error {
	for _, id := range slices.Sorted(maps.Keys(o)) {
		if err := all.Add(o[id]); err != nil {
			return err
		}
	}
	return nil
}

func (p *Point) equal(o *Point) bool {
	return p.NewConnections == o.NewConnections && p.ActiveConnections == o.ActiveConnections && p.Bytes == o.Bytes &&
		p.PacketsDropped == o.PacketsDropped && maps.Equal(p.SubnetBytes, o.SubnetBytes)
}

// A Span sums the last days of an endpoint that were measured without a gap.
type Span struct {
	From, To    day.Day
	Connections int64
	Used        bool
	Bytes       int64
	SubnetBytes map[string]int64 // of the subnets that were measured on all of the days
}

// Days returns the number of days.
func (s *Span) Days() int { return day.Window{From: s.From, To: s.To}.Days() }

// Last returns the newest span of measured days, of 455 days at most. ok is false if no day was measured.
func (e *Endpoint) Last() (s Span, ok bool) {
	if len(e.Days) == 0 {
		return Span{}, false
	}
	s.To = slices.Max(slices.Collect(maps.Keys(e.Days)))
	s.SubnetBytes = map[string]int64{}
	for id := range e.Days[s.To].SubnetBytes {
		s.SubnetBytes[id] = 0
	}
	for d := s.To; ; d-- {
		p, measured := e.Days[d]
		if !measured || s.To-d == maxDays {
			return s, true
		}
		s.From = d
		s.Used = s.Used || p.IsUsed()
		s.Connections += p.NewConnections
		s.Bytes += p.Bytes
		for id := range s.SubnetBytes {
			if bytes, measured := p.SubnetBytes[id]; measured {
				s.SubnetBytes[id] += bytes
			} else {
				delete(s.SubnetBytes, id)
			}
		}
	}
}
