package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/flate"

	"vpcetrail/ingest/day"
	"vpcetrail/ingest/dedupe"
	"vpcetrail/ingest/digest"
	"vpcetrail/ingest/event"
	"vpcetrail/ingest/inflate"
	"vpcetrail/ingest/source"
	"vpcetrail/ingest/source/store"
)

// A Status says how reading an object ended. Reports hold its text.
type Status string

// The statuses. Only objects that are OK or InvalidRecords are counted.
const (
	OK             Status = "ok"
	InvalidRecords Status = "invalid_records" // read to its end, but some records cannot be counted
	Empty          Status = "empty"           // holds no text
	NotCloudTrail  Status = "not_cloudtrail"  // JSON, but no CloudTrail records
	Corrupt        Status = "corrupt"         // the compressed stream or the JSON is broken
	Truncated      Status = "truncated"       // the compressed stream or the JSON ends too early
	Missing        Status = "missing"         // listed, but gone when it was read
	Denied         Status = "denied"          // access was denied
	Changed        Status = "changed"         // was replaced while it was read
	Unreadable     Status = "unreadable"      // could not be read for another reason

	// PassedOver counts what the listing skipped although it may contain calls. It is not an object of the run.
	PassedOver Status = "passed_over"
)

// Counted reports whether the events of an object with this status count.
func (s Status) Counted() bool { return s == OK || s == InvalidRecords }

// Lasting reports whether reading the object again gives the same status, as long as its
// bytes stay the same: the reason lies in the bytes, not in the transfer.
func (s Status) Lasting() bool {
	switch s {
	case Missing, Denied, Changed, Unreadable:
		return false
	}
	return true
}

// A Result is the outcome of reading one object.
type Result struct {
	Seq    int // the object's number in the trail, from 0
	Object store.Object
	Status Status
	// Err says what is wrong, in one line that names the object and the place. It is nil
	// for OK.
	Err error
	// ErrOffset is that place: the number of uncompressed bytes before it. It is -1 if
	// nothing was read.
	ErrOffset int64
	// SHA256 is the digest of the uncompressed log, in hexadecimal. It is "" if it was
	// not requested or the log could not be inflated whole.
	SHA256 string
	// Proof is what reading the object found out for a check by digests, if SHA256 was
	// requested.
	Proof digest.Proof
	// Bytes is the number of bytes of the uncompressed log that were read.
	Bytes int64
	// Records is the number of records in the object if Counted, else 0.
	Records int64
	// Invalid is the number of records that cannot be counted. Outside is the number of
	// records outside the window.
	Invalid, Outside int64
	// Days counts the records that have an eventTime by day, inside the window or not, in
	// the order met. It is empty if the object is not Counted.
	Days []DayCount
}

// A DayCount is the number of an object's records on one day.
type DayCount struct {
	Day     day.Day
	Records int64
}

// Counted reports whether the object was read to its end, so that its events count.
func (r *Result) Counted() bool { return r.Status.Counted() }

// RecordsOf returns the number of the object's records on day d.
func (r *Result) RecordsOf(d day.Day) int64 {
	for _, c := range r.Days {
		if c.Day == d {
			return c.Records
		}
	}
	return 0
}

// countDay counts a record of day d. Records are nearly in order of time, so d is nearly
// always the last day counted.
func (r *Result) countDay(d day.Day) {
	for i := len(r.Days) - 1; i >= 0; i-- {
		if r.Days[i].Day == d {
			r.Days[i].Records++
			return
		}
	}
	r.Days = append(r.Days, DayCount{d, 1})
}

// An objectReader reads one object after another and reuses its buffers. The zero value
// is ready.
type objectReader struct {
	window day.Window
	layers layers
	reader event.Reader
	events int // of the current object, passed to the sink

	outside OutsideSink // the sink, if it is one
}

