package access

import (
	"bytes"
	"cmp"
	"fmt"
	"math"

	"vpcetrail/ingest/day"
	"vpcetrail/ingest/spill"

	"vpcetrail/classify"
	"vpcetrail/classify/access"
	"vpcetrail/classify/phrase"

	"vpcetrail/report"
	"vpcetrail/report/analyze"
	"vpcetrail/report/dated"
	"vpcetrail/report/findings"
	"vpcetrail/report/table"
)

// rows are the rows of the table, by day, and what contradicts the trail.
type rows struct {
	totals    *spill.Totals[sum, *sum] // by day and key
	conflicts map[conflictKey]*conflict
	seen      map[day.Day]bool
}

func newRows(job *analyze.Job) *rows {
	return &rows{totals: spill.NewTotals[sum](job.Disk, dated.Memory(job)/4), conflicts: map[conflictKey]*conflict{}, seen: map[day.Day]bool{}}
}

// join drops lines that came twice, finds the requests that the trail has too, and counts.
func (r *reading) join(trail *requests) error {
	known := trail.cursor()
	c := spill.Merge(r.lines...)
	var last []byte
	for c.Next() {
		line := cutRecord(c.Value)
		if r.void[line.object] {
			continue
		}
		if bytes.Equal(c.Key, last) {
			r.objects.Count(line.day(), "duplicates", 1)
			continue
		}
		last = append(last[:0], c.Key...)
		if r.objects.Count(line.day(), "requests", 1); line.ambiguous {
			r.objects.Count(line.day(), "ambiguous", 1)
		}
		requests := known.of([idSize]byte(c.Key))
		r.count(&line, len(requests) > 0)
		for i := range requests {
			r.compare(&line, &requests[i])
		}
	}
	if err := cmp.Or(c.Err(), known.sorted.Err()); err != nil {
		return err
	}
	return r.nameConflicts()
}

// count counts a line.
func (r *rows) count(line *record, matched bool) {
	d := line.day()
	r.seen[d] = true
	one := sum{requests: 1, bytes: line.bytes, first: line.time, last: line.time}
	if line.denied {
		one.denied = 1
	}
	if matched {
		one.matched = 1
	}
	r.totals.At(appendKey(d.AppendKey(nil), &line.S3AccessKey)).Add(&one)
}

// A conflictKey is what the requests have in common that trail and log contradict each other about.
type conflictKey struct {
	day                               day.Day
	account, region, bucket, endpoint string
}

// A conflict counts such requests, and describes the first.
type conflict struct {
	requests, bytes, first, last int64
	samples                      findings.Samples
	detail                       phrase.Format
	record, trail, log           string // the record, and the endpoints that both name
	object                       int
	offset                       int64
	name                         string // of object
}

// compare finds out whether the trail contradicts a line about the same request.
func (r *rows) compare(line *record, of *request) {
	var detail phrase.Format
	endpoint := of.endpoint
	switch proves := line.Route; {
	case of.proves == provesEndpoint && proves == classify.Internet.String():
		detail = findings.EndpointIsPublic
	case of.proves == provesEndpoint && line.EndpointID != "" && line.EndpointID != of.endpoint:
		detail = findings.EndpointIsAnother
	case of.proves == provesInternet && line.Evidence == access.HostEndpoint.String():
		endpoint, detail = line.EndpointID, findings.PublicIsEndpoint
	case of.proves == provesInternet && line.Evidence == access.VPCAddress.String():
		detail = findings.PublicIsInside
	case of.proves == provesInternet && proves == classify.VPCE.String():
		detail = findings.PublicIsPrivate
	default:
		return
	}
	if detail != findings.EndpointIsAnother && sameAddress(of.address, line.address) {
		return // a public address, such as one that a VPC uses inside, proves nothing against the other side
	}
	key := conflictKey{line.day(), of.account, of.region, line.Bucket, endpoint}
	c := r.conflicts[key]
	if c == nil {
		c = &conflict{first: math.MaxInt64, detail: detail, record: of.record, trail: of.endpoint, log: line.EndpointID, object: line.object, offset: line.offset}
		r.conflicts[key] = c
	}
	c.requests++
	c.bytes += line.bytes
	c.first, c.last = min(c.first, line.time), max(c.last, line.time)
	if findings.CanSample([]byte(of.record)) {
		c.samples.Add(of.record, true)
	}
}

// sameAddress reports whether two texts are the same address.
func sameAddress(a, b string) bool {
	one, _ := classify.ParseSource([]byte(a))
	other, _ := classify.ParseSource([]byte(b))
	return one.IsValid() && one == other
}

// nameConflicts sets the names of objects in conflicts.
func (r *reading) nameConflicts() error {
	if len(r.conflicts) == 0 {
		return nil
	}
	byObject := map[int][]*conflict{}
	for _, c := range r.conflicts {
		byObject[c.object] = append(byObject[c.object], c)
	}
	at := 0
	for obj, err := range r.objects.All() {
		if err != nil {
			return err
		}
		for _, c := range byObject[at] {
			c.name = obj.Name
		}
		at++
	}
	return nil
}

// findingsOf returns the findings of a day.
func (r *rows) findingsOf(d day.Day) (found []table.FindingRow) {
	for key, c := range r.conflicts {
		if key.day != d {
			continue
		}
		row := findings.Disagreement(table.FindingKey{
			AccountID: key.account, Region: key.region, Service: "s3.amazonaws.com", EndpointID: key.endpoint,
			Resource: "arn:" + classify.PartitionOf([]byte(key.region)) + ":s3:::" + key.bucket,
		}, c.detail, c.record, c.trail, fmt.Sprint(c.offset), c.name, c.log)
		row.Calls, row.Bytes, row.FirstSeen, row.LastSeen, row.SampleEventIDs = c.requests, c.bytes, c.first, c.last, c.samples.String()
		found = append(found, row)
	}
	return found
}

// isConflict reports whether a finding is one of findingsOf.
func isConflict(f *table.FindingRow) bool {
	return findings.SourceOf(&f.FindingKey) == Flag
}

// testimony returns what was read. matched means that a trail was read too.
func (r *reading) testimony(matched bool) *analyze.Testimony {
	rows := report.DailyRows(r.totals.Cursor(), func(row *table.S3AccessRow, key string, s *sum) {
		*row = table.S3AccessRow{Requests: s.requests, Denied: s.denied, Bytes: s.bytes, Matched: s.matched, FirstSeen: s.first, LastSeen: s.last}
		if cutKey(key, &row.S3AccessKey); !matched {
			row.Matched = -1
		}
	})
	days, failed := r.objects.Days(r.seen)
	return &analyze.Testimony{
		Days: days, Holds: len(days) > 0 || failed, Failed: failed, Problems: r.objects.Problems, Compares: isConflict,
		Add: func(d *report.Day) {
			r.objects.AddTo(d, Flag, matched, "requests", "duplicates", "ambiguous", "invalid")
			d.S3Access = rows(d.Day)
			d.AddFindings(r.findingsOf(d.Day))
		},
	}
}
