package store

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"strings"

	"vpcetrail/ingest/aws"
)

// explain says in one line why a listing failed, with the remedy if it was refused.
func (b *Bucket) explain(err error) error {
	code, status := aws.APIError(err)
	var none *notListing
	switch {
	case errors.As(err, &none):
		return aws.Explain(aws.Cause(err)+": check AWS_ENDPOINT_URL and any proxy on the way", err)
	case code == "NoSuchBucket":
		return aws.Explain("no such bucket: check its name", err)
	case code == "PermanentRedirect" || status == http.StatusMovedPermanently:
		return aws.Explain("the bucket is in another Region: set AWS_REGION to the bucket's", err)
	}
	return b.refused(err, fmt.Sprintf(": allow s3:ListBucket on bucket %s for this prefix", b.Name))
}

// refused adds the remedy to a refusal. The text starts with remedy if access was
// denied. It also records that S3 is reachable, since it answered.
func (b *Bucket) refused(err error, remedy string) error {
	code, status := aws.APIError(err)
	if status != 0 && status < 500 && status != http.StatusTooManyRequests {
		b.Calls.Succeeded()
	}
	switch {
	case strings.HasPrefix(code, "KMS."):
		return aws.Explain(aws.Cause(err)+": the key that the object is encrypted with cannot be used", err)
	case code != "AccessDenied":
		return aws.Explain(aws.Cause(err), err)
	case strings.Contains(err.Error(), "kms:"):
		return aws.Explain(aws.Cause(err)+": allow kms:Decrypt on the key that the object is encrypted with", err)
	}
	if owner := b.Calls.opt.BucketOwner; owner != "" {
		remedy += ": see that account " + owner + " owns the bucket"
	}
	return aws.Explain(aws.Cause(err)+remedy, err)
}

// StatusOf says in a word why an object could not be read: "missing", "denied",
// "changed" (while it was read), or "unreadable" for any other cause.
func StatusOf(err error) string {
	code, httpStatus := aws.APIError(err)
	switch {
	case errors.Is(err, ErrChanged):
		return "changed"
	case code == "InvalidObjectState": // archived: a 403 that no permission fixes
		return "unreadable"
	case errors.Is(err, fs.ErrNotExist), httpStatus == http.StatusNotFound:
		return "missing"
	case errors.Is(err, fs.ErrPermission), httpStatus == http.StatusForbidden, aws.Denied(code):
		return "denied"
	}
	return "unreadable"
}
