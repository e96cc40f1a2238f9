package recommend

import (
	"cmp"
	"context"
	"strings"

	"vpcetrail/classify/network"
	"vpcetrail/ingest/day"
	"vpcetrail/report"
	"vpcetrail/report/table"
)

// sums are what the days of a report say about endpoints.
type sums struct {
	wants   map[wantKey]*want
	through map[string]*through         // by endpoint
	stuck   map[string]map[string]int64 // calls that went past an endpoint for another cause than its route tables, by endpoint and cause
	others  map[string]int64            // calls that no endpoint of a known VPC would carry, by cause
	covered map[network.Place]bool      // where the report has calls
}

// A want sums the calls from a VPC to a service that went past the endpoints for a cause.
type want struct {
	calls, natCalls int64
	natBytes        []int64 // through NAT gateways, by day
	principals      map[string]bool
	tables          map[string]bool
	proofs          map[proof]int64 // calls
}

type wantKey struct {
	cause                             network.Cause
	account, region, vpc              string
	service /* or source */, endpoint string
}

type proof struct {
	reason       network.Reason
	detail, text string
}

// A through sums the calls that came by an endpoint.
type through struct {
	calls int64
	bytes []int64 // by day
}

func collect(ctx context.Context, span *report.Span) (*sums, error) {
	s := &sums{map[wantKey]*want{}, map[string]*through{}, map[string]map[string]int64{}, map[string]int64{}, map[network.Place]bool{}}
	for i, d := range span.Days {
		if err := s.day(ctx, span, i, d); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// day adds the day with index i.
func (s *sums) day(ctx context.Context, span *report.Span, i int, d day.Day) error {
	m, days := span.Manifests[i], len(span.Days)
	for row, err := range report.ReadTable(ctx, span.Store, &table.Causes, m, d) {
		if err != nil {
			return err
		}
		s.past(row, i, days)
	}
	for row, err := range report.ReadTable(ctx, span.Store, &table.Endpoints, m, d) {
		if err != nil {
			return err
		}
		t := s.through[row.EndpointID]
		if t == nil {
			t = &through{bytes: make([]int64, days)}
			s.through[row.EndpointID] = t
		}
		t.calls += row.Calls + row.NetworkEvents
		t.bytes[i] = add(t.bytes[i], row.Bytes)
	}
	for row, err := range report.ReadTable(ctx, span.Store, &table.Services, m, d) {
		if err != nil {
			return err
		}
		s.covered[network.Place{Account: row.AccountID, Region: row.Region}] = true
	}
	return nil
}

// past adds a row of table causes, of the day with index i.
func (s *sums) past(row *table.CauseRow, i, days int) {
	cause := network.Cause(row.Cause)
	switch {
	case row.VPCID == "", cause == network.OtherRegionIs, cause == network.KeysElsewhere:
		s.others[row.Cause] += row.Calls
		return
	case row.EndpointID != "" && cause != network.RouteMissing:
		if s.stuck[row.EndpointID] == nil {
			s.stuck[row.EndpointID] = map[string]int64{}
		}
		s.stuck[row.EndpointID][row.Cause] += row.Calls
		return
	}
	key := wantKey{cause, row.VPCAccountID, row.VPCRegion, row.VPCID, cmp.Or(row.ServiceName, row.Service), row.EndpointID}
	w := s.wants[key]
	if w == nil {
		w = &want{natBytes: make([]int64, days), principals: map[string]bool{}, tables: map[string]bool{}, proofs: map[proof]int64{}}
		s.wants[key] = w
	}
	w.calls += row.Calls
	if strings.HasPrefix(row.Egress, "nat-") {
		w.natCalls += row.Calls
		w.natBytes[i] = add(w.natBytes[i], row.Bytes)
	}
	w.principals[row.Principal] = true
	for id := range strings.FieldsSeq(row.RouteTableIDs) {
		w.tables[id] = true
	}
	w.proofs[proof{network.Reason(row.Reason), row.ReasonDetail, row.Proof}] += row.Calls
}

// main returns the proof of most calls.
func (w *want) main() (most proof) {
	for p, calls := range w.proofs {
		if c := cmp.Or(cmp.Compare(calls, w.proofs[most]), cmp.Compare(most.text, p.text)); c > 0 || most.text == "" {
			most = p
		}
	}
	return most
}
