package dest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"vpcetrail/ingest/source/store"
)

// An s3Publication publishes a unit in S3. It stages each file as a multipart upload
// with all of its parts sent. S3 shows nothing of the file until the upload is
// completed.
type s3Publication struct {
	writer *s3Writer
	unit   string
	tag    string  // the lock's tag
	left   *record // of a stopped run, which cannot be finished
	ours   bool    // the lock may hold this publication's record

	mu    sync.Mutex
	files []*s3File // in the order of creation
}

// partSize is the size of one part. S3 accepts 10,000 parts, each except the last of 5
// MiB or more: files of up to 80 GB. Two tables are written at a time, and each of
// their files holds one part in memory.
const partSize = 8 << 20

// checksum is the kind of checksum for the parts. It must be named when the upload
// begins: S3 refuses to complete an upload with checksums of another kind. There is
// none if the SDK's configuration turns it off (AWS_REQUEST_CHECKSUM_CALCULATION), for
// servers that do not support checksums.
func (s *s3Store) checksum() types.ChecksumAlgorithm {
	if s.client.Options().RequestChecksumCalculation == aws.RequestChecksumCalculationWhenRequired {
		return ""
	}
	return types.ChecksumAlgorithmCrc32
}

// An s3File is a file being staged.
type s3File struct {
	*staged
	ctx   context.Context // the context of Create, for all writes
	store *s3Store
	rest  []byte // less than a part
}

// Create begins an upload. If its answer is lost, S3 may have begun another one. That
// one has no parts, and nobody knows its id.
func (p *s3Publication) Create(ctx context.Context, name string) (io.WriteCloser, error) {
	s := p.writer.store
	created, err := s.client.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{
		Bucket: &s.bucket.Name, Key: aws.String(s.prefix + name), ExpectedBucketOwner: s.owner(), ChecksumAlgorithm: s.checksum(),
		ServerSideEncryption: types.ServerSideEncryption(s.opt.SSE), SSEKMSKeyId: given(s.opt.KMSKeyID), // set once: the parts use it too
	}, s.bucket.Options)
	if err != nil {
		return nil, s.writing(name, err)
	}
	f := &s3File{staged: newStaged(name), ctx: ctx, store: s}
	f.Upload = aws.ToString(created.UploadId)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.files = append(p.files, f)
	return f, nil
}

func (f *s3File) Write(data []byte) (n int, err error) {
	for len(data) > 0 {
		some := data[:min(len(data), partSize-len(f.rest))]
		f.rest, data, n = append(f.rest, some...), data[len(some):], n+len(some)
		f.add(some)
		if len(f.rest) == partSize {
			if err := f.send(); err != nil {
				return n, err
			}
		}
	}
	return n, nil
}

// send sends the buffered bytes as the next part.
func (f *s3File) send() error {
	s := f.store
	checksum := s.checksum()
	out, err := s.client.UploadPart(f.ctx, &s3.UploadPartInput{
		Bucket: &s.bucket.Name, Key: aws.String(s.prefix + f.Name), ExpectedBucketOwner: s.owner(), UploadId: &f.Upload,
		PartNumber: aws.Int32(int32(len(f.Parts)) + 1), Body: bytes.NewReader(f.rest), ChecksumAlgorithm: checksum,
	}, s.bucket.Options)
	if err != nil {
		return s.writing(f.Name, err)
	}
	sent := part{ETag: aws.ToString(out.ETag)}
	if checksum != "" {
		sent.CRC32 = aws.ToString(out.ChecksumCRC32)
	}
	f.Parts, f.rest = append(f.Parts, sent), f.rest[:0]
	return nil
}

// Close sends the last part. Only the last part may be empty.
func (f *s3File) Close() error {
	if len(f.rest) > 0 || len(f.Parts) == 0 {
		if err := f.send(); err != nil {
			return err
		}
	}
	f.rest = nil
	f.close()
	return nil
}

// Commit completes the uploads.
func (p *s3Publication) Commit(ctx context.Context, names []string) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	s, w := p.writer.store, p.writer
	var r record
	for _, f := range p.files {
		r.add(f.staged)
	}
	for _, name := range names {
		out, err := s.client.HeadObject(ctx, &s3.HeadObjectInput{
			Bucket: &s.bucket.Name, Key: aws.String(s.prefix + name), ExpectedBucketOwner: s.owner(),
		}, s.bucket.Options)
		if err != nil && codeOf(err) != "NotFound" {
			return fmt.Errorf("%s: open: %w", s.url(name), brief(err))
		}
		if err == nil {
			r.Stale = append(r.Stale, stale{name, aws.ToString(out.ETag)})
		}
	}
	ctx = context.WithoutCancel(ctx) // from here on, the publication is not interrupted
	if err := w.check(ctx); err != nil {
		return err
	}
	tag, err := s.put(ctx, lockName(p.unit), p.tag, lock{w.id, &r})
	if errors.Is(err, errTaken) {
		return fmt.Errorf("%s: %w while %s was made: run again", s, errTaken, nameOf(p.unit))
	}
	if p.ours = err == nil || unclear(err); err != nil {
		return s.writing(lockName(p.unit), err)
	}
	p.tag = tag
	if err := p.finish(ctx, &r); err != nil {
		return err
	}
	p.ours, p.left, p.files = false, nil, nil
	p.release(ctx)
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.units, p.unit)
	return nil
}

