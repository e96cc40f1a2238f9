package recommend

import (
	"fmt"
	"slices"
	"strings"

	"vpcetrail/classify/endpoints"
	"vpcetrail/classify/network"
	"vpcetrail/report/grid"
	"vpcetrail/report/metrics"
	"vpcetrail/report/prices"
)

// endpoint recommends for an endpoint that is there.
func (a *Advice) endpoint(e *network.Thing) Recommendation {
	vpc := a.view.Thing(e.VPC)
	r := Recommendation{Do: Keep, Account: vpc.Account, Region: e.Region, VPC: e.VPC, Service: e.Service, Type: e.Type, Endpoint: e.ID}
	t, used := a.terms(r.Account, r.Region), a.sums.through[e.ID]
	if used != nil {
		r.Through = used.calls
	}
	r.Watch = a.pastIt(e)
	if e.Type == "gateway" {
		r.Priced, r.Saves.Known, r.Because, r.Sum = true, true, a.use(r.Through), "A gateway endpoint costs nothing."
		return r
	}
	r.Zones = len(e.Subnets)
	a.price(&r)
	switch {
	case r.Priced:
		r.Sum = t.zones(r.Zones) + "."
	case t.region == nil:
		r.Sum = t.lack()
	}
	metric, measured := a.measured(e.ID)
	switch {
	case r.Through > 0 && a.view.Offers(e.Region, e.Service, "gateway"):
		a.replace(&r, e, t)
	case r.Through > 0, measured && metric.Used:
		r.Because = a.use(r.Through)
		if r.Through == 0 {
			r.Because = fmt.Sprintf("%s in %d days, by CloudWatch; the trail has no call by it", grid.Plural(metric.Connections, "new connection"), metric.Days())
		}
		a.fewerZones(&r, e, metric, t)
	default:
		a.unused(&r, e, metric, measured)
	}
	return r
}

func (a *Advice) use(n int64) string {
	if n == 0 {
		return fmt.Sprintf("no call came by it in %s", grid.Plural(int64(a.days()), "day"))
	}
	return fmt.Sprintf("%s came by it in %s", calls(n), grid.Plural(int64(a.days()), "day"))
}

// pastIt says which calls went past an endpoint.
func (a *Advice) pastIt(e *network.Thing) (watch []string) {
	stuck := a.sums.stuck[e.ID]
	for _, cause := range sorted(stuck) {
		watch = append(watch, fmt.Sprintf("%s went past it: %s (vpcetrail why)", calls(stuck[cause]), cause))
	}
	if n := a.since[e.ID]; n > 0 {
		watch = append(watch, fmt.Sprintf("%s went past it on earlier days; the snapshot of the last day has what they lacked", calls(n)))
	}
	return watch
}

// replace recommends a gateway endpoint for calls by an interface endpoint, if all its
// clients are in its VPC.
func (a *Advice) replace(r *Recommendation, e *network.Thing, t *terms) {
	r.Because = a.use(r.Through)
	switch via, known := a.view.WayOut(e.VPC); {
	case !known:
		r.Watch = append(r.Watch, "a gateway endpoint would carry calls from inside the VPC for nothing; whether others come by this one is not known, since its route tables were not read")
		return
	case via != "":
		r.Watch = append(r.Watch, "a gateway endpoint would carry calls from inside the VPC for nothing; what comes by "+via+" needs this one (private DNS for inbound Resolver endpoints only)")
		return
	}
	r.Do = Replace
	gateway := "a gateway endpoint"
	if e := a.view.EndpointFor(e.VPC, e.Service); e.Type == "gateway" {
		gateway = e.ID + ", the gateway endpoint that is there,"
	} else {
		r.Watch = append(r.Watch, "create the gateway endpoint first, for the route tables of all clients")
	}
	r.Because += ", and the VPC leads to no other network: " + gateway + " carries them for nothing"
	r.Watch = append(r.Watch, "calls by the endpoint's own name (vpce-…) must use the ordinary name before it is deleted")
	if !r.Priced {
		return
	}
	bytes, source := month(a.sums.through[e.ID].bytes), "At least %s a month (S3 data events)"
	m, measured := a.measured(e.ID)
	if measured {
		n := monthly(&m)
		bytes, source = Range{n, n, n}, "%s a month (CloudWatch)"
	}
	perGB := t.region.EndpointGBAt(t.volume)
	r.Saves = Saving{bytes.each(func(n int64) int64 { return int64(r.Cost + prices.PerGB(n, perGB)) }), true, !measured}
	r.Sum = t.zones(r.Zones) + ", and " + t.price(perGB) + " for each GiB."
	if bytes.Most > 0 {
		r.Sum += fmt.Sprintf(" "+source+" × %s: %s a month%s.", gib(bytes.Mean), t.price(perGB), t.money(prices.Amount(r.Saves.Mean)), t.spread(r.Saves.Range, a.days()))
	}
}

// measured returns the newest metrics of an endpoint.
func (a *Advice) measured(id string) (s metrics.Span, ok bool) {
	if e := a.q.Metrics[id]; e != nil {
		return e.Last()
	}
	return s, false
}

