package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
)

// An s3Server is an S3 API over HTTP or HTTPS. The test has its own client for it.
type s3Server struct {
	url    string
	ca     string // file with the certificate to trust; "" for plain HTTP
	http   *http.Client
	client *s3.Client
	before atomic.Pointer[hook] // only for the fake; nil: none
}

// The buckets of an s3Server, and its credentials.
const (
	trailBucket  = "org-trail"
	reportBucket = "audit-reports"
	accessKey    = "AKIDEXAMPLE"
	secretKey    = "secret"
)

// servers are the two S3 servers of the tests. They share no code.
var servers = []struct {
	name  string
	start func(*testing.T) *s3Server
}{
	{"gofakes3", startFake},
	{"versitygw", startVersity},
}

// eachServer runs a test on every server, with both buckets, empty.
func eachServer(t *testing.T, test func(*testing.T, *s3Server)) {
	for _, server := range servers {
		t.Run(server.name, func(t *testing.T) { test(t, server.start(t)) })
	}
}

// eachServerAtOnce is eachServer for a test that sets no variable of the environment.
func eachServerAtOnce(t *testing.T, test func(*testing.T, *s3Server)) {
	for _, server := range servers {
		t.Run(server.name, func(t *testing.T) {
			t.Parallel()
			test(t, server.start(t))
		})
	}
}

// connect makes the client and the buckets.
func (s *s3Server) connect(t *testing.T) {
	t.Helper()
	s.client = s3.New(s3.Options{
		BaseEndpoint: &s.url, UsePathStyle: true, Region: "us-east-1", HTTPClient: s.http,
		Credentials: credentials.NewStaticCredentialsProvider(accessKey, secretKey, ""),
	})
	for _, bucket := range []string{trailBucket, reportBucket} {
		if _, err := s.client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &bucket}); err != nil {
			t.Fatal(err)
		}
	}
}

// variables are the SDK's settings, so that no setting of the test machine matters.
func (s *s3Server) variables() map[string]string {
	return map[string]string{
		"AWS_ENDPOINT_URL": s.url, "AWS_CA_BUNDLE": s.ca, "AWS_ACCESS_KEY_ID": accessKey, "AWS_SECRET_ACCESS_KEY": secretKey,
		"AWS_SESSION_TOKEN": "", "AWS_PROFILE": "", "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "",
		"AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull,
		"AWS_EC2_METADATA_DISABLED": "true", "AWS_MAX_ATTEMPTS": "1",
	}
}

// setAWS sets the environment up for a server as a user would.
func setAWS(t *testing.T, s *s3Server) {
	t.Helper()
	for name, value := range s.variables() {
		t.Setenv(name, value)
	}
}

// run runs a command line in its own process, which tries each call to the server up
// to attempts times.
func (s *s3Server) run(t *testing.T, attempts int, args ...string) finished {
	t.Helper()
	cmd := s.command(t, attempts, args...)
	var out, errOut strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errOut
	_ = cmd.Run() // the exit code shows the result
	return finished{cmd.ProcessState.ExitCode(), out.String(), errOut.String()}
}

// command returns the process that run runs.
func (s *s3Server) command(t *testing.T, attempts int, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "vpcetrail", args...)
	cmd.Env = os.Environ()
	for name, value := range s.variables() {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	cmd.Env = append(cmd.Env, fmt.Sprint("AWS_MAX_ATTEMPTS=", attempts))
	return cmd
}

// put stores the files below dir in trailBucket, below prefix.
func (s *s3Server) put(t *testing.T, dir, prefix string) {
	t.Helper()
	for name, text := range tree(t, dir) {
		key := prefix + name
		in := &s3.PutObjectInput{Bucket: aws.String(trailBucket), Key: &key, Body: strings.NewReader(text)}
		if _, err := s.client.PutObject(t.Context(), in); err != nil {
			t.Fatal(err)
		}
	}
}

// report returns the content of reportBucket below prefix by the rest of the keys.
func (s *s3Server) report(t *testing.T, prefix string) map[string]string {
	t.Helper()
	files := map[string]string{}
	pages := s3.NewListObjectsV2Paginator(s.client, &s3.ListObjectsV2Input{Bucket: aws.String(reportBucket), Prefix: &prefix})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, obj := range page.Contents {
			files[strings.TrimPrefix(*obj.Key, prefix)] = s.get(t, *obj.Key)
		}
	}
	return files
}

func (s *s3Server) get(t *testing.T, key string) string {
	t.Helper()
	out, err := s.client.GetObject(context.Background(), &s3.GetObjectInput{Bucket: aws.String(reportBucket), Key: &key})
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

// emptyReports checks that reportBucket holds no object and no incomplete upload.
func (s *s3Server) emptyReports(t *testing.T) {
	t.Helper()
	s.do(nil)
	for name := range s.report(t, "") {
		t.Errorf("%s is visible", name)
	}
	if n := s.uploads(t); n > 0 {
		t.Errorf("%d uploads are left", n)
	}
}

// uploads returns how many uploads to reportBucket are neither completed nor aborted.
func (s *s3Server) uploads(t *testing.T) int {
	t.Helper()
	out, err := s.client.ListMultipartUploads(t.Context(), &s3.ListMultipartUploadsInput{Bucket: aws.String(reportBucket)})
	var api smithy.APIError
	if errors.As(err, &api) && api.ErrorCode() == "NoSuchUpload" { // the fake's code for a bucket that never had an upload
		return 0
	}
	if err != nil {
		t.Fatal(err)
	}
	return len(out.Uploads)
}
