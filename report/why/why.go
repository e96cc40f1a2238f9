// Package why groups the calls that went past the endpoints by the one change that would fix them. It
// reads table causes and the network snapshots of a report, and writes the groups, or the changes of
// package causes.
package why

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"vpcetrail/classify/network"
	"vpcetrail/classify/phrase"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/spill"
	"vpcetrail/report"
	"vpcetrail/report/prices"
	"vpcetrail/report/table"
	"vpcetrail/report/wildcard"
)

// A Filter selects calls. Its lists hold patterns with wildcards. An empty list selects all.
type Filter struct {
	Principals, Services, Accounts, VPCs []string
	Causes                               []string // of network.Causes
}

// Check returns an error that names a cause that does not exist.
func (f *Filter) Check() error {
	for _, cause := range f.Causes {
		if !slices.Contains(network.Causes, network.Cause(cause)) {
			return fmt.Errorf("--cause %q: want one of %s", cause, strings.Join(Causes(), ", "))
		}
	}
	return nil
}

// Causes returns the names of all causes.
func Causes() (names []string) {
	for _, c := range network.Causes {
		names = append(names, string(c))
	}
	return names
}

func (f *Filter) selects(row *table.CauseRow) bool {
	for _, part := range []struct {
		patterns []string
		text     string
	}{{f.Principals, row.Principal}, {f.Accounts, row.AccountID}, {f.VPCs, row.VPCID}, {f.Causes, row.Cause}} {
		if len(part.patterns) > 0 && !wildcard.MatchAny(part.patterns, part.text) {
			return false
		}
	}
	short, _, _ := strings.Cut(row.Service, ".")
	return len(f.Services) == 0 || wildcard.MatchAny(f.Services, row.Service) || wildcard.MatchAny(f.Services, short)
}

// A Why holds the groups of some days of a report.
type Why struct {
	Days       []day.Day       // that have the table
	Lacking    []day.Day       // without the table
	Incomplete []day.Day       // of Days: not all of the trail could be read
	Shards     []day.Day       // of Days: one shard of the trail alone was read
	Unread     []phrase.Phrase // what could not be read of the sources beside the trail
	Groups     []Group         // most calls first
	Calls      int64           // past the endpoints, by the filter
	All        int64           // past the endpoints, whatever the filter
	Movable    int64           // those of them that a change of the network moves
	Changes    int             // these changes
	// Logged are requests past the endpoints that S3 access logs show and no group has: the trail has
	// no data events for them. Buckets are theirs.
	Logged  int64
	Buckets int
	// Uncompared are such requests that were not compared with the trail: groups may have them.
	Uncompared        int64
	UncomparedBuckets int
}

// A Group is the calls that one change would fix.
type Group struct {
	// Plan is what the change needs, by the newest snapshot that knows the place. Its subnets
	// and route tables are those of all calls of the group.
	network.Plan
	Sum
	Accounts []string      // whose trails have the calls
	Services []string      // eventSources
	Regions  []string      // of the calls
	Callers  []Caller      // most calls first, and at most mostCallers
	Others   int           // callers that are not in Callers
	DNS      phrase.Phrase // what queries to the Resolver show; nothing where no log was read, or names do not matter
}

// A Caller is who made calls of a group.
type Caller struct {
	Principal string
	Workload  string // "" if not known
	Calls     int64
}

// mostCallers is the number of callers that are named for a group.
const mostCallers = 3

// memory is the limit in bytes for the sums of the rows. The rest goes to temporary files.
const memory = 32 << 20

// Has reports whether a day of s has table causes.
func Has(s *report.Span) bool {
	return slices.ContainsFunc(s.Manifests, func(m *report.Manifest) bool { return m.Has(table.Causes.Name) })
}

// Read reads the groups of the days of s that have table causes. It fails if none has it.
func Read(ctx context.Context, s *report.Span, f Filter) (*Why, error) {
	disk := spill.NewDisk("")
	defer disk.Close()
	r := reader{why: &Why{}, rows: spill.NewTotals[Sum](disk, memory)}
	for i, m := range s.Manifests {
		if !m.Has(table.Causes.Name) {
			r.why.Lacking = append(r.why.Lacking, s.Days[i])
			continue
		}
		r.why.Days = append(r.why.Days, s.Days[i])
		r.manifests = append(r.manifests, m)
		if !m.Complete() {
			r.why.Incomplete = append(r.why.Incomplete, s.Days[i])
		}
		if m.Part() != "" {
			r.why.Shards = append(r.why.Shards, s.Days[i])
		}
	}
	if len(r.why.Days) == 0 {
		return nil, s.Need(table.Causes.Name)
	}
	for i, d := range r.why.Days {
		for row, err := range report.ReadTable(ctx, s.Store, &table.Causes, r.manifests[i], d) {
			if err != nil {
				return nil, err
			}
			r.why.All += row.Calls
			if f.selects(row) {
				r.add(row, r.manifests[i].Run.NATPrice)
			}
		}
	}
	if err := r.readAccess(ctx, s, &f); err != nil {
		return nil, err
	}
	r.why.Unread = unread(s)
	if err := r.group(); err != nil {
		return nil, err
	}
	if err := r.readDNS(ctx, s.Store); err != nil {
		return nil, err
	}
	return r.why, r.plan(ctx, s.Store)
}

