package aws

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"strings"
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

// region matches the names that Regions have: labels of host names.
var region = regexp.MustCompile(`^[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$`)

// Config returns the SDK's own configuration (environment, profile, instance role,
// AWS_ENDPOINT_URL) with these options. The SDK's log is off: the results show what it
// warns about.
func Config(ctx context.Context, options ...func(*config.LoadOptions) error) (aws.Config, error) {
	cfg, err := config.LoadDefaultConfig(ctx, append(options, config.WithLogger(logging.Nop{}))...)
	var missing config.SharedConfigProfileNotExistError
	switch {
	case errors.As(err, &missing):
		return aws.Config{}, Explain(fmt.Sprintf("AWS configuration: no file has profile %q: see AWS_PROFILE", missing.Profile), err)
	case err != nil && strings.Contains(err.Error(), "CA bundle"):
		return aws.Config{}, fmt.Errorf("AWS configuration: %w: see AWS_CA_BUNDLE, or ca_bundle of the profile", err)
	case err != nil:
		return aws.Config{}, fmt.Errorf("AWS configuration: %w", err)
	case cfg.Region != "" && !region.MatchString(cfg.Region):
		return aws.Config{}, fmt.Errorf("AWS configuration: Region %q: want one such as eu-west-1: see AWS_REGION, or region of the profile", cfg.Region)
	}
	return cfg, nil
}

// NewS3 returns an S3 client with the SDK's own configuration. An endpoint set there
// is addressed path-style. Without a Region the client starts in us-east-1, and a
// Trail then follows a bucket to the Region that S3 names. A failed call is tried up
// to 10 times, unless the SDK's configuration says otherwise.
func NewS3(ctx context.Context) (*s3.Client, error) { return NewS3From(ctx, "") }

// NewS3From is NewS3, and the client starts in the given Region if none is set. A gateway
// endpoint carries calls to its own Region alone.
func NewS3From(ctx context.Context, region string) (*s3.Client, error) {
	cfg, err := Config(ctx, config.WithHTTPClient(httpClient()))
	if err != nil {
		return nil, err
	}
	if cfg.Region == "" {
		cfg.Region = cmp.Or(region, "us-east-1")
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
