package dest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// Locks in S3 are objects that are written under conditions: only if none exists yet,
// or only if the object has not changed since it was read.
//
//	.staging/run=ID.json          a run that writes; it writes this again every third of a lease
//	.staging/dt=2026-11-20.json   which run has the unit and, while it becomes visible, the record
//
// A run is dead if its object is older than a lease. Any other run may remove that
// object and take over its units. The age comes from S3's own clock, from two times of
// one answer. A run takes a step only if it wrote its object less than half a lease
// ago, by its own elapsed time. A step that is already under way does no harm: the run
// that takes over first completes the uploads of the record, and an upload is
// completed only once. All other writes are conditional.
const (
	defaultLease = time.Minute
	callsAtOnce  = 16 // for the locks of many days
	lockFolder   = stagingDir + "/"
	runPrefix    = "run="
	jsonSuffix   = ".json"
)

func lockName(unit string) string { return lockFolder + unit + jsonSuffix }

// A lock is the content of a unit's lock.
type lock struct {
	Run    string  `json:"run"`              // "" means none: the record waits for the next run
	Record *record `json:"record,omitempty"` // how to finish a partly published unit
}

// A beat is the content of a run's own object.
type beat struct {
	Run  string `json:"run"`
	Beat int    `json:"beat"` // a counter, so that no two are the same
}

// An s3Object is a small object as it was read.
type s3Object struct {
	text []byte
	tag  string
	age  time.Duration // by S3's clock
}

// errAbsent says that the named object does not exist.
var errAbsent = errors.New("no such object")

// look reads a small object.
func (s *s3Store) look(ctx context.Context, name string) (*s3Object, error) {
	for try := 1; ; try++ {
		out, err := s.client.GetObject(ctx, &s3.GetObjectInput{
			Bucket: &s.bucket.Name, Key: aws.String(s.prefix + name), ExpectedBucketOwner: s.owner(),
		}, s.bucket.Options)
		if code := codeOf(err); code == "NoSuchKey" || code == "NotFound" {
			return nil, errAbsent
		}
		if err != nil {
			return nil, err
		}
		now, ok := awsmiddleware.GetServerTime(out.ResultMetadata)
		if !ok {
			now = time.Now()
		}
		text, err := io.ReadAll(out.Body)
		_ = out.Body.Close() // it was only read
		if err == nil {
			o := &s3Object{text: text, tag: aws.ToString(out.ETag)}
			if out.LastModified != nil {
				o.age = now.Sub(*out.LastModified)
			}
			return o, nil
		}
		if try == 5 || ctx.Err() != nil {
			return nil, err
		}
	}
}

// put writes a small object and returns its new tag. Without a tag the object must not
// exist yet. With a tag it replaces only the object with that tag. errTaken says that
// the condition does not hold. Other errors are the SDK's. If the answer is lost, put
// reads the object: every write of a run is unique, and differs from those of other
// runs.
func (s *s3Store) put(ctx context.Context, name, tag string, content any) (string, error) {
	text, err := json.Marshal(content)
	if err != nil {
		return "", err
	}
	in := &s3.PutObjectInput{
		Bucket: &s.bucket.Name, Key: aws.String(s.prefix + name), ChecksumAlgorithm: s.checksum(), ContentType: aws.String("application/json"),
	}
	s.opt.ApplyTo(in)
	switch {
	case s.unconditional.Load():
	case tag == "":
		in.IfNoneMatch = aws.String("*")
	default:
		in.IfMatch = &tag
	}
	for try := 1; ; try++ {
		in.Body = bytes.NewReader(text)
		out, err := s.client.PutObject(ctx, in, s.bucket.Options)
		if err == nil && out.ETag != nil {
			return *out.ETag, nil
		}
		if err != nil && !unclear(err) && !refusedByCondition(err) {
			return "", err
		}
		there, lookErr := s.look(ctx, name)
		switch {
		case lookErr == nil && bytes.Equal(there.text, text):
			return there.tag, nil
		case codeOf(err) == "ConditionalRequestConflict" && try < 5: // two writes at once: S3 asks to try again
			continue
		case err != nil && !refusedByCondition(err):
			return "", err
		}
		return "", errTaken
	}
}