// monthly returns the bytes of a month.
func monthly(s *metrics.Span) int64 {
	return prices.Scale(s.Bytes, prices.HoursPerMonth, int64(hoursPerDay*s.Days()))
}

// leastDays is how many days of metrics prove that an endpoint is not used.
const leastDays = 30

// unused decides about an interface endpoint without calls. Calls alone prove nothing.
func (a *Advice) unused(r *Recommendation, e *network.Thing, m metrics.Span, measured bool) {
	r.Because = a.use(0)
	if why := a.mustStay(e); why != "" {
		r.Because += ", but " + why
		return
	}
	for _, cause := range []network.Cause{network.PrivateDNSOff, network.IPv6, network.NameNotCovered} {
		if n := a.sums.stuck[e.ID][string(cause)]; n > 0 {
			r.Because = fmt.Sprintf("%s would come by it, were it not for %s", calls(n), cause)
			return
		}
	}
	if e.PrivateDNS != nil && !*e.PrivateDNS {
		r.Watch = append(r.Watch, "its private DNS is off, so only calls by its own name (vpce-…) come by it: it is dead weight, or a step of a plan")
	}
	if lacks := a.lacks(e, m, measured); lacks != nil {
		r.Do = CannotTell
		r.Because += "; " + strings.Join(lacks, "; ")
		if !measured {
			r.Check = a.check(e)
		}
		return
	}
	r.Do = Remove
	r.Because += fmt.Sprintf(", and CloudWatch counted no connection in %d days", m.Days())
	r.Saves = exactly(r.Cost, r.Priced)
}

// lacks returns what is missing for the proof that nothing uses an interface endpoint. A
// month without a connection is a proof, even if the trail is incomplete.
func (a *Advice) lacks(e *network.Thing, m metrics.Span, measured bool) (lacks []string) {
	if measured {
		switch {
		case m.Days() < leastDays:
			lacks = append(lacks, fmt.Sprintf("the metrics cover %s, and %d are needed", grid.Plural(int64(m.Days()), "day"), leastDays))
		case m.To < a.Span.Days[a.days()-1]:
			lacks = append(lacks, fmt.Sprintf("the metrics end on %s, before the report", m.To))
		case e.Since == "" || e.Since >= m.From.String():
			lacks = append(lacks, "it may be younger than the metrics")
		}
		return lacks
	}
	place := network.Place{Account: e.Account, Region: e.Region}
	switch service := endpoints.ServiceOf(e.Service); {
	case service.Unrecorded:
		lacks = append(lacks, "CloudTrail does not record what it carries")
	case !a.sums.covered[place]:
		lacks = append(lacks, "the report has no calls of "+place.Account+" in "+place.Region)
	case a.incomplete():
		lacks = append(lacks, "the report is incomplete")
	}
	return append(lacks, "CloudTrail does not record all calls: the metric NewConnections over 30 days decides")
}

func exactly(a prices.Amount, known bool) Saving {
	return Saving{Range{int64(a), int64(a), int64(a)}, known, false}
}

// mustStay returns why an endpoint stays, used or not.
func (a *Advice) mustStay(e *network.Thing) string {
	if e.Managed {
		return "the service that created it manages it"
	}
	for _, id := range []string{e.ID, e.VPC} {
		if slices.ContainsFunc(a.q.Policies, func(text string) bool { return strings.Contains(text, id) }) {
			return "a policy names " + id
		}
	}
	return ""
}

// incomplete reports whether the report may lack calls of its days.
func (a *Advice) incomplete() bool {
	return len(a.Span.Incomplete)+len(a.Span.Missing)+len(a.Span.Shards) > 0
}

// fewerZones recommends to take zones without bytes from a used endpoint, if two others
// stay: one zone is a single point of failure.
func (a *Advice) fewerZones(r *Recommendation, e *network.Thing, m metrics.Span, t *terms) {
	var idle []string
	for _, subnet := range e.Subnets {
		if bytes, known := m.SubnetBytes[subnet]; known && bytes == 0 {
			idle = append(idle, subnet)
		}
	}
	switch left := r.Zones - len(idle); {
	case len(idle) == 0 || m.Days() < leastDays || e.Managed:
		return
	case left < 2:
		r.Watch = append(r.Watch, fmt.Sprintf("nothing went through %s in %d days, but with fewer than two zones it would be a single point of failure", strings.Join(idle, ", "), m.Days()))
		return
	}
	r.Do = FewerZones
	r.Because += fmt.Sprintf("; nothing went through %s in %d days", strings.Join(idle, ", "), m.Days())
	r.Watch = append(r.Watch, "clients in these zones then pay for bytes to another zone, and depend on it")
	if r.Priced {
		r.Saves = exactly(t.region.Zones(len(idle)), true)
		r.Sum = t.zones(len(idle)) + " less, of " + t.money(r.Cost) + "."
	}
}

// check returns the command that decides whether an endpoint is used.
func (a *Advice) check(e *network.Thing) string {
	end := a.Span.Days[a.days()-1]
	return fmt.Sprintf("vpcetrail metrics --regions %s --date %s..%s -o metrics.json", e.Region, end-leastDays+1, end)
}
