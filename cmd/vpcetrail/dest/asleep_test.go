package dest

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// A run is suspended before each step of its publication, for longer than a lease.
// Another run finishes the publication, and publishes its own. Then the first run
// resumes: it must not change anything.
func TestS3RunThatFallsAsleepWhileItPublishes(t *testing.T) {
	for _, step := range []string{"lock", "complete 1", "complete 2", "complete 3", "remove"} {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			f := newFakeS3(t)
			f.before = f.conditionalDelete
			pub := begin(t, openLeased(t, f))
			stage(t, pub, " old", day1, day1b, run1)
			commit(t, pub)

			calls := &hook{next: http.DefaultTransport}
			sleeper := newS3Store(s3.New(f.client.Options(), func(o *s3.Options) { o.HTTPClient = &http.Client{Transport: calls} }), bucket, "p", S3Options{Lease: shortLease}, nil)
			asleep := begin(t, sleeper)
			stage(t, asleep, " of the sleeper", day1, run1, day2)
			completes := 0
			calls.set(func(r *http.Request) {
				what := ""
				switch {
				case isLock(r):
					what = "lock"
				case isUpload(r, "complete"):
					completes++
					what = "complete " + string(rune('0'+completes))
				case r.Method == http.MethodDelete && strings.HasSuffix(r.URL.Path, day1b):
					what = "remove"
				}
				if what != step {
					return
				}
				calls.set(nil)
				asleep.die()
				other, err := tryBegin(t.Context(), openLeased(t, f), unit)
				if err != nil {
					t.Error(err)
					return
				}
				if step != "lock" && len(other.notes) != 1 {
					t.Errorf("it says %q", other.notes)
				}
				stage(t, other, " of the other", day1, day1b, day2, run1)
				commit(t, other)
			})
			err := asleep.Commit(t.Context(), []string{day1b})
			if err == nil && step != "remove" && step != "complete 3" { // the last step is the last to fail
				t.Error("the sleeper does not notice")
			}
			asleep.Abort()
			holds(t, openLeased(t, f), "", " of the other", run1, day1, day1b, day2)
			if t.Failed() {
				t.Log(err)
			}
			nothingLeft(t, f)
		})
	}
}

// conditionalDelete adds to the fake a DELETE under a condition, which S3 supports and
// the fake does not.
func (f *fakeS3) conditionalDelete(w http.ResponseWriter, r *http.Request) bool {
	want := r.Header.Get("If-Match")
	if r.Method != http.MethodDelete || want == "" {
		return false
	}
	there := httptest.NewRecorder()
	f.backend.ServeHTTP(there, httptest.NewRequest(http.MethodHead, r.URL.String(), nil))
	return there.Header().Get("ETag") != want && refuse(w, http.StatusPreconditionFailed, "PreconditionFailed", "At least one of the conditions failed.")
}

// A hook sees each request before it is sent.
type hook struct {
	next http.RoundTripper
	mu   sync.Mutex
	see  func(*http.Request)
}

func (h *hook) set(see func(*http.Request)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.see = see
}

func (h *hook) RoundTrip(r *http.Request) (*http.Response, error) {
	h.mu.Lock()
	see := h.see
	h.mu.Unlock()
	if see != nil {
		see(r)
	}
	return h.next.RoundTrip(r)
}
