package dest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	"vpcetrail/report"
)

// S3Options say how a report is kept in S3. The zero value leaves all to the bucket's own settings.
type S3Options struct {
	SSE         string // how S3 encrypts the files: "AES256", "aws:kms" or "aws:kms:dsse"; "" as the bucket says
	KMSKeyID    string // id, ARN or alias of the key for "aws:kms" and "aws:kms:dsse"; "" means the account's own
	BucketOwner string // account id that must own the bucket, or S3 refuses; "" means any
}

// Check says what is wrong with the options, nil where nothing is.
func (o S3Options) Check() error {
	switch types.ServerSideEncryption(o.SSE) {
	case types.ServerSideEncryptionAwsKms, types.ServerSideEncryptionAwsKmsDsse:
		return nil
	case "", types.ServerSideEncryptionAes256:
		if o.KMSKeyID != "" {
			return fmt.Errorf("a KMS key is named, but encryption is %q: want aws:kms or aws:kms:dsse", o.SSE)
		}
		return nil
	}
	return fmt.Errorf("%q is no way to encrypt: want AES256, aws:kms or aws:kms:dsse", o.SSE)
}

// given returns text, nil where it is empty: a field of a request that is not sent.
func given(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// An s3Store keeps a report below a prefix, which is empty or ends in a slash.
type s3Store struct {
	client         *s3.Client
	bucket, prefix string
	opt            S3Options
}

func (s *s3Store) owner() *string { return given(s.opt.BucketOwner) }

func (s *s3Store) String() string { return strings.TrimSuffix(s.url(""), "/") }

func (s *s3Store) url(name string) string { return "s3://" + s.bucket + "/" + s.prefix + name }

func (s *s3Store) List(ctx context.Context, folder string) ([]string, error) {
	var names []string
	pages := s3.NewListObjectsV2Paginator(s.client, &s3.ListObjectsV2Input{
		Bucket: aws.String(s.bucket), Prefix: aws.String(s.prefix + folder), ExpectedBucketOwner: s.owner(),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("%s: list: %w", s.url(folder), brief(err))
		}
		for _, obj := range page.Contents {
			name := strings.TrimPrefix(aws.ToString(obj.Key), s.prefix)
			if !strings.HasPrefix(name, ".") && !strings.Contains(name, "/.") {
				names = append(names, name)
			}
		}
	}
	return names, nil
}

func (s *s3Store) Read(ctx context.Context, name string) ([]byte, error) {
	out, err := s.client.GetObject(ctx, &s3.GetObjectInput{
		Bucket: aws.String(s.bucket), Key: aws.String(s.prefix + name), ExpectedBucketOwner: s.owner(),
	})
	if code := codeOf(err); code == "NoSuchKey" || code == "NotFound" {
		return nil, fmt.Errorf("%s: open: %w", s.url(name), report.ErrNoReport)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: open: %w", s.url(name), brief(err))
	}
	defer out.Body.Close()
	data, err := io.ReadAll(out.Body)
	if err != nil {
		return nil, fmt.Errorf("%s: read: %w", s.url(name), brief(err))
	}
	return data, nil
}

func codeOf(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

// bucketRegion returns the Region in which S3 says the bucket is, where it refuses for that reason.
func bucketRegion(err error) string {
	var resp *awshttp.ResponseError
	if !errors.As(err, &resp) || resp.Response == nil {
		return ""
	}
	switch resp.HTTPStatusCode() {
	case http.StatusMovedPermanently, http.StatusBadRequest:
		return resp.Response.Header.Get("X-Amz-Bucket-Region")
	}
	return ""
}

// brief keeps of an SDK error the service's own words, else what went wrong with the call: one line.
func brief(err error) error {
	if region := bucketRegion(err); region != "" {
		return fmt.Errorf("the bucket is in another Region: set AWS_REGION to %s", region)
	}
	var (
		api  smithy.APIError
		link *url.Error
		op   *smithy.OperationError
	)
	switch {
	case errors.Is(err, context.Canceled):
		return context.Canceled
	case errors.As(err, &api):
		return errors.New(strings.TrimSuffix(api.ErrorCode()+": "+strings.TrimSpace(api.ErrorMessage()), ": "))
	case errors.As(err, &link):
		return link.Err
	case errors.As(err, &op):
		return op.Err
	}
	return err
}

func (s *s3Store) Begin(ctx context.Context) (report.Publication, error) {
	_, err := s.client.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: aws.String(s.bucket), ExpectedBucketOwner: s.owner()})
	switch code := codeOf(err); {
	case code == "NotFound" || code == "NoSuchBucket":
		return nil, fmt.Errorf("%s: open: there is no bucket of this name", s)
	case code == "Forbidden" || code == "AccessDenied": // it may still be writable: HeadBucket needs s3:ListBucket
	case err != nil:
		return nil, fmt.Errorf("%s: open: %w", s, brief(err))
	}
	return &s3Publication{store: s}, nil
}

