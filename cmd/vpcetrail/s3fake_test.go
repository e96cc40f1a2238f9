package main

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
)

// A hook sees each request to the fake and reports whether it answered it.
type hook func(http.ResponseWriter, *http.Request) bool

// do sets the hook. nil removes it.
func (s *s3Server) do(before hook) {
	if before == nil {
		s.before.Store(nil)
		return
	}
	s.before.Store(&before)
}

// newS3 starts a fake in this process, and sets the environment so that the AWS SDK
// uses it.
func newS3(t *testing.T) *s3Server {
	t.Helper()
	s := startFake(t)
	setAWS(t, s)
	return s
}

func startFake(t *testing.T) *s3Server {
	t.Helper()
	s := &s3Server{http: http.DefaultClient}
	backend := gofakes3.New(s3mem.New()).Server()
	s.url = serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if before := s.before.Load(); before == nil || !(*before)(w, r) {
			backend.ServeHTTP(w, r)
		}
	}))
	s.connect(t)
	return s
}

// serve serves HTTP on loopback until the test ends, and returns the address.
func serve(t *testing.T, h http.Handler) string {
	t.Helper()
	server := httptest.NewUnstartedServer(h)
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // for connections that a test breaks
	server.Start()
	t.Cleanup(server.Close)
	return server.URL
}

// refuse answers with an S3 error.
func refuse(w http.ResponseWriter, status int, code, message string) bool {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	fmt.Fprintf(w, `<?xml version="1.0" encoding="UTF-8"?><Error><Code>%s</Code><Message>%s</Message></Error>`, code, message)
	return true
}

// isGet reports whether r reads an object, not a list.
func isGet(r *http.Request) bool {
	return r.Method == http.MethodGet && strings.Count(strings.Trim(r.URL.Path, "/"), "/") > 0
}

// isTrailGet reports whether r reads an object of the trail.
func isTrailGet(r *http.Request) bool {
	return isGet(r) && strings.HasPrefix(r.URL.Path, "/"+trailBucket+"/")
}

// isPart reports whether r uploads a part.
func isPart(r *http.Request) bool {
	return r.Method == http.MethodPut && r.URL.Query().Has("partNumber")
}

// counted returns a function that returns true the nth time. It is safe for concurrent
// use.
func counted(n int) func() bool {
	var mu sync.Mutex
	return func() bool {
		mu.Lock()
		defer mu.Unlock()
		n--
		return n == 0
	}
}

// notThere checks that no part of a report exists, not even its directory.
func notThere(t *testing.T, dir string) {
	t.Helper()
	if _, err := os.Stat(filepath.Clean(dir)); !os.IsNotExist(err) {
		t.Errorf("%s is there: %v", dir, err)
	}
}
