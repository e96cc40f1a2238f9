package aws

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
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
