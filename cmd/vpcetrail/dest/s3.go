package dest

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"vpcetrail/ingest/aws"
	"vpcetrail/ingest/source/store"
	"vpcetrail/report"
)

// S3Options say how a report or a file is stored in S3. The zero value uses the bucket's own
// settings.
type S3Options struct {
	SSE         string // how S3 encrypts the files: "AES256", "aws:kms" or "aws:kms:dsse"; "" means the bucket's default
	KMSKeyID    string // id, ARN or alias of the key for "aws:kms" and "aws:kms:dsse"; "" means the account's own
	BucketOwner string // account id that must own the bucket, or S3 refuses; "" means any

	// Lease is how long a run that gives no sign of life keeps its days; 0 means a minute.
	Lease time.Duration

	backoff retry.BackoffDelayer // tests wait shorter
}

// Check returns an error for wrong options, else nil.
func (o S3Options) Check() error {
	switch types.ServerSideEncryption(o.SSE) {
	case types.ServerSideEncryptionAwsKms, types.ServerSideEncryptionAwsKmsDsse:
		return nil
	case "", types.ServerSideEncryptionAes256:
		if o.KMSKeyID != "" {
			return fmt.Errorf("--kms-key-id %q: give --sse aws:kms or aws:kms:dsse with it", o.KMSKeyID)
		}
		return nil
	}
	return fmt.Errorf("--sse %q: want AES256, aws:kms or aws:kms:dsse", o.SSE)
}

// ApplyTo sets the options in a request that puts an object.
func (o S3Options) ApplyTo(in *s3.PutObjectInput) {
	in.ServerSideEncryption, in.SSEKMSKeyId, in.ExpectedBucketOwner = types.ServerSideEncryption(o.SSE), given(o.KMSKeyID), given(o.BucketOwner)
}

// given returns a pointer to text, or nil if it is empty: then the request does not
// send the field.
func given(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// An s3Store stores a report below a prefix, which is empty or ends in a slash. Its
// calls are retried like those for reading a trail, from a reserve of their own.
type s3Store struct {
	client *s3.Client
	bucket *store.Bucket
	prefix string
	opt    S3Options

	probed        atomic.Bool // whether the server was tested for conditional writes
	unconditional atomic.Bool // it does not support them
}

func newS3Store(client *s3.Client, bucket, prefix string, opt S3Options, renew func(context.Context) (sdk.CredentialsProvider, error)) *s3Store {
	if prefix = strings.Trim(prefix, "/"); prefix != "" {
		prefix += "/"
	}
	calls := store.NewCalls(client, store.CallOptions{CallOptions: aws.CallOptions{Backoff: opt.backoff, Renew: renew}, BucketOwner: opt.BucketOwner})
	return &s3Store{client: client, bucket: &store.Bucket{Calls: calls, Name: bucket}, prefix: prefix, opt: opt}
}

func (s *s3Store) owner() *string { return given(s.opt.BucketOwner) }

func (s *s3Store) String() string { return strings.TrimSuffix(s.url(""), "/") }

func (s *s3Store) url(name string) string { return s.bucket.URL(s.prefix + name) }

func (s *s3Store) List(ctx context.Context, folder string) ([]string, error) {
	var names []string
	pages := s.bucket.All(s.url(folder))
	for more := true; more; {
		var page []store.Entry
		var err error
		if page, more, err = pages.Next(ctx); err != nil {
			return nil, fmt.Errorf("%s: list: %w", s.url(folder), brief(err))
		}
		for _, obj := range page {
			name := folder + obj.Name
			if !strings.HasPrefix(name, ".") && !strings.Contains(name, "/.") {
				names = append(names, name)
			}
		}
	}
	return names, nil
}

// mayRead is the remedy if a file of a report may not be read. Runs that publish also
// read the files that they would replace.
const mayRead = "allow s3:GetObject and s3:ListBucket on the report: without s3:ListBucket S3 says so of files that are not there, too"

func (s *s3Store) Read(ctx context.Context, name string) ([]byte, error) {
	body, _, err := s.bucket.Open(ctx, store.Object{Name: s.url(name)})
	if err != nil {
		return nil, s.unopened(name, err)
	}
	defer body.Close()
	data, err := io.ReadAll(body)
	if err != nil {
		return nil, fmt.Errorf("%s: read: %w", s.url(name), brief(err))
	}
	return data, nil
}

func (s *s3Store) ReadAt(ctx context.Context, name string, p []byte, offset int64) (int, error) {
	body, err := s.bucket.OpenRange(ctx, s.url(name), offset, int64(len(p)))
	switch {
	case codeOf(err) == "InvalidRange": // the file is shorter
		return 0, io.EOF
	case err != nil:
		return 0, s.unopened(name, err)
	}
	defer body.Close()
	n, err := io.ReadFull(body, p)
	switch {
	case err == io.ErrUnexpectedEOF:
		err = io.EOF
	case err != nil && err != io.EOF:
		err = fmt.Errorf("%s: read: %w", s.url(name), brief(err))
	}
	return n, err
}

// unopened is the error for a file that could not be opened.
func (s *s3Store) unopened(name string, err error) error {
	switch code := codeOf(err); {
	case code == "NoSuchKey" || code == "NotFound":
		return fmt.Errorf("%s: open: %w", s.url(name), report.ErrNoReport)
	case store.StatusOf(err) == "denied":
		return fmt.Errorf("%s: open: %s: %s", s.url(name), aws.Cause(err), mayRead)
	}
	return fmt.Errorf("%s: open: %w", s.url(name), brief(err))
}

func codeOf(err error) string {
	code, _ := aws.APIError(err)
	return code
}

// brief returns the service's own text of an SDK error, or what went wrong with the
// call, in one line.
func brief(err error) error {
	_, status := aws.APIError(err)
	if region := aws.BucketRegion(err); region != "" && !aws.EndsRun(err) && (status == http.StatusMovedPermanently || status == http.StatusBadRequest) {
		return fmt.Errorf("the bucket is in another Region: set AWS_REGION to %s", region)
	}
	if errors.Is(err, context.Canceled) {
		return context.Canceled
	}
	return errors.New(aws.Cause(err))
}

func (s *s3Store) Begin(ctx context.Context, note func(string)) (report.Writer, error) {
	_, err := s.client.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &s.bucket.Name, ExpectedBucketOwner: s.owner()}, s.bucket.Options)
	switch code := codeOf(err); {
	case code == "NotFound" || code == "NoSuchBucket":
		return nil, fmt.Errorf("%s: open: there is no bucket of this name", s)
	case code == "Forbidden" || code == "AccessDenied": // it may still be writable: HeadBucket needs s3:ListBucket
	case err != nil:
		return nil, fmt.Errorf("%s: open: %w", s, brief(err))
	}
	w := &s3Writer{store: s, note: note, id: rand.Text(), lease: cmp.Or(s.opt.Lease, defaultLease), units: map[string]*s3Publication{}}
	if err := w.begin(ctx); err != nil {
		return nil, err
	}
	if err := w.tidy(ctx); err != nil {
		w.Close()
		return nil, err
	}
	return w, nil
}
