package readiness

import (
	"context"
	"strings"

	"vpcetrail/classify/phrase"
	"vpcetrail/ingest/day"
	"vpcetrail/report"
	"vpcetrail/report/table"
)

// eventNames are the names that CloudTrail gives the operations of S3 access logs on objects. Of website
// endpoints they are those of the permission that the bucket policy has to give ("Setting permissions for
// website access" in the S3 guide).
var eventNames = map[string]string{
	"REST.GET.OBJECT": "GetObject", "REST.HEAD.OBJECT": "HeadObject", "REST.PUT.OBJECT": "PutObject", "REST.COPY.OBJECT": "CopyObject",
	"REST.DELETE.OBJECT": "DeleteObject", "BATCH.DELETE.OBJECT": "DeleteObjects", "REST.POST.MULTI_OBJECT_DELETE": "DeleteObjects",
	"WEBSITE.GET.OBJECT": "GetObject", "WEBSITE.HEAD.OBJECT": "HeadObject",
	"REST.GET.BUCKET": "ListObjects", "REST.PUT.PART": "UploadPart", "REST.POST.UPLOADS": "CreateMultipartUpload", "REST.POST.UPLOAD": "CompleteMultipartUpload",
}

// A recorded is an event of the resource that the trail has of a day; name "" is any of them.
type recorded struct {
	day  day.Day
	name string
}

// mayHave reports whether the trail of a day may have requests of an operation that nobody compared
// with it. It has none if it has no event of that name. Of an operation that is no event of objects,
// the name is not known; what S3 does by itself is in no trail.
func (r *reader) mayHave(d day.Day, operation string) bool {
	if name := eventNames[operation]; name != "" {
		return r.recorded[recorded{d, name}]
	}
	return strings.HasPrefix(operation, "REST.") && r.recorded[recorded{d, ""}]
}

// readAccess adds the requests to a bucket that only its access logs show, as the trail has no data
// events for it.
func (r *reader) readAccess(ctx context.Context, s *report.Span) (l logged, err error) {
	_, bucket, ok := strings.Cut(r.q.Resource, ":s3:::")
	if !ok || strings.Contains(bucket, "/") {
		return l, nil
	}
	var manifests []*report.Manifest
	for d, m := range s.Published() {
		manifests = append(manifests, m)
		if !m.HasTrail() && m.Has(table.S3Access.Name) {
			l.days = append(l.days, d)
		}
		for row, err := range report.ReadTable(ctx, s.Store, &table.S3Access, m, d) {
			if err != nil {
				return l, err
			}
			switch n := row.Requests - max(row.Matched, 0); {
			case row.Bucket != bucket || n == 0:
			case row.Matched < 0 && r.mayHave(d, row.Operation):
				l.uncompared += n
			default:
				l.perhaps += r.addAccess(row, n)
				l.requests += n
				if !m.HasTrail() {
					l.beside += n
				}
			}
		}
	}
	l.lacks = report.LacksOf(table.S3Access.Name, manifests)
	return l, nil
}

// A logged is what access logs show.
type logged struct {
	requests   int64     // that were added
	beside     int64     // of requests: of days without calls
	perhaps    int64     // of requests: that may be denied, beyond those that are
	days       []day.Day // days without calls that have access logs
	uncompared int64     // that the trail may have too: nobody compared them, and they were not added
	lacks      phrase.Phrase
}

// addAccess adds the requests of a row that the trail does not have. The row does not show how many of
// its denied requests the trail has. It returns how many more than the least may be denied.
func (r *reader) addAccess(row *table.S3AccessRow, requests int64) int64 {
	k := useKey{
		Principal: row.Requester, Service: "s3.amazonaws.com", EventName: row.Operation,
		Route: row.Route, Evidence: row.Evidence, EndpointID: row.EndpointID, logged: true,
	}
	if name := eventNames[row.Operation]; name != "" {
		k.EventName = name
	}
	if row.EndpointID != "" && r.endpoints[row.EndpointID] == nil {
		r.endpoints[row.EndpointID] = &Endpoint{ID: row.EndpointID}
	}
	if e := r.endpoints[row.EndpointID]; e != nil {
		k.EndpointOwner, k.EndpointAccountID = e.Owner, e.AccountID
	}
	least := max(row.Denied-max(row.Matched, 0), 0)
	perhaps := min(row.Denied, requests) - least
	c := r.uses[k]
	if c == nil {
		c = &Counts{FirstSeen: row.FirstSeen}
		r.uses[k] = c
	}
	c.add(&Counts{Calls: requests, Denied: least, PerhapsDenied: perhaps, FirstSeen: row.FirstSeen, LastSeen: row.LastSeen})
	return perhaps
}

// noteAccess says what the requests of access logs are worth.
func (a *Answer) noteAccess(l logged) {
	if l.lacks.Is() {
		a.note("Incomplete: %s. Others may use the bucket.", l.lacks)
	}
	if l.requests > 0 {
		where := phrase.Of("%s of them on days without a trail, the others without a data event in the trail", phrase.Number(l.beside))
		switch l.beside {
		case 0:
			where = phrase.Of("without a data event in the trail")
		case l.requests:
			where = phrase.Of("on days without a trail")
		}
		a.note("From S3 access logs alone: %s, %s. These logs are best effort: requests may be missing. "+
			"Most lines do not name the endpoint, and then the effect of a condition is not known.", phrase.Count(l.requests, "request"), where)
	}
	if l.perhaps > 0 {
		a.note("A range, such as 0-5, counts denied or allowed requests of S3 access logs: the trail has some of the requests, " +
			"and the report does not show whether the denied ones are among them.")
	}
	if l.uncompared > 0 {
		a.note("Not compared with the trail, and not counted here: %s of S3 access logs. The trail may lack them, and others may use the bucket: "+
			"give analyze SOURCE and --access-logs in one run.", phrase.Count(l.uncompared, "request"))
	}
}