// read reads the object and passes its events in the window to sink.
func (o *objectReader) read(ctx context.Context, f *source.Fetch, sink Sink) Result {
	res := Result{Seq: f.Seq, Object: f.Object, Status: OK}
	o.events = 0
	body, err := f.Open(ctx)
	res.Object = f.Object // as it was read, which need not be as listed
	if err == nil {
		err = o.walk(body, f.Bytes(), sink, &res)
		o.prove(&res)
	}
	if err != nil {
		res.Status, res.Err, res.ErrOffset = statusOf(err), describe(f.Object, res.Bytes, err), res.Bytes
		if body == nil {
			res.ErrOffset = -1
		}
		res.Records, res.Invalid, res.Outside, res.Days = 0, 0, 0, nil
	}
	return res
}

// walk reads body. stored holds the bytes of body if the object is whole in memory.
func (o *objectReader) walk(body io.Reader, stored []byte, sink Sink, res *Result) error {
	if err := o.layers.open(body, stored, &o.reader); err != nil {
		return err
	}
	defer func() { res.Bytes = o.reader.Offset() }()
	if s, ok := sink.(TextSink); ok {
		s.From(&o.reader)
	}
	o.outside, _ = sink.(OutsideSink)
	for {
		ev, err := o.reader.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		if o.events == dedupe.MaxEvents { // later events have no place
			return fmt.Errorf("more than %d records", dedupe.MaxEvents)
		}
		o.take(ev, sink, res)
	}
	return nil
}

// prove finishes the digest of the log. It covers what the object holds, not only what was
// decoded.
func (o *objectReader) prove(res *Result) {
	if o.layers.hash == nil {
		return
	}
	p := &res.Proof
	err := o.layers.drain()
	p.Members = o.layers.members()
	switch {
	case err == nil:
		res.SHA256 = o.layers.digest()
		p.SHA256 = res.SHA256
	case errors.Is(err, inflate.ErrTrailing):
		p.Trailing = true
	}
}

// take handles one record: it cannot be counted, or is outside the window, or goes to
// sink.
func (o *objectReader) take(ev *event.Event, sink Sink, res *Result) {
	res.Records++
	if ev.Problem != "" {
		if res.Invalid++; res.Invalid == 1 {
			res.Status, res.ErrOffset = InvalidRecords, ev.Offset
			res.Err = fmt.Errorf("%s: record at byte %d: %s", res.Object.Name, ev.Offset, ev.Problem)
		}
		return
	}
	if len(ev.Recipient) == 0 {
		ev.Recipient = []byte(res.Object.Key.Account)
	}
	if len(ev.Region) == 0 {
		ev.Region = []byte(res.Object.Key.Region)
	}
	if ev.HasTime {
		d := day.OfMillis(ev.Time)
		res.countDay(d)
		if !o.window.Contains(d) {
			if res.Outside++; o.outside != nil {
				o.outside.Outside(ev)
			}
			return
		}
	}
	o.events++
	sink.Event(ev)
}

// Undated is the day of events without an eventTime. No report has this day.
const Undated = day.Day(-1 << 31)

// DayOf returns the day of an event.
func DayOf(ev *event.Event) day.Day {
	if !ev.HasTime {
		return Undated
	}
	return day.OfMillis(ev.Time)
}

func statusOf(err error) Status {
	var unread *source.Error
	switch {
	case errors.As(err, &unread):
		return Status(unread.Status)
	case errors.Is(err, event.ErrEmpty):
		return Empty
	case errors.Is(err, event.ErrNotCloudTrail):
		return NotCloudTrail
	case errors.Is(err, io.ErrUnexpectedEOF):
		return Truncated
	}
	return Corrupt
}

// describe adds the object's name and the place to the front of an error, once.
func describe(obj store.Object, offset int64, err error) error {
	var unread *source.Error
	var broken flate.CorruptInputError
	switch {
	case errors.As(err, &unread):
		return err
	case errors.As(err, &broken):
		return fmt.Errorf("%s: inflate: broken deflate stream near compressed byte %d, after %d bytes of text", obj.Name, int64(broken), offset)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("%s: decode: ends too early, at byte %d", obj.Name, offset)
	}
	return fmt.Errorf("%s: decode: at byte %d: %w", obj.Name, offset, err)
}
