package recommend

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"vpcetrail/classify/network"
	"vpcetrail/report"
	"vpcetrail/report/metrics"
	"vpcetrail/report/prices"
	"vpcetrail/report/table"
)

// What to do.
const (
	Associate  = "associate"   // route tables with a gateway endpoint that is there
	Create     = "create"      // an endpoint
	Replace    = "replace"     // an interface endpoint by a gateway endpoint
	Remove     = "remove"      // an interface endpoint that nothing uses
	FewerZones = "fewer_zones" // take zones that nothing uses from an interface endpoint
	CannotTell = "cannot_tell" // what would decide is not known
	Keep       = "keep"
)

// all is in the order in which recommendations are shown.
var all = []string{Associate, Create, Replace, Remove, FewerZones, CannotTell, Keep}

// A Question says what recommendations are made by.
type Question struct {
	Prices   *prices.Prices
	Network  *network.Snapshot // nil: the one that the last day was made with
	Policies []string          // texts of policies; they may name endpoints
	Metrics  metrics.Endpoints // nil: not known
}

// A Recommendation says what to do about one endpoint, or about the calls from a VPC to a
// service.
type Recommendation struct {
	Do                   string
	Account, Region, VPC string // of the VPC
	Service              string // name of the endpoint service, or the eventSource where it is not known
	Type                 string // gateway or interface
	Endpoint             string
	Tables               []string // to associate
	With                 []string // endpoint services that are needed together with it

	Past, PastByNAT int64 // calls that went past the endpoints, and those of them by NAT gateways
	Principals      int64 // that made them
	Through         int64 // calls that came by the endpoint
	NATBytes        int64 // known bytes of PastByNAT

	Zones     int
	Cost      prices.Amount // of an interface endpoint in a month, without its bytes
	Priced    bool          // Cost is known
	Saves     Saving        // in a month
	BreakEven int64         // bytes a month above which it saves money; 0: none, or it does not matter

	Because string   // one sentence
	Sum     string   // the arithmetic
	Watch   []string // before it is done
	Check   string   // a command that would decide
}

// An Advice is all recommendations, the most useful first.
type Advice struct {
	Rows   []Recommendation
	Prices *prices.Prices
	Span   *report.Span
	Others map[string]int64 // calls past the endpoints that no endpoint of a known VPC would carry, by cause

	view  *network.View
	sums  *sums
	q     *Question
	since map[string]int64 // calls that went past an endpoint before it carried them, by endpoint
}

// Read reads the days of a report and recommends by them.
func Read(ctx context.Context, span *report.Span, q Question) (*Advice, error) {
	if err := span.Need(table.Causes.Name); err != nil {
		return nil, err
	}
	view, err := q.view(ctx, span)
	if err != nil {
		return nil, err
	}
	sums, err := collect(ctx, span)
	if err != nil {
		return nil, err
	}
	a := &Advice{Prices: q.Prices, Span: span, Others: sums.others, view: view, sums: sums, q: &q, since: map[string]int64{}}
	a.decide()
	return a, nil
}

// view returns the network at the end of the last day.
func (q *Question) view(ctx context.Context, span *report.Span) (*network.View, error) {
	last := len(span.Days) - 1
	if q.Network != nil {
		v := q.Network.View(span.Days[last], nil)
		if v.IsEmpty() {
			return nil, fmt.Errorf("--network: no sweep was taken at or after the end of %s: run vpcetrail network, or leave --network out", span.Days[last])
		}
		return v, nil
	}
	s, err := report.ReadNetwork(ctx, span.Store, span.Manifests[last], span.Days[last])
	switch {
	case err != nil:
		return nil, err
	case s == nil:
		return nil, fmt.Errorf("%s: %s has no snapshot of the network: run vpcetrail analyze again with --network, or give --network here", span.Store, span.Days[last])
	}
	return s.View(span.Days[last], nil), nil
}

// decide makes the recommendations and sorts them.
func (a *Advice) decide() {
	about := map[[2]string]int{} // by VPC and service
	for _, key := range slices.SortedFunc(maps.Keys(a.sums.wants), compareWants) {
		w, place := a.sums.wants[key], [2]string{key.vpc, key.service}
		i, again := about[place]
		switch {
		case key.cause == network.Unexplained && again:
			a.Rows[i].Watch = append(a.Rows[i].Watch, fmt.Sprintf("also left out: %s: %s", calls(w.calls), w.main().text))
			continue
		case key.cause == network.Unexplained:
			a.Rows = append(a.Rows, a.unproven(key, w))
			continue
		}
		if r, ok := a.wanted(key, w); ok {
			about[place] = len(a.Rows)
			a.Rows = append(a.Rows, r)
		}
	}
	for _, e := range a.view.Endpoints() {
		a.Rows = append(a.Rows, a.endpoint(e))
	}
	for i := range a.Rows {
		r := &a.Rows[i]
		if region := a.Prices.In(r.Region); region != nil && region.Name != r.Region && strings.Contains(r.Sum, a.Prices.Currency) {
			r.Sum += " (prices of " + region.Name + ")"
		}
	}
	slices.SortFunc(a.Rows, func(r, o Recommendation) int {
		return cmp.Or(cmp.Compare(slices.Index(all, r.Do), slices.Index(all, o.Do)),
			cmp.Compare(o.Principals, r.Principals), cmp.Compare(o.Past, r.Past), cmp.Compare(o.Saves.Mean, r.Saves.Mean), cmp.Compare(o.Through, r.Through),
			cmp.Compare(r.Account, o.Account), cmp.Compare(r.Region, o.Region), cmp.Compare(r.VPC, o.VPC), cmp.Compare(r.Service, o.Service), cmp.Compare(r.Endpoint, o.Endpoint))
	})
}

// compareWants orders wants, those without a proven cause last.
func compareWants(a, b wantKey) int {
	rank := func(k *wantKey) int { return slices.Index(network.Causes, k.cause) }
	return cmp.Or(cmp.Compare(rank(&a), rank(&b)), cmp.Compare(a.account, b.account), cmp.Compare(a.region, b.region), cmp.Compare(a.vpc, b.vpc),
		cmp.Compare(a.service, b.service), cmp.Compare(a.endpoint, b.endpoint))
}

func (a *Advice) days() int { return len(a.Span.Days) }

func (a *Advice) terms(account, region string) *terms {
	t := &terms{currency: a.Prices.Currency, asked: region, region: a.Prices.In(region)}
	for id := range a.q.Metrics {
		m, _ := a.measured(id)
		if e := a.view.Thing(id); e != nil && e.Account == account && e.Region == region && m.Bytes > 0 {
			t.volume = add(t.volume, monthly(&m))
		}
	}
	return t
}

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
