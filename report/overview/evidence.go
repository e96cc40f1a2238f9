package overview

import (
	"cmp"
	"context"
	"slices"

	"vpcetrail/ingest/day"
	"vpcetrail/ingest/spill"
	"vpcetrail/report"
	"vpcetrail/report/table"
)

// A NameUse sums the queries for one name that Resolver query logs show.
type NameUse struct {
	Name, Service       string
	Queries             int64
	Private, Public     int64 // rows of table dns with such answers
	FirstSeen, LastSeen int64 // milliseconds since the epoch
}

// Count adds a row of a day.
func (u *NameUse) Count(r *table.DNSRow) {
	o := NameUse{Queries: r.Queries, FirstSeen: r.FirstSeen, LastSeen: r.LastSeen}
	if r.Answered == table.AnsweredPrivate || r.Answered == table.AnsweredBoth {
		o.Private = 1
	}
	if r.Answered == table.AnsweredPublic || r.Answered == table.AnsweredBoth {
		o.Public = 1
	}
	u.Add(&o)
}

// Add adds o.
func (u *NameUse) Add(o *NameUse) {
	switch {
	case o.Queries == 0:
		return
	case u.Queries == 0:
		u.FirstSeen = o.FirstSeen
	}
	u.FirstSeen, u.LastSeen = min(u.FirstSeen, o.FirstSeen), max(u.LastSeen, o.LastSeen)
	u.Queries += o.Queries
	u.Private += o.Private
	u.Public += o.Public
}

func (u *NameUse) numbers() []*int64 {
	return []*int64{&u.Queries, &u.Private, &u.Public, &u.FirstSeen, &u.LastSeen}
}

// Append appends the sum without its names, in a form that Parse reads.
func (u *NameUse) Append(dst []byte) []byte { return appendNumbers(dst, u.numbers()) }

// Parse sets the sum to what Append has written.
func (u *NameUse) Parse(text []byte) { cutNumbers(text, u.numbers()) }

// Answered says how the name was answered: as in table dns, over all days and VPCs.
func (u *NameUse) Answered() string {
	switch {
	case u.Private > 0 && u.Public > 0:
		return table.AnsweredBoth
	case u.Private > 0:
		return table.AnsweredPrivate
	case u.Public > 0:
		return table.AnsweredPublic
	}
	return ""
}

func byAnswer(a, b *NameUse) int {
	return cmp.Or(cmp.Compare(b.Public, a.Public), cmp.Compare(b.Queries, a.Queries), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Service, b.Service))
}

// A MeasuredUse sums the days on which what CloudWatch measured at an endpoint compares in one way
// with the calls of the trail.
type MeasuredUse struct {
	ID, Service, Compared    string
	Days, Calls, Connections int64
	ActiveConnections        int64 // the maximum
	Bytes, PacketsDropped    int64
}

// Count adds a row of a day.
func (u *MeasuredUse) Count(r *table.EndpointMetricsRow) {
	u.Add(&MeasuredUse{
		Days: 1, Calls: r.Calls, Connections: r.NewConnections, ActiveConnections: r.ActiveConnections, Bytes: r.Bytes, PacketsDropped: r.PacketsDropped,
	})
}

// Add adds o.
func (u *MeasuredUse) Add(o *MeasuredUse) {
	active := max(u.ActiveConnections, o.ActiveConnections)
	for i, n := range o.numbers() {
		*u.numbers()[i] += *n
	}
	u.ActiveConnections = active
}

func (u *MeasuredUse) numbers() []*int64 {
	return []*int64{&u.Days, &u.Calls, &u.Connections, &u.ActiveConnections, &u.Bytes, &u.PacketsDropped}
}

// Append appends the sum without its names, in a form that Parse reads.
func (u *MeasuredUse) Append(dst []byte) []byte { return appendNumbers(dst, u.numbers()) }

// Parse sets the sum to what Append has written.
func (u *MeasuredUse) Parse(text []byte) { cutNumbers(text, u.numbers()) }

// comparisons are the values of column compared, the ones to look at first.
var comparisons = []string{"conflict", "unseen", "idle", "not_covered", "unrecorded", "seen"}

// RankOfComparison returns a higher number for what should be looked at first.
func RankOfComparison(compared string) int64 {
	return int64(len(comparisons) - slices.Index(comparisons, compared))
}

func byComparison(a, b *MeasuredUse) int {
	return cmp.Or(cmp.Compare(RankOfComparison(b.Compared), RankOfComparison(a.Compared)), cmp.Compare(b.Bytes, a.Bytes),
		cmp.Compare(a.ID, b.ID), cmp.Compare(a.Service, b.Service), cmp.Compare(a.Compared, b.Compared))
}

// evidence sums the tables that sources beside the trail make. Nothing in them is a call to add.
type evidence struct {
	buckets  *spill.Totals[BucketUse, *BucketUse]     // by name
	names    *spill.Totals[NameUse, *NameUse]         // by name and service
	measured *spill.Totals[MeasuredUse, *MeasuredUse] // by endpoint, service and comparison
}

func newEvidence(disk *spill.Disk) evidence {
	return evidence{spill.NewTotals[BucketUse](disk, memory), spill.NewTotals[NameUse](disk, memory), spill.NewTotals[MeasuredUse](disk, memory)}
}

// day adds a day.
func (e *evidence) day(ctx context.Context, store report.Store, m *report.Manifest, d day.Day) error {
	return cmp.Or(
		sumRows(ctx, store, m, d, &table.S3Access, e.buckets, func(r *table.S3AccessRow) []string { return []string{r.Bucket} }),
		sumRows(ctx, store, m, d, &table.DNS, e.names, func(r *table.DNSRow) []string { return []string{r.Name, r.Service} }),
		sumRows(ctx, store, m, d, &table.EndpointMetrics, e.measured, func(r *table.EndpointMetricsRow) []string { return []string{r.EndpointID, r.ServiceName, r.Compared} }))
}

// sumRows adds the rows of a table of a day to totals.
func sumRows[T, V any, P interface {
	spill.Value[V]
	Count(row *T)
}](ctx context.Context, store report.Store, m *report.Manifest, d day.Day, t *table.Table[T], totals *spill.Totals[V, P], key func(*T) []string) error {
	var text []byte
	for row, err := range report.ReadTable(ctx, store, t, m, d) {
		if err != nil {
			return err
		}
		text = spill.AppendFields(text[:0], key(row)...)
		P(totals.At(text)).Count(row)
	}
	return nil
}

// rank ranks what was summed.
func (e *evidence) rank(o *Overview) error {
	return cmp.Or(
		rankSums(&o.Buckets, e.buckets, func(u *BucketUse) []*string { return []*string{&u.Name} }),
		rankSums(&o.Names, e.names, func(u *NameUse) []*string { return []*string{&u.Name, &u.Service} }),
		rankSums(&o.Measured, e.measured, func(u *MeasuredUse) []*string { return []*string{&u.ID, &u.Service, &u.Compared} }))
}

// rankSums adds totals to a ranking. key returns the fields that the key has.
func rankSums[V any, P spill.Value[V]](to *Top[V], totals *spill.Totals[V, P], key func(*V) []*string) error {
	c := totals.Cursor()
	for c.Next() {
		use := c.Value
		spill.CutFields(string(c.Key), key(&use)...)
		to.Add(use)
	}
	to.Cut()
	return c.Err()
}
