package aws

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/ssocreds"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
)

const (
	renewThem = "renew the credentials, and run again"
	checkThem = "see that access key, secret key and session token are right and belong together"
	setClock  = "set the clock of this machine, and run again"
)

// refusedCredentials maps the error codes about the caller, not the request, to the
// remedy. The remedy is "" where the caller knows more.
var refusedCredentials = map[string]string{
	"ExpiredToken": renewThem, "ExpiredTokenException": renewThem, "TokenRefreshRequired": renewThem,
	"InvalidAccessKeyId": checkThem, "InvalidToken": checkThem, "InvalidSecurity": checkThem,
	"SignatureDoesNotMatch": checkThem, "InvalidSignatureException": checkThem, "IncompleteSignature": checkThem,
	"RequestTimeTooSkewed": setClock, "RequestExpired": setClock,
	"UnrecognizedClientException": "", "InvalidClientTokenId": "",
}

// remedyOf returns what to do about an answer about the caller, or "".
func remedyOf(api smithy.APIError) string {
	remedy := refusedCredentials[api.ErrorCode()]
	text := api.ErrorMessage()
	if remedy == checkThem && (strings.HasPrefix(text, "Signature expired") || strings.HasPrefix(text, "Signature not yet current")) {
		return setClock // services other than S3 have no code for this
	}
	return remedy
}

// EndsRun reports whether err affects the whole run, not one object: the service
// refuses the credentials or the machine's clock, or the credentials are gone. Every
// other call would fail too.
func EndsRun(err error) bool {
	code, _ := APIError(err)
	_, refused := refusedCredentials[code]
	return refused || IsUnsigned(err)
}

// IsUnsigned reports whether a call was not made because there are no credentials. The
// SDK has no type for it.
func IsUnsigned(err error) bool {
	return err != nil && strings.Contains(err.Error(), "get credentials: ")
}

// credentialSources are the variables by which the environment says where credentials
// are.
var credentialSources = []string{"AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_PROFILE"}

// NoCredentials says in one line why the SDK has no credentials: there are none, or what
// should give them does not.
func NoCredentials(err error) string {
	named := "the AWS credentials"
	for _, variable := range credentialSources {
		if os.Getenv(variable) != "" {
			named = "the credentials that " + variable + " names"
			break
		}
	}
	text, cause := err.Error(), bare(err)
	profile := os.Getenv("AWS_PROFILE")
	switch {
	case isSessionGone(err):
		login := strings.TrimSuffix("aws sso login --profile "+profile, " --profile ")
		if errors.Is(err, fs.ErrNotExist) {
			return "there is no SSO session: run " + login
		}
		return "the SSO session has ended: run " + login
	case strings.Contains(text, "EC2 IMDS role"), strings.Contains(text, "ec2imds"): // where the SDK looks last
		return "no AWS credentials: " + whyNone(profile)
	case errors.Is(err, context.DeadlineExceeded):
		cause = "no answer in time"
	case strings.Contains(text, "Missing Region"):
		cause = "the Region of STS is not known: set AWS_REGION, or region of the profile"
	}
	return named + " could not be fetched: " + strings.Join(strings.Fields(wrapping.ReplaceAllString(cause, "")), " ")
}

// whyNone says why no source has credentials.
func whyNone(profile string) string {
	id, secret := os.Getenv("AWS_ACCESS_KEY_ID") != "", os.Getenv("AWS_SECRET_ACCESS_KEY") != ""
	switch {
	case id && !secret:
		return "AWS_ACCESS_KEY_ID is set without AWS_SECRET_ACCESS_KEY"
	case secret && !id:
		return "AWS_SECRET_ACCESS_KEY is set without AWS_ACCESS_KEY_ID"
	case profile != "":
		return "profile " + profile + " has none, nor has the machine a role"
	}
	return "set AWS_PROFILE, or give the machine a role"
}

// wrapping matches the words that the SDK puts before a cause.
var wrapping = regexp.MustCompile(`(?s).*(failed to refresh cached credentials, |unable to read file at [^:]+: |get credentials: |process provider error: )`)

// isSessionGone reports whether an SSO session has ended, or never began. The SDK has a type
// only for profiles without an sso-session section.
func isSessionGone(err error) bool {
	var old *ssocreds.InvalidTokenError
	var refused smithy.APIError
	text := err.Error()
	return errors.As(err, &old) || strings.Contains(text, "failed to read cached SSO token") || strings.Contains(text, "cached SSO token is expired") ||
		strings.Contains(text, "refresh cached SSO token failed") && errors.As(err, &refused)
}

