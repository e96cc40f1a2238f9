package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"vpcetrail/ingest/source"
)

// A fakeS3 is an S3 API over HTTP, which the environment makes the AWS SDK's own.
type fakeS3 struct {
	client *s3.Client
	before atomic.Pointer[hook]
}

// A hook sees each request and reports whether it answered it.
type hook func(http.ResponseWriter, *http.Request) bool

// do sets the hook; nil takes it away.
func (f *fakeS3) do(before hook) { f.before.Store(&before) }

// The buckets of a fakeS3.
const (
	trailBucket  = "org-trail"
	reportBucket = "audit-reports"
)

// newS3 starts a fakeS3 with both buckets, empty, and sets the environment up for it as a user would.
func newS3(t *testing.T) *fakeS3 {
	t.Helper()
	f := &fakeS3{}
	f.do(nil)
	backend := gofakes3.New(s3mem.New()).Server()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if before := *f.before.Load(); before == nil || !before(w, r) {
			backend.ServeHTTP(w, r)
		}
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // of connections that a test breaks
	server.Start()
	t.Cleanup(server.Close)
	setAWS(t, server.URL)
	var err error
	if f.client, err = source.NewS3(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, bucket := range []string{trailBucket, reportBucket} {
		if _, err := f.client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &bucket}); err != nil {
			t.Fatal(err)
		}
	}
	return f
}

// setAWS sets the SDK's variables, so that nothing of the machine that the test runs on counts.
func setAWS(t *testing.T, endpoint string) {
	t.Helper()
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": endpoint, "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret",
		"AWS_SESSION_TOKEN": "", "AWS_PROFILE": "", "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "",
		"AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull,
		"AWS_EC2_METADATA_DISABLED": "true", "AWS_MAX_ATTEMPTS": "1",
	} {
		t.Setenv(name, value)
	}
}

// refuse answers with an error of S3's.
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

// counted returns a function that says true the nth time, also when it is called concurrently.
func counted(n int) func() bool {
	var mu sync.Mutex
	return func() bool {
		mu.Lock()
		defer mu.Unlock()
		n--
		return n == 0
	}
}

// put stores the files below dir in trailBucket, below prefix.
func (f *fakeS3) put(t *testing.T, dir, prefix string) {
	t.Helper()
	for name, text := range tree(t, dir) {
		key := prefix + name
		in := &s3.PutObjectInput{Bucket: aws.String(trailBucket), Key: &key, Body: strings.NewReader(text)}
		if _, err := f.client.PutObject(t.Context(), in); err != nil {
			t.Fatal(err)
		}
	}
}

// report returns the content of reportBucket below prefix by the rest of the keys.
func (f *fakeS3) report(t *testing.T, prefix string) map[string]string {
	t.Helper()
	files := map[string]string{}
	pages := s3.NewListObjectsV2Paginator(f.client, &s3.ListObjectsV2Input{Bucket: aws.String(reportBucket), Prefix: &prefix})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, obj := range page.Contents {
			files[strings.TrimPrefix(*obj.Key, prefix)] = f.get(t, *obj.Key)
		}
	}
	return files
}

func (f *fakeS3) get(t *testing.T, key string) string {
	t.Helper()
	out, err := f.client.GetObject(context.Background(), &s3.GetObjectInput{Bucket: aws.String(reportBucket), Key: &key})
	if err != nil {
		t.Fatal(err)
	}
	defer out.Body.Close()
	text, err := io.ReadAll(out.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// emptyReports checks that reportBucket holds nothing, and no upload that is not complete.
func (f *fakeS3) emptyReports(t *testing.T) {
	t.Helper()
	f.do(nil)
	for name := range f.report(t, "") {
		t.Errorf("%s is visible", name)
	}
	if n := f.uploads(t); n > 0 {
		t.Errorf("%d uploads are left", n)
	}
}

// uploads returns how many uploads to reportBucket are begun and neither completed nor aborted.
func (f *fakeS3) uploads(t *testing.T) int {
	t.Helper()
	out, err := f.client.ListMultipartUploads(t.Context(), &s3.ListMultipartUploadsInput{Bucket: aws.String(reportBucket)})
	var api smithy.APIError
	if errors.As(err, &api) && api.ErrorCode() == "NoSuchUpload" { // the fake's word for a bucket that never had one
		return 0
	}
	if err != nil {
		t.Fatal(err)
	}
	return len(out.Uploads)
}

// notThere checks that nothing of a report was made, not even its directory.
func notThere(t *testing.T, dir string) {
	t.Helper()
	if _, err := os.Stat(filepath.Clean(dir)); !os.IsNotExist(err) {
		t.Errorf("%s is there: %v", dir, err)
	}
}
