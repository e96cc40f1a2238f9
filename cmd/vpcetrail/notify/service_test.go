package notify

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vpcetrail/cmd/vpcetrail/exit"
)

// An STS that does not answer holds a run no longer than a service that throttles, whether it is asked
// for the account or for credentials.
func TestSTSDoesNotAnswer(t *testing.T) {
	startCloud(t)
	s := twoNights(t)
	defer func(wait time.Duration) { stall = wait }(stall)
	stall = 50 * time.Millisecond
	done := make(chan struct{})
	sts := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-done }))
	defer sts.Close()
	defer close(done)
	t.Setenv("AWS_MAX_ATTEMPTS", "")
	t.Setenv("AWS_ENDPOINT_URL_STS", sts.URL)
	_, errOut := s.notify(exit.Failed, "--to", "securityhub")
	if want := "get the account of the credentials: no byte came for 50ms, tried 6 times\n"; errOut != want {
		t.Errorf("it says %q, want %q", errOut, want)
	}
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte("token"), 0o666); err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_ROLE_ARN": "arn:aws:iam::111122223333:role/notify", "AWS_WEB_IDENTITY_TOKEN_FILE": token,
	} {
		t.Setenv(name, value)
	}
	began := time.Now()
	_, errOut = s.notify(exit.Failed, "--to", "eventbridge", "--bus", "audit")
	if want := "EventBridge in eu-west-1: get credentials: "; !strings.HasPrefix(errOut, want) || !strings.HasSuffix(errOut, ", tried 3 times\n") || time.Since(began) > 30*time.Second {
		t.Errorf("after %v it says %q, want %q", time.Since(began), errOut, want)
	}
}
