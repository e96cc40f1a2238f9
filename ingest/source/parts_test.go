package source

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
)

const (
	testLarge = 1 << 20        // from where on the tests have objects got in parts
	testPart  = testLarge / 16 // of this length
	testName  = "s3://logs/p/large.json.gz"
)

// putLarge stores one object too large to be fetched ahead, and returns its bytes.
func (s *s3Server) putLarge(t *testing.T) string {
	t.Helper()
	random := rand.New(rand.NewPCG(5, 6))
	text := make([]byte, maxWhole+1000)
	for i := range text {
		text[i] = byte(random.Uint32())
	}
	s.putBody(t, "p/large.json.gz", string(text))
	return string(text)
}

func (s *s3Server) inParts() Options {
	opt := s.patient()
	opt.large = testLarge
	return opt
}

func TestLargeObjectsComeInPartsSomeAtATime(t *testing.T) {
	server := newS3(t)
	want := server.putLarge(t)
	var mu sync.Mutex
	ranges := map[string]bool{}
	var inFlight gauge
	server.before = func(_ http.ResponseWriter, r *http.Request) bool {
		if isGet(r) {
			mu.Lock()
			ranges[r.Header.Get("Range")] = true
			pinned := r.Header.Get("If-Match") != ""
			mu.Unlock()
			if !pinned && len(ranges) > 1 {
				t.Errorf("part %s is not pinned", r.Header.Get("Range"))
			}
			inFlight.add(1)
			time.Sleep(time.Millisecond)
			inFlight.add(-1)
		}
		return false
	}
	got, failed := bodies(t, server.inParts())
	if got[testName] != want {
		t.Errorf("%d bytes, want %d; %v", len(got[testName]), len(want), failed)
	}
	for at := 0; at < len(want); at += testPart {
		if part := fmt.Sprintf("bytes=%d-%d", at, min(at+testPart, len(want))-1); !ranges[part] {
			t.Errorf("%s was not asked for", part)
		}
	}
	if parts := (len(want) + testPart - 1) / testPart; len(ranges) != parts || inFlight.top < 2 || inFlight.top > 4 {
		t.Errorf("%d ranges, want %d; %d at a time, want 2 to 4", len(ranges), parts, inFlight.top)
	}
}

func TestFaultsInPartsChangeNothing(t *testing.T) {
	server := newS3(t)
	want := server.putLarge(t)
	opt := server.inParts()
	opt.StallTimeout = 300 * time.Millisecond
	var mu sync.Mutex
	random, struck := rand.New(rand.NewPCG(7, 8)), 0
	faults := []fault{internalError, slowDown, reset, cut, cut, drip, stall, silence}
	server.faulty(func(r *http.Request) fault {
		mu.Lock()
		defer mu.Unlock()
		if !isGet(r) || random.IntN(5) > 0 {
			return nil
		}
		struck++
		return faults[random.IntN(len(faults))]
	})
	got, failed := bodies(t, opt)
	if got[testName] != want || struck < 10 {
		t.Errorf("%d bytes, want %d; %v; %d faults", len(got[testName]), len(want), failed, struck)
	}
}

func TestPartsAreOfOneObject(t *testing.T) {
	for _, ignored := range []bool{false, true} {
		t.Run(fmt.Sprintf("server ignores If-Match %t", ignored), func(t *testing.T) {
			server := newS3(t)
			server.putLarge(t)
			opt := server.inParts()
			put := s3.New(server.client.Options())
			var parts gauge
			server.faulty(func(r *http.Request) fault {
				if isGet(r) && parts.add(1) == 20 {
					in := &s3.PutObjectInput{Bucket: new(string), Key: new(string), Body: strings.NewReader(strings.Repeat("b", maxWhole+1000))}
					*in.Bucket, *in.Key = bucket, "p/large.json.gz"
					if _, err := put.PutObject(r.Context(), in); err != nil {
						t.Error(err)
					}
				}
				return nil
			})
			if ignored {
				checked := server.Config.Handler
				server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					r.Header.Del("If-Match")
					checked.ServeHTTP(w, r)
				})
			}
			_, failed := bodies(t, opt)
			wantError(t, failed[testName], testName+": read: changed while it was read", "changed", nil)
		})
	}
}

func TestServersWithoutRangesSendLargeObjectsWhole(t *testing.T) {
	server := newS3(t)
	want := server.putLarge(t)
	opt := server.inParts()
	server.before = func(_ http.ResponseWriter, r *http.Request) bool {
		r.Header.Del("Range")
		return false
	}
	if got, failed := bodies(t, opt); got[testName] != want {
		t.Errorf("%d bytes, want %d; %v", len(got[testName]), len(want), failed)
	}
}

func TestFaultsOfAPartBeyondTheRetries(t *testing.T) {
	server := newS3(t)
	server.putLarge(t)
	opt := server.inParts()
	server.faulty(func(r *http.Request) fault {
		if r.Header.Get("Range") == fmt.Sprintf("bytes=%d-%d", 7*testPart, 8*testPart-1) {
			return internalError
		}
		return nil
	})
	_, failed := bodies(t, opt)
	wantError(t, failed[testName], testName+": read: InternalError: We encountered an internal error., tried 10 times", "unreadable", nil)
}

func TestClosingALargeObjectEndsItsParts(t *testing.T) {
	server := newS3(t)
	server.putLarge(t)
	opt := server.inParts()
	server.faulty(func(r *http.Request) fault {
		if isGet(r) && !strings.HasPrefix(r.Header.Get("Range"), "bytes=0-") {
			return func(_ http.ResponseWriter, r *http.Request, _ *httptest.ResponseRecorder) { <-r.Context().Done() }
		}
		return nil
	})
	trail, err := Open(t.Context(), []string{"s3://logs/p"}, allDays, opt)
	if err != nil {
		t.Fatal(err)
	}
	defer trail.Close()
	before := runtime.NumGoroutine()
	for f := range fetches(t, trail) {
		r, err := f.Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(r, make([]byte, testPart)); err != nil {
			t.Error(err)
		}
		f.Close()
	}
	server.Client().CloseIdleConnections()
	if after := goroutines(t, before); after > before {
		t.Errorf("%d goroutines, %d before", after, before)
	}
}
