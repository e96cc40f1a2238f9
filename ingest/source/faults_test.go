package source

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// A fault is a way in which S3 fails. It gets the correct answer.
type fault func(w http.ResponseWriter, r *http.Request, right *httptest.ResponseRecorder)

var (
	internalError fault = func(w http.ResponseWriter, _ *http.Request, _ *httptest.ResponseRecorder) {
		refuse(w, 500, "InternalError", "We encountered an internal error.")
	}
	slowDown fault = func(w http.ResponseWriter, _ *http.Request, _ *httptest.ResponseRecorder) {
		refuse(w, 503, "SlowDown", "Please reduce your request rate.")
	}
	reset fault = func(w http.ResponseWriter, _ *http.Request, _ *httptest.ResponseRecorder) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		_ = conn.(*net.TCPConn).SetLinger(0) // the close sends a reset
		_ = conn.Close()
	}
	cut fault = func(w http.ResponseWriter, _ *http.Request, right *httptest.ResponseRecorder) {
		half(w, right)
		panic(http.ErrAbortHandler)
	}
	stall fault = func(w http.ResponseWriter, r *http.Request, right *httptest.ResponseRecorder) {
		half(w, right)
		<-r.Context().Done()
	}
	silence fault = func(_ http.ResponseWriter, r *http.Request, _ *httptest.ResponseRecorder) { <-r.Context().Done() }
	drip    fault = func(w http.ResponseWriter, _ *http.Request, right *httptest.ResponseRecorder) {
		head(w, right)
		for body := right.Body.Bytes(); len(body) > 0; body = body[min(len(body), 4<<10):] {
			_, _ = w.Write(body[:min(len(body), 4<<10)])
			_ = http.NewResponseController(w).Flush()
			time.Sleep(time.Millisecond)
		}
	}
)

func head(w http.ResponseWriter, right *httptest.ResponseRecorder) {
	for name, values := range right.Header() {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Length", fmt.Sprint(right.Body.Len()))
	w.WriteHeader(right.Code)
}

func half(w http.ResponseWriter, right *httptest.ResponseRecorder) {
	head(w, right)
	_, _ = w.Write(right.Body.Bytes()[:right.Body.Len()/2])
	_ = http.NewResponseController(w).Flush()
}

// faulty makes the server fail if pick returns a fault, and refuse a GET with an
// If-Match that does not hold: gofakes3 does not do that. It counts the requests.
func (s *s3Server) faulty(pick func(*http.Request) fault) *gauge {
	requests, right := &gauge{}, s.Config.Handler
	s.before = nil
	s.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.add(1)
		answer := httptest.NewRecorder()
		right.ServeHTTP(answer, r)
		if match := r.Header.Get("If-Match"); match != "" && match != answer.Header().Get("ETag") {
			refuse(w, 412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
		} else if f := pick(r); f != nil {
			f(w, r, answer)
		} else {
			head(w, answer)
			_, _ = w.Write(answer.Body.Bytes())
		}
	})
	return requests
}

// at returns a pick of f for the first n GETs of the object called file.
func at(file string, n int, f fault) func(*http.Request) fault {
	var seen gauge
	return func(r *http.Request) fault {
		if !isGet(r) || !strings.HasSuffix(r.URL.Path, file) {
			return nil
		}
		if seen.add(1) > int64(n) {
			return nil
		}
		return f
	}
}

// patient returns options with all the SDK's retries and almost no wait.
func (s *s3Server) patient() Options {
	retrying := s3.New(s.client.Options(), func(o *s3.Options) { o.RetryMaxAttempts = 0 })
	s.client = retrying
	soon := retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return time.Millisecond, nil })
	return Options{S3: s.open, backoff: soon}
}

const always = 1 << 30

// putTrail stores objects of many sizes, and one that is too large to be fetched
// ahead.
func putTrail(t testing.TB, s *s3Server, n int) {
	t.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	text := make([]byte, maxWhole+1000)
	for i := range text {
		text[i] = byte(random.Uint32())
	}
	for i := range n {
		from := random.IntN(maxWhole)
		s.putBody(t, fmt.Sprintf("p/%d/%04d.json.gz", i%7, i), string(text[from:min(len(text), from+random.IntN(40_000))]))
	}
	s.putBody(t, "p/3/large.json.gz", string(text))
}

// bodies returns the bytes of each object, or why it could not be read.
func bodies(t testing.TB, opt Options) (map[string]string, map[string]error) {
	t.Helper()
	trail, err := Open(t.Context(), []string{"s3://logs/p"}, allDays, opt)
	if err != nil {
		t.Fatal(err)
	}
	defer trail.Close()
	got, failed := map[string]string{}, map[string]error{}
	for f := range fetches(t, trail) {
		name := f.Object.Name
		body, err := readFetch(t.Context(), f)
		if err != nil {
			failed[name] = err
			continue
		}
		got[name] = body
	}
	return got, failed
}

