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

// ErrDiffers reports bytes that are not those of the object as it was listed, or by its ETag.
// Reading it anew may succeed.
var ErrDiffers error = errors.New("not the object's bytes")

// differs is an ErrDiffers with a text of its own.
func differs(format string, args ...any) error {
	return aws.Explain(fmt.Sprintf(format, args...), ErrDiffers)
}

// Open gets an object.
//
// Where it is still the object as listed, by its ETag, it has the length listed, or Open fails. An
// object that is not gzipped, and whose ETag is an MD5, ends in an error unless it has that MD5. An object that was replaced since it was listed is returned as it is now.
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
	obj.Size = got.size
	if got.etag != "" {
		obj.ETag = got.etag
	}
	return &proven{ReadCloser: body, size: got.size, etag: got.etag, sum: b.sumOf(&got)}, obj, nil
}

// header is what an answer says of the whole object.
type header struct {
	size int64  // -1 if it does not say
	etag string // unquoted
	sse  types.ServerSideEncryption
}

// headerOf returns what an answer says of the object.
func headerOf(out *s3.GetObjectOutput) header {
	h := header{size: -1, etag: unquote(out.ETag), sse: out.ServerSideEncryption}
	if out.ContentLength != nil {
		h.size = *out.ContentLength
	}
	if out.SSECustomerAlgorithm != nil {
		h.sse = "customer"
	}
	return h
}

// sumOf returns the hash that an object's ETag is, nil where it is none: of parts, of objects that
// KMS or the customer's key encrypts, and in directory buckets. It does not matter whether S3 sends
// a checksum: that proves no body whose rest was fetched anew. As the SDK's checksums,
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

// A proven body ends in ErrDiffers where its bytes are not those announced.
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
		p.sum = nil // gzip has a checksum of its own
	}
	if p.at += int64(n); p.sum != nil {
		p.sum.Write(to[:n])
	}
	if err == io.EOF {
		err = p.proof()
	}
	return n, err
}

// gzipID is a gzip stream's first byte, and that of no text.
const gzipID = 0x1f

// proof returns io.EOF if the end is right.
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
