package report

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"

	"golang.org/x/sync/errgroup"

	"vpcetrail/classify"
	"vpcetrail/ingest"
	"vpcetrail/ingest/day"
	"vpcetrail/ingest/spill"

	"vpcetrail/report/findings"
	"vpcetrail/report/table"
)

// Input is all that a report is made of.
type Input struct {
	Counters []*Counter // of all workers of a run that ended well
	Marks    *ingest.Marks
	Window   day.Window

	TrailAccounts []string           // those that have a folder in the trail
	OwnAccounts   []string           // further accounts that are ours
	Inventory     classify.Inventory // our endpoints by id
	NATPrice      float64            // US dollars a gigabyte, for findings

	Disk   *spill.Disk // takes what passes Memory; it must stay open as long as the report is used
	Memory int         // bytes, about, most of it for the rows of table resources, which are most; 0 is 64 MiB
}

// A Report holds the tables of every day of the window.
type Report struct {
	Balance  Balance
	Statuses map[ingest.Status]int64 // objects by how reading them ended
	Days     []*Day                  // in order; of an unbounded window those that hold records or objects

	objects []*objectLog // of all counters
}

// Rows are the rows of a table, in the order of its key. A row is valid until the next one comes. An
// error comes with a nil row, and is the last.
type Rows[T any] = iter.Seq2[*T, error]

// RowsOf returns rows that lie in memory.
func RowsOf[T any](rows []T) Rows[T] {
	return func(yield func(*T, error) bool) {
		for i := range rows {
			if !yield(&rows[i], nil) {
				return
			}
		}
	}
}

