package store

import (
	"context"
	"regexp"
	"strings"
	"sync/atomic"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"vpcetrail/ingest/aws"
)

// A Bucket is a bucket in S3, by its name, an access point's alias or an access
// point's ARN. Object names are s3://bucket/key.
type Bucket struct {
	Calls  *Calls
	Name   string
	region atomic.Pointer[string] // the bucket's Region, if S3 named another one than the client's
	like   atomic.Pointer[template]
}

// urlLike matches the start of a URL, with one slash or two. A single letter may be a
// drive.
var urlLike = regexp.MustCompile(`^([a-zA-Z][a-zA-Z0-9+.-]+:/|[sS]3:)`)

// IsURL reports whether text has the form of a URL of any scheme, not of a path. For a
// path of that form, write ./PATH.
func IsURL(text string) bool { return urlLike.MatchString(text) }

// SplitURL returns the bucket and the key or prefix of an s3:// URL. Either may be
// empty. The bucket may be an access point's ARN. A slash in the ARN belongs to it:
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

// Options make a call to the bucket one of the run's calls, with their retries, and
// send it to the bucket's Region or through its access point. A caller that uses the
// client directly passes them to it.
func (b *Bucket) Options(o *s3.Options) {
	b.Calls.options(o)
	o.Region = b.home(o.Region)
	if isARN(b.Name) { // it includes the Region, and has no path-style address
		o.UseARNRegion, o.UsePathStyle = true, false
	}
}

// payer and owner are set on every request if configured.
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

// home returns the bucket's Region as far as it is known, else client, the client's
// Region.
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

// part gets an object, or a part of it, as in says, with additional options.
func (b *Bucket) part(ctx context.Context, in *s3.GetObjectInput, own func(*s3.Options)) (*s3.GetObjectOutput, error) {
	return b.get(ctx, in, own, b.Options)
}

// get sends in with these options. Errors include the remedy for a refusal.
func (b *Bucket) get(ctx context.Context, in *s3.GetObjectInput, options ...func(*s3.Options)) (*s3.GetObjectOutput, error) {
	in.Bucket, in.RequestPayer, in.ExpectedBucketOwner = &b.Name, b.payer(), b.owner()
	out, err := b.Calls.client.GetObject(ctx, in, options...)
	if err != nil {
		return nil, b.refused(err, "")
	}
	return out, nil // it has succeeded once its body is read
}

func unquote(etag *string) string { return strings.Trim(sdk.ToString(etag), `"`) }

// CallOptions configure the calls to S3. The zero value works.
type CallOptions struct {
	aws.CallOptions
	RequesterPays bool   // this account pays for requests and transfer, as requester-pays buckets demand
	BucketOwner   string // the account that must own every bucket; "" means any
}

// Calls are the calls of one run to S3. They are safe for concurrent use.
type Calls struct {
	*aws.Calls
	client *s3.Client
	opt    CallOptions

	// The client's options, for requests built without the SDK.
	configured s3.Options
	signer     *v4.Signer
	http       s3.HTTPClient
	like       bool // there may be such
}

// NewCalls returns the calls of a run through client.
func NewCalls(client *s3.Client, opt CallOptions) *Calls {
	o := client.Options()
	c := &Calls{Calls: aws.NewCalls("S3", o.RetryMode, o.RetryMaxAttempts, o.Credentials, opt.CallOptions), client: client, opt: opt}
	c.configured, c.signer, c.http = o, v4.NewSigner(), c.Patient(o.HTTPClient)
	c.like = o.RetryMode != sdk.RetryModeAdaptive && len(o.APIOptions) == 0 && o.Credentials != nil
	return c
}

// options applies to a call what all calls share.
func (c *Calls) options(o *s3.Options) {
	o.Retryer, o.HTTPClient = c.Retryer(), c.Patient(o.HTTPClient)
	c.Sign(&o.Credentials, &o.APIOptions)
}

// plain reports whether a request may be made without the SDK. It may not if the SDK's
// middlewares are needed, if the rate is limited, or while the service seems dead.
func (c *Calls) plain() bool { return c.like && !c.Spent() }
