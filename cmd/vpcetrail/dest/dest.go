// Package dest keeps reports: in a directory or below a prefix in S3.
//
// Both publish a unit, such as a day, in the same way. A run takes the unit's lock and stages its files
// where no reader sees them. Then it writes a record of the steps that are to come, takes them, one for
// each file, and removes the record. A run that is stopped in between leaves the record. The next run
// in the same place, whichever units it has, takes the steps that are left.
//
// In a directory a step is a rename, and the lock is a file's, which the kernel gives back when the
// process ends. In S3 a step completes an upload, and the lock is a lease: see s3_lock.go.
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

// Open returns the store that text names: s3://bucket/prefix, where an access point's ARN or alias may stand for
// the bucket, or a directory. newS3 is called for the former only, and opt is for it alone: with a directory it is
// refused, so that nobody takes for encrypted what is not. A directory need not exist; Begin makes it.
func Open(ctx context.Context, text string, newS3 func(context.Context) (*s3.Client, error), opt S3Options) (report.Store, error) {
	if err := opt.Check(); err != nil {
		return nil, err
	}
	if !strings.HasPrefix(text, "s3://") {
		if text == "" {
			return nil, fmt.Errorf("destination is empty: name a directory or s3://bucket/prefix")
		}
		if store.IsURL(text) {
			return nil, fmt.Errorf("%s: neither s3:// nor a directory: want s3://bucket/prefix, or ./%s for a directory of this name", text, text)
		}
		if opt.SSE != "" || opt.BucketOwner != "" {
			return nil, fmt.Errorf("%s: is a directory: --sse and --expected-out-owner are for s3://bucket/prefix", text)
		}
		return &dirStore{root: text}, nil
	}
	bucket, prefix := store.SplitURL(text)
	if bucket == "" {
		return nil, fmt.Errorf("%s: names no bucket: want s3://bucket/prefix", text)
	}
	client, err := newS3(ctx)
	if err != nil {
		return nil, fmt.Errorf("%s: open: %w", text, err)
	}
	return newS3Store(client, bucket, prefix, opt, aws.CredentialsOf(newS3)), nil
}
