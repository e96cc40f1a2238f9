package overview

import (
	"math"
	"testing"

	"vpcetrail/report/table"
)

// The sum of estimates is exact, in any order. Floating point numbers give 0.6000000000000001 for one
// of the orders.
func TestMoneyIsExact(t *testing.T) {
	for _, estimates := range [][]float64{{0.1, 0.2, 0.3, math.NaN()}, {math.NaN(), 0.3, 0.2, 0.1}} {
		var sum FindingSum
		for _, usd := range estimates {
			sum.Count(&table.FindingRow{EstimatedUSD: usd}, 20000)
		}
		if usd, known := sum.Cost(); usd != 0.6 || !known {
			t.Errorf("%v: %v, %v", estimates, usd, known)
		}
	}
	var none FindingSum
	none.Count(&table.FindingRow{EstimatedUSD: math.NaN()}, 20000)
	if _, known := none.Cost(); known {
		t.Error("a finding without an estimate has a cost")
	}
}

// Sums survive being written to a temporary file.
func TestSumsAreParsed(t *testing.T) {
	use := EndpointUse{
		Type: "gateway", Owner: "own", Account: "111122223333", VPC: "vpc-1", Calls: 1, Denied: 2, PolicyDenied: 3,
		NetworkEvents: 4, Bytes: 5, Principals: 6, Foreign: 7, FirstSeen: -8, LastSeen: 9, rows: 10,
	}
	var again EndpointUse
	if again.Parse(use.Append(nil)); again != use {
		t.Errorf("%+v, want %+v", again, use)
	}
}

// Distinct callers of several days cannot be added. All rows of one day can.
func TestDistinctCallersOfSeveralDays(t *testing.T) {
	all := endpointUses{}
	for day, callers := range [][]int64{{1, 2}, {2}} {
		today := endpointUses{}
		for _, n := range callers {
			today.at("vpce-1", "s3.amazonaws.com").Count(&table.EndpointRow{Principals: n, Calls: 10, FirstSeen: int64(100 + day), LastSeen: int64(100 + day)})
		}
		all.addDay(today)
	}
	use := all.at("vpce-1", "s3.amazonaws.com")
	if use.Principals != 3 || use.Calls != 30 || use.FirstSeen != 100 || use.LastSeen != 101 {
		t.Errorf("%+v", use)
	}
}
