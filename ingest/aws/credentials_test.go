package aws

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/ssocreds"
	"github.com/aws/smithy-go"
)

func TestWhatEndsARun(t *testing.T) {
	for code, remedy := range map[string]string{
		"ExpiredToken": renewThem, "ExpiredTokenException": renewThem, "InvalidAccessKeyId": checkThem, "SignatureDoesNotMatch": checkThem,
		"RequestTimeTooSkewed": setClock, "InvalidClientTokenId": "",
	} {
		err := &Explained{"text", fmt.Errorf("operation: %w", &smithy.GenericAPIError{Code: code, Message: "no"})}
		if !EndsRun(err) {
			t.Errorf("%s does not end a run", code)
		}
		if text := Cause(err.Err); !strings.HasSuffix(text, remedy) || !strings.HasPrefix(text, code+": no") {
			t.Errorf("%s: it says %q", code, text)
		}
	}
	skewed := &smithy.GenericAPIError{Code: "InvalidSignatureException", Message: "Signature expired: 20261122T023000Z is now earlier than 20261122T033000Z"}
	if text := Cause(skewed); !strings.HasSuffix(text, setClock) {
		t.Errorf("a clock that is wrong: it says %q", text)
	}
	if err := errors.New("get identity: get credentials: none"); !EndsRun(err) {
		t.Error("no credentials do not end a run")
	}
	for _, err := range []error{nil, errors.New("reset"), &smithy.GenericAPIError{Code: "AccessDenied"}, &smithy.GenericAPIError{Code: "NoSuchKey"}, errDead} {
		if EndsRun(err) {
			t.Errorf("%v ends a run", err)
		}
	}
}

// The text for missing credentials names what should give them, and the remedy.
func TestNoCredentials(t *testing.T) {
	none := errors.New("no EC2 IMDS role found, operation error ec2imds: GetMetadata, access disabled")
	denied := &smithy.OperationError{ServiceID: "STS", OperationName: "AssumeRole", Err: &smithy.GenericAPIError{Code: "AccessDenied", Message: "not yours"}}
	for _, tc := range []struct {
		variable string
		err      error
		want     string
	}{
		{"", none, "no AWS credentials: set AWS_PROFILE, or give the machine a role"},
		{"AWS_PROFILE", none, "no AWS credentials: profile named has none, nor has the machine a role"},
		{"AWS_PROFILE", &ssocreds.InvalidTokenError{}, "the SSO session has ended: run aws sso login --profile named"},
		{"AWS_PROFILE", denied, "the credentials that AWS_PROFILE names could not be fetched: AccessDenied: not yours"},
		{"AWS_WEB_IDENTITY_TOKEN_FILE", context.DeadlineExceeded, "the credentials that AWS_WEB_IDENTITY_TOKEN_FILE names could not be fetched: no answer in time"},
		{"", errors.New("process\nfailed"), "the AWS credentials could not be fetched: process failed"},
	} {
		t.Run(tc.want, func(t *testing.T) {
			for _, variable := range credentialSources {
				t.Setenv(variable, "")
			}
			if tc.variable != "" {
				t.Setenv(tc.variable, "named")
			}
			cached := fmt.Errorf("failed to refresh cached credentials, %w", tc.err)
			call := &smithy.OperationError{ServiceID: "S3", OperationName: "PutObject", Err: fmt.Errorf("get identity: get credentials: %w", cached)}
			if text := NoCredentials(cached); text != tc.want {
				t.Errorf("credentials: %s", text)
			}
			if text := Cause(call); text != tc.want {
				t.Errorf("a call: %s", text)
			}
			if code, status := APIError(call); code != "" || status != 0 || !EndsRun(call) {
				t.Errorf("code %q, status %d", code, status)
			}
		})
	}
}

// token returns a provider of credentials that differ only in their token.
func token(name string) aws.CredentialsProvider {
	return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "a", SecretAccessKey: "s", SessionToken: name}, nil
	})
}

// If many calls are refused at once, one of them looks for new credentials, and all
// continue with them.
func TestCredentialsAreRenewedOnce(t *testing.T) {
	looked := 0
	c := &credentials{provider: token("old"), again: func(context.Context) (aws.CredentialsProvider, error) {
		looked++
		return token("new"), nil
	}}
	var calls sync.WaitGroup
	for range 100 {
		calls.Go(func() {
			if !c.renew(t.Context(), 0) {
				t.Error("a call does not go on")
			}
		})
	}
	calls.Wait()
	if now, err := c.Retrieve(t.Context()); looked != 1 || err != nil || now.SessionToken != "new" {
		t.Errorf("looked %d times, and found %q, %v", looked, now.SessionToken, err)
	}
	for range 2 {
		if c.renew(t.Context(), 1) {
			t.Error("the same credentials count as new")
		}
	}
	if looked != 2 {
		t.Errorf("credentials were looked for %d times", looked)
	}
}

func TestCredentialsThatAreNotRenewed(t *testing.T) {
	for name, again := range map[string]func(context.Context) (aws.CredentialsProvider, error){
		"nobody looks": nil,
		"an error":     func(context.Context) (aws.CredentialsProvider, error) { return nil, errors.New("no file") },
		"none":         func(context.Context) (aws.CredentialsProvider, error) { return nil, nil },
	} {
		if c := (&credentials{provider: token("old"), again: again}); c.renew(t.Context(), 0) {
			t.Errorf("%s: the call goes on", name)
		}
	}
}
