package access

import (
	"context"
	"strings"

	"vpcetrail/ingest"

	"vpcetrail/report/analyze"
	"vpcetrail/report/dated"
)

// Flag is the flag of analyze that names the access logs.
const Flag = "access-logs"

// Logs are S3 server access logs. They are an analyze.Observer.
type Logs struct {
	dated.Logs

	trail *requests // of the trail that was read last; nil if none was
}

// Flag returns the flag of analyze that names the source.
func (*Logs) Flag() string { return Flag }

// Inputs returns the names of the optional inputs that the table depends on.
func (*Logs) Inputs() []string { return []string{"network", "networks"} }

// Observe returns sinks that also keep what identifies the S3 requests of the trail.
func (l *Logs) Observe(job *analyze.Job, sinks []ingest.Sink) []ingest.Sink {
	l.trail = &requests{}
	return l.trail.observe(job, sinks)
}

// Read reads the logs for the days of the job, and compares them with the trail, if one was
// observed.
func (l *Logs) Read(ctx context.Context, job *analyze.Job) (*analyze.Testimony, error) {
	objects, err := l.List(ctx, job, job.Window)
	if err != nil {
		return nil, err
	}
	r := newReading(job, objects)
	if err := objects.Read(ctx, r.workers, r.worker); err != nil {
		return nil, err
	}
	trail := l.trail
	l.trail = nil
	if err := r.join(trail); err != nil {
		return nil, err
	}
	return r.testimony(trail != nil), nil
}

// valid returns text as UTF-8 of a bounded length.
func valid(text []byte) string {
	const most = 2048
	return strings.ToValidUTF8(string(text[:min(len(text), most)]), "\ufffd")
}
