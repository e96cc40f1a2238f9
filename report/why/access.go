package why

import (
	"context"

	"vpcetrail/report"
	"vpcetrail/report/table"
	"vpcetrail/report/wildcard"
)

// readAccess counts the requests past the endpoints that only S3 access logs show. They have no
// cause: a line does not show what a cause needs. With a filter on more than principals and services
// there are none. Those that were not compared with the trail are apart.
func (r *reader) readAccess(ctx context.Context, s *report.Span, f *Filter) error {
	if len(f.Accounts)+len(f.VPCs)+len(f.Causes) > 0 || len(f.Services) > 0 && !wildcard.MatchAny(f.Services, "s3") && !wildcard.MatchAny(f.Services, "s3.amazonaws.com") {
		return nil
	}
	logged, uncompared := map[string]bool{}, map[string]bool{}
	for d, m := range s.Published() {
		for row, err := range report.ReadTable(ctx, s.Store, &table.S3Access, m, d) {
			if err != nil {
				return err
			}
			if row.Route != "internet" || len(f.Principals) > 0 && !wildcard.MatchAny(f.Principals, row.Requester) {
				continue
			}
			if row.Matched < 0 {
				r.why.Uncompared += row.Requests
				uncompared[row.Bucket] = true
			} else if missing := row.Requests - row.Matched; missing > 0 {
				r.why.Logged += missing
				logged[row.Bucket] = true
			}
		}
	}
	r.why.Buckets, r.why.UncomparedBuckets = len(logged), len(uncompared)
	return nil
}
