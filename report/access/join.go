package access

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"slices"

	"vpcetrail/ingest/day"
	"vpcetrail/ingest/spill"

	"vpcetrail/classify"
	"vpcetrail/classify/access"

	"vpcetrail/report"
	"vpcetrail/report/analyze"
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
	return &rows{totals: spill.NewTotals[sum](job.Disk, share(job)/4), conflicts: map[conflictKey]*conflict{}, seen: map[day.Day]bool{}}
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
		of := r.days.at(line.day())
		if bytes.Equal(c.Key, last) {
			of.duplicates++
			continue
		}
		last = append(last[:0], c.Key...)
		if of.requests++; line.ambiguous {
			of.ambiguous++
		}
		request, has := known.of([idSize]byte(c.Key))
		r.count(&line, has)
		if has {
			r.compare(&line, request)
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
	trail, log, record           string
	object                       int
	offset                       int64
}

// compare finds out whether the trail contradicts a line about the same request.
func (r *rows) compare(line *record, of *request) {
	var trail, log string
	endpoint := of.endpoint
	switch proves := line.Route; {
	case of.proves == provesEndpoint && proves == classify.Internet.String():
		trail, log = "names endpoint "+of.endpoint, "shows a public address"
	case of.proves == provesEndpoint && line.EndpointID != "" && line.EndpointID != of.endpoint:
		trail, log = "names endpoint "+of.endpoint, "proves endpoint "+line.EndpointID
	case of.proves == provesInternet && line.Evidence == access.HostEndpoint.String():
		endpoint, trail, log = line.EndpointID, "names no endpoint and a public address", "proves endpoint "+line.EndpointID
	case of.proves == provesInternet && proves == classify.VPCE.String():
		trail, log = "names no endpoint and a public address", "shows a private address"
	default:
		return
	}
	key := conflictKey{line.day(), of.account, of.region, line.Bucket, endpoint}
	c := r.conflicts[key]
	if c == nil {
		c = &conflict{first: math.MaxInt64, trail: trail, log: log, record: of.record, object: line.object, offset: line.offset}
		r.conflicts[key] = c
	}
	c.requests++
	c.bytes += line.bytes
	c.first, c.last = min(c.first, line.time), max(c.last, line.time)
	if findings.CanSample([]byte(of.record)) {
		c.samples.Add(of.record, true)
	}
}

// nameConflicts replaces the numbers of objects in conflicts by their names.
func (r *reading) nameConflicts() error {
	if len(r.conflicts) == 0 {
		return nil
	}
	byObject := map[int][]*conflict{}
	for _, c := range r.conflicts {
		byObject[c.object] = append(byObject[c.object], c)
	}
	at := 0
	for obj, err := range r.listed.objects() {
		if err != nil {
			return err
		}
		for _, c := range byObject[at] {
			c.log = fmt.Sprintf("the line at byte %d of %s %s", c.offset, obj.Name, c.log)
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
		}, fmt.Sprintf("Of the same request, record %s of the trail %s, and %s.", c.record, c.trail, c.log))
		row.Calls, row.Bytes, row.FirstSeen, row.LastSeen, row.SampleEventIDs = c.requests, c.bytes, c.first, c.last, c.samples.String()
		found = append(found, row)
	}
	return found
}

// testimony returns what was read. matched means that a trail was read too.
func (r *reading) testimony(sources []string, matched bool) *analyze.Testimony {
	said := &analyze.Testimony{Problems: r.each}
	for d := range r.seen {
		said.Days = append(said.Days, d)
	}
	slices.Sort(said.Days)
	totals := r.totals.Cursor()
	more := totals.Next()
	tables := func(d day.Day) report.Rows[table.S3AccessRow] {
		return func(yield func(*table.S3AccessRow, error) bool) {
			for ; more; more = totals.Next() {
				at, key := day.CutKey(totals.Key)
				if at > d {
					return
				}
				if row := rowOf(key, &totals.Value, matched); at == d && !yield(&row, nil) {
					return
				}
			}
			if err := totals.Err(); err != nil {
				yield(nil, err)
			}
		}
	}
	said.Add = func(d *report.Day) {
		if d.Witnesses == nil {
			d.Witnesses = map[string]*report.Witness{}
		}
		d.Witnesses[Flag] = r.days.witness(d.Day, sources, matched)
		d.S3Access = tables(d.Day)
		d.AddFindings(r.findingsOf(d.Day))
	}
	return said
}

func rowOf(key []byte, s *sum, matched bool) (row table.S3AccessRow) {
	cutKey(key, &row.S3AccessKey)
	row.Requests, row.Denied, row.Bytes, row.Matched = s.requests, s.denied, s.bytes, s.matched
	if row.FirstSeen, row.LastSeen = s.first, s.last; !matched {
		row.Matched = -1
	}
	return row
}

// each calls problem with each object that could not be read completely, in order.
func (r *reading) each(problem func(string)) error {
	c := r.problems.Cursor()
	for c.Next() {
		problem(string(c.Value))
	}
	return c.Err()
}
