package aws

import (
	"context"
	"errors"
	"math"
	"net/http"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

// CallOptions configure the calls to a service. The zero value works.
type CallOptions struct {
	Retries int           // retries in reserve, see Calls; 0 means 1000, less than 0 none
	Stall   time.Duration // how long an answer may send nothing; 0 means 30 s, less than 0 no limit

	Backoff   retry.BackoffDelayer // the wait before a retry; nil means up to 20 s, see Calls
	Throttled func()               // called for each answer that asks to slow down, from any goroutine; may be nil

	// Renew loads the credentials again from their source after the service refused
	// those in use. nil: they are never renewed.
	Renew func(context.Context) (aws.CredentialsProvider, error)
}

const (
	defaultAttempts = 10
	defaultRetries  = 1000
	defaultStall    = 30 * time.Second

	// After deadAfter failures in a row, with no retries left, the service counts as
	// dead. Then one call in probeEvery tests whether it is back. The others fail at
	// once.
	deadAfter  = 32
	probeEvery = time.Second
)

// Calls are the calls of one run to a service, and what they share.
//
// A call that fails for a temporary reason (500, 503, 429, or a connection that is
// refused, reset or stalled) is tried up to 10 times, or as often as the SDK's
// configuration says (AWS_MAX_ATTEMPTS, max_attempts). The waits have jitter and grow:
// up to 20 s where S3 asks to slow down, a fifth of that otherwise. The SDK's retryer
// does this, in its standard or adaptive mode (AWS_RETRY_MODE).
//
// All calls take their retries from one reserve, so a run ends in bounded time if an
// endpoint is down. A retry that succeeds returns its token. Each call that succeeds
// returns a fifth of one. Calls are safe for concurrent use.
type Calls struct {
	credentials *credentials // nil: none

	service string // its name in messages
	opt     CallOptions
	retryer aws.RetryerV2 // without what caller adds
	reserve *ratelimit.TokenRateLimit

	mu        sync.Mutex
	spent     bool // the reserve ran dry, and no call has succeeded since
	failures  int  // in a row
	nextProbe time.Time
}

// NewCalls returns the calls of a run to the named service, for a client with this
// configuration.
func NewCalls(service string, mode aws.RetryMode, maxAttempts int, provider aws.CredentialsProvider, opt CallOptions) *Calls {
	if opt.Retries == 0 {
		opt.Retries = defaultRetries
	}
	if opt.Stall == 0 {
		opt.Stall = defaultStall
	}
	c := &Calls{service: service, opt: opt}
	if provider != nil {
		c.credentials = &credentials{again: opt.Renew, provider: provider}
	}
	c.reserve = ratelimit.NewTokenRateLimit(uint(max(0, opt.Retries)) * retry.DefaultRetryCost)
	standard := func(o *retry.StandardOptions) {
		o.MaxAttempts = attempts(maxAttempts)
		c.standard(o)
	}
	if mode == aws.RetryModeAdaptive {
		c.retryer = retry.NewAdaptiveMode(func(o *retry.AdaptiveModeOptions) {
			o.StandardOptions = append(o.StandardOptions, standard)
		})
	} else {
		c.retryer = retry.NewStandard(standard)
	}
	return c
}

func (c *Calls) standard(o *retry.StandardOptions) {
	o.RateLimiter = c.reserve
	o.RetryCost, o.RetryTimeoutCost, o.ThrottlingRetryCost = retry.DefaultRetryCost, retry.DefaultRetryCost, retry.DefaultRetryCost
	o.NoRetryIncrement = 0 // Succeeded returns tokens, once a body is complete too
	o.Backoff = c.opt.Backoff
	if o.Backoff == nil {
		o.Backoff = backoff(retry.NewExponentialJitterBackoff(o.MaxBackoff))
	}
	o.Retryables = append(o.Retryables,
		retry.RetryableHTTPStatusCode{Codes: map[int]struct{}{http.StatusTooManyRequests: {}}},
		retry.IsErrorRetryableFunc(func(err error) aws.Ternary { // an answer that was cut
			if CutShort(err) {
				return aws.TrueTernary
			}
			return aws.UnknownTernary
		}))
}

func attempts(configured int) int {
	if configured > 0 {
		return configured
	}
	return defaultAttempts
}

// backoff shortens the SDK's waits where the service did not ask to slow down. The SDK
// made them for throttling.
func backoff(sdk retry.BackoffDelayer) retry.BackoffDelayer {
	return retry.BackoffDelayerFunc(func(attempt int, err error) (time.Duration, error) {
		wait, randErr := sdk.BackoffDelay(attempt, err)
		if !throttled(err) {
			wait /= 5
		}
		return wait, randErr
	})
}

// throttled reports whether err asks for fewer requests.
func throttled(err error) bool {
	var resp *awshttp.ResponseError
	if errors.As(err, &resp) {
		switch resp.HTTPStatusCode() {
		case http.StatusServiceUnavailable, http.StatusTooManyRequests:
			return true
		}
	}
	return retry.IsErrorThrottles(retry.DefaultThrottles).IsErrorThrottle(err).Bool()
}

// An HTTPClient carries out requests.
type HTTPClient interface {
	Do(*http.Request) (*http.Response, error)
}

// Retryer returns the retryer of a call. It retries, and counts for all calls.
func (c *Calls) Retryer() aws.RetryerV2 { return caller{c.retryer, c} }

// Patient returns a client that gives up an answer that stalls.
func (c *Calls) Patient(client HTTPClient) HTTPClient {
	if c.opt.Stall > 0 {
		return watch{client, c.opt.Stall}
	}
	return client
}

// Spent reports whether the reserve is empty and no call has succeeded since.
func (c *Calls) Spent() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.spent
}

