package dest

import (
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"vpcetrail/report"
)

// A fault is a way in which S3 fails. do executes the request and returns the correct
// answer.
type fault struct {
	name   string
	answer func(w http.ResponseWriter, do func() *httptest.ResponseRecorder)
}

var faults = []fault{
	{"internal error", func(w http.ResponseWriter, _ func() *httptest.ResponseRecorder) {
		refuse(w, http.StatusInternalServerError, "InternalError", "We encountered an internal error.")
	}},
	{"slow down", func(w http.ResponseWriter, _ func() *httptest.ResponseRecorder) {
		refuse(w, http.StatusServiceUnavailable, "SlowDown", "Please reduce your request rate.")
	}},
	{"too many requests", func(w http.ResponseWriter, _ func() *httptest.ResponseRecorder) {
		refuse(w, http.StatusTooManyRequests, "TooManyRequests", "Wait.")
	}},
	{"reset", func(w http.ResponseWriter, _ func() *httptest.ResponseRecorder) { reset(w) }},
	{"lost answer", func(w http.ResponseWriter, do func() *httptest.ResponseRecorder) {
		do()
		reset(w)
	}},
	{"wrong answer", func(w http.ResponseWriter, do func() *httptest.ResponseRecorder) {
		do()
		refuse(w, http.StatusInternalServerError, "InternalError", "We encountered an internal error.")
	}},
	{"cut answer", func(w http.ResponseWriter, do func() *httptest.ResponseRecorder) {
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
	}},
}

func reset(w http.ResponseWriter) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	_ = conn.(*net.TCPConn).SetLinger(0) // the close sends a reset
	_ = conn.Close()
}

// fail makes the first n requests fail for which which is true.
func (f *fakeS3) fail(n int, flt fault, which func(*http.Request) bool) {
	var mu sync.Mutex
	f.before = func(w http.ResponseWriter, r *http.Request) bool {
		mu.Lock()
		defer mu.Unlock()
		if !which(r) || n == 0 {
			return false
		}
		n--
		flt.answer(w, func() *httptest.ResponseRecorder {
			right := httptest.NewRecorder()
			f.backend.ServeHTTP(right, r)
			return right
		})
		return true
	}
}

// patient opens a store that tries a call up to five times, with almost no wait.
func patient(t *testing.T, f *fakeS3) report.Store {
	t.Helper()
	f.client = s3.New(f.client.Options(), func(o *s3.Options) { o.RetryMaxAttempts = 5 })
	soon := retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return time.Millisecond, nil })
	store, err := Open(t.Context(), "s3://"+bucket+"/p", f.open, S3Options{backoff: soon})
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// After any temporary fault, a publication ends correctly.
func TestS3FaultsThatPass(t *testing.T) {
	steps := map[string]func(*http.Request) bool{
		"look":   func(r *http.Request) bool { return r.Method == http.MethodHead },
		"remove": func(r *http.Request) bool { return r.Method == http.MethodDelete && !r.URL.Query().Has("uploadId") },
		"list":   func(r *http.Request) bool { return r.URL.Query().Has("list-type") },
		"read":   func(r *http.Request) bool { return r.Method == http.MethodGet && strings.Count(r.URL.Path, "/") > 2 },
	}
	steps["lock"] = isLock
	for _, step := range []string{"create", "part", "complete"} {
		steps[step] = func(r *http.Request) bool { return isUpload(r, step) }
	}
	for step, which := range steps {
		for _, flt := range faults {
			t.Run(step+" "+flt.name, func(t *testing.T) {
				f := newFakeS3(t)
				store := patient(t, f)
				pub := begin(t, store)
				stage(t, pub, " of an earlier run", day1, day1b)
				commit(t, pub)

				f.fail(2, flt, which)
				pub = begin(t, store)
				stage(t, pub, "", day1, day2, run1)
				commit(t, pub, day1b)
				holds(t, store, "", "", run1, day1, day2)
			})
		}
	}
}

// If no answer ever says that a file is complete, the file itself shows it.
func TestS3CompletedWithoutAnAnswer(t *testing.T) {
	for _, flt := range faults {
		if flt.name != "lost answer" && flt.name != "wrong answer" {
			continue
		}
		t.Run(flt.name, func(t *testing.T) {
			f := newFakeS3(t)
			store := patient(t, f)
			pub := begin(t, store)
			stage(t, pub, "", day1)
			done := false
			f.fail(5, fault{"", func(w http.ResponseWriter, do func() *httptest.ResponseRecorder) {
				if done { // the fake would say so
					do = httptest.NewRecorder
				}
				done = true
				flt.answer(w, do)
			}}, func(r *http.Request) bool { return isUpload(r, "complete") })
			commit(t, pub)
			holds(t, store, "", "", day1)
		})
	}
}

// isLock reports whether r writes a lock, a record or a sign of life.
func isLock(r *http.Request) bool {
	return r.Method == http.MethodPut && strings.Contains(r.URL.Path, stagingDir) && !r.URL.Query().Has("partNumber")
}

// Every conditional write succeeds, in whatever way it first fails.
func TestS3FaultsOfEveryLock(t *testing.T) {
	conflict := fault{"conflict", func(w http.ResponseWriter, _ func() *httptest.ResponseRecorder) {
		refuse(w, http.StatusConflict, "ConditionalRequestConflict", "Try again.")
	}}
	for _, flt := range append(slices.Clone(faults), conflict) {
		for n := range 6 {
			t.Run(fmt.Sprint(flt.name, " ", n), func(t *testing.T) {
				f := newFakeS3(t)
				store := patient(t, f)
				before := n
				f.fail(2, flt, func(r *http.Request) bool {
					before--
					return isLock(r) && before < 0
				})
				pub := begin(t, store)
				stage(t, pub, "", day1, run1)
				commit(t, pub)
				holds(t, store, "", "", run1, day1)
				nothingLeft(t, f)
			})
		}
	}
}

