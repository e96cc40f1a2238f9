// Package changes compares a day of a report with the day before it: which findings are new and
// which are gone, the share of calls through endpoints, and what could not be counted or proved.
// Of causes and ways out of the networks it compares the calls, if both days have them.
//
// Memory is bounded by the number of findings that the caller keeps, of services, and of ways out.
package changes

import (
	"cmp"
	"context"
	"iter"
	"maps"
	"math"
	"slices"
	"strings"

	"vpcetrail/classify/phrase"
	"vpcetrail/report"
	"vpcetrail/report/diff"
	"vpcetrail/report/overview"
	"vpcetrail/report/table"
)

// Changes are what a day changed.
type Changes struct {
	Before, After *Side // Before is nil if the report has no earlier day: then every finding is new

	Codes     []Code // most severe first
	New, Gone overview.Top[table.FindingRow]
	// Unproved says why a finding that the day does not have need not be gone. Then Gone is empty.
	Unproved phrase.Phrase

	Services []Service // those whose share by endpoint changed, most calls first
	Causes   []Count   // calls past the endpoint by cause; nil: a day has no table causes
	Egress   []Count   // calls past the endpoint by way out; nil: a day does not know them
}

// Missing returns how many days there are between the two days, of which the report has no calls.
func (c *Changes) Missing() int {
	if c.Before == nil {
		return 0
	}
	return int(c.After.Day-c.Before.Day) - 1
}

// A Code counts the findings of one code and severity.
type Code struct {
	Finding, Severity        string
	Before, After, New, Gone int64
}

// A Service holds the calls of one service, on both days.
type Service struct {
	Name          string
	Before, After diff.Counts
}

// A Count is the number of calls on both days.
type Count struct {
	Name          string // "" is NULL
	Before, After int64
}

// Read compares a day with the one before it. It keeps the first findings of New and of Gone, at most keep of
// each.
func Read(ctx context.Context, after *Side, keep int) (*Changes, error) {
	before, err := after.Before(ctx)
	if err != nil {
		return nil, err
	}
	c := &Changes{Before: before, After: after, New: overview.NewTop(keep, bySeverity), Gone: overview.NewTop(keep, bySeverity)}
	if err := c.readFindings(ctx); err != nil {
		return nil, err
	}
	if before == nil {
		return c, nil
	}
	if err := c.readServices(ctx); err != nil {
		return nil, err
	}
	if before.Manifest.Has(table.Causes.Name) && after.Manifest.Has(table.Causes.Name) {
		if c.Causes, err = counts(ctx, before, after, &table.Causes, func(r *table.CauseRow) (string, int64) { return r.Cause, r.Calls }); err != nil {
			return nil, err
		}
	}
	if before.networked() && after.networked() {
		c.Egress, err = counts(ctx, before, after, &table.Traffic, func(r *table.TrafficRow) (string, int64) {
			if r.Route != "internet" {
				return "", 0
			}
			return r.Egress, r.Calls
		})
		return c, err
	}
	return c, nil
}

func bySeverity(a, b *table.FindingRow) int {
	return cmp.Or(cmp.Compare(overview.RankOfSeverity(b.Severity), overview.RankOfSeverity(a.Severity)),
		cmp.Compare(b.Calls, a.Calls), a.FindingKey.Compare(&b.FindingKey))
}

// readFindings finds the findings that are new and those that are gone.
func (c *Changes) readFindings(ctx context.Context) error {
	earlier := report.RowsOf[table.FindingRow](nil)
	if c.Before != nil {
		earlier = c.Before.Findings(ctx)
		c.Unproved = c.After.Unproved(c.Before.Scope())
	}
	codes := map[[2]string]*Code{}
	err := Join(earlier, c.After.Findings(ctx), func(before, after *table.FindingRow) {
		row := cmp.Or(after, before)
		name := [2]string{row.Finding, row.Severity}
		code := codes[name]
		if code == nil {
			code = &Code{Finding: strings.Clone(row.Finding), Severity: strings.Clone(row.Severity)}
			codes[[2]string{code.Finding, code.Severity}] = code
		}
		if before != nil {
			code.Before++
		}
		if after != nil {
			code.After++
		}
		switch {
		case before == nil:
			code.New++
			c.New.Add(Clone(after))
		case after == nil && !c.Unproved.Is() && !c.After.Doubt(before).Is():
			code.Gone++
			c.Gone.Add(Clone(before))
		}
	})
	c.New.Cut()
	c.Gone.Cut()
	for code := range maps.Values(codes) {
		c.Codes = append(c.Codes, *code)
	}
	slices.SortFunc(c.Codes, func(a, b Code) int {
		return cmp.Or(cmp.Compare(overview.RankOfSeverity(b.Severity), overview.RankOfSeverity(a.Severity)), cmp.Compare(b.After, a.After),
			cmp.Compare(a.Finding, b.Finding), cmp.Compare(a.Severity, b.Severity))
	})
	return err
}

