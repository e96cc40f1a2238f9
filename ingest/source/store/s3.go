package store

import (
	"context"
	"regexp"
	"strings"
	"sync/atomic"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"vpcetrail/ingest/aws"
)

// A Bucket is a bucket in S3, under its name, an access point's alias or an access
// point's ARN. The names in it are s3://bucket/key.
type Bucket struct {
	Calls  *Calls
	Name   string
	region atomic.Pointer[string] // the bucket's Region, once S3 has named another than the client's
	like   atomic.Pointer[template]
}

// urlLike is how a URL starts, with one slash or two. A single letter may be a drive.
var urlLike = regexp.MustCompile(`^([a-zA-Z][a-zA-Z0-9+.-]+:/|[sS]3:)`)

// IsURL reports whether text is written as a URL of any scheme, rather than as a path. A path
// that is written so is ./PATH.
func IsURL(text string) bool { return urlLike.MatchString(text) }

// SplitURL returns the bucket and the key or prefix of an s3:// URL, either of which may
// be empty. The bucket may be an access point's ARN, whose own slash belongs to it:
// s3://arn:aws:s3:us-east-1:123456789012:accesspoint/name/prefix.
func SplitURL(url string) (bucket, key string) {
	rest := strings.TrimPrefix(url, "s3://")
	slashes := 1 // up to the key
	if isARN(rest) {
		switch resource := rest[strings.LastIndexByte(rest[:strings.IndexByte(rest+"/", '/')], ':')+1:]; {
		case strings.HasPrefix(resource, "accesspoint/"):
			slashes = 2
		case strings.HasPrefix(resource, "outpost/"):
			slashes = 4 // outpost/ID/accesspoint/NAME
		}
	}
	for i := range len(rest) {
		if rest[i] == '/' {
			if slashes--; slashes == 0 {
				return rest[:i], rest[i+1:]
			}
		}
	}
	return rest, ""
}

func isARN(bucket string) bool { return strings.HasPrefix(bucket, "arn:") }

// URL returns the name of the object or folder key.
func (b *Bucket) URL(key string) string { return "s3://" + b.Name + "/" + key }

func (b *Bucket) key(name string) string { return strings.TrimPrefix(name, b.URL("")) }

// Options make a call to the bucket one of the run's, with their retries, and send it to the bucket's Region, or
// through its access point. Whoever calls the client directly, passes them on.
func (b *Bucket) Options(o *s3.Options) {
	b.Calls.options(o)
	o.Region = b.home(o.Region)
	if isARN(b.Name) { // it names its Region, and has no path-style address
		o.UseARNRegion, o.UsePathStyle = true, false
	}
}

// payer and owner are what every request says, where it was asked for.
func (b *Bucket) payer() types.RequestPayer {
	if b.Calls.opt.RequesterPays {
		return types.RequestPayerRequester
	}
	return ""
}

func (b *Bucket) owner() *string {
	if b.Calls.opt.BucketOwner == "" {
		return nil
	}
	return &b.Calls.opt.BucketOwner
}

// home returns the bucket's Region as far as known, client being the client's.
func (b *Bucket) home(client string) string {
	if r := b.region.Load(); r != nil {
		return *r
	}
	return client
}

// whole gets an object.
func (b *Bucket) whole(ctx context.Context, key string) (*s3.GetObjectOutput, error) {
	renewals := b.Calls.Renewals()
	out, answer := b.direct(ctx, key)
	if out != nil {
		return out, nil
	}
	if answer != nil {
		ctx = aws.SignedAfter(ctx, renewals)
	}
	return b.get(ctx, &s3.GetObjectInput{Key: &key}, b.Options, func(o *s3.Options) {
		if answer != nil {
			answer.client = o.HTTPClient
			o.HTTPClient = answer
		} else if b.Calls.plain() {
			o.HTTPClient = learner{o.HTTPClient, b, key}
		}
	})
}

// part gets an object, or the part of it that in names, with options of its own.
func (b *Bucket) part(ctx context.Context, in *s3.GetObjectInput, own func(*s3.Options)) (*s3.GetObjectOutput, error) {
	return b.get(ctx, in, own, b.Options)
}

// get gets what in names, with these options. Errors say what to do about a refusal.
func (b *Bucket) get(ctx context.Context, in *s3.GetObjectInput, options ...func(*s3.Options)) (*s3.GetObjectOutput, error) {
	in.Bucket, in.RequestPayer, in.ExpectedBucketOwner = &b.Name, b.payer(), b.owner()
	out, err := b.Calls.client.GetObject(ctx, in, options...)
	if err != nil {
		return nil, b.refused(err, "")
	}
	return out, nil // it has succeeded once its body is read
}

func unquote(etag *string) string { return strings.Trim(sdk.ToString(etag), `"`) }