func TestFaultsChangeNothing(t *testing.T) {
	server := newS3(t)
	putTrail(t, server, 250)
	opt := server.patient()
	want, failed := bodies(t, opt)
	if len(want) != 251 || len(failed) > 0 {
		t.Fatalf("%d objects without faults, %v", len(want), failed)
	}
	var mu sync.Mutex
	random := rand.New(rand.NewPCG(3, 4))
	faults := []fault{internalError, slowDown, reset, cut, cut, drip, stall}
	struck, stalls := 0, 0
	server.faulty(func(r *http.Request) fault {
		mu.Lock()
		defer mu.Unlock()
		i := random.IntN(30)
		if i >= len(faults) {
			return nil
		}
		if i == len(faults)-1 {
			if stalls++; stalls > 6 { // they take a long time
				return nil
			}
		}
		struck++
		return faults[i]
	})
	opt.StallTimeout = time.Second
	got, failed := bodies(t, opt)
	if len(failed) > 0 {
		t.Errorf("%d objects could not be read: %v", len(failed), failed)
	}
	for name, body := range want {
		if got[name] != body {
			t.Errorf("%s differs: %d bytes, %d without faults", name, len(got[name]), len(body))
		}
	}
	if struck < 40 {
		t.Errorf("only %d faults struck", struck)
	}
}

func TestFaultsBeyondTheRetries(t *testing.T) {
	const name = "s3://logs/p/3/0003.json.gz"
	for _, tc := range []struct {
		name    string
		fault   fault
		retries int
		want    string
	}{
		{"slow down", slowDown, 0, "open: SlowDown: Please reduce your request rate., tried 10 times"},
		{"server error", internalError, 0, "open: InternalError: We encountered an internal error., tried 10 times"},
		{"cut", cut, 0, "read: unexpected EOF, tried 10 times"},
		{"silence", silence, 0, "open: no byte came for 100ms, tried 10 times"},
		{"stall", stall, 0, "read: no byte came for 100ms, tried 10 times"},
		{"few retries", slowDown, 5, "open: SlowDown: Please reduce your request rate., and the run's retries are spent"},
		{"few retries of a body", cut, 5, "read: unexpected EOF, and the run's retries are spent"},
		{"no retries", internalError, -1, "open: InternalError: We encountered an internal error., and the run's retries are spent"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			server := newS3(t)
			for i := range 10 {
				server.putBody(t, fmt.Sprintf("p/%d/%04d.json.gz", i%7, i), strings.Repeat("x", 5000))
			}
			opt := server.patient()
			opt.Retries = tc.retries
			if strings.Contains(tc.want, "no byte came") {
				opt.StallTimeout = 100 * time.Millisecond
			}
			server.faulty(at("0003.json.gz", always, tc.fault))
			got, failed := bodies(t, opt)
			if len(got) != 9 || len(failed) != 1 {
				t.Errorf("%d objects could be read, want 9; %v", len(got), failed)
			}
			wantError(t, failed[name], name+": "+tc.want, "unreadable", nil)
		})
	}
}

// An object that is overwritten while it is read is never a mix of two.
func TestFaultsWithAnObjectThatChanges(t *testing.T) {
	before, after := strings.Repeat("a", 5000), strings.Repeat("b", 6000)
	for _, tc := range []struct {
		name  string
		large bool
		times int // number of changes
		want  string
	}{
		{"is read anew", false, 1, after},
		{"is read anew twice", false, 2, after},
		{"that never stops", false, always, "changed while it was read"},
		{"that is streamed", true, 1, "changed while it was read"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			server := newS3(t)
			opt := server.patient()
			body := before
			if tc.large {
				body += strings.Repeat("c", maxWhole)
			}
			server.putBody(t, "p/a.json", body)
			put := s3.New(server.client.Options())
			n := 0
			changing := func(w http.ResponseWriter, r *http.Request, right *httptest.ResponseRecorder) {
				n++
				in := &s3.PutObjectInput{Bucket: new(string), Key: new(string), Body: bytes.NewReader([]byte(after))}
				*in.Bucket, *in.Key = bucket, "p/a.json"
				if n > 1 { // another object each time, except the last
					in.Body = strings.NewReader(after[n:] + before)
				}
				if n == tc.times {
					in.Body = strings.NewReader(after)
				}
				if _, err := put.PutObject(r.Context(), in); err != nil {
					t.Error(err)
				}
				cut(w, r, right)
			}
			first := at("a.json", always, changing)
			server.faulty(func(r *http.Request) fault {
				f := first(r)
				if r.Header.Get("Range") != "" || n >= tc.times {
					return nil
				}
				return f
			})
			got, failed := bodies(t, opt)
			const name = "s3://logs/p/a.json"
			if err := failed[name]; err != nil {
				wantError(t, err, name+": read: "+tc.want, "changed", nil)
			} else if got[name] != tc.want {
				t.Errorf("read %d bytes, %.10q...; want %d, %.10q...", len(got[name]), got[name], len(tc.want), tc.want)
			}
			if tc.times != always && n != tc.times || tc.times == always && n != maxReads {
				t.Errorf("it was cut %d times", n)
			}
		})
	}
}

