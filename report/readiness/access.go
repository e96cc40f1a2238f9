package readiness

import (
	"context"
	"strings"

	"vpcetrail/classify/phrase"
	"vpcetrail/report"
	"vpcetrail/report/table"
)

// eventNames are the names that CloudTrail gives the operations of S3 access logs on objects.
var eventNames = map[string]string{
	"REST.GET.OBJECT": "GetObject", "REST.HEAD.OBJECT": "HeadObject", "REST.PUT.OBJECT": "PutObject", "REST.COPY.OBJECT": "CopyObject",
	"REST.DELETE.OBJECT": "DeleteObject", "BATCH.DELETE.OBJECT": "DeleteObjects", "REST.POST.MULTI_OBJECT_DELETE": "DeleteObjects",
	"REST.GET.BUCKET": "ListObjects", "REST.PUT.PART": "UploadPart", "REST.POST.UPLOADS": "CreateMultipartUpload", "REST.POST.UPLOAD": "CompleteMultipartUpload",
}

// readAccess adds the requests to a bucket that only its access logs show, as the trail has no data
// events for it. It returns how many there are, and what could not be read of the logs.
func (r *reader) readAccess(ctx context.Context, s *report.Span) (requests int64, lacks phrase.Phrase, err error) {
	_, bucket, ok := strings.Cut(r.q.Resource, ":s3:::")
	if !ok || strings.Contains(bucket, "/") {
		return 0, lacks, nil
	}
	recorded := len(r.uses) > 0
	for row, err := range report.SpanRows(ctx, s, &table.S3Access) {
		if err != nil {
			return 0, lacks, err
		}
		if row.Bucket != bucket || row.Matched < 0 && recorded { // nobody knows which of them the trail has
			continue
		}
		if n := row.Requests - max(row.Matched, 0); n > 0 {
			r.addAccess(row, n)
			requests += n
		}
	}
	return requests, report.LacksOf(table.S3Access.Name, s.Manifests), nil
}

// addAccess adds requests of a row.
func (r *reader) addAccess(row *table.S3AccessRow, requests int64) {
	k := useKey{
		Principal: row.Requester, Service: "s3.amazonaws.com", EventName: row.Operation,
		Route: row.Route, Evidence: row.Evidence, EndpointID: row.EndpointID, logged: true,
	}
	if name := eventNames[row.Operation]; name != "" {
		k.EventName = name
	}
	if e := r.endpoints[row.EndpointID]; e != nil {
		k.EndpointOwner, k.EndpointAccountID = e.Owner, e.AccountID
	}
	denied := int64(0)
	if requests == row.Requests {
		denied = row.Denied
	}
	c := r.uses[k]
	if c == nil {
		c = &Counts{FirstSeen: row.FirstSeen}
		r.uses[k] = c
	}
	c.add(&Counts{Calls: requests, Denied: denied, FirstSeen: row.FirstSeen, LastSeen: row.LastSeen})
}

// noteAccess says what the requests of access logs are worth.
func (a *Answer) noteAccess(requests int64, lacks phrase.Phrase) {
	if lacks.Is() {
		a.note("Incomplete: %s. Others may use the bucket.", lacks)
	}
	if requests > 0 {
		a.note("%s are from S3 access logs alone: the trail has no data events for them. These logs are best effort: requests may be missing. "+
			"Most lines do not name the endpoint, and then the effect of a condition is not known.", phrase.Count(requests, "request"))
	}
}
