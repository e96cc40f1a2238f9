package aws

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/middleware"
)

const (
	renewThem = "renew the credentials, and run again"
	checkThem = "see that access key, secret key and session token are right and belong together"
	setClock  = "set the clock of this machine, and run again"
)

// refusedCredentials are a service's words for who asks, not for what is asked for, with what to do about it; "" where
// the caller knows more.
var refusedCredentials = map[string]string{
	"ExpiredToken": renewThem, "ExpiredTokenException": renewThem, "TokenRefreshRequired": renewThem,
	"InvalidAccessKeyId": checkThem, "InvalidToken": checkThem, "InvalidSecurity": checkThem,
	"SignatureDoesNotMatch": checkThem, "InvalidSignatureException": checkThem, "IncompleteSignature": checkThem,
	"RequestTimeTooSkewed": setClock, "RequestExpired": setClock,
	"UnrecognizedClientException": "", "InvalidClientTokenId": "",
}

// EndsRun reports whether err is no single object's: the credentials, or the machine's clock, are refused or there are
// none any more. Every other call would fail too.
func EndsRun(err error) bool {
	code, status := APIError(err)
	_, refused := refusedCredentials[code]
	return refused || err != nil && status == 0 && strings.Contains(err.Error(), "get credentials")
}

// maxRenewals bounds how often one call goes on with other credentials.
const maxRenewals = 3

// credentials are those that the calls of a run are signed with. Once they are refused they are looked for again where
// they came from: a profile's file may hold new ones. They are safe for concurrent use.
type credentials struct {
	again func(context.Context) (aws.CredentialsProvider, error) // a provider that remembers nothing; nil: there is none

	mu       sync.Mutex
	provider aws.CredentialsProvider
	renewed  int       // times
	looked   time.Time // when looking for them found nothing else
}

// lookEvery is how often credentials are looked for: of hundreds of calls that are refused at once, one does.
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

// IsCredentialsProvider lets the SDK see what kind of provider this is.
func (c *credentials) IsCredentialsProvider(target aws.CredentialsProvider) bool {
	provider, _ := c.current()
	return aws.IsCredentialsProvider(provider, target)
}

// renew reports whether there are other credentials than those that were refused, which were in use after that many
// renewals.
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

// Renewals returns how often the credentials of the calls were renewed.
func (c *Calls) Renewals() int {
	if c.credentials == nil {
		return 0
	}
	_, renewals := c.credentials.current()
	return renewals
}

// Sign has a call signed with the run's credentials, and made again once they are renewed.
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

// SignedAfter says to a call made with the context returned that its first attempt was signed
// elsewhere, after that many renewals.
func SignedAfter(ctx context.Context, renewals int) context.Context {
	return context.WithValue(ctx, signedAfter{}, renewals)
}

// signedAfter is the context's key to the renewals before a call's first attempt was signed, where that was done elsewhere.
type signedAfter struct{}

// renewing adds to a call that it is made again, with all its attempts, once other credentials are found than those
// that were refused.
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

// CredentialsOf returns what looks for credentials as newClient does for a new client.
func CredentialsOf(newClient func(context.Context) (*s3.Client, error)) func(context.Context) (aws.CredentialsProvider, error) {
	return func(ctx context.Context) (aws.CredentialsProvider, error) {
		client, err := newClient(ctx)
		if err != nil {
			return nil, err
		}
		return client.Options().Credentials, nil
	}
}
