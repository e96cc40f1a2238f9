package report

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"vpcetrail/classify"
	"vpcetrail/ingest"
	"vpcetrail/ingest/day"

	"vpcetrail/report/table"
)

// Input is all that a report is made of.
type Input struct {
	Counters []*Counter // of all workers of a run that ended well
	Window   day.Window
	Lateness int // days after a day whose folders were read for it

	TrailAccounts []string                     // those that have a folder in the trail
	OwnAccounts   []string                     // further accounts that are ours
	Inventory     map[string]classify.Endpoint // our endpoints by id
}

// A Report holds the tables of every day of the window.
type Report struct {
	Balance  Balance
	Statuses map[ingest.Status]int64 // objects by how reading them ended
	Problems []error                 // of objects that could not be read whole, in the order of their names
	Days     []*Day                  // in order; of an unbounded window those that hold records or objects
}

// A Day holds the tables of one day, each sorted by its key.
type Day struct {
	Day        day.Day
	Kinds      Kinds
	Traffic    []table.TrafficRow
	Principals []table.PrincipalRow
	Services   []table.ServiceRow
	Endpoints  []table.EndpointRow
	Objects    []table.ObjectRow
}

// A Balance accounts for every record of the objects that were read.
type Balance struct {
	Records int64 `json:"records"`
	Kinds
	OutsideWindow int64 `json:"outside_window"`
	Invalid       int64 `json:"invalid"`
}

// errBalance says that a record was lost or counted twice: a bug, after which nothing may be published.
var errBalance = errors.New("balance of records does not hold")

func (b *Balance) check() error {
	sum := b.Calls + b.Duplicates + b.SharedCopies + b.NetworkEvents + b.Corrections + b.OtherEvents + b.OutsideWindow + b.Invalid
	if sum != b.Records {
		return fmt.Errorf("%w: %d records, but %d accounted for: %+v", errBalance, b.Records, sum, *b)
	}
	return nil
}

// New makes the report. It takes over the counters' memory: they must not be used again.
func New(in Input) (*Report, error) {
	r := &Report{Statuses: map[ingest.Status]int64{}}
	m := merge(in.Counters)
	trail := m.loose
	for _, account := range in.TrailAccounts {
		trail[account] = true
	}
	s := newSettler(&in, m, trail)

	for _, o := range m.objects {
		r.Balance.Records += o.Records
		r.Balance.OutsideWindow += o.Outside
		r.Balance.Invalid += o.Invalid
		r.Statuses[o.Status]++
		if o.Err != nil {
			r.Problems = append(r.Problems, o.Err)
		}
	}
	for _, d := range daysOf(&in, m) {
		r.Days = append(r.Days, s.day(d, m.objects, in.Lateness))
	}
	for _, d := range r.Days {
		r.Balance.Kinds.Add(d.Kinds)
		delete(m.days, d.Day)
	}
	for d, kinds := range m.days {
		if d != undated {
			return nil, fmt.Errorf("%w: records of %s, a day that is not reported", errBalance, d)
		}
		r.Balance.Kinds.Add(*kinds)
	}
	return r, r.Balance.check()
}

// daysOf returns the days to report: all of a bounded window; of an unbounded one those that hold
// records, and those whose folders held objects.
func daysOf(in *Input, m *merged) []day.Day {
	var days []day.Day
	if !in.Window.IsAll() {
		for d := in.Window.From; d <= in.Window.To; d++ {
			days = append(days, d)
		}
		return days
	}
	for d := range m.days {
		if d != undated {
			days = append(days, d)
		}
	}
	for i := range m.objects {
		if key := m.objects[i].Object.Key; key.HasDay {
			days = append(days, key.Day)
		}
	}
	slices.Sort(days)
	return slices.Compact(days)
}

// merged is what all counters hold together.
type merged struct {
	totals    map[group]*table.Measures
	days      map[day.Day]*Kinds
	objects   []object // in the order of their names
	endpoints map[day.Day]map[string]classify.Endpoint
	denials   []settledDenial
	loose     map[string]bool
}

// A settledDenial is a denial freed of its Counter.
type settledDenial struct {
	group     group
	network   bool
	requestID string
}

func merge(counters []*Counter) *merged {
	m := &merged{
		totals: map[group]*table.Measures{}, days: map[day.Day]*Kinds{},
		endpoints: map[day.Day]map[string]classify.Endpoint{}, loose: map[string]bool{},
	}
	for _, c := range counters {
		for i, g := range c.groups {
			if t, ok := m.totals[g]; ok {
				t.Add(&c.totals[i])
			} else if c.totals[i].Calls > 0 { // not only of objects that broke, or of duplicates
				m.totals[g] = &c.totals[i]
			}
		}
		for d, kinds := range c.days {
			if m.days[d] == nil {
				m.days[d] = new(Kinds)
			}
			m.days[d].Add(*kinds)
		}
		for _, d := range c.denials {
			m.denials = append(m.denials, settledDenial{c.groups[d.group], d.network, d.requestID})
		}
		for d, endpoints := range c.endpoints {
			for _, e := range endpoints {
				mergeEndpoint(m.endpoints, d, e)
			}
		}
		for account := range c.loose {
			m.loose[account] = true
		}
		m.objects = append(m.objects, c.objects...)
	}
	slices.SortFunc(m.objects, func(a, b object) int { return strings.Compare(a.Object.Name, b.Object.Name) })
	return m
}