// resume finishes what an earlier run began.
func (p *s3Publication) resume(ctx context.Context) error {
	if err := p.finish(ctx, p.left); err != nil {
		return err
	}
	p.left = nil
	return nil
}

// finish takes the steps of a record. A step that was already taken changes nothing.
func (p *s3Publication) finish(ctx context.Context, r *record) error {
	s := p.writer.store
	for i := range r.Files {
		f := &r.Files[i]
		if err := p.writer.check(ctx); err != nil {
			return err
		}
		err := s.complete(ctx, f)
		if code := codeOf(err); code == "NoSuchUpload" || code == "InvalidPart" {
			err = gone{s.writing(f.Name, err)}
		} else if err != nil {
			err = s.writing(f.Name, err)
		}
		if err != nil {
			return fmt.Errorf("%w: the report may be published in part: run again", err)
		}
	}
	for _, old := range r.Stale {
		if err := p.writer.check(ctx); err != nil {
			return err
		}
		if err := s.remove(ctx, old.Name, old.ETag); err != nil && !errors.Is(err, errTaken) {
			return fmt.Errorf("%s: remove: %w: the report is published, but holds this file of an earlier one: run again", s.url(old.Name), brief(err))
		}
	}
	return nil
}

// gone is S3's error for errGone.
type gone struct{ error }

func (gone) Is(target error) bool { return target == errGone }

// complete makes a staged file visible. If S3's answers do not show whether it is,
// complete reads the file itself.
func (s *s3Store) complete(ctx context.Context, f *staged) error {
	in := &s3.CompleteMultipartUploadInput{
		Bucket: &s.bucket.Name, Key: aws.String(s.prefix + f.Name), ExpectedBucketOwner: s.owner(),
		UploadId: &f.Upload, MultipartUpload: &types.CompletedMultipartUpload{},
	}
	for i, p := range f.Parts {
		in.MultipartUpload.Parts = append(in.MultipartUpload.Parts, types.CompletedPart{
			ETag: given(p.ETag), ChecksumCRC32: given(p.CRC32), PartNumber: aws.Int32(int32(i) + 1),
		})
	}
	out, err := s.client.CompleteMultipartUpload(ctx, in, s.bucket.Options)
	if err == nil && out.ETag == nil { // the answer was cut off
		err = errors.New("S3 does not say that the file is there")
	}
	if err != nil && !(unclear(err) && s.holds(ctx, f)) {
		return err
	}
	return nil
}

// unclear reports whether an upload may be complete although completing it gave err.
// It is clear only if S3 refuses. "No such upload" is not a refusal: S3 also says it
// if the first try succeeded and its answer was lost.
func unclear(err error) bool {
	var resp *awshttp.ResponseError
	if !errors.As(err, &resp) || codeOf(err) == "NoSuchUpload" {
		return true
	}
	status := resp.HTTPStatusCode()
	return status < http.StatusBadRequest || status >= http.StatusInternalServerError
}

// holds reports whether a file can be read and has the staged bytes.
func (s *s3Store) holds(ctx context.Context, f *staged) bool {
	body, _, err := s.bucket.Open(ctx, store.Object{Name: s.url(f.Name), Size: f.Bytes})
	if err != nil {
		return false
	}
	defer body.Close()
	return f.is(body)
}

// release drops the uploads, unless a record says how to complete them, and releases
// the lock.
func (p *s3Publication) release(ctx context.Context) {
	s, w := p.writer.store, p.writer
	if p.ours {
		return // the next run finishes it
	}
	for _, f := range p.files {
		_, _ = s.client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{
			Bucket: &s.bucket.Name, Key: aws.String(s.prefix + f.Name), UploadId: &f.Upload, ExpectedBucketOwner: s.owner(),
		}, s.bucket.Options)
	}
	if w.check(ctx) != nil {
		return // another run has the lock
	}
	if p.left != nil {
		_, _ = s.put(ctx, lockName(p.unit), p.tag, lock{"", p.left})
		return
	}
	_ = s.remove(ctx, lockName(p.unit), p.tag) // on failure it soon belongs to a dead run
}
