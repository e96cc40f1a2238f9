package source

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// idleConns lets every fetcher and lister keep its connection; the SDK's own limit is 10.
const idleConns = 128

// NewS3 returns an S3 client with the SDK's own configuration (environment,
// profile, AWS_ENDPOINT_URL). An endpoint set there is addressed path-style.
// Without a Region it starts in us-east-1; a Trail then follows a bucket to the
// Region that S3 names.
func NewS3(ctx context.Context) (*s3.Client, error) {
	transport := awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
		t.MaxIdleConns, t.MaxIdleConnsPerHost = idleConns, idleConns
	})
	cfg, err := config.LoadDefaultConfig(ctx, config.WithHTTPClient(transport))
	if err != nil {
		return nil, fmt.Errorf("AWS configuration: %w", err)
	}
	if cfg.Region == "" {
		cfg.Region = "us-east-1"
	}
	return s3.NewFromConfig(cfg, func(o *s3.Options) {
		o.UsePathStyle = o.BaseEndpoint != nil
		o.DisableLogOutputChecksumValidationSkipped = true // old objects have none; a line each would flood standard error
	}), nil
}

// An s3Store is one bucket.
type s3Store struct {
	client *s3.Client
	bucket string
	region atomic.Pointer[string] // the bucket's Region, once S3 has named another than the client's
}

func (s *s3Store) url(key string) string { return "s3://" + s.bucket + "/" + key }

func (s *s3Store) key(name string) string { return strings.TrimPrefix(name, s.url("")) }

// options sends a call to the bucket's Region.
func (s *s3Store) options(o *s3.Options) { o.Region = s.home(o.Region) }

// home returns the bucket's Region as far as known, client being the client's.
func (s *s3Store) home(client string) string {
	if r := s.region.Load(); r != nil {
		return *r
	}
	return client
}

func (s *s3Store) open(ctx context.Context, obj Object) (io.ReadCloser, int64, error) {
	key := s.key(obj.Name)
	out, err := s.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &s.bucket, Key: &key}, s.options)
	if err != nil {
		return nil, 0, err
	}
	size := int64(-1)
	if out.ContentLength != nil {
		size = *out.ContentLength
	}
	return out.Body, size, nil
}

func (s *s3Store) list(folder string) pager { return &s3Pager{store: s, prefix: s.key(folder)} }

// stat returns the object called key, if there is one.
func (s *s3Store) stat(ctx context.Context, key string) (entry, bool, error) {
	out, err := s.page(ctx, &s3.ListObjectsV2Input{Prefix: &key, Delimiter: aws.String("/"), MaxKeys: aws.Int32(1)})
	if err != nil || len(out.Contents) == 0 || aws.ToString(out.Contents[0].Key) != key {
		return entry{}, false, err
	}
	o := out.Contents[0]
	return entry{name: key, size: aws.ToInt64(o.Size), etag: unquote(o.ETag)}, true, nil
}

// holds reports whether any object lies below prefix.
func (s *s3Store) holds(ctx context.Context, prefix string) (bool, error) {
	out, err := s.page(ctx, &s3.ListObjectsV2Input{Prefix: &prefix, Delimiter: aws.String("/"), MaxKeys: aws.Int32(1)})
	return err == nil && len(out.Contents)+len(out.CommonPrefixes) > 0, err
}

// page lists once more in the bucket's own Region if S3 answers that it is in another.
func (s *s3Store) page(ctx context.Context, in *s3.ListObjectsV2Input) (*s3.ListObjectsV2Output, error) {
	in.Bucket = &s.bucket
	asked := s.home(s.client.Options().Region)
	out, err := s.client.ListObjectsV2(ctx, in, s.options)
	if region := bucketRegion(err); region != "" && region != asked {
		s.region.Store(&region)
		out, err = s.client.ListObjectsV2(ctx, in, s.options)
	}
	return out, s.explain(err)
}

// bucketRegion returns the Region that a refusal names as the bucket's.
func bucketRegion(err error) string {
	var resp *awshttp.ResponseError
	if !errors.As(err, &resp) || resp.Response == nil || resp.HTTPStatusCode() >= 500 {
		return ""
	}
	return resp.Response.Header.Get("X-Amz-Bucket-Region")
}

// explain adds what to do about a listing that was refused.
func (s *s3Store) explain(err error) error {
	if err == nil {
		return nil
	}
	code, status := apiError(err)
	switch {
	case code == "NoSuchBucket":
		return &tell{"no such bucket: check its name", err}
	case code == "PermanentRedirect" || status == http.StatusMovedPermanently:
		return &tell{"the bucket is in another Region: set AWS_REGION to the bucket's", err}
	case code == "AccessDenied":
		return &tell{fmt.Sprintf("%s: allow s3:ListBucket on bucket %s for this prefix", cause(err), s.bucket), err}
	case status == 0 && strings.Contains(err.Error(), "get credentials"):
		return &tell{"no AWS credentials: " + cause(err), err}
	}
	return err
}

type s3Pager struct {
	store  *s3Store
	prefix string
	token  *string
	last   string
}

func (p *s3Pager) next(ctx context.Context) ([]entry, bool, error) {
	in := &s3.ListObjectsV2Input{Prefix: &p.prefix, Delimiter: aws.String("/"), ContinuationToken: p.token}
	out, err := p.store.page(ctx, in)
	if err != nil {
		return nil, false, err
	}
	entries := make([]entry, 0, len(out.Contents)+len(out.CommonPrefixes))
	for _, o := range out.Contents {
		name := strings.TrimPrefix(aws.ToString(o.Key), p.prefix)
		entries = append(entries, entry{name: name, size: aws.ToInt64(o.Size), etag: unquote(o.ETag)})
	}
	for _, o := range out.CommonPrefixes {
		entries = append(entries, entry{name: strings.TrimPrefix(aws.ToString(o.Prefix), p.prefix)})
	}
	slices.SortFunc(entries, func(a, b entry) int { return cmp.Compare(a.name, b.name) })
	// Some servers return a common prefix again on the page that starts inside it.
	for len(entries) > 0 && p.last != "" && entries[0].name == p.last {
		entries = entries[1:]
	}
	if len(entries) > 0 {
		p.last = entries[len(entries)-1].name
	}
	p.token = out.NextContinuationToken
	return entries, aws.ToBool(out.IsTruncated) && p.token != nil, nil
}

func unquote(etag *string) string { return strings.Trim(aws.ToString(etag), `"`) }