func TestS3FaultsWhileDroppingUploads(t *testing.T) {
	for _, flt := range faults {
		t.Run(flt.name, func(t *testing.T) {
			f := newFakeS3(t)
			store := patient(t, f)
			pub := begin(t, store)
			stage(t, pub, "", day1, day2)
			f.fail(2, flt, func(r *http.Request) bool { return isUpload(r, "abort") })
			pub.Abort()
			holds(t, store, "", "")
			if n := f.uploads(t); n > 0 {
				t.Errorf("%d uploads are left", n)
			}
		})
	}
}

// failure returns the error of a commit that must fail.
func failure(t *testing.T, pub *publication) string {
	t.Helper()
	err := pub.Commit(t.Context(), nil)
	if err == nil {
		t.Fatal("it counts as published")
	}
	return err.Error()
}

const partly = ": the report may be published in part: run again"

// An upload that is gone counts as completed only if its file is there.
func TestS3UploadThatIsGone(t *testing.T) {
	gone := "s3://reports/p/" + day1 + ": write: NoSuchUpload: NoSuchUpload" + partly
	t.Run("without a file", func(t *testing.T) {
		f := newFakeS3(t)
		pub := begin(t, patient(t, f))
		stage(t, pub, "", day1)
		f.dropUploads(t)
		if got := failure(t, pub); got != gone {
			t.Errorf("error %s\nwant  %s", got, gone)
		}
	})
	t.Run("with another file", func(t *testing.T) {
		f := newFakeS3(t)
		store := patient(t, f)
		pub := begin(t, store)
		stage(t, pub, " of an earlier run", day1)
		commit(t, pub)
		pub = begin(t, store)
		stage(t, pub, "", day1)
		f.dropUploads(t)
		if got := failure(t, pub); got != gone {
			t.Errorf("error %s\nwant  %s", got, gone)
		}
	})
}

// dropUploads aborts every upload, as a lifecycle rule does.
func (f *fakeS3) dropUploads(t *testing.T) {
	t.Helper()
	out, err := f.client.ListMultipartUploads(t.Context(), &s3.ListMultipartUploadsInput{Bucket: aws.String(bucket)})
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range out.Uploads {
		if _, err := f.client.AbortMultipartUpload(t.Context(), &s3.AbortMultipartUploadInput{
			Bucket: aws.String(bucket), Key: u.Key, UploadId: u.UploadId,
		}); err != nil {
			t.Fatal(err)
		}
	}
}

// S3 needs long to complete an upload: it answers 200 at once, and reports the failure
// later in the body.
func TestS3ErrorInA200(t *testing.T) {
	for _, tc := range []struct {
		name, code string
		times      int
		want       string
	}{
		{"that passes", "InternalError", 2, ""},
		{"that stays", "InternalError", 5, "s3://reports/p/" + day1 + ": write: InternalError: Later., tried 5 times" + partly},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := newFakeS3(t)
			store := patient(t, f)
			pub := begin(t, store)
			stage(t, pub, "", day1)
			f.fail(tc.times, fault{"", func(w http.ResponseWriter, _ func() *httptest.ResponseRecorder) {
				refuse(w, http.StatusOK, tc.code, "Later.")
			}}, func(r *http.Request) bool { return isUpload(r, "complete") })
			if tc.want == "" {
				commit(t, pub)
				holds(t, store, "", "", day1)
				return
			}
			if got := failure(t, pub); got != tc.want {
				t.Errorf("error %s\nwant  %s", got, tc.want)
			}
			pub.Abort()
			holds(t, store, "", "")
			finishes(t, f, store, "s3://reports/p")
			holds(t, store, "", "", day1)
		})
	}
}

// An answer that ends before its first byte says nothing about the file.
func TestS3EmptyAnswer(t *testing.T) {
	for _, done := range []bool{true, false} {
		t.Run(fmt.Sprint("done ", done), func(t *testing.T) {
			f := newFakeS3(t)
			store := patient(t, f)
			pub := begin(t, store)
			stage(t, pub, "", day1)
			f.fail(1, fault{"", func(w http.ResponseWriter, do func() *httptest.ResponseRecorder) {
				if done {
					do()
				}
				w.WriteHeader(http.StatusOK)
			}}, func(r *http.Request) bool { return isUpload(r, "complete") })
			if done {
				commit(t, pub)
				holds(t, store, "", "", day1)
				return
			}
			if got, want := failure(t, pub), "s3://reports/p/"+day1+": write: S3 does not say that the file is there"+partly; got != want {
				t.Errorf("error %s\nwant  %s", got, want)
			}
		})
	}
}

// A refusal clearly means that S3 did nothing. A file of an earlier run does not
// change that.
func TestS3RefusalBesideTheSameFile(t *testing.T) {
	f := newFakeS3(t)
	store := patient(t, f)
	pub := begin(t, store)
	stage(t, pub, "", day1)
	commit(t, pub)
	pub = begin(t, store)
	stage(t, pub, "", day1)
	f.before = nth(1, "complete")
	if got, want := failure(t, pub), "s3://reports/p/"+day1+": write: AccessDenied: Not this one."+partly; got != want {
		t.Errorf("error %s\nwant  %s", got, want)
	}
}
