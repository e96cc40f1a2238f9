package store

import (
	"bytes"
	"context"
	"crypto/fips140"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"vpcetrail/ingest/aws"
)

// ErrDiffers reports bytes that do not match the object as listed, or its ETag.
// Reading it again may succeed.
var ErrDiffers error = errors.New("not the object's bytes")

// differs returns an ErrDiffers with its own text.
func differs(format string, args ...any) error {
	return aws.Explain(fmt.Sprintf(format, args...), ErrDiffers)
}

// Open gets an object.
//
// If the object is still the listed one, by its ETag, it must have the listed length,
// or Open fails. An object that is not gzipped and has an MD5 as its ETag must have
// that MD5, or reading it ends in an error. An object that was replaced since it was
// listed is returned as it is now.
func (b *Bucket) Open(ctx context.Context, obj Object) (io.ReadCloser, Object, error) {
	body, got, err := b.open(ctx, b.key(obj.Name))
	if err != nil {
		return nil, obj, err
	}
	listed := obj.ETag != "" || obj.Size > 0
	if listed && (got.etag == obj.ETag || got.etag == "" || obj.ETag == "") {
		if got.size < 0 {
			got.size = obj.Size
		}
		if got.size != obj.Size {
			body.Close()
			return nil, obj, differs("the server announces %d bytes, and the listing %d", got.size, obj.Size)
		}
	}
	obj.Size, obj.Signature = got.size, got.signature
	if got.etag != "" {
		obj.ETag = got.etag
	}
	return &proven{ReadCloser: body, size: got.size, etag: got.etag, sum: b.sumOf(&got)}, obj, nil
}

// header is what an answer says about the whole object.
type header struct {
	size int64  // -1 if it does not say
	etag string // without quotes
	sse  types.ServerSideEncryption

	signature Signature
}

// headerOf returns what an answer says about the object.
func headerOf(out *s3.GetObjectOutput) header {
	h := header{size: -1, etag: unquote(out.ETag), sse: out.ServerSideEncryption}
	h.signature = signatureOf(func(name string) string { return out.Metadata[name] })
	if out.ContentLength != nil {
		h.size = *out.ContentLength
	}
	if out.SSECustomerAlgorithm != nil {
		h.sse = "customer"
	}
	return h
}

// sumOf returns the hash for an object's ETag, or nil if the ETag is not a hash of the
// bytes: for multipart uploads, for objects encrypted with KMS or with the customer's
// key, and in directory buckets. A checksum that S3 sends does not replace it: that
// does not cover a body that was resumed. Like the SDK's checksums,
// AWS_RESPONSE_CHECKSUM_VALIDATION=when_required switches it off.
func (b *Bucket) sumOf(h *header) hash.Hash {
	switch _, err := hex.DecodeString(h.etag); {
	case err != nil, len(h.etag) != 2*md5.Size, fips140.Enabled(),
		h.sse != "" && h.sse != types.ServerSideEncryptionAes256, strings.HasSuffix(b.Name, "--x-s3"),
		b.Calls.configured.ResponseChecksumValidation == sdk.ResponseChecksumValidationWhenRequired:
		return nil
	}
	return md5.New()
}

// A proven body ends in ErrDiffers if its bytes do not match what was announced.
type proven struct {
	io.ReadCloser
	size int64 // -1: unknown
	etag string
	sum  hash.Hash // nil: nothing to compare
	at   int64
}

func (p *proven) Read(to []byte) (int, error) {
	n, err := p.ReadCloser.Read(to)
	if p.at == 0 && n > 0 && to[0] == gzipID {
		p.sum = nil // gzip has its own checksum
	}
	if p.at += int64(n); p.sum != nil {
		p.sum.Write(to[:n])
	}
	if err == io.EOF {
		err = p.proof()
	}
	return n, err
}

// gzipID is the first byte of a gzip stream. No text starts with it.
const gzipID = 0x1f

// proof returns io.EOF if the body is correct.
func (p *proven) proof() error {
	switch {
	case p.size >= 0 && p.at != p.size:
		return differs("the server sent %d bytes, and announced %d", p.at, p.size)
	case p.sum == nil:
		return io.EOF
	}
	if want, err := hex.DecodeString(p.etag); err != nil || !bytes.Equal(p.sum.Sum(nil), want) {
		return differs("its MD5 is %x, and its ETag %s: where the server's ETags are no MD5, "+
			"set AWS_RESPONSE_CHECKSUM_VALIDATION=when_required", p.sum.Sum(nil), p.etag)
	}
	return io.EOF
}
