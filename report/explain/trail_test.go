package explain

import (
	"context"
	"reflect"
	"testing"

	"vpcetrail/classify"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/source"
	"vpcetrail/ingest/source/list"
	"vpcetrail/ingest/spill"
	"vpcetrail/report"
	"vpcetrail/report/analyze"
)

const demo = "../../fixtures/demo"

// TestDemoTrailIsExplainedAsCounted holds the explanations of a whole trail against the report's tables, and its
// balance.
func TestDemoTrailIsExplainedAsCounted(t *testing.T) {
	type key struct{ account, region, principal, service, route, origin, evidence, endpoint, kind, endpointAccount, owner string }
	counts, want := map[key]int64{}, map[key]int64{}
	kinds, wantKinds := map[string]int64{}, map[string]int64{}
	for _, r := range explained(t, []string{demo}, Known{}, 1<<20) {
		if kinds[r.Counted]++; r.Counted != CountedCall {
			continue
		}
		v, e := r.Explanation.Verdict, r.Explanation.Endpoint
		if v.Route() != classify.VPCE {
			e.Type = ""
		}
		counts[key{r.Account, r.Region, r.Principal, r.Service, v.Route().String(), v.Origin.String(), v.Evidence.String(),
			e.ID, e.Type, e.Account, v.Owner().String()}]++
	}
	rep := demoReport(t)
	for _, d := range rep.Days {
		for row, err := range d.Traffic {
			if err != nil {
				t.Fatal(err)
			}
			k := row.TrafficKey
			want[key{k.AccountID, k.Region, k.Principal, k.Service, k.Route, k.Origin, k.Evidence,
				k.EndpointID, k.EndpointType, k.EndpointAccountID, k.EndpointOwner}] += row.Calls
		}
	}
	for k, n := range want {
		if counts[k] != n {
			t.Errorf("%d calls, want %d: %+v", counts[k], n, k)
		}
	}
	if len(counts) != len(want) {
		t.Errorf("%d sorts of calls, want %d", len(counts), len(want))
	}
	b := rep.Balance
	for kind, n := range map[string]int64{
		CountedCall: b.Calls, CountedDuplicate: b.Duplicates, CountedSharedCopy: b.SharedCopies, CountedNetwork: b.NetworkEvents,
		CountedCorrection: b.Corrections, CountedOther: b.OtherEvents,
	} {
		if n > 0 {
			wantKinds[kind] = n
		}
	}
	if !reflect.DeepEqual(kinds, wantKinds) {
		t.Errorf("counted as %v, want %v", kinds, wantKinds)
	}
}

func demoReport(t *testing.T) *report.Report {
	t.Helper()
	ctx := context.Background()
	trail, err := source.Open(ctx, []string{demo}, list.Selection{Window: day.All()}, source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer trail.Close()
	disk := spill.NewDisk(t.TempDir())
	t.Cleanup(func() { disk.Close() })
	rep, err := analyze.Job{Window: day.All(), Disk: disk}.Report(ctx, trail)
	if err != nil {
		t.Fatal(err)
	}
	return rep
}

// TestMemoryChangesNothing holds that records that wait on disk are explained as those that wait in memory.
func TestMemoryChangesNothing(t *testing.T) {
	inMemory, onDisk := explained(t, []string{demo}, Known{}, 64<<20), explained(t, []string{demo}, Known{}, 0)
	if len(inMemory) == 0 || !reflect.DeepEqual(inMemory, onDisk) {
		t.Errorf("%d records in memory, %d on disk, or they differ", len(inMemory), len(onDisk))
	}
}

// TestChosenRecordsAreExplainedAsAmongAll holds that choosing records takes nothing from what the others tell.
func TestChosenRecordsAreExplainedAsAmongAll(t *testing.T) {
	all := explained(t, []string{demo}, Known{}, 1<<20)
	var id string
	var want []*Record
	for _, r := range all {
		if x := r.Explanation; id == "" && x != nil && x.Endpoint.Type == "interface" && x.Verdict.Route() == classify.VPCE {
			id = r.ID
		}
	}
	for _, r := range all {
		if r.ID == id {
			want = append(want, r)
		}
	}
	if got := explained(t, []string{demo}, Known{}, 1<<20, id); len(got) == 0 || !reflect.DeepEqual(got, want) {
		t.Errorf("%d records of %s, want %d, or they differ", len(got), id, len(want))
	}
}
