package doctor

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/middleware"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	smithy "github.com/aws/smithy-go/middleware"

	"vpcetrail/ingest/aws"
)

// A signed call is one that CloudTrail records, so that its record proves the path.
//
// STS needs no permission for GetCallerIdentity. Of the calls to S3, HeadBucket is a data
// event, which most trails do not have. ListBuckets is a management event, and is recorded
// also if it is denied.
type signed struct {
	Service   string  `json:"service"`
	Call      string  `json:"call"`
	RequestID *string `json:"request_id"` // nil: no record can be found
	Error     *string `json:"error"`      // what the service or the network said

	undone string // why no record can be found
}

// plainID matches the request ids of services. They are printed as part of a command.
var plainID = regexp.MustCompile(`^[A-Za-z0-9-]{8,80}$`)

// marker is the key of the marker in the user agent. The value differs from run to run.
const marker = "vpcetrail-doctor"

// signCalls makes one call to STS and one to S3. It returns the marker in their user agents.
func (d *doctor) signCalls(ctx context.Context, region string) (calls []signed, mark string) {
	token := make([]byte, 8)
	_, _ = rand.Read(token) // never fails
	cfg := d.cfg.Copy()
	cfg.Region = region
	cfg.APIOptions = append(cfg.APIOptions, middleware.AddUserAgentKeyValue(marker, hex.EncodeToString(token)))
	calls = []signed{{Service: "sts", Call: "GetCallerIdentity"}, {Service: "s3", Call: "ListBuckets"}}
	var calling sync.WaitGroup
	for i, call := range []func(context.Context) (smithy.Metadata, error){
		func(ctx context.Context) (smithy.Metadata, error) {
			out, err := sts.NewFromConfig(cfg).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
			if err != nil {
				return smithy.Metadata{}, err
			}
			return out.ResultMetadata, nil
		},
		func(ctx context.Context) (smithy.Metadata, error) {
			client := s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = o.BaseEndpoint != nil })
			out, err := client.ListBuckets(ctx, &s3.ListBucketsInput{MaxBuckets: sdk.Int32(1)})
			if err != nil {
				return smithy.Metadata{}, err
			}
			return out.ResultMetadata, nil
		},
	} {
		calling.Go(func() { calls[i].make(ctx, 2*d.step, call) }) // credentials, and the call
	}
	calling.Wait()
	return calls, marker + "/" + hex.EncodeToString(token)
}

func (c *signed) make(ctx context.Context, most time.Duration, call func(context.Context) (smithy.Metadata, error)) {
	ctx, stop := context.WithTimeout(ctx, most)
	defer stop()
	metadata, err := call(ctx)
	id, _ := middleware.GetRequestIDMetadata(metadata)
	var refused *awshttp.ResponseError
	if errors.As(err, &refused) {
		id = refused.ServiceRequestID()
	}
	if err != nil {
		c.Error = orNull(refusal(ctx, err))
	}
	switch {
	case aws.IsUnsigned(err):
		c.undone = "the signed call to " + c.Service + " was not made"
	case err != nil && statusOf(err) == 0:
		c.undone = "the signed call to " + c.Service + " was not answered"
	case !plainID.MatchString(id):
		c.undone = "the answer to the signed call to " + c.Service + " has no request id"
	default:
		c.RequestID = &id
	}
}

// writeSigned lists the calls, and prints the command that finds their records.
func (e *examination) writeSigned(p *page) {
	if len(e.Signed) == 0 {
		return
	}
	p.WriteString("\n")
	p.paragraph("", "Signed calls, with "+e.Marker+" in the user agent:")
	var ids []string
	for _, c := range e.Signed {
		outcome := "answered"
		switch {
		case c.Error != nil:
			outcome = *c.Error
		case c.RequestID == nil:
			outcome = "answered, without a request id"
		}
		p.paragraph(fmt.Sprintf("  %s %s: ", c.Service, c.Call), outcome)
		if c.RequestID != nil {
			ids = append(ids, *c.RequestID)
		}
	}
	if len(ids) > 0 {
		p.paragraph("", "A record proves the path, also of a call that was denied. CloudTrail has it after some minutes. Name your trail in place of lookup-events:")
		p.WriteString("\n" + e.explain(ids))
	}
}

// explain returns the command that explains the records of requests.
func (e *examination) explain(ids []string) string {
	return fmt.Sprintf("vpcetrail explain lookup-events://%s --date %s \\\n  --request-id %s\n", e.Calls, e.At.Format(time.DateOnly), strings.Join(ids, ","))
}
