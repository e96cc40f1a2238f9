package dest

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// An s3Publication stages each file as a multipart upload whose parts are there but which is not
// completed: S3 shows nothing of it until it is.
type s3Publication struct {
	store   *s3Store
	uploads []*s3.CompleteMultipartUploadInput
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
	client, bucket, key := p.store.client, aws.String(p.store.bucket), aws.String(p.store.prefix+name)
	opt, owner, checksum := p.store.opt, p.store.owner(), p.store.checksum()
	created, err := client.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{
		Bucket: bucket, Key: key, ExpectedBucketOwner: owner, ChecksumAlgorithm: checksum,
		ServerSideEncryption: types.ServerSideEncryption(opt.SSE), SSEKMSKeyId: given(opt.KMSKeyID), // said once: the parts follow
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
			ChecksumAlgorithm: checksum,
		})
		if err != nil {
			return fmt.Errorf("%s: write: %w", p.store.url(name), brief(err))
		}
		done := types.CompletedPart{ETag: part.ETag, PartNumber: number}
		if checksum != "" {
			done.ChecksumCRC32 = part.ChecksumCRC32
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
