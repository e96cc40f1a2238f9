package store

import (
	sdk "github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"vpcetrail/ingest/aws"
)

// CallOptions say how S3 is asked. The zero value works.
type CallOptions struct {
	aws.CallOptions
	RequesterPays bool   // this account pays for requests and transfer, as such buckets demand
	BucketOwner   string // the account that must own every bucket; "" means any
}

// Calls are the calls of one run to S3. They are safe for concurrent use.
type Calls struct {
	*aws.Calls
	client *s3.Client
	opt    CallOptions

	// Of client, for requests like the SDK's.
	configured s3.Options
	signer     *v4.Signer
	http       s3.HTTPClient
	like       bool // there may be such
}

// NewCalls returns the calls of a run that client carries out.
func NewCalls(client *s3.Client, opt CallOptions) *Calls {
	o := client.Options()
	c := &Calls{Calls: aws.NewCalls("S3", o.RetryMode, o.RetryMaxAttempts, o.Credentials, opt.CallOptions), client: client, opt: opt}
	c.configured, c.signer, c.http = o, v4.NewSigner(), c.Patient(o.HTTPClient)
	c.like = o.RetryMode != sdk.RetryModeAdaptive && len(o.APIOptions) == 0 && o.Credentials != nil
	return c
}

// options give a call what all calls share.
func (c *Calls) options(o *s3.Options) {
	o.Retryer, o.HTTPClient = c.Retryer(), c.Patient(o.HTTPClient)
	c.Sign(&o.Credentials, &o.APIOptions)
}

// plain reports whether a request may be made without the SDK: not where its middlewares were asked for, nor where it
// is to limit the rate, nor while the service seems dead.
func (c *Calls) plain() bool { return c.like && !c.Spent() }
