package aws

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
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
	switch {
	case err != nil:
		return aws.Config{}, Explain("AWS configuration: "+strings.Join(strings.Fields(whyUnset(err)), " "), err)
	case cfg.Region != "" && !region.MatchString(cfg.Region):
		return aws.Config{}, fmt.Errorf("AWS configuration: Region %q: want one such as eu-west-1: see AWS_REGION, or region of the profile", cfg.Region)
	}
	return cfg, nil
}

// halfPair matches the SDK's words for a profile that has half a pair of keys.
var halfPair = regexp.MustCompile(`partial credentials found for profile (?:profile )?(.+)`)

// whyUnset says why the SDK has no configuration.
func whyUnset(err error) string {
	var (
		missing config.SharedConfigProfileNotExistError
		source  config.SharedConfigAssumeRoleError
		file    config.SharedConfigLoadError
		path    *fs.PathError
	)
	text := err.Error()
	half := halfPair.FindStringSubmatch(text)
	profile := cmp.Or(os.Getenv("AWS_PROFILE"), os.Getenv("AWS_DEFAULT_PROFILE"), "default")
	switch {
	case errors.As(err, &missing) && missing.Profile != profile:
		return fmt.Sprintf("no file has profile %q: see source_profile of profile %s", missing.Profile, profile)
	case errors.As(err, &missing):
		return fmt.Sprintf("no file has profile %q: see AWS_PROFILE", missing.Profile)
	case half != nil:
		return fmt.Sprintf("profile %s has only one of aws_access_key_id and aws_secret_access_key: give it both", half[1])
	case errors.As(err, &source):
		return fmt.Sprintf("profile %s has no credentials, and is the source_profile of %s", source.Profile, source.RoleARN)
	case errors.As(err, &path) && !errors.As(err, &file): // the SDK opens no other file
		return fmt.Sprintf("CA bundle %s: %v: see AWS_CA_BUNDLE, or ca_bundle of the profile", path.Path, path.Err)
	case strings.Contains(text, "CA bundle"):
		return text + ": see AWS_CA_BUNDLE, or ca_bundle of the profile"
	case strings.Contains(text, "AssumeRoleTokenProvider"):
		return "the role of the profile wants a code of an MFA device, for which vpcetrail does not ask: use temporary credentials of the role"
	case text == "role ARN is not set":
		return "AWS_WEB_IDENTITY_TOKEN_FILE is set without AWS_ROLE_ARN: set both"
	}
	text, _, _ = strings.Cut(text, ", strconv.")
	return text
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