// A Day hands out the tables of one day. They are made as they are read: of a Report that New has made,
// each table once, to its end, the days in order and of each day traffic first; resources may be read beside the others.
// Days may be left out.
type Day struct {
	Day        day.Day
	Kinds      Kinds
	Traffic    Rows[table.TrafficRow]
	Principals Rows[table.PrincipalRow]
	Services   Rows[table.ServiceRow]
	Endpoints  Rows[table.EndpointRow]
	Resources  Rows[table.ResourceRow] // nil: the day has no such table
	Findings   Rows[table.FindingRow]  // likewise
	Objects    Rows[table.ObjectRow]
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

// New makes the report, with as many goroutines as there are counters. It takes over the counters' memory: they must not
// be used again.
func New(ctx context.Context, in Input) (*Report, error) {
	if in.Disk == nil {
		in.Disk = spill.NewDisk("")
	}
	if in.Memory == 0 {
		in.Memory = defaultMemory
	}
	replays, err := replayAll(ctx, &in)
	if err != nil {
		return nil, err
	}
	settlers, err := settleAll(&in, replays)
	if err != nil {
		return nil, err
	}
	r := &Report{Statuses: map[ingest.Status]int64{}}
	r.days(&in, settlers)
	return r, r.balance(&in, settlers[0])
}

// replayAll counts the rows of every counter, all counters at once.
func replayAll(ctx context.Context, in *Input) ([]*replay, error) {
	replays := make([]*replay, len(in.Counters))
	group, ctx := errgroup.WithContext(ctx)
	for i, c := range in.Counters {
		replays[i] = newReplay(in.Disk, in.Memory/6/len(in.Counters))
		group.Go(func() error { return replays[i].run(ctx, c, in.Marks) })
	}
	return replays, group.Wait()
}

// settleAll settles what each replay counted, all at once. The first settler has taken over what is not by key.
func settleAll(in *Input, replays []*replay) ([]*settler, error) {
	known := newKnown(in, replays)
	settlers := make([]*settler, len(replays))
	var group errgroup.Group
	for i, r := range replays {
		settlers[i] = newSettler(known, in.Disk, in.Memory/len(replays))
		group.Go(func() error { return settlers[i].settleAll(r) })
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	var denials []*spill.Sorter
	for i, r := range replays {
		if i > 0 {
			settlers[0].join(settlers[i])
		}
		denials = append(denials, r.denials)
	}
	return settlers, settlers[0].settleDenials(denials)
}

// days makes the days to report: all of a bounded window; of an unbounded one those that hold
// records, and those whose folders held objects.
func (r *Report) days(in *Input, settlers []*settler) {
	s := settlers[0]
	logs := make([]*objectLog, len(in.Counters))
	for i, c := range in.Counters {
		logs[i] = &c.objects
	}
	r.objects = logs
	objects := newObjectTables(logs)
	var calls []*measureTotals
	var named []*resourceTotals
	for _, s := range settlers {
		calls, named = append(calls, s.traffic), append(named, s.resources)
	}
	traffic, resources := newDaily(spill.MergeTotals(calls...)), newDaily(spill.MergePairs(named...))
	days := daysToReport(in, s)
	for _, d := range days {
		s.tallyOf(d) // of a day without records too: its endpoints are known
	}
	found := s.findings.Days(days, findings.Options{NATPrice: in.NATPrice})
	for _, d := range days {
		out := s.dayTables(d, traffic, resources, objects.of(d), in)
		out.Findings = found.Of(d)
		r.Days = append(r.Days, out)
	}
}

func daysToReport(in *Input, s *settler) []day.Day {
	if !in.Window.IsAll() {
		var days []day.Day
		for d := in.Window.From; d <= in.Window.To; d++ {
			days = append(days, d)
		}
		return days
	}
	wanted := map[day.Day]bool{}
	for d := range s.kinds {
		wanted[d] = true
	}
	for _, c := range in.Counters {
		maps.Copy(wanted, c.folders)
	}
	delete(wanted, ingest.Undated)
	return slices.Sorted(maps.Keys(wanted))
}

// balance adds up the balance, and checks that it holds.
func (r *Report) balance(in *Input, s *settler) error {
	for _, c := range in.Counters {
		r.Balance.Records += c.records.Records
		r.Balance.OutsideWindow += c.records.OutsideWindow
		r.Balance.Invalid += c.records.Invalid
		for status, n := range c.statuses {
			r.Statuses[status] += n
		}
	}
	reported := map[day.Day]bool{ingest.Undated: true}
	for _, d := range r.Days {
		reported[d.Day] = true
	}
	for d, kinds := range s.kinds {
		if !reported[d] && *kinds != (Kinds{}) {
			return fmt.Errorf("%w: records of %s, a day that is not reported", errBalance, d)
		}
		r.Balance.Kinds.Add(*kinds)
	}
	return r.Balance.check()
}

// Objects returns how many objects were read, or could not be.
func (r *Report) Objects() (n int64) {
	for _, count := range r.Statuses {
		n += count
	}
	return n
}

// Unread returns how many objects could not be read whole.
func (r *Report) Unread() (n int64) {
	for status, count := range r.Statuses {
		if status != ingest.OK {
			n += count
		}
	}
	return n
}

// Problems calls fn with what is wrong with each object that could not be read whole, in the order of
// their names: one line each.
func (r *Report) Problems(fn func(problem string)) error {
	c := r.merged(func(l *objectLog) *spill.Sorter { return l.problems })
	for c.Next() {
		fn(string(c.Value))
	}
	return c.Err()
}

// ObjectRows calls fn with every object that was read, for each day that it belongs to: reported days
// and others. The row is valid until fn returns.
func (r *Report) ObjectRows(fn func(*table.ObjectRow)) error {
	dated := r.merged(func(l *objectLog) *spill.Sorter { return l.rows })
	for dated.Next() {
		_, name := day.CutKey(dated.Key)
		row := cutObject(name, dated.Value)
		fn(&row)
	}
	undated := r.merged(func(l *objectLog) *spill.Sorter { return l.everyDay })
	for undated.Next() {
		row := cutObject(undated.Key, undated.Value)
		fn(&row)
	}
	return errors.Join(dated.Err(), undated.Err())
}

func (r *Report) merged(part func(*objectLog) *spill.Sorter) *spill.Cursor {
	var sorters []*spill.Sorter
	for _, l := range r.objects {
		sorters = append(sorters, part(l))
	}
	return spill.Merge(sorters...)
}
