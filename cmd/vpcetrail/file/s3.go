package file

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"vpcetrail/cmd/vpcetrail/exit"
	"vpcetrail/ingest/aws"
	"vpcetrail/ingest/source/store"
)

var errNoObject = errors.New("there is no such object: see its name")

// An object is a file in S3.
type object struct {
	client *s3.Client
	bucket *store.Bucket
	key    string
}

func open(ctx context.Context, region, name string) (*object, error) {
	client, err := aws.NewS3From(ctx, region)
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case err != nil:
		return nil, err
	}
	bucket, key := store.SplitURL(name)
	calls := store.NewCalls(client, store.CallOptions{CallOptions: aws.CallOptions{Renew: aws.CredentialsOf(aws.NewS3)}})
	return &object{client, &store.Bucket{Calls: calls, Name: bucket}, key}, nil
}

// call makes a call to the object. If S3 answers that the bucket is in another Region, it
// makes the call there.
func (o *object) call(call func(options ...func(*s3.Options)) error) error {
	err := call(o.bucket.Options)
	if region := aws.BucketRegion(err); region != "" && region != o.client.Options().Region {
		err = call(o.bucket.Options, func(opt *s3.Options) { opt.Region = region })
	}
	return err
}

// get returns the content of an object.
func get(ctx context.Context, name string) (text []byte, err error) {
	o, err := open(ctx, "", name)
	if err != nil {
		return nil, fmt.Errorf("%s: open: %w", name, err)
	}
	err = o.call(func(options ...func(*s3.Options)) error {
		out, err := o.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &o.bucket.Name, Key: &o.key}, options...)
		if err != nil {
			return err
		}
		defer out.Body.Close()
		text, err = io.ReadAll(out.Body)
		return err
	})
	if err == nil {
		return text, nil
	}
	explained := fmt.Errorf("%s: open: %w", name, explain(ctx, err, "s3:GetObject"))
	if !namesNoObject(err) {
		explained = exit.With(exit.Failed, explained)
	}
	return nil, explained
}

// namesNoObject reports whether S3 finds no object of a name, or the SDK no place to ask for it.
func namesNoObject(err error) bool {
	switch code, _ := aws.APIError(err); code {
	case "NoSuchKey", "NotFound", "NoSuchBucket", "InvalidBucketName", "KeyTooLongError":
		return true
	}
	return strings.Contains(err.Error(), "endpoint rule error") // it has no type
}

// put writes an object. A reader sees either the old one or the whole new one.
func put(ctx context.Context, name string, body io.ReadSeeker, opt Options) error {
	o, err := open(ctx, opt.Region, name)
	if err != nil {
		return fmt.Errorf("%s: write: %w", name, err)
	}
	err = o.call(func(options ...func(*s3.Options)) error {
		if _, err := body.Seek(0, io.SeekStart); err != nil {
			return err
		}
		in := &s3.PutObjectInput{Bucket: &o.bucket.Name, Key: &o.key, Body: body}
		opt.Kept.ApplyTo(in)
		_, err := o.client.PutObject(ctx, in, options...)
		return err
	})
	if err != nil {
		return fmt.Errorf("%s: write: %w", name, explain(ctx, err, "s3:PutObject"))
	}
	return nil
}

// explain says in one line why a call failed. action is what it needs.
func explain(ctx context.Context, err error, action string) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	switch code, _ := aws.APIError(err); {
	case code == "NoSuchKey" || code == "NotFound":
		return errNoObject
	case code == "NoSuchBucket":
		return errors.New("there is no bucket of this name")
	case aws.Denied(code):
		return aws.Explain(aws.Cause(err)+": allow "+action+" on it, and the use of the KMS key if it is encrypted with one", err)
	}
	return aws.Explain(aws.Cause(err), err)
}
