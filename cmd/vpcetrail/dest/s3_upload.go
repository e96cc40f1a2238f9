package dest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"vpcetrail/ingest/source/store"
)

// An s3Publication stages each file as a multipart upload whose parts are there but which is not
// completed: S3 shows nothing of it until it is.
type s3Publication struct {
	store   *s3Store
	uploads []upload
}

// An upload is a staged file.
type upload struct {
	name   string // in the store
	sha256 [sha256.Size]byte
	end    *s3.CompleteMultipartUploadInput
}

// partSize is the bytes of one part; S3 takes 10,000 of them, of 5 MiB or more but for the last.
const partSize = 32 << 20

// checksum is the kind by which S3 checks the parts. It must be named when the upload begins: S3 refuses to complete an
// upload by checksums of a kind that it was not begun with. None where the SDK's configuration wants none
// (AWS_REQUEST_CHECKSUM_CALCULATION), for servers that know no checksums.
func (s *s3Store) checksum() types.ChecksumAlgorithm {
	if s.client.Options().RequestChecksumCalculation == aws.RequestChecksumCalculationWhenRequired {
		return ""
	}
	return types.ChecksumAlgorithmCrc32
}

func (p *s3Publication) Stage(ctx context.Context, name string, data []byte) error {
	end, err := p.begin(ctx, name)
	if err == nil {
		p.uploads = append(p.uploads, upload{name, sha256.Sum256(data), end})
		err = p.send(ctx, end, data)
	}
	if err != nil {
		return fmt.Errorf("%s: write: %w", p.store.url(name), brief(err))
	}
	return nil
}

// begin begins an upload and returns what will end it. S3 may have begun another one, if its answer was lost: that one
// has no parts, and nobody knows its id.
func (p *s3Publication) begin(ctx context.Context, name string) (*s3.CompleteMultipartUploadInput, error) {
	s, key := p.store, aws.String(p.store.prefix+name)
	created, err := s.client.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{
		Bucket: &s.bucket.Name, Key: key, ExpectedBucketOwner: s.owner(), ChecksumAlgorithm: s.checksum(),
		ServerSideEncryption: types.ServerSideEncryption(s.opt.SSE), SSEKMSKeyId: given(s.opt.KMSKeyID), // said once: the parts follow
	}, s.bucket.Options)
	if err != nil {
		return nil, err
	}
	return &s3.CompleteMultipartUploadInput{
		Bucket: &s.bucket.Name, Key: key, ExpectedBucketOwner: s.owner(),
		UploadId: created.UploadId, MultipartUpload: &types.CompletedMultipartUpload{},
	}, nil
}

// send sends data as the parts of an upload.
func (p *s3Publication) send(ctx context.Context, end *s3.CompleteMultipartUploadInput, data []byte) error {
	checksum := p.store.checksum()
	for start := 0; start == 0 || start < len(data); start += partSize {
		number := aws.Int32(int32(start/partSize) + 1)
		part, err := p.store.client.UploadPart(ctx, &s3.UploadPartInput{
			Bucket: end.Bucket, Key: end.Key, ExpectedBucketOwner: end.ExpectedBucketOwner, UploadId: end.UploadId, PartNumber: number,
			Body: bytes.NewReader(data[start:min(start+partSize, len(data))]), ChecksumAlgorithm: checksum,
		}, p.store.bucket.Options)
		if err != nil {
			return err
		}
		done := types.CompletedPart{ETag: part.ETag, PartNumber: number}
		if checksum != "" {
			done.ChecksumCRC32 = part.ChecksumCRC32
		}
		end.MultipartUpload.Parts = append(end.MultipartUpload.Parts, done)
	}
	return nil
}

func (p *s3Publication) Commit(ctx context.Context, stale []string) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	ctx = context.WithoutCancel(ctx) // from here on the publication is not interrupted
	for len(p.uploads) > 0 {
		if err := p.store.complete(ctx, p.uploads[0]); err != nil {
			return fmt.Errorf("%s: write: %w: the report may be published in part: run again", p.store.url(p.uploads[0].name), brief(err))
		}
		p.uploads = p.uploads[1:]
	}
	for _, name := range stale {
		_, err := p.store.client.DeleteObject(ctx, &s3.DeleteObjectInput{
			Bucket: &p.store.bucket.Name, Key: aws.String(p.store.prefix + name), ExpectedBucketOwner: p.store.owner(),
		}, p.store.bucket.Options)
		if err != nil {
			return fmt.Errorf("%s: remove: %w: the report is published, but holds this file of an earlier one: run again", p.store.url(name), brief(err))
		}
	}
	return nil
}

// complete makes a staged file visible. Where S3's answers leave open whether it is, the file itself tells.
func (s *s3Store) complete(ctx context.Context, u upload) error {
	out, err := s.client.CompleteMultipartUpload(ctx, u.end, s.bucket.Options)
	if err == nil && out.ETag == nil { // the answer broke off
		err = errors.New("S3 does not say that the file is there")
	}
	if err != nil && !(unclear(err) && s.holds(ctx, u)) {
		return err
	}
	return nil
}

// unclear reports whether an upload may be complete though completing it gave err: unless S3 refuses. That there
// is no such upload is no refusal: it has none either once the first try succeeded and the answer was lost.
func unclear(err error) bool {
	var resp *awshttp.ResponseError
	if !errors.As(err, &resp) || codeOf(err) == "NoSuchUpload" {
		return true
	}
	status := resp.HTTPStatusCode()
	return status < http.StatusBadRequest || status >= http.StatusInternalServerError
}

// holds reports whether a file can be read and has the bytes that were staged.
func (s *s3Store) holds(ctx context.Context, u upload) bool {
	body, _, err := s.bucket.Open(ctx, store.Object{Name: s.url(u.name)})
	if err != nil {
		return false
	}
	defer body.Close()
	sum := sha256.New()
	_, err = io.Copy(sum, body)
	return err == nil && bytes.Equal(sum.Sum(nil), u.sha256[:])
}

// abortTime bounds how long Abort works on after an interruption.
const abortTime = 10 * time.Second

// Abort drops the uploads that are not complete. One that cannot be dropped stays invisible; a
// lifecycle rule for incomplete uploads removes it.
func (p *s3Publication) Abort() {
	ctx, cancel := context.WithTimeout(context.Background(), abortTime)
	defer cancel()
	for _, u := range p.uploads {
		_, _ = p.store.client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{
			Bucket: u.end.Bucket, Key: u.end.Key, UploadId: u.end.UploadId, ExpectedBucketOwner: u.end.ExpectedBucketOwner,
		}, p.store.bucket.Options)
	}
	p.uploads = nil
}
