package summary

import (
	"vpcetrail/ingest/day"
	"vpcetrail/report/grid"
	"vpcetrail/report/overview"
	"vpcetrail/report/table"
	"vpcetrail/report/words"
)

// besideCalls is the title of what S3 access logs show.
const besideCalls = "Requests in S3 access logs, which are best effort and no calls to add"

var buckets = view[table.S3AccessRow, overview.BucketUse, *overview.BucketUse]{
	by: "bucket", title: besideCalls, table: &table.S3Access,
	group: []grid.Column{text("bucket", "bucket")},
	key:   func(r *table.S3AccessRow, _ day.Day) []string { return []string{r.Bucket} },
	apart: func(r *table.S3AccessRow) []string { return []string{r.Requester} },
	rank:  func(_ []string, u *overview.BucketUse) []int64 { return []int64{u.Internet, u.Requests} },
	add:   (*overview.BucketUse).Count,
	measures: []measure[overview.BucketUse]{
		{grid.Column{Name: "requesters", Head: "requesters", Kind: grid.Count, Spare: true}, func(_ *overview.BucketUse, distinct int64) any { return distinct }},
		{grid.Column{Name: "requests", Head: "requests", Kind: grid.Count}, func(u *overview.BucketUse, _ int64) any { return u.Requests }},
		{grid.Column{Name: "vpce_requests", Head: "vpce", Kind: grid.Count}, func(u *overview.BucketUse, _ int64) any { return u.VPCE }},
		{grid.Column{Name: "internet_requests", Head: "internet", Kind: grid.Count}, func(u *overview.BucketUse, _ int64) any { return u.Internet }},
		{grid.Column{Name: "aws_service_requests", Head: "aws_service", Kind: grid.Count, Spare: true}, func(u *overview.BucketUse, _ int64) any { return u.AWSService }},
		{grid.Column{Name: "unknown_requests", Head: "unknown", Kind: grid.Count}, func(u *overview.BucketUse, _ int64) any { return u.Unknown }},
		{grid.Column{Name: "denied", Head: "denied", Kind: grid.Count}, func(u *overview.BucketUse, _ int64) any { return u.Denied }},
		{grid.Column{Name: "bytes", Head: "bytes", Kind: grid.Bytes, Spare: true}, func(u *overview.BucketUse, _ int64) any { return u.Bytes }},
		{grid.Column{Name: "compared", Head: "compared", Kind: grid.Count}, func(u *overview.BucketUse, _ int64) any { return ifCompared(u, u.Compared) }},
		{grid.Column{Name: "matched", Head: "in the trail too", Kind: grid.Count}, func(u *overview.BucketUse, _ int64) any { return ifCompared(u, u.Matched) }},
		{grid.Column{Name: "first_seen", Kind: grid.Moment}, func(u *overview.BucketUse, _ int64) any { return u.FirstSeen }},
		{grid.Column{Name: "last_seen", Kind: grid.Moment}, func(u *overview.BucketUse, _ int64) any { return u.LastSeen }},
	},
}

// ifCompared returns n, or nil if no day of the bucket was compared with a trail.
func ifCompared(u *overview.BucketUse, n int64) any {
	if u.Compared == 0 {
		return nil
	}
	return n
}

// access shows the buckets with most requests past the endpoints.
func (s *Summary) access(words *words.Language, top int) *grid.Grid {
	g := &grid.Grid{
		Title: words.Say(besideCalls), Right: []bool{false, true, true, true, true, true, true, true, true},
		Heads: words.Each("bucket", "requests", "vpce", "internet", "aws_service", "unknown", "denied", "compared", "in the trail too"),
	}
	shown := s.Buckets.Rows[:min(len(s.Buckets.Rows), top)]
	for _, u := range shown {
		compared, matched := "-", "-"
		if u.Compared > 0 {
			compared, matched = grid.Number(u.Compared), grid.Number(u.Matched)
		}
		g.Add(grid.OrDash(u.Name), grid.Number(u.Requests), grid.Number(u.VPCE), grid.Number(u.Internet), grid.Number(u.AWSService), grid.Number(u.Unknown), grid.Number(u.Denied), compared, matched)
	}
	g.More(s.Buckets.Seen - len(shown))
	return g
}
