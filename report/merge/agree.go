package merge

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"vpcetrail/report"
)

// A member is one input's part in a batch.
type member struct {
	name  string // of the report
	index *Index
}

// agree returns the single run that would have read everything that the members read. It fails if
// there is no such run.
func agree(members []member) (report.Run, error) {
	first := members[0]
	for _, m := range members[1:] {
		if what := differ(first.index, m.index); what != "" {
			return report.Run{}, fmt.Errorf("%s and %s were made with different %s: no single run gives the two together: analyze them alike",
				first.name, m.name, what)
		}
	}
	groups := map[string][]member{}
	for _, m := range members {
		key := strings.Join(m.index.Run.Sources, "\x00")
		groups[key] = append(groups[key], m)
	}
	run := first.index.Run
	if len(groups) > 1 && run.Inputs["verify"] != "" { // what explains a gap of one may lie in the other
		return report.Run{}, fmt.Errorf("%s and others were made with --verify of different sources: no single run gives them together: "+
			"analyze all sources in each run, and divide them by --shard, --accounts or --regions", first.name)
	}
	run.Sources = nil
	for i, key := range slices.Sorted(maps.Keys(groups)) {
		group := groups[key]
		if err := complete(group); err != nil {
			return report.Run{}, err
		}
		accounts, regions, err := filters(group)
		if err != nil {
			return report.Run{}, err
		}
		if i > 0 && !(slices.Equal(accounts, run.Accounts) && slices.Equal(regions, run.Regions)) {
			return report.Run{}, fmt.Errorf("%s and %s were made of different sources with different --accounts or --regions: "+
				"no single run gives the two together: analyze them alike", first.name, group[0].name)
		}
		run.Accounts, run.Regions = accounts, regions
		run.Sources = append(run.Sources, group[0].index.Run.Sources...)
	}
	run.Shard, run.EndpointsFrom = "", nil
	for _, m := range members { // names of files with the same content: one run could be given all of them
		run.EndpointsFrom = append(run.EndpointsFrom, m.index.Run.EndpointsFrom...)
	}
	slices.Sort(run.EndpointsFrom)
	run.EndpointsFrom = slices.Compact(run.EndpointsFrom)
	slices.Sort(run.Sources)
	run.Sources = slices.Compact(run.Sources)
	return run, nil
}

// differ returns the first flag that must be equal in two runs and is not.
func differ(a, b *Index) string {
	switch {
	case a.Run.Version != b.Run.Version:
		return fmt.Sprintf("versions, %s and %s", a.Run.Version, b.Run.Version)
	case a.Run.Lateness != b.Run.Lateness || a.Lateness != b.Lateness:
		return fmt.Sprintf("--lateness, %s and %s", a.Run.Lateness, b.Run.Lateness)
	case !slices.Equal(a.Run.OwnAccounts, b.Run.OwnAccounts):
		return "--own-accounts"
	case !slices.Equal(a.Run.ExcludeAccounts, b.Run.ExcludeAccounts):
		return "--exclude-accounts"
	case a.Run.Endpoints != b.Run.Endpoints || len(a.Inventory)+len(b.Inventory) > 0 && !reflect.DeepEqual(a.Inventory, b.Inventory):
		return "--endpoints"
	case !maps.Equal(a.Run.Inputs, b.Run.Inputs):
		return differentInput(a.Run.Inputs, b.Run.Inputs)
	case !slices.Equal(a.Run.EndpointRegions, b.Run.EndpointRegions) || !slices.Equal(a.Run.EndpointRegionsUnread, b.Run.EndpointRegionsUnread):
		return "answers to --endpoints aws" // from different Regions, though all answers name the same endpoints
	case a.Run.NATPrice != b.Run.NATPrice:
		return fmt.Sprintf("--nat-price, %v and %v", a.Run.NATPrice, b.Run.NATPrice)
	case !slices.Equal(a.Run.Formats, b.Run.Formats):
		return "--format"
	case a.Run.IPRanges != b.Run.IPRanges:
		return fmt.Sprintf("--ip-ranges, of %s and %s", a.Run.IPRanges, b.Run.IPRanges)
	case a.SHA256 != b.SHA256:
		return "--sha256"
	}
	return ""
}

// differentInput returns the flag of the first optional input that differs between two runs.
func differentInput(a, b map[string]string) string {
	both := map[string]string{}
	maps.Copy(both, a)
	maps.Copy(both, b)
	for _, name := range slices.Sorted(maps.Keys(both)) {
		if a[name] != b[name] {
			return "--" + name
		}
	}
	return ""
}

// complete checks members with the same sources. They must be all shards of the sources, or none of
// them may be a shard.
func complete(members []member) error {
	of := map[string]member{}
	count := 0
	for _, m := range members {
		shard := m.index.Run.Shard
		if shard != "" {
			if other, ok := of[shard]; ok && sameFilters(other, m) {
				return fmt.Errorf("%s and %s are both shard %s", other.name, m.name, shard)
			}
			of[shard] = m
		}
		var number, n int
		_, err := fmt.Sscanf(shard, "%d/%d", &number, &n)
		if shard != "" && err != nil || count > 0 && n != count || m.index != members[0].index && n != count {
			return fmt.Errorf("%s and %s divide the same sources in different ways: want all of --shard 1/N to N/N, or none",
				members[0].name, m.name)
		}
		count = n
	}
	for i := 1; i <= count; i++ {
		if _, ok := of[fmt.Sprintf("%d/%d", i, count)]; !ok {
			return fmt.Errorf("shard %d/%d of %s is missing: name its report too", i, count, strings.Join(members[0].index.Run.Sources, ", "))
		}
	}
	return nil
}

func sameFilters(a, b member) bool {
	return slices.Equal(a.index.Run.Accounts, b.index.Run.Accounts) && slices.Equal(a.index.Run.Regions, b.index.Run.Regions)
}

// everything is the value of a filter that was not given.
var everything = []string{"*"}

// filters returns the --accounts and --regions of the run that reads what all members read from the
// same sources. There is such a run if every account is combined with every Region.
func filters(members []member) (accounts, regions []string, err error) {
	type pair struct{ account, region string }
	pairs, as, rs := map[pair]bool{}, map[string]bool{}, map[string]bool{}
	for _, m := range members {
		run := &m.index.Run
		for _, a := range orEverything(run.Accounts) {
			for _, r := range orEverything(run.Regions) {
				pairs[pair{a, r}], as[a], rs[r] = true, true, true
			}
		}
	}
	if len(pairs) != len(as)*len(rs) {
		return nil, nil, fmt.Errorf("%s: merged with the others of its sources, not every account goes with every Region: "+
			"no single run reads that: give each report all --regions, or each all --accounts", members[0].name)
	}
	return given(as), given(rs), nil
}

func orEverything(values []string) []string {
	if len(values) == 0 {
		return everything
	}
	return values
}

// given returns the values of a filter, or none if the filter accepts everything.
func given(values map[string]bool) []string {
	if values[everything[0]] {
		return nil
	}
	return slices.Sorted(maps.Keys(values))
}
