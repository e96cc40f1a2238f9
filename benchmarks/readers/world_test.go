package readers

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"vpcetrail/fixtures/trail"
)

// A world has an S3 server, two trails of one day, and the command.
type world struct {
	server  string // the URL of versitygw
	client  *s3.Client
	proxy   *httputil.ReverseProxy // to the server
	command string
	trails  [2]string
	report  string
}

const bucket = "reports"

func newWorld(t *testing.T) *world {
	t.Helper()
	if os.Getenv("DUCKDB") == "" {
		t.Skip("DuckDB with httpfs is not installed: run the script check")
	}
	w := &world{report: "s3://" + bucket + "/out"}
	w.startServer(t)
	dir := t.TempDir()
	// The binary of the command's tests acts as the command, with a lease of 3 s instead of a minute.
	w.command = filepath.Join(dir, "vpcetrail")
	build := exec.CommandContext(t.Context(), "go", "test", "-c", "-vet=off", "-o", w.command, "./cmd/vpcetrail")
	build.Dir = filepath.Join("..", "..")
	if text, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	for i := range w.trails {
		cfg := trail.Default()
		cfg.Seed, cfg.Days, cfg.Objects, cfg.Records, cfg.Principals, cfg.Run, cfg.Size = uint64(i+1), 1, 16, 1300, 3000, 1, trail.Small
		cfg.Late = 0
		place := filepath.Join(dir, fmt.Sprint("trail", i))
		if _, err := trail.Generate(t.Context(), cfg, place); err != nil {
			t.Fatal(err)
		}
		w.trails[i] = filepath.Join(place, "trail")
	}
	return w
}

// startServer starts versitygw, and makes the bucket.
func (w *world) startServer(t *testing.T) {
	t.Helper()
	program, err := exec.LookPath("versitygw")
	if err != nil {
		home, _ := os.UserHomeDir()
		if program, err = exec.LookPath(filepath.Join(home, "go", "bin", "versitygw")); err != nil {
			t.Fatal("versitygw is not on PATH: .ci/run installs it")
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	_ = l.Close() // for the server
	// The ETag is an attribute of the file, so that both are replaced in one step, as in S3. In a
	// directory of its own, it would be that of another content for a moment.
	files := t.TempDir()
	ctx, cancel := context.WithTimeout(context.Background(), 40*time.Minute)
	cmd := exec.CommandContext(ctx, program, "--quiet", "--keep-alive", "--port", address, "--access", "AKIDEXAMPLE", "--secret", "secret", "posix", files)
	var says bytes.Buffer
	cmd.Stdout, cmd.Stderr = &says, &says
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = cmd.Wait() // killed
	})
	w.server = "http://" + address
	to, err := url.Parse(w.server)
	if err != nil {
		t.Fatal(err)
	}
	w.proxy = &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(to)
			r.Out.Host = r.In.Host // it is signed
		},
		ErrorLog: log.New(io.Discard, "", 0), // for broken connections
	}
	w.client = s3.New(s3.Options{
		BaseEndpoint: &w.server, UsePathStyle: true, Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", ""),
	})
	for try := 0; ; try++ {
		if _, err = w.client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String(bucket)}); err == nil {
			return
		}
		if try == 100 {
			cancel()
			_ = cmd.Wait() // says is complete then
			t.Fatalf("%v: versitygw says %s: files below TMPDIR need extended attributes", err, says.String())
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// slow returns the URL of a proxy to the server that waits before each request.
func (w *world) slow(t *testing.T, wait time.Duration) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		time.Sleep(wait)
		w.proxy.ServeHTTP(rw, r)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// analyze returns the process that analyzes a trail into a report.
func (w *world) analyze(server, trail, report string) *exec.Cmd {
	cmd := exec.Command(w.command, "analyze", trail, "--date", "2026-11-20", "--out", report, "--quiet", "--replace-incomplete")
	cmd.Env = append(os.Environ(), "AWS_ENDPOINT_URL="+server, "AWS_ACCESS_KEY_ID=AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY=secret", "AWS_REGION=us-east-1",
		"AWS_PROFILE=", "AWS_CONFIG_FILE="+os.DevNull, "AWS_SHARED_CREDENTIALS_FILE="+os.DevNull, "AWS_EC2_METADATA_DISABLED=true")
	return cmd
}

func (w *world) mustAnalyze(t *testing.T, trail, report string) {
	t.Helper()
	if text, err := w.analyze(w.server, trail, report).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
}

// tables returns the tables of a report in S3 by name.
func (w *world) tables(t *testing.T, report string) map[string]string {
	t.Helper()
	prefix := strings.TrimPrefix(report, "s3://"+bucket+"/") + "/"
	out, err := w.client.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String(bucket), Prefix: &prefix})
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, o := range out.Contents {
		name := strings.TrimPrefix(*o.Key, prefix)
		if !strings.HasSuffix(name, ".parquet") {
			continue
		}
		got, err := w.client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String(bucket), Key: o.Key})
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(got.Body)
		if err != nil {
			t.Fatal(err)
		}
		_ = got.Body.Close() // it was only read
		files[name] = string(text)
	}
	if len(files) < 7 {
		t.Fatalf("%s has %d tables", report, len(files))
	}
	return files
}

// same reports whether two reports have the same tables.
func same(a, b map[string]string) bool { return maps.Equal(a, b) }
