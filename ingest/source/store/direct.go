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

// Most objects of a trail are small. To build a request, the SDK takes twice as long
// as it takes to sign it, send it and read the answer. So the SDK builds one request
// per bucket. The requests for further objects are copies of it with another key, time
// and signature. On 5,000 objects of 20 records, two runs each, the command read 3,700
// and 4,200 objects per second of processor time this way, and 2,500 and 3,200 with
// the SDK alone (benchmarks: -bench S3 -trails sparse -scale 0.05, 2026-11).
//
// Nothing else bypasses the SDK. Any answer but a whole object as requested goes to
// the SDK, as the answer to its first attempt. The SDK interprets it, waits, retries,
// and follows a bucket to its Region.

// A template is an SDK request for an object of a bucket. It is read only.
type template struct {
	url     url.URL // its path without the key
	header  http.Header
	service string // for which it was signed; "" if it was not
	region  string
}

// learned returns the template of a request for key, or nil for a kind that is left to
// the SDK, such as requests to directory buckets and multi-Region access points.
func learned(r *http.Request, key string) *template {
	path, ok := strings.CutSuffix(r.URL.EscapedPath(), "/"+httpbinding.EscapePath(key, false))
	if !ok || r.Method != http.MethodGet || r.Header.Get("Range") != "" || r.Header.Get("If-Match") != "" {
		return nil
	}
	t := &template{url: *r.URL, header: r.Header.Clone()}
	t.url.Path, t.url.RawPath = path+"/", path+"/"
	if decoded, err := url.PathUnescape(path); err != nil || decoded != path {
		return nil // a bucket's name needs no escaping
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

// A learner keeps the template of a request that returned a whole object.
type learner struct {
	client s3.HTTPClient
	bucket *Bucket
	key    string
}

// Do sends a request of the SDK.
func (l learner) Do(r *http.Request) (*http.Response, error) {
	resp, err := l.client.Do(r)
	if err == nil && resp.StatusCode == http.StatusOK {
		if t := learned(r, l.key); t != nil {
			l.bucket.like.Store(t)
		}
	}
	return resp, err
}

// checked reports whether checksums are requested, and so must be compared.
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

// literally makes the signer use S3's paths unchanged.
func literally(o *v4.SignerOptions) { o.DisableURIPathEscaping = true }

// direct gets an object without the SDK. If it returns neither an object nor a replay,
// no request was sent.
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
	answer.resp, answer.err = b.Calls.http.Do(r) //nolint:bodyclose // the receiver of the answer closes it
	resp := answer.resp
	if answer.err != nil || resp.StatusCode != http.StatusOK || t.checked() && !validate(resp) {
		b.like.Store(nil) // the next success sets a new one
		return nil, &answer
	}
	out := &s3.GetObjectOutput{Body: resp.Body}
	out.ServerSideEncryption = types.ServerSideEncryption(resp.Header.Get("X-Amz-Server-Side-Encryption"))
	if s := signatureOf(func(name string) string { return resp.Header.Get("X-Amz-Meta-" + name) }); s.Value != "" {
		out.Metadata = map[string]string{"signature": s.Value, "signature-algorithm": s.Algorithm, "backfill-generation-timestamp": s.Generated}
	}
	if etag := resp.Header.Get("Etag"); etag != "" {
		out.ETag = &etag
	}
	if resp.ContentLength >= 0 {
		out.ContentLength = aws.Int64(resp.ContentLength)
	}
	return out, nil
}

// A replay is an HTTP client that already has its first answer.
type replay struct {
	client s3.HTTPClient // for the other requests
	resp   *http.Response
	err    error
	given  bool
}

// Do sends a request of the SDK, one attempt after the other.
func (p *replay) Do(r *http.Request) (*http.Response, error) {
	if p.given {
		return p.client.Do(r)
	}
	p.given = true
	return p.resp, p.err
}
