package dest

import (
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

// Every request names the owner, and the beginning of an upload how S3 is to encrypt.
func TestS3OptionsAreSaid(t *testing.T) {
	fake := gofakes3.New(s3mem.New(), gofakes3.WithAutoBucket(true)).Server()
	var mu sync.Mutex
	requests, uploads := 0, 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		requests++
		if owner := r.Header.Get("X-Amz-Expected-Bucket-Owner"); owner != "123456789012" {
			t.Errorf("%s %s: owner %q", r.Method, r.URL, owner)
		}
		sse, key := r.Header.Get("X-Amz-Server-Side-Encryption"), r.Header.Get("X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id")
		wantSSE, wantKey := "", ""
		if r.URL.Query().Has("uploads") {
			uploads++
			wantSSE, wantKey = "aws:kms", "alias/reports"
		}
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
	ctx := t.Context()
	for _, commit := range []bool{true, false} {
		pub, err := store.Begin(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"a", "b"} {
			if err := pub.Stage(ctx, name, []byte(name)); err != nil {
				t.Fatal(err)
			}
		}
		if commit {
			if err := pub.Commit(ctx, []string{"stale"}); err != nil {
				t.Fatal(err)
			}
		}
		pub.Abort()
	}
	if names, err := store.List(ctx, ""); err != nil || len(names) != 2 {
		t.Errorf("%q, %v", names, err)
	}
	if data, err := store.Read(ctx, "a"); err != nil || string(data) != "a" {
		t.Errorf("%q, %v", data, err)
	}
	// Twice the bucket, two uploads and two parts; two completed, one deleted, two aborted; one LIST, one GET.
	if requests != 10+5+2 || uploads != 4 {
		t.Errorf("%d requests, %d uploads", requests, uploads)
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
