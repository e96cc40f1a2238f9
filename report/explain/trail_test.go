package explain

import (
	"context"
	"maps"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"

	"vpcetrail/classify"
	"vpcetrail/classify/network"
	"vpcetrail/classify/network/networktest"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/source"
	"vpcetrail/ingest/source/list"
	"vpcetrail/ingest/spill"
	"vpcetrail/report"
	"vpcetrail/report/analyze"
	"vpcetrail/report/causes"
	"vpcetrail/report/table"
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
	rep := demoReport(t, analyze.Job{})
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

func demoReport(t *testing.T, job analyze.Job) *report.Report {
	t.Helper()
	ctx := context.Background()
	trail, err := source.Open(ctx, []string{demo}, list.Selection{Window: day.All()}, source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer trail.Close()
	disk := spill.NewDisk(t.TempDir())
	t.Cleanup(func() { disk.Close() })
	job.Window, job.Disk = day.All(), disk
	rep, err := job.Report(ctx, trail)
	if err != nil {
		t.Fatal(err)
	}
	return rep
}

// TestCausesAreExplainedAsCounted holds the causes of the calls of a whole trail, each by its own fields, against
// table causes.
func TestCausesAreExplainedAsCounted(t *testing.T) {
	known := Known{Network: around(t)}
	var err error
	if known.Networks, err = network.ParseNetworks([]byte("partner: 198.51.100.0/25")); err != nil {
		t.Fatal(err)
	}
	counts, want, seen := map[table.CauseKey]int64{}, map[table.CauseKey]int64{}, map[string]bool{}
	for _, r := range explained(t, []string{demo}, known, 1<<20) {
		if r.Counted != CountedCall || r.Cause == nil {
			continue
		}
		c := r.Cause
		k := table.CauseKey{
			AccountID: r.Account, Region: r.Region, Service: r.Service, Principal: r.Principal, Workload: c.Path.Workload,
			Host: c.Path.Host, HostClass: string(c.HostClass), Egress: network.Egress(c.Path.Place),
		}
		causes.SetAnswer(&k, &c.Answer)
		counts[k]++
		seen[k.Cause+" "+k.Reason] = true
	}
	rep := demoReport(t, analyze.Job{Network: known.Network, Networks: known.Networks})
	for _, d := range rep.Days {
		for _, err := range d.Traffic { // first, as a report is read
			if err != nil {
				t.Fatal(err)
			}
		}
		for row, err := range d.Causes {
			if err != nil {
				t.Fatal(err)
			}
			k := row.CauseKey
			k.PrincipalAccountID = ""
			want[k] += row.Calls
		}
	}
	for k, n := range want {
		if counts[k] != n {
			t.Errorf("%d calls, want %d: %+v", counts[k], n, k)
		}
	}
	if len(counts) != len(want) || len(seen) < 10 {
		t.Errorf("%d sorts of calls, want %d; %d reasons: %v", len(counts), len(want), len(seen), seen)
	}
}

// around returns a snapshot in which addresses and instances of the demo trail have a place.
func around(t *testing.T) *network.Snapshot {
	t.Helper()
	var addresses []netip.Addr
	var instances []string
	days, regions := map[day.Day]bool{}, map[string]bool{}
	for _, r := range explained(t, []string{demo}, Known{}, 1<<20) {
		if x := r.Explanation; x != nil && x.Verdict.Route() == classify.Internet {
			addresses = append(addresses, x.Source.Address)
			days[day.Of(r.Time)], regions[r.Region] = true, true
			if strings.HasPrefix(r.Session, "i-") {
				instances = append(instances, r.Session)
			}
		}
	}
	return networktest.Around(1, []string{"111122223333", "999988887777"}, slices.Sorted(maps.Keys(regions)), addresses, slices.Compact(instances), slices.Sorted(maps.Keys(days)))
}

// TestMemoryChangesNothing holds that records that wait on disk are explained as those that wait in memory.
func TestMemoryChangesNothing(t *testing.T) {
	inMemory, onDisk := explained(t, []string{demo}, Known{}, 64<<20), explained(t, []string{demo}, Known{}, 0)
	if len(inMemory) == 0 || !reflect.DeepEqual(inMemory, onDisk) {
		t.Errorf("%d records in memory, %d on disk, or they differ", len(inMemory), len(onDisk))
	}
}

// TestChosenRecordsAreExplainedAsAmongAll holds that what the other records say still counts when records are chosen.
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
