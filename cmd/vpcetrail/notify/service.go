package notify

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/protocol/restjson"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"vpcetrail/ingest/aws"
)

// A service is an AWS service that takes and gives JSON. It uses the SDK's configuration,
// signatures and retries.
//
// The SDK's own clients for the three calls that are needed have 212,000 lines. To compile that
// of Security Hub alone takes 17 s and 950 MB, for each kind of build.
type service struct {
	api
	url    string
	config sdk.Config
	client aws.HTTPClient
	calls  *aws.Calls
}

// An api holds the names of a service.
type api struct {
	name  string // in messages
	sdkID string // in the SDK's configuration
	host  string // at the start of host names, and in signatures
}

// A service that throttles, or does not answer, ends a run within about two minutes. What is left is
// sent the next time.
const (
	attempts = 6  // of a call; AWS_MAX_ATTEMPTS comes first
	retries  = 10 // of a run; five calls that succeed add one
)

// stall is how long the answer to a call may take to start, and that of a service that gives
// credentials may take. Tests wait shorter.
var stall = 10 * time.Second

// backoff is the wait before a call is tried again. Tests wait shorter.
var backoff retry.BackoffDelayer = retry.NewExponentialJitterBackoff(8 * time.Second)

func newService(ctx context.Context, cfg sdk.Config, of api) *service {
	calls := aws.NewCalls(of.name, cfg.RetryMode, cmp.Or(cfg.RetryMaxAttempts, attempts), cfg.Credentials, aws.CallOptions{
		Backoff: backoff, Retries: retries, Stall: stall,
	})
	client := cfg.HTTPClient
	if c, ok := client.(*awshttp.BuildableClient); ok {
		client = c.WithTimeout(0) // a large call may be slow, as long as it does not stall
	}
	return &service{api: of, url: endpoint(ctx, cfg, of), config: cfg, client: calls.Patient(client), calls: calls}
}

// endpoint returns the address of a service, without a slash at its end.
func endpoint(ctx context.Context, cfg sdk.Config, of api) string {
	for _, source := range cfg.ConfigSources {
		if own, ok := source.(interface {
			GetServiceBaseEndpoint(context.Context, string) (string, bool, error)
		}); ok {
			if url, found, err := own.GetServiceBaseEndpoint(ctx, of.sdkID); err == nil && found {
				return strings.TrimRight(url, "/")
			}
		}
	}
	if cfg.BaseEndpoint != nil {
		return strings.TrimRight(*cfg.BaseEndpoint, "/")
	}
	for _, source := range cfg.ConfigSources {
		if fips, ok := source.(interface {
			GetUseFIPSEndpoint(context.Context) (sdk.FIPSEndpointState, bool, error)
		}); ok {
			if state, found, err := fips.GetUseFIPSEndpoint(ctx); err == nil && found {
				if state == sdk.FIPSEndpointStateEnabled {
					of.host += "-fips"
				}
				break
			}
		}
	}
	return "https://" + of.host + "." + cfg.Region + "." + suffixOf(cfg.Region)
}

// suffixOf returns the end of the host names in a Region.
func suffixOf(region string) string {
	for _, partition := range [][2]string{{"cn-", "amazonaws.com.cn"}, {"eusc-", "amazonaws.eu"}, {"us-isob-", "sc2s.sgov.gov"}, {"us-iso-", "c2s.ic.gov"}} {
		if strings.HasPrefix(region, partition[0]) {
			return partition[1]
		}
	}
	return "amazonaws.com"
}

// post makes a call, and tries it again as the SDK does. target is the header of protocols that
// name the operation in one, or "".
func (s *service) post(ctx context.Context, path, target string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	release := func(error) error { return nil }
	for attempt := 1; ; attempt++ {
		err := s.try(ctx, path, target, body, out)
		if err == nil {
			_ = release(nil) // never fails
			s.calls.Succeeded()
			return nil
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if aws.EndsRun(err) || !s.calls.Retryable(err) { // credentials were asked for more than once
			return err
		}
		s.calls.Failed(err)
		if attempt == s.calls.MaxAttempts() {
			return &retry.MaxAttemptsError{Attempt: attempt, Err: err}
		}
		var refused error
		if release, refused = s.calls.Again(ctx, attempt, err); refused != nil {
			return errors.Join(err, refused)
		}
	}
}

// maxAnswer is the limit in bytes for an answer. The largest real one has some KB.
const maxAnswer = 8 << 20

// try makes a call once.
func (s *service) try(ctx context.Context, path, target string, body []byte, out any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	if target != "" {
		request.Header.Set("Content-Type", "application/x-amz-json-1.1")
		request.Header.Set("X-Amz-Target", target)
	}
	request.Header.Set("User-Agent", "vpcetrail")
	credentials, err := s.calls.Retrieve(ctx)
	if err != nil {
		return aws.Explain("get credentials: "+aws.Cause(err), err)
	}
	sum := sha256.Sum256(body)
	if err := v4.NewSigner().SignHTTP(ctx, credentials, request, hex.EncodeToString(sum[:]), s.host, s.config.Region, time.Now()); err != nil {
		return err
	}
	answer, err := s.client.Do(request)
	if err != nil {
		return &smithyhttp.RequestSendError{Err: err}
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err != nil {
		return err
	}
	if answer.StatusCode/100 != 2 {
		return refusal(answer, text)
	}
	if err := json.Unmarshal(text, out); err != nil {
		return fmt.Errorf("the answer of %s is no JSON, as a proxy in between gives it: see AWS_ENDPOINT_URL and HTTPS_PROXY", s.name)
	}
	return nil
}

// refusal returns an answer that is an error as the SDK does.
func refusal(answer *http.Response, text []byte) error {
	code, message, _ := restjson.GetErrorInfo(json.NewDecoder(bytes.NewReader(text))) // it may be empty, or of a proxy
	if header := answer.Header.Get("X-Amzn-Errortype"); header != "" {
		code = header
	}
	if code = restjson.SanitizeErrorCode(code); code == "" {
		code = "UnknownError"
	}
	return &awshttp.ResponseError{
		RequestID: answer.Header.Get("X-Amzn-Requestid"),
		ResponseError: &smithyhttp.ResponseError{
			Response: &smithyhttp.Response{Response: answer}, Err: &smithy.GenericAPIError{Code: code, Message: message},
		},
	}
}

// explain says in one line why a call failed. action is what it needs.
func (s *service) explain(err error, action string) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	code, _ := aws.APIError(err)
	text := s.name + " in " + s.config.Region + ": " + aws.Cause(err)
	switch {
	case aws.Denied(code):
		text += ": allow " + action
	case code == "InvalidAccessException":
		text += ": turn Security Hub on in this account and Region, and allow " + action
	}
	return aws.Explain(text, err)
}

// wait waits before the nth call for what the service refused for now.
func (s *service) wait(ctx context.Context, n int, err error) error {
	_, refused := s.calls.Again(ctx, n, err)
	return refused
}
