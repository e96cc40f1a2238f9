package store

import (
	sdk "github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"vpcetrail/ingest/aws"
)

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
