// Package dest stores reports in a directory or below a prefix in S3.
//
// Both publish a unit, such as a day, in the same way. A run takes the unit's lock and
// stages its files where no reader sees them. Then it writes a record of the coming
// steps, takes one step for each file, and removes the record. A run that stops in
// between leaves the record. The next run in the same place takes the remaining steps,
// whichever units it has itself.
//
// In a directory, a step is a rename. The lock is a file lock, which the kernel
// releases when the process ends. In S3, a step completes an upload, and the lock is a
// lease: see s3_lock.go.
package dest

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"vpcetrail/ingest/aws"
	"vpcetrail/ingest/source/store"
	"vpcetrail/report"
)

// Open returns the store that text names: a directory, or s3://bucket/prefix, in which
// an access point's ARN or alias may replace the bucket. newS3 is called only for S3.
// opt is for S3 only. With a directory it is refused, so that nobody believes that the
// files are encrypted. A directory need not exist: Begin creates it.
func Open(ctx context.Context, text string, newS3 func(context.Context) (*s3.Client, error), opt S3Options) (report.Store, error) {
	if err := Check(text, opt); err != nil {
		return nil, err
	}
	if !strings.HasPrefix(text, "s3://") {
		return &dirStore{root: text}, nil
	}
	bucket, prefix := store.SplitURL(text)
	client, err := newS3(ctx)
	if err != nil {
		return nil, fmt.Errorf("%s: open: %w", text, err)
	}
	return newS3Store(client, bucket, prefix, opt, aws.CredentialsOf(newS3)), nil
}

// Check returns an error for a name that Open would refuse. It looks at no store.
func Check(text string, opt S3Options) error {
	if err := opt.Check(); err != nil {
		return err
	}
	if strings.HasPrefix(text, "s3://") {
		if bucket, _ := store.SplitURL(text); bucket == "" {
			return fmt.Errorf("%s: names no bucket: want s3://bucket/prefix", text)
		}
		return nil
	}
	switch {
	case text == "":
		return fmt.Errorf("destination is empty: name a directory or s3://bucket/prefix")
	case store.IsURL(text):
		return fmt.Errorf("%s: neither s3:// nor a directory: want s3://bucket/prefix, or ./%s for a directory of this name", text, text)
	case opt.SSE != "" || opt.BucketOwner != "":
		return fmt.Errorf("%s: is a directory: --sse and --expected-out-owner are for s3://bucket/prefix", text)
	}
	return nil
}