// refusedByCondition reports whether S3 refused a write because of its condition.
func refusedByCondition(err error) bool {
	var resp *awshttp.ResponseError
	if !errors.As(err, &resp) {
		return false
	}
	switch resp.HTTPStatusCode() {
	case http.StatusPreconditionFailed, http.StatusConflict:
		return true
	case http.StatusNotFound:
		return codeOf(err) != "NoSuchBucket"
	}
	return false
}

// remove removes an object if it still has the given tag.
func (s *s3Store) remove(ctx context.Context, name, tag string) error {
	in := &s3.DeleteObjectInput{Bucket: &s.bucket.Name, Key: aws.String(s.prefix + name), ExpectedBucketOwner: s.owner()}
	if tag != "" && !s.unconditional.Load() {
		in.IfMatch = &tag
	}
	_, err := s.client.DeleteObject(ctx, in, s.bucket.Options)
	switch {
	case err == nil, codeOf(err) == "NoSuchKey", codeOf(err) == "NotFound":
		return nil
	case refusedByCondition(err):
		return errTaken
	}
	return err
}

func (s *s3Store) Switching(ctx context.Context, unit string) (bool, error) {
	l, _, err := s.readLock(ctx, unit)
	if errors.Is(err, errAbsent) {
		return false, nil
	}
	return err == nil && l.Record != nil, err
}

// readLock reads a unit's lock and its tag. errAbsent says that there is none.
func (s *s3Store) readLock(ctx context.Context, unit string) (lock, string, error) {
	var l lock
	o, err := s.look(ctx, lockName(unit))
	if err != nil {
		return l, "", err
	}
	if err := json.Unmarshal(o.text, &l); err != nil {
		return lock{}, o.tag, nil // nobody has it
	}
	return l, o.tag, nil
}

// bury removes the object of a run if it is older than a lease. Otherwise it returns
// errTaken and the object's tag.
func (w *s3Writer) bury(ctx context.Context, run string) (tag string, err error) {
	if run == "" {
		return "", nil
	}
	name := lockName(runPrefix + run)
	o, err := w.store.look(ctx, name)
	switch {
	case errors.Is(err, errAbsent):
		return "", nil
	case err != nil:
		return "", err
	case o.age <= w.lease:
		return o.tag, errTaken
	}
	return o.tag, w.store.remove(ctx, name, o.tag)
}

// take locks a unit and returns the record in its lock. If another run has the lock,
// take waits while that run gives no sign of life, at most for a lease. errTaken says
// that the other run is alive. Other errors are the SDK's.
func (w *s3Writer) take(ctx context.Context, unit string, wait bool) (*s3Publication, error) {
	s, p := w.store, &s3Publication{writer: w, unit: unit}
	look := s.unconditional.Load()
	last := map[string]string{} // the tag of each run that had the lock
	for {
		var held lock
		var tag string
		var err error
		if look {
			if held, tag, err = s.readLock(ctx, unit); err != nil && !errors.Is(err, errAbsent) {
				return nil, err
			}
			beat, err := w.bury(ctx, held.Run)
			if errors.Is(err, errTaken) && wait && (last[held.Run] == "" || last[held.Run] == beat) {
				last[held.Run] = beat
				if err := sleep(ctx, w.lease/20); err != nil {
					return nil, err
				}
				continue
			}
			if err != nil {
				return nil, err
			}
		}
		p.tag, err = s.put(ctx, lockName(unit), tag, lock{w.id, held.Record})
		if err == nil {
			p.left = held.Record
			return p, nil
		}
		if !errors.Is(err, errTaken) {
			return nil, err
		}
		look = true
	}
}

func sleep(ctx context.Context, wait time.Duration) error {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
