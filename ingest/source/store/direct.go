package store

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go/encoding/httpbinding"
)

// Most objects of a trail are small, and to have the SDK make a request takes twice as long as to sign it, send it and
// read the answer. So of each bucket the SDK makes one, and those for further objects are made like it: with another key,
// time and signature. On 5,000 objects of 20 records,
// two runs each, the command read 3,700 and 4,200 objects a second of its processor time so, 2,500 and 3,200 by the SDK
// alone (benchmarks: -bench S3 -trails sparse -scale 0.05, 2026-11).
//
// That is all that is taken from the SDK. Whatever is not a whole object as asked for goes to it, as the answer that its
// first attempt gets: it tells what it means, waits, tries again, and follows a bucket to its Region.

// A template is a request of the SDK's for an object of a bucket. It is read only.
type template struct {
	url     url.URL // its path without the key
	header  http.Header
	service string // for which it was signed; "" if it was not
	region  string
}

// learned returns the template that follows from a request for key; nil if it is of a kind that is left to the SDK, as
// those to directory buckets and multi-Region access points are.
func learned(r *http.Request, key string) *template {
	path, ok := strings.CutSuffix(r.URL.EscapedPath(), "/"+httpbinding.EscapePath(key, false))
	if !ok || r.Method != http.MethodGet || r.Header.Get("Range") != "" || r.Header.Get("If-Match") != "" {
		return nil
	}
	t := &template{url: *r.URL, header: r.Header.Clone()}
	t.url.Path, t.url.RawPath = path+"/", path+"/"
	if decoded, err := url.PathUnescape(path); err != nil || decoded != path {
		return nil // a bucket's name needs no escape
	}
	if signature := r.Header.Get("Authorization"); signature != "" {
		// AWS4-HMAC-SHA256 Credential=ID/20261120/eu-west-1/s3/aws4_request, SignedHeaders=…
		scope, ok := strings.CutPrefix(signature, "AWS4-HMAC-SHA256 Credential=")
		scope, _, _ = strings.Cut(scope, ",")
		parts := strings.Split(scope, "/")
		if n := len(parts); !ok || n < 5 || parts[n-2] != "s3" {
			return nil
		} else {
			t.region, t.service = parts[n-3], parts[n-2]
		}
	}
	for _, own := range []string{"Authorization", "X-Amz-Date", "X-Amz-Security-Token", "Amz-Sdk-Request", "Amz-Sdk-Invocation-Id"} {
		t.header.Del(own)
	}
	return t
}

// A learner notes the template of a request that has brought a whole object.
type learner struct {
	client s3.HTTPClient
	bucket *Bucket
	key    string
}

// Do carries out a request of the SDK's.
func (l learner) Do(r *http.Request) (*http.Response, error) {
	resp, err := l.client.Do(r)
	if err == nil && resp.StatusCode == http.StatusOK {
		if t := learned(r, l.key); t != nil {
			l.bucket.like.Store(t)
		}
	}
	return resp, err
}

// checked reports whether checksums are asked for, and so to be compared.
func (t *template) checked() bool { return t.header.Get("X-Amz-Checksum-Mode") == "ENABLED" }

// request returns a request for key like t's.
func (t *template) request(ctx context.Context, key string, c *Calls) (*http.Request, error) {
	u := t.url
	u.Path, u.RawPath = t.url.Path+key, t.url.RawPath+httpbinding.EscapePath(key, false)
	r := (&http.Request{
		Method: http.MethodGet, URL: &u, Host: u.Host, Header: t.header.Clone(),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}).WithContext(ctx)
	if t.service == "" {
		return r, nil
	}
	credentials, err := c.Retrieve(ctx)
	if err != nil {
		return nil, err
	}
	return r, c.signer.SignHTTP(ctx, credentials, r, t.header.Get("X-Amz-Content-Sha256"), t.service, t.region, time.Now(), literally)
}

// literally has S3's paths signed as they stand.
func literally(o *v4.SignerOptions) { o.DisableURIPathEscaping = true }

// direct gets an object without the SDK. Where it returns neither an object nor a replay, nothing was asked.
func (b *Bucket) direct(ctx context.Context, key string) (*s3.GetObjectOutput, *replay) {
	t := b.like.Load()
	if t == nil || !b.Calls.plain() {
		return nil, nil
	}
	r, err := t.request(ctx, key, b.Calls)
	if err != nil {
		return nil, nil
	}
	var answer replay
	answer.resp, answer.err = b.Calls.http.Do(r) //nolint:bodyclose // whoever gets the answer does it
	resp := answer.resp
	if answer.err != nil || resp.StatusCode != http.StatusOK || t.checked() && !validate(resp) {
		b.like.Store(nil) // the next success teaches anew
		return nil, &answer
	}
	out := &s3.GetObjectOutput{Body: resp.Body}
	out.ServerSideEncryption = types.ServerSideEncryption(resp.Header.Get("X-Amz-Server-Side-Encryption"))
	if etag := resp.Header.Get("Etag"); etag != "" {
		out.ETag = &etag
	}
	if resp.ContentLength >= 0 {
		out.ContentLength = aws.Int64(resp.ContentLength)
	}
	return out, nil
}

// A replay is an HTTP client whose first answer is there already.
type replay struct {
	client s3.HTTPClient // for the others
	resp   *http.Response
	err    error
	given  bool
}

// Do carries out a request of the SDK's, whose attempts follow each other.
func (p *replay) Do(r *http.Request) (*http.Response, error) {
	if p.given {
		return p.client.Do(r)
	}
	p.given = true
	return p.resp, p.err
}
