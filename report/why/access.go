package why

import (
	"context"

	"vpcetrail/report"
	"vpcetrail/report/table"
	"vpcetrail/report/wildcard"
)

// readAccess counts the requests past the endpoints that only S3 access logs show. They have no
// cause: a line does not show what a cause needs. With a filter on more than principals and services
// there are none, and none where the log was not compared with the trail.
func (r *reader) readAccess(ctx context.Context, s *report.Span, f *Filter) error {
	if len(f.Accounts)+len(f.VPCs)+len(f.Causes) > 0 || len(f.Services) > 0 && !wildcard.MatchAny(f.Services, "s3") && !wildcard.MatchAny(f.Services, "s3.amazonaws.com") {
		return nil
	}
	buckets := map[string]bool{}
	for row, err := range report.SpanRows(ctx, s, &table.S3Access) {
		if err != nil {
			return err
		}
		missing := row.Requests - row.Matched
		if row.Route != "internet" || row.Matched < 0 || missing == 0 || len(f.Principals) > 0 && !wildcard.MatchAny(f.Principals, row.Requester) {
			continue
		}
		r.why.Logged += missing
		buckets[row.Bucket] = true
	}
	r.why.Buckets = len(buckets)
	return nil
}
