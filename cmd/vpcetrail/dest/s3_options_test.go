package dest

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
)

// Every request names the bucket owner. Every request that writes an object or begins
// an upload names the encryption.
func TestS3OptionsAreSaid(t *testing.T) {
	fake := gofakes3.New(s3mem.New(), gofakes3.WithAutoBucket(true)).Server()
	var mu sync.Mutex
	requests := map[string]int{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if owner := r.Header.Get("X-Amz-Expected-Bucket-Owner"); owner != "123456789012" {
			t.Errorf("%s %s: owner %q", r.Method, r.URL, owner)
		}
		sse, key := r.Header.Get("X-Amz-Server-Side-Encryption"), r.Header.Get("X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id")
		wantSSE, wantKey, what := "", "", r.Method
		switch {
		case r.URL.Query().Has("uploads"):
			what = "create"
		case r.URL.Query().Has("uploadId"):
			what += " upload"
		}
		if what == "create" || what == "PUT" {
			wantSSE, wantKey = "aws:kms", "alias/reports"
		}
		requests[what]++
		if sse != wantSSE || key != wantKey {
			t.Errorf("%s %s: encryption %q with key %q", r.Method, r.URL, sse, key)
		}
		fake.ServeHTTP(w, r)
	}))
	defer server.Close()
	client := s3.New(s3.Options{
		BaseEndpoint: aws.String(server.URL), UsePathStyle: true, Region: "us-east-1",
		Credentials: credentials.NewStaticCredentialsProvider("id", "secret", ""), RetryMaxAttempts: 1,
	})
	store := newS3Store(client, "reports", "p", S3Options{SSE: "aws:kms", KMSKeyID: "alias/reports", BucketOwner: "123456789012"}, nil)
	for _, commits := range []bool{true, false} {
		pub := begin(t, store)
		stage(t, pub, "", "a", "b")
		if commits {
			commit(t, pub, "stale")
		}
		pub.Abort()
	}
	holds(t, store, "", "", "a", "b")
	if n, err := store.ReadAt(t.Context(), "b", make([]byte, 1), 0); n != 1 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	want := map[string]int{
		"HEAD":          2 + 1, // the bucket, and the stale file that does not exist
		"create":        4,
		"PUT upload":    4,
		"POST upload":   2,
		"DELETE upload": 2,
		// Twice the run, found out once that conditions hold, twice the unit, and once the record.
		"PUT":    2 + 2 + 2 + 1,
		"DELETE": 2 + 2,
		// Twice what the refused conditions left, twice all locks, the report, and what it holds.
		"GET": 2 + 2 + 1 + 2 + 1,
	}
	if !maps.Equal(requests, want) {
		t.Errorf("requests %v\nwant     %v", requests, want)
	}
}

func TestS3OptionsAreChecked(t *testing.T) {
	for _, tc := range []struct {
		opt  S3Options
		want string
	}{
		{S3Options{}, ""},
		{S3Options{SSE: "AES256"}, ""},
		{S3Options{SSE: "aws:kms"}, ""},
		{S3Options{SSE: "aws:kms:dsse", KMSKeyID: "k"}, ""},
		{S3Options{SSE: "kms"}, `--sse "kms": want AES256, aws:kms or aws:kms:dsse`},
		{S3Options{KMSKeyID: "k"}, `--kms-key-id "k": give --sse aws:kms or aws:kms:dsse with it`},
		{S3Options{SSE: "AES256", KMSKeyID: "k"}, `--kms-key-id "k": give --sse aws:kms or aws:kms:dsse with it`},
	} {
		got := ""
		if err := tc.opt.Check(); err != nil {
			got = err.Error()
		}
		if got != tc.want {
			t.Errorf("%+v: %q, want %q", tc.opt, got, tc.want)
		}
	}
}
