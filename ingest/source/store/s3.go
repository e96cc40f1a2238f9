package store

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

// A Bucket is a bucket in S3. The names in it are s3://bucket/key.
type Bucket struct {
	Client *s3.Client
	Name   string
	region atomic.Pointer[string] // the bucket's Region, once S3 has named another than the client's
}

// URL returns the name of the object or folder key.
func (b *Bucket) URL(key string) string { return "s3://" + b.Name + "/" + key }

func (b *Bucket) key(name string) string { return strings.TrimPrefix(name, b.URL("")) }

// options sends a call to the bucket's Region.
func (b *Bucket) options(o *s3.Options) { o.Region = b.home(o.Region) }

// home returns the bucket's Region as far as known, client being the client's.
func (b *Bucket) home(client string) string {
	if r := b.region.Load(); r != nil {
		return *r
	}
	return client
}

// Open gets an object.
func (b *Bucket) Open(ctx context.Context, obj Object) (io.ReadCloser, int64, error) {
	key := b.key(obj.Name)
	out, err := b.Client.GetObject(ctx, &s3.GetObjectInput{Bucket: &b.Name, Key: &key}, b.options)
	if err != nil {
		return nil, 0, err
	}
	size := int64(-1)
	if out.ContentLength != nil {
		size = *out.ContentLength
	}
	return out.Body, size, nil
}

// List lists a prefix with the delimiter '/'. Errors say what to do about a refusal.
func (b *Bucket) List(folder string) Pager { return &s3Pager{bucket: b, prefix: b.key(folder)} }

// Stat returns the object called key, if there is one.
func (b *Bucket) Stat(ctx context.Context, key string) (Entry, bool, error) {
	out, err := b.page(ctx, &s3.ListObjectsV2Input{Prefix: &key, Delimiter: aws.String("/"), MaxKeys: aws.Int32(1)})
	if err != nil || len(out.Contents) == 0 || aws.ToString(out.Contents[0].Key) != key {
		return Entry{}, false, err
	}
	o := out.Contents[0]
	return Entry{Name: key, Size: aws.ToInt64(o.Size), ETag: unquote(o.ETag)}, true, nil
}

// Holds reports whether any object lies below prefix.
func (b *Bucket) Holds(ctx context.Context, prefix string) (bool, error) {
	out, err := b.page(ctx, &s3.ListObjectsV2Input{Prefix: &prefix, Delimiter: aws.String("/"), MaxKeys: aws.Int32(1)})
	return err == nil && len(out.Contents)+len(out.CommonPrefixes) > 0, err
}

// page lists once more in the bucket's own Region if S3 answers that it is in another.
func (b *Bucket) page(ctx context.Context, in *s3.ListObjectsV2Input) (*s3.ListObjectsV2Output, error) {
	in.Bucket = &b.Name
	asked := b.home(b.Client.Options().Region)
	out, err := b.Client.ListObjectsV2(ctx, in, b.options)
	if region := bucketRegion(err); region != "" && region != asked {
		b.region.Store(&region)
		out, err = b.Client.ListObjectsV2(ctx, in, b.options)
	}
	return out, b.explain(err)
}

// bucketRegion returns the Region that a refusal names as the bucket's.
func bucketRegion(err error) string {
	var resp *awshttp.ResponseError
	if !errors.As(err, &resp) || resp.Response == nil || resp.HTTPStatusCode() >= 500 {
		return ""
	}
	return resp.Response.Header.Get("X-Amz-Bucket-Region")
}

// explain says in one line why a listing failed, and what to do where it was refused.
func (b *Bucket) explain(err error) error {
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
		return &tell{fmt.Sprintf("%s: allow s3:ListBucket on bucket %s for this prefix", Cause(err), b.Name), err}
	case status == 0 && strings.Contains(err.Error(), "get credentials"):
		return &tell{"no AWS credentials: " + Cause(err), err}
	}
	return &tell{Cause(err), err}
}

type s3Pager struct {
	bucket *Bucket
	prefix string
	token  *string
	last   string
}

func (p *s3Pager) Next(ctx context.Context) ([]Entry, bool, error) {
	in := &s3.ListObjectsV2Input{Prefix: &p.prefix, Delimiter: aws.String("/"), ContinuationToken: p.token}
	out, err := p.bucket.page(ctx, in)
	if err != nil {
		return nil, false, err
	}
	entries := make([]Entry, 0, len(out.Contents)+len(out.CommonPrefixes))
	for _, o := range out.Contents {
		name := strings.TrimPrefix(aws.ToString(o.Key), p.prefix)
		entries = append(entries, Entry{Name: name, Size: aws.ToInt64(o.Size), ETag: unquote(o.ETag)})
	}
	for _, o := range out.CommonPrefixes {
		entries = append(entries, Entry{Name: strings.TrimPrefix(aws.ToString(o.Prefix), p.prefix)})
	}
	slices.SortFunc(entries, func(a, b Entry) int { return cmp.Compare(a.Name, b.Name) })
	// Some servers return a common prefix again on the page that starts inside it.
	for len(entries) > 0 && p.last != "" && entries[0].Name == p.last {
		entries = entries[1:]
	}
	if len(entries) > 0 {
		p.last = entries[len(entries)-1].Name
	}
	p.token = out.NextContinuationToken
	return entries, aws.ToBool(out.IsTruncated) && p.token != nil, nil
}

func unquote(etag *string) string { return strings.Trim(aws.ToString(etag), `"`) }
