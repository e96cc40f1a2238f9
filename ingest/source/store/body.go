package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"vpcetrail/ingest/aws"
)

// ErrChanged reports an object that was overwritten while it was read: the bytes so
// far and the rest belong to different versions. Reading it again may succeed.
var ErrChanged error = errors.New("changed while it was read")

// A body is an object's bytes. If they stop early or stall, the rest is fetched by
// Range, and only from the same object: If-Match pins its ETag. The number of tries is
// that of a call, plus one for every MiB received.
type body struct {
	ctx    context.Context
	bucket *Bucket
	key    string
	etag   string // quoted, as S3 sent it; "" cannot be pinned
	isPart bool   // it is part of an object, and ends at size
	size   int64  // of the object; -1 if S3 does not say
	at     int64  // position in the object

	part    io.ReadCloser
	broken  error // why part ended early; nil: it did not
	err     error // the final error
	resumed int
	owed    []func(error) error // the retries' tokens, returned once the end is reached
}

func (b *Bucket) open(ctx context.Context, key string) (io.ReadCloser, header, error) {
	r := &body{ctx: ctx, bucket: b, key: key}
	out, err := b.whole(ctx, r.key)
	if err != nil {
		return nil, header{}, err
	}
	h := headerOf(out)
	r.part, r.etag, r.size = out.Body, sdk.ToString(out.ETag), h.size
	return r, h, nil
}

// OpenRange gets length bytes of an object from an offset on, or fewer if the object
// ends earlier.
func (b *Bucket) OpenRange(ctx context.Context, name string, offset, length int64) (io.ReadCloser, error) {
	r := &body{ctx: ctx, bucket: b, key: b.key(name), isPart: true, at: offset, size: offset + length}
	out, err := b.part(ctx, r.request(), wholeOnly)
	if err != nil {
		return nil, err
	}
	r.part, r.etag = out.Body, sdk.ToString(out.ETag)
	if out.ContentLength != nil {
		r.size = min(r.size, offset+*out.ContentLength)
	}
	return r, r.fits(out)
}

func (r *body) request() *s3.GetObjectInput {
	in := &s3.GetObjectInput{Key: &r.key}
	if r.etag != "" {
		in.IfMatch = &r.etag
	}
	switch {
	case r.isPart:
		in.Range = sdk.String(fmt.Sprintf("bytes=%d-%d", r.at, r.size-1))
	case r.at > 0:
		in.Range = sdk.String(fmt.Sprintf("bytes=%d-", r.at))
	}
	return in
}

// Read returns the object's next bytes. All bytes that it returns are valid: an object
// that changes meanwhile ends in ErrChanged.
func (r *body) Read(p []byte) (int, error) {
	for r.err == nil {
		if r.broken != nil {
			r.err = r.resume()
			continue
		}
		n, err := r.part.Read(p)
		r.at += int64(n)
		switch {
		case err == io.EOF && r.at < r.size:
			r.broken = io.ErrUnexpectedEOF
		case err == io.EOF:
			r.err = io.EOF
			r.settle()
		default:
			r.broken = err
		}
		if n > 0 || err == nil {
			return n, nil
		}
	}
	return 0, r.err
}

// settle records a successful end.
func (r *body) settle() {
	r.bucket.Calls.Succeeded()
	for _, release := range r.owed {
		_ = release(nil) // never fails
	}
	r.owed = nil
}

// resume opens the rest of the object, or returns why it cannot.
func (r *body) resume() error {
	calls := r.bucket.Calls
	if r.ctx.Err() != nil {
		return context.Cause(r.ctx)
	}
	if !calls.Retryable(r.broken) {
		return r.broken
	}
	calls.Failed(r.broken)
	if r.etag == "" {
		return r.broken
	}
	if r.resumed++; int64(r.resumed) >= int64(calls.MaxAttempts())+r.at>>20 {
		return &retry.MaxAttemptsError{Attempt: r.resumed, Err: r.broken}
	}
	release, err := calls.Again(r.ctx, r.resumed, r.broken)
	if r.ctx.Err() != nil {
		return context.Cause(r.ctx)
	}
	if err != nil {
		return errors.Join(r.broken, err) // as the SDK does it
	}
	r.owed = append(r.owed, release)
	r.part.Close()
	out, err := r.bucket.part(r.ctx, r.request(), wholeOnly)
	if err != nil {
		return changed(err)
	}
	r.part, r.broken = out.Body, nil
	return r.fits(out)
}

// wholeOnly requests no checksum: S3's is for the whole object, and this request is
// for the rest.
func wholeOnly(o *s3.Options) {
	o.ResponseChecksumValidation = sdk.ResponseChecksumValidationWhenRequired
}

// fits checks that out continues what was read. S3 ensures it, but not every
// S3-compatible server supports If-Match.
func (r *body) fits(out *s3.GetObjectOutput) error {
	if sdk.ToString(out.ETag) != r.etag {
		return ErrChanged
	}
	span := sdk.ToString(out.ContentRange) // bytes 5-9/10
	if r.at > 0 && !strings.HasPrefix(span, fmt.Sprintf("bytes %d-", r.at)) {
		return fmt.Errorf("asked for the bytes from %d on, the server sent %q", r.at, span)
	}
	if out.ContentLength != nil && r.size >= 0 && r.at+*out.ContentLength != r.size {
		return ErrChanged
	}
	return nil
}

// changed returns ErrChanged for the answers that mean it.
func changed(err error) error {
	switch _, status := aws.APIError(err); status {
	case http.StatusPreconditionFailed, http.StatusRequestedRangeNotSatisfiable:
		return ErrChanged
	}
	return err
}

// Close ends the reading.
func (r *body) Close() error { return r.part.Close() }
