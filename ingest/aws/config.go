package aws

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/logging"
)

// idleConns lets every fetcher and lister keep its connection. The SDK's own limit is
// 10.
const idleConns = 832

// dialTime bounds the time to connect. S3 takes milliseconds. A dead address would
// take minutes.
const dialTime = 10 * time.Second

// Config returns the SDK's own configuration (environment, profile, instance role,
// AWS_ENDPOINT_URL) with these options. The SDK's log is off: the results show what it
// warns about.
func Config(ctx context.Context, options ...func(*config.LoadOptions) error) (aws.Config, error) {
	cfg, err := config.LoadDefaultConfig(ctx, append(options, config.WithLogger(logging.Nop{}))...)
	if err != nil {
		return aws.Config{}, fmt.Errorf("AWS configuration: %w", err)
	}
	return cfg, nil
}

// NewS3 returns an S3 client with the SDK's own configuration. An endpoint set there
// is addressed path-style. Without a Region the client starts in us-east-1, and a
// Trail then follows a bucket to the Region that S3 names. A failed call is tried up
// to 10 times, unless the SDK's configuration says otherwise.
func NewS3(ctx context.Context) (*s3.Client, error) {
	cfg, err := Config(ctx, config.WithHTTPClient(httpClient()))
	if err != nil {
		return nil, err
	}
	if cfg.Region == "" {
		cfg.Region = "us-east-1"
	}
	return s3.NewFromConfig(cfg, func(o *s3.Options) {
		o.UsePathStyle = o.BaseEndpoint != nil
		o.RetryMaxAttempts = attempts(o.RetryMaxAttempts)
		o.DisableLogOutputChecksumValidationSkipped = true // old objects have none; one line each would flood standard error
	}), nil
}

// NewCloudTrail returns a CloudTrail client in region, otherwise with the SDK's own
// configuration.
func NewCloudTrail(ctx context.Context, region string) (*cloudtrail.Client, error) {
	cfg, err := Config(ctx, config.WithRegion(region), config.WithHTTPClient(httpClient()))
	if err != nil {
		return nil, err
	}
	return cloudtrail.NewFromConfig(cfg), nil
}

func httpClient() *awshttp.BuildableClient {
	return awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
		t.MaxIdleConns, t.MaxIdleConnsPerHost = idleConns, idleConns
	}).WithDialerOptions(func(d *net.Dialer) { d.Timeout = dialTime })
}

// BucketRegion returns the bucket's Region that S3's refusal names, or "" if it names
// none.
func BucketRegion(err error) string {
	var resp *awshttp.ResponseError
	if !errors.As(err, &resp) || resp.Response == nil || resp.HTTPStatusCode() >= 500 {
		return ""
	}
	return resp.Response.Header.Get("X-Amz-Bucket-Region")
}