// Only the rest of a body is fetched again.
func TestFaultsCostOnlyTheRest(t *testing.T) {
	server := newS3(t)
	opt := server.patient()
	server.putBody(t, "p/a.json", strings.Repeat("a", 1<<20))
	var ranges []string
	cutTwice := at("a.json", 2, cut)
	server.faulty(func(r *http.Request) fault {
		if isGet(r) {
			ranges = append(ranges, r.Header.Get("Range"))
		}
		return cutTwice(r)
	})
	if got, failed := bodies(t, opt); len(got["s3://logs/p/a.json"]) != 1<<20 {
		t.Error(failed)
	}
	equal(t, "ranges", ranges, []string{"", "bytes=524288-", "bytes=786432-"})
}

// A server that ignores If-Match cannot add the rest of another object.
func TestFaultsOnAServerWithoutIfMatch(t *testing.T) {
	server := newS3(t)
	opt := server.patient()
	server.putBody(t, "p/a.json", strings.Repeat("a", 5000))
	n := 0
	server.faulty(at("a.json", always, func(w http.ResponseWriter, r *http.Request, right *httptest.ResponseRecorder) {
		if n++; n%2 == 0 {
			right.Header().Set("ETag", `"another"`)
			head(w, right)
			_, _ = w.Write(right.Body.Bytes())
			return
		}
		cut(w, r, right)
	}))
	_, failed := bodies(t, opt)
	wantError(t, failed["s3://logs/p/a.json"], "s3://logs/p/a.json: read: changed while it was read", "changed", nil)
}

func TestFaultsOfADeadEndpointEndSoon(t *testing.T) {
	const objects = 1500
	server := newS3(t)
	for i := range objects {
		server.put(t, fmt.Sprintf("p/%04d.json", i))
	}
	opt := server.patient()
	opt.Retries = 200
	requests := server.faulty(func(r *http.Request) fault {
		if isGet(r) {
			return internalError
		}
		return nil
	})
	start := time.Now()
	got, failed := bodies(t, opt)
	if len(got) != 0 || len(failed) != objects {
		t.Errorf("%d objects were read, %d failed", len(got), len(failed))
	}
	if requests.add(0) > 500 || time.Since(start) > 10*time.Second {
		t.Errorf("it took %d requests and %v", requests.add(0), time.Since(start))
	}
	last := failed[fmt.Sprintf("s3://logs/p/%04d.json", objects-1)]
	wantError(t, last, fmt.Sprintf("s3://logs/p/%04d.json: open: not asked for: S3 does not answer, and the run's retries are spent", objects-1), "unreadable", nil)
}

func TestFaultsOfAListing(t *testing.T) {
	server := newS3(t)
	putTrail(t, server, 20)
	opt := server.patient()
	var seen gauge
	server.faulty(func(r *http.Request) fault {
		if isGet(r) {
			return nil
		}
		if n := seen.add(1); n%3 == 0 {
			return []fault{internalError, cut, reset, slowDown}[n/3%4]
		}
		return nil
	})
	if got, failed := bodies(t, opt); len(got) != 21 {
		t.Errorf("%d objects, want 21; %v", len(got), failed)
	}
}

func TestFaultsOfThrottlingSlowTheFetchersDown(t *testing.T) {
	server := newS3(t)
	putTrail(t, server, 300)
	opt := server.patient()
	opt.backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 50 * time.Millisecond, nil })
	var gets gauge
	server.faulty(func(r *http.Request) fault {
		if !isGet(r) {
			return nil
		}
		if n := gets.add(1); 40 < n && n < 160 { // a burst of refusals
			return slowDown
		}
		return nil
	})
	trail, err := Open(t.Context(), []string{"s3://logs/p"}, allDays, opt)
	if err != nil {
		t.Fatal(err)
	}
	defer trail.Close()
	for f := range fetches(t, trail) {
		if _, err := readFetch(t.Context(), f); err != nil {
			t.Error(err)
		}
	}
	trail.pace.mu.Lock()
	defer trail.pace.mu.Unlock()
	if trail.pace.calmUntil.IsZero() || !trail.pace.steady {
		t.Error("the fetchers were not slowed down")
	}
}

// A slow reader is not a stall of S3.
func TestFaultsAreNotASlowReader(t *testing.T) {
	server := newS3(t)
	opt := server.patient()
	opt.StallTimeout = 200 * time.Millisecond
	large := strings.Repeat("0123456789abcdef", maxWhole/16) + "!"
	server.putBody(t, "p/a.json", large)
	trail, err := Open(t.Context(), []string{"s3://logs/p"}, allDays, opt)
	if err != nil {
		t.Fatal(err)
	}
	defer trail.Close()
	for f := range fetches(t, trail) {
		r, err := f.Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var start [10]byte
		_, _ = io.ReadFull(r, start[:])
		time.Sleep(400 * time.Millisecond)
		if rest, err := io.ReadAll(r); err != nil || string(start[:])+string(rest) != large {
			t.Errorf("%d bytes, %v", len(rest), err)
		}
		f.Close()
	}
}
