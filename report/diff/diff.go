// Package diff compares two reports, or two periods of one report. It finds the callers that started
// to go past the VPC endpoints, those that stopped, and those with a different share of calls through
// endpoints. A caller is a principal's calls of one service, as recorded in one account.
//
// Memory is bounded: both sides are summed by caller in spill stores, and then read together in order.
package diff

import (
	"context"
	"encoding/binary"
	"errors"
	"iter"
	"math"

	"vpcetrail/ingest/day"
	"vpcetrail/ingest/spill"
	"vpcetrail/report"
	"vpcetrail/report/table"
)

// A Side is one of the two sides of the comparison.
type Side struct {
	Store report.Store
	Days  []day.Day // the days to sum
}

// A Change is how a caller changed.
type Change byte

// The changes, in the order in which they are shown.
const (
	Started Change = iota // some calls go past the endpoint, and none did before
	Stopped               // no call goes past the endpoint, and some did before
	Shifted               // calls go past it as before, but their share changed
	changes
)

// String returns the name of the change in CSV and JSON.
func (c Change) String() string { return [...]string{"started", "stopped", "shifted"}[c] }

// Counts are the calls of a caller.
type Counts struct {
	Calls    int64 // all routes
	VPCE     int64
	Internet int64 // past the endpoint
}

// Add adds the calls of o.
func (c *Counts) Add(o *Counts) {
	c.Calls += o.Calls
	c.VPCE += o.VPCE
	c.Internet += o.Internet
}

// Append appends the counts in the form that Parse reads.
func (c *Counts) Append(dst []byte) []byte {
	for _, n := range []int64{c.Calls, c.VPCE, c.Internet} {
		dst = binary.AppendVarint(dst, n)
	}
	return dst
}

// Parse sets the counts to what Append wrote.
func (c *Counts) Parse(text []byte) { c.cut(text) }

func (c *Counts) cut(text []byte) []byte {
	for _, field := range []*int64{&c.Calls, &c.VPCE, &c.Internet} {
		n, size := binary.Varint(text)
		*field, text = n, text[size:]
	}
	return text
}

// Share returns VPCE / (VPCE + Internet), or NaN if both are 0.
func (c *Counts) Share() float64 {
	if c.VPCE+c.Internet == 0 {
		return math.NaN()
	}
	return float64(c.VPCE) / float64(c.VPCE+c.Internet)
}

// A Caller is a principal that called a service, and how it changed.
type Caller struct {
	Change                      Change
	Account, Principal, Service string // "" is NULL
	Before, After               Counts
}

// A Diff holds the changes. It is valid while the Disk passed to Compare is open.
type Diff struct {
	Before, After Counts       // of all callers
	Callers       [changes]int // by change
	Unchanged     int          // callers without a change to show
	Points        float64      // the smallest change in share that is shown, in percentage points

	ranked *spill.Sorter
}

// memory is the limit in bytes for the sums of each side and for the changes. The rest goes to disk.
const memory = 48 << 20

// Compare compares two sides. It ignores changes in share of less than points percentage points.
func Compare(ctx context.Context, before, after Side, points float64, disk *spill.Disk) (*Diff, error) {
	return compare(ctx, before, after, points, disk, memory)
}

func compare(ctx context.Context, before, after Side, points float64, disk *spill.Disk, share int) (*Diff, error) {
	a, err := before.read(ctx, disk, share)
	if err != nil {
		return nil, err
	}
	b, err := after.read(ctx, disk, share)
	if err != nil {
		return nil, err
	}
	d := &Diff{Points: points, ranked: spill.NewSorter(disk, share)}
	d.join(a, b)
	d.ranked.Sort()
	return d, errors.Join(a.Err(), b.Err(), d.ranked.Err())
}

// read sums the traffic of a side by account, principal and service.
func (s *Side) read(ctx context.Context, disk *spill.Disk, share int) (*spill.TotalsCursor[Counts, *Counts], error) {
	totals := spill.NewTotals[Counts](disk, share)
	var key []byte
	for _, d := range s.Days {
		m, err := report.ReadManifest(ctx, s.Store, d)
		if err != nil {
			return nil, err
		}
		if !m.HasTrail() {
			return nil, report.NoTrail(s.Store, d)
		}
		for row, err := range report.ReadTable(ctx, s.Store, &table.Traffic, m, d) {
			if err != nil {
				return nil, err
			}
			counts := Counts{Calls: row.Calls}
			switch row.Route {
			case "vpce":
				counts.VPCE = row.Calls
			case "internet":
				counts.Internet = row.Calls
			}
			key = spill.AppendFields(key[:0], row.AccountID, row.Principal, row.Service)
			totals.At(key).Add(&counts)
		}
	}
	return totals.Cursor(), nil
}

// join reads both sides, which are sorted by caller, and takes every caller of either side.
func (d *Diff) join(a, b *spill.TotalsCursor[Counts, *Counts]) {
	moreA, moreB := a.Next(), b.Next()
	for moreA || moreB {
		switch {
		case !moreB || moreA && string(a.Key) < string(b.Key):
			d.take(a.Key, a.Value, Counts{})
			moreA = a.Next()
		case !moreA || string(b.Key) < string(a.Key):
			d.take(b.Key, Counts{}, b.Value)
			moreB = b.Next()
		default:
			d.take(a.Key, a.Value, b.Value)
			moreA, moreB = a.Next(), b.Next()
		}
	}
}

// take counts a caller, and ranks it if there is a change to show.
func (d *Diff) take(caller []byte, before, after Counts) {
	d.Before.Add(&before)
	d.After.Add(&after)
	var change Change
	weight := after.Internet - before.Internet
	switch {
	case before.Internet == 0 && after.Internet > 0:
		change = Started
	case before.Internet > 0 && after.Internet == 0:
		change, weight = Stopped, -weight
	case before.Internet > 0 && 100*math.Abs(after.Share()-before.Share()) >= d.Points && after.Share() != before.Share():
		change, weight = Shifted, int64(1e12*math.Abs(after.Share()-before.Share()))
	default:
		d.Unchanged++
		return
	}
	d.Callers[change]++
	key := binary.BigEndian.AppendUint64([]byte{byte(change)}, uint64(math.MaxInt64-weight)) // highest weight first
	d.ranked.Add(append(key, caller...), after.Append(before.Append(nil)))
}

// All returns the callers that changed, by change, and the most important ones of each change first.
// A caller is valid until the next one.
func (d *Diff) All() iter.Seq2[*Caller, error] {
	return func(yield func(*Caller, error) bool) {
		c := d.ranked.Cursor()
		for c.Next() {
			caller := Caller{Change: Change(c.Key[0])}
			spill.CutFields(string(c.Key[9:]), &caller.Account, &caller.Principal, &caller.Service)
			caller.After.cut(caller.Before.cut(c.Value))
			if !yield(&caller, nil) {
				return
			}
		}
		if err := c.Err(); err != nil {
			yield(nil, err)
		}
	}
}
