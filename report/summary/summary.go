// Package summary shows the totals of a report in tables for a terminal.
package summary

import (
	"context"
	"math"
	"slices"

	"vpcetrail/ingest/day"
	"vpcetrail/report"
	"vpcetrail/report/overview"
)

// A Summary is an overview of one or more days of a report: totals by route, the calls past the
// endpoints, and the endpoints used.
type Summary struct {
	*overview.Overview
	// Parts are the shards of the trail that the days cover, such as 3/16. It is empty if all
	// of the trail was read.
	Parts []string
}

// maxNames is the number of services and principals in a summary.
const maxNames = 100

// memory is the limit in bytes for the totals of a query. The rest goes to temporary files.
const memory = 64 << 20

// Read reads the given days of the report in store, or all days if days is nil.
func Read(ctx context.Context, store report.Store, days []day.Day) (s *Summary, err error) {
	if days, err = daysOf(ctx, store, days); err != nil {
		return nil, err
	}
	s = &Summary{}
	keep := overview.Keep{Services: maxNames, Principals: maxNames, Endpoints: math.MaxInt, Findings: 1}
	s.Overview, err = overview.Read(ctx, store, days, keep, func(m *report.Manifest) {
		if part := m.Part(); part != "" && !slices.Contains(s.Parts, part) {
			s.Parts = append(s.Parts, part)
		}
	})
	return s, err
}