// Join reads two lists of findings, which are in the order of their keys, and takes each finding
// of either list once. A finding that a list does not have is nil. Findings are valid until take
// returns.
func Join(before, after report.Rows[table.FindingRow], take func(before, after *table.FindingRow)) error {
	nextBefore, stopBefore := iter.Pull2(before)
	defer stopBefore()
	nextAfter, stopAfter := iter.Pull2(after)
	defer stopAfter()
	b, err, moreB := nextBefore()
	if err != nil {
		return err
	}
	a, err, moreA := nextAfter()
	for err == nil && (moreA || moreB) {
		order := 0
		if moreA && moreB {
			order = b.Compare(&a.FindingKey)
		}
		switch {
		case !moreA || order < 0:
			take(b, nil)
			b, err, moreB = nextBefore()
		case !moreB || order > 0:
			take(nil, a)
			a, err, moreA = nextAfter()
		default:
			take(b, a)
			if b, err, moreB = nextBefore(); err == nil {
				a, err, moreA = nextAfter()
			}
		}
	}
	return err
}

// Clone returns a copy of a finding that stays valid.
func Clone(row *table.FindingRow) table.FindingRow {
	kept := *row
	for _, text := range append(table.Findings.Key(&kept), &kept.SampleEventIDs, &kept.Detail) {
		*text = strings.Clone(*text)
	}
	return kept
}

// leastPoints is the smallest change of a share that is shown, in percentage points.
const leastPoints = 1

// readServices finds the services whose share by endpoint changed.
func (c *Changes) readServices(ctx context.Context) error {
	all := map[string]*Service{}
	for i, side := range []*Side{c.Before, c.After} {
		for row, err := range report.ReadTable(ctx, side.store, &table.Services, side.Manifest, side.Day) {
			if err != nil {
				return err
			}
			s := all[row.Service]
			if s == nil {
				s = &Service{Name: strings.Clone(row.Service)}
				all[s.Name] = s
			}
			[]*diff.Counts{&s.Before, &s.After}[i].Add(&diff.Counts{Calls: row.Calls, VPCE: row.VPCE, Internet: row.Internet})
		}
	}
	for s := range maps.Values(all) {
		// A share that only one day has is NaN on the other.
		before, after := s.Before.Share(), s.After.Share()
		if math.IsNaN(before) != math.IsNaN(after) || 100*math.Abs(after-before) >= leastPoints {
			c.Services = append(c.Services, *s)
		}
	}
	slices.SortFunc(c.Services, func(a, b Service) int {
		return cmp.Or(cmp.Compare(b.After.Internet+b.Before.Internet, a.After.Internet+a.Before.Internet), cmp.Compare(a.Name, b.Name))
	})
	return nil
}

// counts adds up the calls of a table on both days by a name, most calls first.
func counts[T any](ctx context.Context, before, after *Side, t *table.Table[T], of func(*T) (name string, calls int64)) ([]Count, error) {
	all := map[string]*Count{}
	for i, side := range []*Side{before, after} {
		for row, err := range report.ReadTable(ctx, side.store, t, side.Manifest, side.Day) {
			if err != nil {
				return nil, err
			}
			name, calls := of(row)
			if calls == 0 {
				continue
			}
			n := all[name]
			if n == nil {
				n = &Count{Name: strings.Clone(name)}
				all[n.Name] = n
			}
			*[]*int64{&n.Before, &n.After}[i] += calls
		}
	}
	list := []Count{}
	for n := range maps.Values(all) {
		list = append(list, *n)
	}
	slices.SortFunc(list, func(a, b Count) int {
		return cmp.Or(cmp.Compare(b.After, a.After), cmp.Compare(b.Before, a.Before), cmp.Compare(a.Name, b.Name))
	})
	return list, nil
}