// maxRenewals bounds how often one call continues with new credentials.
const maxRenewals = 3

// credentials sign the calls of a run. Once they are refused, they are loaded again
// from their source: a profile's file may hold new ones. They are safe for concurrent
// use.
type credentials struct {
	again func(context.Context) (aws.CredentialsProvider, error) // a provider without a cache; nil: there is none

	mu       sync.Mutex
	provider aws.CredentialsProvider
	renewed  int       // count
	looked   time.Time // when the last look found nothing new
}

// lookEvery is the shortest time between two looks for credentials. If hundreds of
// calls are refused at once, one of them looks.
const lookEvery = time.Second

func (c *credentials) current() (aws.CredentialsProvider, int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.provider, c.renewed
}

// Retrieve implements aws.CredentialsProvider.
func (c *credentials) Retrieve(ctx context.Context) (aws.Credentials, error) {
	provider, _ := c.current()
	return provider.Retrieve(ctx)
}

// IsCredentialsProvider shows the SDK what kind of provider this is.
func (c *credentials) IsCredentialsProvider(target aws.CredentialsProvider) bool {
	provider, _ := c.current()
	return aws.IsCredentialsProvider(provider, target)
}

// renew reports whether newer credentials than the refused ones exist. The refused
// ones were in use after the given number of renewals.
func (c *credentials) renew(ctx context.Context, renewals int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.renewed != renewals {
		return true // another call has found them
	}
	if c.again == nil || time.Since(c.looked) < lookEvery {
		return false
	}
	c.looked = time.Now()
	provider, err := c.again(ctx)
	if err != nil || provider == nil {
		return false
	}
	found, err := provider.Retrieve(ctx)
	if err != nil {
		return false
	}
	if before, err := c.provider.Retrieve(ctx); err == nil && before.AccessKeyID == found.AccessKeyID &&
		before.SecretAccessKey == found.SecretAccessKey && before.SessionToken == found.SessionToken {
		return false
	}
	c.provider, c.looked = provider, time.Time{}
	c.renewed++
	return true
}

// Renewals returns how often the credentials were renewed.
func (c *Calls) Renewals() int {
	if c.credentials == nil {
		return 0
	}
	_, renewals := c.credentials.current()
	return renewals
}

// Sign makes a call use the run's credentials, and repeats it once they are renewed.
func (c *Calls) Sign(provider *aws.CredentialsProvider, options *[]func(*middleware.Stack) error) {
	if c.credentials != nil {
		*provider = c.credentials
		*options = append(*options, c.credentials.renewing)
	}
}

// Retrieve returns the credentials of the run.
func (c *Calls) Retrieve(ctx context.Context) (aws.Credentials, error) {
	return c.credentials.Retrieve(ctx)
}

// SignedAfter returns a context for a call that was first signed elsewhere, after the
// given number of renewals.
func SignedAfter(ctx context.Context, renewals int) context.Context {
	return context.WithValue(ctx, signedAfter{}, renewals)
}

// signedAfter is the context key for the number of renewals before a call's first
// attempt was signed elsewhere.
type signedAfter struct{}

// renewing adds a middleware to a call. It repeats the call, with all its attempts,
// once credentials other than the refused ones are found.
func (c *credentials) renewing(stack *middleware.Stack) error {
	return stack.Finalize.Insert(middleware.FinalizeMiddlewareFunc("RenewCredentials", func(
		ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler,
	) (out middleware.FinalizeOutput, meta middleware.Metadata, err error) {
		for n := range maxRenewals {
			_, renewals := c.current()
			if before, ok := ctx.Value(signedAfter{}).(int); ok && n == 0 {
				renewals = before
			}
			out, meta, err = next.HandleFinalize(ctx, in)
			if !EndsRun(err) || !c.renew(ctx, renewals) {
				return out, meta, err
			}
			if body, ok := in.Request.(interface{ RewindStream() error }); ok {
				if failed := body.RewindStream(); failed != nil {
					return out, meta, errors.Join(err, fmt.Errorf("begin again: %w", failed))
				}
			}
		}
		return out, meta, err
	}), "Retry", middleware.Before)
}

// CredentialsOf returns a function that loads credentials as newClient does for a new
// client.
func CredentialsOf(newClient func(context.Context) (*s3.Client, error)) func(context.Context) (aws.CredentialsProvider, error) {
	return func(ctx context.Context) (aws.CredentialsProvider, error) {
		client, err := newClient(ctx)
		if err != nil {
			return nil, err
		}
		return client.Options().Credentials, nil
	}
}