// unread says what could not be read of the sources beside the trail.
func unread(s *report.Span) (all []phrase.Phrase) {
	for _, source := range []string{table.S3Access.Name, table.DNS.Name} {
		if lacks := report.LacksOf(source, s.Manifests); lacks.Is() {
			all = append(all, lacks)
		}
	}
	return all
}

// A reader sums rows by group and caller.
type reader struct {
	why       *Why
	manifests []*report.Manifest // of why.Days
	rows      *spill.Totals[Sum, *Sum]
	key       []byte
}

// add adds a row. natPrice is the price of a gigabyte through a NAT gateway, or 0.
func (r *reader) add(row *table.CauseRow, natPrice float64) {
	change := changeOf(row)
	r.key = spill.AppendFields(r.key[:0], row.Cause, row.Reason, change[0], change[1], // the group
		row.VPCID, row.VPCRegion, row.VPCAccountID, row.SubnetIDs, row.RouteTableIDs, row.EndpointID, row.ServiceName, row.ReasonDetail,
		row.AccountID, row.Region, row.Service, row.Principal, row.Workload)
	sum := Sum{Calls: row.Calls, Bytes: row.Bytes, First: row.FirstSeen, Last: row.LastSeen}
	if natPrice > 0 && strings.HasPrefix(row.Egress, "nat-") && row.Bytes > 0 {
		sum.Estimate.Count(float64(row.Bytes) / prices.GB * natPrice)
	}
	r.rows.At(r.key).Add(&sum)
}

// changeOf returns what one change is about, for calls of one cause and reason. Calls with the same
// values are fixed together.
func changeOf(row *table.CauseRow) [2]string {
	switch network.Cause(row.Cause) {
	case network.NoEndpoint:
		return [2]string{row.VPCID, row.ServiceName}
	case network.RouteMissing, network.IPv6:
		return [2]string{row.EndpointID}
	case network.PrivateDNSOff:
		switch network.Reason(row.Reason) {
		case network.VPCDNSOff, network.OwnDNSServers:
			return [2]string{row.VPCID}
		}
		return [2]string{row.EndpointID}
	case network.NameNotCovered:
		return [2]string{row.EndpointID, row.ReasonDetail}
	case network.OtherRegionIs:
		return [2]string{row.VPCID, row.Service + " " + row.Region}
	case network.NotInVPC:
		if row.ReasonDetail == "" {
			return [2]string{row.AccountID}
		}
		return [2]string{row.ReasonDetail}
	case network.KeysElsewhere:
		return [2]string{row.ReasonDetail}
	}
	return [2]string{row.VPCID}
}

// group joins the rows of each group.
func (r *reader) group() error {
	rows := r.rows.Cursor()
	var last string
	var j *joiner
	for rows.Next() {
		var change [4]string
		rest := spill.CutFields(string(rows.Key), &change[0], &change[1], &change[2], &change[3])
		if of := string(rows.Key[:len(rows.Key)-len(rest)]); j == nil || of != last {
			r.take(j)
			j, last = newJoiner(change[0], change[1]), of
		}
		j.add(rest, &rows.Value)
	}
	r.take(j)
	slices.SortStableFunc(r.why.Groups, func(a, b Group) int {
		return cmp.Or(cmp.Compare(b.Calls, a.Calls), cmp.Compare(a.rank(), b.rank()))
	})
	return rows.Err()
}

// take adds a group that is complete. j may be nil.
func (r *reader) take(j *joiner) {
	if j == nil {
		return
	}
	g := j.group()
	r.why.Calls += g.Calls
	if g.IsMovable() {
		r.why.Movable += g.Calls
		r.why.Changes++
	}
	r.why.Groups = append(r.why.Groups, g)
}

// plan sets what each change needs: by the newest day with a snapshot that knows the place.
func (r *reader) plan(ctx context.Context, store report.Store) error {
	open := len(r.why.Groups)
	planned := make([]bool, open)
	for i := len(r.why.Days) - 1; i >= 0 && open > 0; i-- {
		snapshot, err := report.ReadNetwork(ctx, store, r.manifests[i], r.why.Days[i])
		if err != nil {
			return err
		}
		if snapshot == nil {
			continue
		}
		view := snapshot.View(r.why.Days[i], nil)
		for k := range r.why.Groups {
			g := &r.why.Groups[k]
			if !planned[k] && (g.VPC == "" || view.Thing(g.VPC) != nil) {
				g.Plan = view.Plan(g.Answer)
				planned[k] = true
				open--
			}
		}
	}
	return nil
}
