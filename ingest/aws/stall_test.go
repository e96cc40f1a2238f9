package aws

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// A request's body that takes long on a slow line is not a stall. An answer that does
// not come is.
func TestWatchGivesABodyTimeToBeSent(t *testing.T) {
	const limit, late = 50 * time.Millisecond, 200 * time.Millisecond
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		select {
		case <-time.After(late):
		case <-r.Context().Done():
		}
	}))
	defer server.Close()
	put := func(size int) error {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, server.URL, bytes.NewReader(make([]byte, size)))
		if err != nil {
			t.Fatal(err)
		}
		resp, err := watch{server.Client(), limit}.Do(req)
		if err == nil {
			resp.Body.Close()
		}
		return err
	}
	if err := put(slowest); err != nil {
		t.Errorf("%d bytes: %v", slowest, err)
	}
	var stall stalled
	if err := put(1); !errors.As(err, &stall) || stall.after != limit {
		t.Errorf("one byte: %v", err)
	}
}
