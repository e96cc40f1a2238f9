package overview

import (
	"cmp"

	"vpcetrail/report/table"
)

// A BucketUse sums the requests to one bucket that S3 access logs show. They are not calls: most
// are in the trail too.
type BucketUse struct {
	Name                                          string
	Requests, VPCE, Internet, AWSService, Unknown int64
	Denied, Bytes                                 int64
	Compared, Matched                             int64 // requests of days that were compared with a trail, and those of them that it has too
	FirstSeen, LastSeen                           int64 // milliseconds since the epoch
}

// Count adds a row of a day.
func (u *BucketUse) Count(r *table.S3AccessRow) {
	o := BucketUse{Requests: r.Requests, Denied: r.Denied, Bytes: r.Bytes, FirstSeen: r.FirstSeen, LastSeen: r.LastSeen}
	switch r.Route {
	case "vpce":
		o.VPCE = r.Requests
	case "internet":
		o.Internet = r.Requests
	case "aws_service":
		o.AWSService = r.Requests
	default:
		o.Unknown = r.Requests
	}
	if r.Matched >= 0 {
		o.Matched, o.Compared = r.Matched, r.Requests
	}
	u.Add(&o)
}

// Add adds the use of o.
func (u *BucketUse) Add(o *BucketUse) {
	if o.Requests == 0 {
		return
	}
	if u.Requests == 0 {
		u.FirstSeen, u.LastSeen = o.FirstSeen, o.LastSeen
	}
	first, last := min(u.FirstSeen, o.FirstSeen), max(u.LastSeen, o.LastSeen)
	for i, n := range o.numbers() {
		*u.numbers()[i] += *n
	}
	u.FirstSeen, u.LastSeen = first, last
}

func (u *BucketUse) numbers() []*int64 {
	return []*int64{
		&u.Requests, &u.VPCE, &u.Internet, &u.AWSService, &u.Unknown, &u.Denied, &u.Bytes, &u.Matched, &u.Compared, &u.FirstSeen, &u.LastSeen,
	}
}

// Append appends the sum without its name, in a form that Parse reads.
func (u *BucketUse) Append(dst []byte) []byte { return appendNumbers(dst, u.numbers()) }

// Parse sets the sum to what Append has written.
func (u *BucketUse) Parse(text []byte) { cutNumbers(text, u.numbers()) }

func byRequests(a, b *BucketUse) int {
	return cmp.Or(cmp.Compare(b.Internet, a.Internet), cmp.Compare(b.Requests, a.Requests), cmp.Compare(a.Name, b.Name))
}
