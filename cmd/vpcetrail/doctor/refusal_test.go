package doctor

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"testing"
)

// The client's own limit may end before that of the step: there is no answer in time then too.
func TestRefusalByTheClient(t *testing.T) {
	late := &url.Error{Op: "Post", URL: "http://10.0.1.19:443/", Err: os.ErrDeadlineExceeded}
	if got := refusal(t.Context(), fmt.Errorf("request send failed, %w", late)); got != "no answer in time" {
		t.Error(got)
	}
	if got := refusal(t.Context(), errors.New("refused")); got != "refused" {
		t.Error(got)
	}
}