// An s3Publication stages each file as a multipart upload whose parts are there but which is not
// completed: S3 shows nothing of it until it is.
type s3Publication struct {
	store   *s3Store
	uploads []*s3.CompleteMultipartUploadInput
}

// partSize is the bytes of one part; S3 takes 10,000 of them, of 5 MiB or more but for the last.
const partSize = 32 << 20

func (p *s3Publication) Stage(ctx context.Context, name string, data []byte) error {
	client, bucket, key := p.store.client, aws.String(p.store.bucket), aws.String(p.store.prefix+name)
	opt, owner := p.store.opt, p.store.owner()
	created, err := client.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{
		Bucket: bucket, Key: key, ExpectedBucketOwner: owner, // how to encrypt is said once: the parts follow
		ServerSideEncryption: types.ServerSideEncryption(opt.SSE), SSEKMSKeyId: given(opt.KMSKeyID),
	})
	if err != nil {
		return fmt.Errorf("%s: write: %w", p.store.url(name), brief(err))
	}
	upload := &s3.CompleteMultipartUploadInput{
		Bucket: bucket, Key: key, UploadId: created.UploadId, MultipartUpload: &types.CompletedMultipartUpload{},
		ExpectedBucketOwner: owner,
	}
	p.uploads = append(p.uploads, upload)
	for start := 0; start == 0 || start < len(data); start += partSize {
		number := aws.Int32(int32(start/partSize) + 1)
		part, err := client.UploadPart(ctx, &s3.UploadPartInput{
			Bucket: bucket, Key: key, UploadId: created.UploadId, PartNumber: number,
			Body: bytes.NewReader(data[start:min(start+partSize, len(data))]), ExpectedBucketOwner: owner,
		})
		if err != nil {
			return fmt.Errorf("%s: write: %w", p.store.url(name), brief(err))
		}
		done := types.CompletedPart{
			ETag: part.ETag, PartNumber: number,
			ChecksumCRC32: part.ChecksumCRC32, ChecksumCRC32C: part.ChecksumCRC32C,
			ChecksumSHA1: part.ChecksumSHA1, ChecksumSHA256: part.ChecksumSHA256, ChecksumCRC64NVME: part.ChecksumCRC64NVME,
		}
		upload.MultipartUpload.Parts = append(upload.MultipartUpload.Parts, done)
	}
	return nil
}

func (p *s3Publication) Commit(ctx context.Context, stale []string) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	ctx = context.WithoutCancel(ctx) // from here on the publication is not interrupted
	for len(p.uploads) > 0 {
		upload := p.uploads[0]
		if _, err := p.store.client.CompleteMultipartUpload(ctx, upload); err != nil {
			return fmt.Errorf("s3://%s/%s: write: %w: the report may be published in part: run again",
				p.store.bucket, aws.ToString(upload.Key), brief(err))
		}
		p.uploads = p.uploads[1:]
	}
	for _, name := range stale {
		_, err := p.store.client.DeleteObject(ctx, &s3.DeleteObjectInput{
			Bucket: aws.String(p.store.bucket), Key: aws.String(p.store.prefix + name), ExpectedBucketOwner: p.store.owner(),
		})
		if err != nil {
			return fmt.Errorf("%s: remove: %w: the report is published, but holds this file of an earlier one: run again", p.store.url(name), brief(err))
		}
	}
	return nil
}

// abortTime bounds how long Abort works on after an interruption.
const abortTime = 10 * time.Second

// Abort drops the uploads that are not complete. One that cannot be dropped stays invisible; a
// lifecycle rule for incomplete uploads removes it.
func (p *s3Publication) Abort() {
	ctx, cancel := context.WithTimeout(context.Background(), abortTime)
	defer cancel()
	for _, upload := range p.uploads {
		_, _ = p.store.client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{
			Bucket: upload.Bucket, Key: upload.Key, UploadId: upload.UploadId, ExpectedBucketOwner: upload.ExpectedBucketOwner,
		})
	}
	p.uploads = nil
}
