package main

import (
	"fmt"
	"hash/fnv"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// A proxy sits between the tool and an S3 server and makes requests fail. The request
// and the seed decide which ones fail and how often. Each step fails in every way in
// turn.
type proxy struct {
	s3Server
	next   http.Handler
	seed   uint64
	always func(*http.Request) *fault // a request's permanent fault, nil if it has none

	mu     sync.Mutex
	asked  map[string]int // number of requests by what they ask for
	failed map[string]int // number of failures by step, and by step and fault
}

// A fault is a way in which S3 fails. do makes the server execute the request, and
// returns its answer.
type fault struct {
	name   string
	answer func(w http.ResponseWriter, do func() *httptest.ResponseRecorder)
}

var (
	internalError = fault{"error", func(w http.ResponseWriter, _ func() *httptest.ResponseRecorder) {
		refuse(w, http.StatusInternalServerError, "InternalError", "We encountered an internal error.")
	}}
	slowDown = fault{"slow down", func(w http.ResponseWriter, _ func() *httptest.ResponseRecorder) {
		refuse(w, http.StatusServiceUnavailable, "SlowDown", "Please reduce your request rate.")
	}}
	// errorIn200 is S3's way to report that completing an upload failed after the
	// answer has begun.
	errorIn200 = fault{"error in a 200", func(w http.ResponseWriter, _ func() *httptest.ResponseRecorder) {
		refuse(w, http.StatusOK, "InternalError", "We encountered an internal error.")
	}}
	// html and nothing are answers of a proxy in between.
	html = fault{"html", func(w http.ResponseWriter, _ func() *httptest.ResponseRecorder) {
		fmt.Fprint(w, "<!DOCTYPE html><html><body>Sign in</body></html>")
	}}
	nothing = fault{"nothing", func(http.ResponseWriter, func() *httptest.ResponseRecorder) {}}
	broken  = fault{"broken", func(w http.ResponseWriter, _ func() *httptest.ResponseRecorder) { reset(w) }}
	lost    = fault{"lost", func(w http.ResponseWriter, do func() *httptest.ResponseRecorder) {
		do()
		reset(w)
	}}
	cut  = fault{"cut", half}
	late = fault{"late", func(w http.ResponseWriter, do func() *httptest.ResponseRecorder) {
		time.Sleep(20 * time.Millisecond)
		right := do()
		maps.Copy(w.Header(), right.Header())
		w.WriteHeader(right.Code)
		_, _ = w.Write(right.Body.Bytes())
	}}
)

// faultsOf returns the ways in which a step fails. A request to slow down costs a
// second or more, so only steps that run many at once get it.
func faultsOf(step string) []fault {
	common := []fault{lost, cut, internalError, broken, late}
	switch step {
	case "get":
		return append(common, slowDown)
	case "list":
		return append([]fault{html, nothing}, common...)
	case "complete":
		return append([]fault{errorIn200}, common...)
	}
	return common
}

// reset breaks the connection.
func reset(w http.ResponseWriter) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	_ = conn.(*net.TCPConn).SetLinger(0) // the close sends a reset
	_ = conn.Close()
}

// half breaks the connection half way through the answer's body.
func half(w http.ResponseWriter, do func() *httptest.ResponseRecorder) {
	right := do()
	if right.Body.Len() == 0 {
		reset(w)
		return
	}
	maps.Copy(w.Header(), right.Header())
	w.Header().Set("Content-Length", fmt.Sprint(right.Body.Len()))
	w.WriteHeader(right.Code)
	_, _ = w.Write(right.Body.Bytes()[:right.Body.Len()/2])
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

// newProxy puts a proxy in front of a server. If always is given, it decides instead
// of the seed.
func newProxy(t *testing.T, s *s3Server, seed uint64, always func(*http.Request) *fault) *proxy {
	t.Helper()
	to, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{seed: seed, always: always, asked: map[string]int{}, failed: map[string]int{}}
	p.next = &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(to)
			r.Out.Host = r.In.Host // it is signed
		},
		Transport: s.http.Transport,
		ErrorLog:  log.New(io.Discard, "", 0), // for broken connections
	}
	p.url = serve(t, p)
	return p
}

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f := p.pick(r)
	if f == nil {
		p.next.ServeHTTP(w, r)
		return
	}
	f.answer(w, func() *httptest.ResponseRecorder {
		right := httptest.NewRecorder()
		p.next.ServeHTTP(right, r)
		return right
	})
}

// pick returns a request's fault, or nil if it has none.
func (p *proxy) pick(r *http.Request) *fault {
	query := r.URL.Query()
	query.Del("uploadId") // the server's choice
	what, step := r.Method+" "+r.URL.Path+" "+query.Encode(), stepOf(r)
	p.mu.Lock()
	defer p.mu.Unlock()
	nth := p.asked[what]
	p.asked[what]++
	if p.always != nil {
		return p.always(r)
	}
	if nth >= p.times(what, step) {
		return nil
	}
	faults := faultsOf(step)
	f := faults[p.failed[step]%len(faults)]
	p.failed[step]++
	p.failed[step+" "+f.name]++
	return &f
}

// count returns the number of failures at a step, or at a step by one fault.
func (p *proxy) count(failed string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.failed[failed]
}

// times returns how often a request fails: once or twice for every second object, once
// for every fourth of the other requests, which run one after the other.
func (p *proxy) times(what, step string) int {
	h := fnv.New64a()
	fmt.Fprint(h, p.seed, what)
	switch sum := h.Sum64(); {
	case step == "get":
		return []int{0, 1, 0, 2}[sum%4]
	case sum%4 == 0:
		return 1
	}
	return 0
}

// stepOf returns a word for what a request does.
func stepOf(r *http.Request) string {
	query := r.URL.Query()
	switch {
	case isPart(r):
		return "part"
	case isGet(r):
		return "get"
	case query.Has("uploads"):
		return "create"
	case query.Has("uploadId") && r.Method == http.MethodPost:
		return "complete"
	case query.Has("uploadId"):
		return "abort"
	case query.Has("list-type"):
		return "list"
	}
	return strings.ToLower(r.Method)
}