// MaxAttempts returns how often a call is tried.
func (c *Calls) MaxAttempts() int { return c.retryer.MaxAttempts() }

// Retryable reports whether a call that failed with err can be tried again.
func (c *Calls) Retryable(err error) bool { return CutShort(err) || c.retryer.IsErrorRetryable(err) }

// Succeeded records an answer. A refusal counts too: the service is reachable.
func (c *Calls) Succeeded() {
	_ = c.reserve.AddTokens(1) // never fails
	c.mu.Lock()
	defer c.mu.Unlock()
	c.spent, c.failures = false, 0
}

// Failed records a call or a body that failed for a temporary reason.
func (c *Calls) Failed(err error) {
	c.mu.Lock()
	c.failures = min(c.failures+1, math.MaxInt32)
	c.mu.Unlock()
	if c.opt.Throttled != nil && throttled(err) {
		c.opt.Throttled()
	}
}

// admit lets a call start, unless the service is dead.
func (c *Calls) admit() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.spent || c.failures < deadAfter {
		return nil
	}
	now := time.Now()
	if now.Before(c.nextProbe) {
		return &Explained{"not asked for: " + c.service + " does not answer, and the run's retries are spent", errDead}
	}
	c.nextProbe = now.Add(probeEvery)
	return nil
}

var errDead = errors.New("service does not answer")

// Again waits before the nth retry of what failed with err. The caller calls
// release(nil) once the retry has succeeded.
func (c *Calls) Again(ctx context.Context, n int, err error) (release func(error) error, refused error) {
	if release, refused = (caller{c.retryer, c}).GetRetryToken(ctx, err); refused != nil {
		return nil, refused
	}
	wait, refused := c.retryer.RetryDelay(n, err)
	if refused != nil {
		return nil, refused
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return release, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// A caller is the SDK's retryer that also counts for Calls.
type caller struct {
	aws.RetryerV2
	calls *Calls
}

// GetAttemptToken is called before every attempt.
func (r caller) GetAttemptToken(ctx context.Context) (func(error) error, error) {
	if err := r.calls.admit(); err != nil {
		return nil, err
	}
	return r.RetryerV2.GetAttemptToken(ctx)
}

// IsErrorRetryable is called once for every failed attempt.
func (r caller) IsErrorRetryable(err error) bool {
	again := r.RetryerV2.IsErrorRetryable(err)
	if again {
		r.calls.Failed(err)
	}
	return again
}

// GetRetryToken is called before every retry.
func (r caller) GetRetryToken(ctx context.Context, cause error) (func(error) error, error) {
	release, err := r.RetryerV2.GetRetryToken(ctx, cause)
	if err != nil {
		r.calls.mu.Lock()
		r.calls.spent = true
		r.calls.mu.Unlock()
	}
	return release, err
}
