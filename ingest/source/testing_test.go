package source

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"vpcetrail/ingest/day"
	"vpcetrail/ingest/source/list"
)

// writeTree writes files below dir. Each holds its own name.
func writeTree(t testing.TB, dir string, names ...string) {
	t.Helper()
	for _, name := range names {
		writeFile(t, dir, name, name)
	}
}

func writeFile(t testing.TB, dir, name, body string) {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(body), 0o666); err != nil {
		t.Fatal(err)
	}
}

// An s3Server is an S3 API over HTTP that records requests.
type s3Server struct {
	*httptest.Server
	client *s3.Client

	mu    sync.Mutex
	lists []string // for each LIST: prefix, and " +token" from the second page on

	// before, if set, sees each request and reports whether it answered it.
	before func(http.ResponseWriter, *http.Request) bool
}

const bucket = "logs"

func newS3(t testing.TB) *s3Server {
	t.Helper()
	fake := gofakes3.New(s3mem.New()).Server()
	s := &s3Server{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if q := r.URL.Query(); q.Get("list-type") == "2" {
			line := q.Get("prefix")
			if q.Has("continuation-token") {
				line += " +token"
			}
			if q.Get("delimiter") != "/" {
				line += " without delimiter"
			}
			s.mu.Lock()
			s.lists = append(s.lists, line)
			s.mu.Unlock()
		}
		if s.before == nil || !s.before(w, r) {
			fake.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(s.Close)
	s.client = s3.New(s3.Options{
		BaseEndpoint: aws.String(s.URL), UsePathStyle: true, Region: "us-east-1", HTTPClient: s.Client(),
		Credentials:      credentials.NewStaticCredentialsProvider("id", "secret", ""),
		RetryMaxAttempts: 1, // the SDK's retries are slow
		DisableLogOutputChecksumValidationSkipped: true,
	})
	if _, err := s.client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String(bucket)}); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *s3Server) open(context.Context) (*s3.Client, error) { return s.client, nil }

// put stores objects. Each holds its own key.
func (s *s3Server) put(t testing.TB, keys ...string) {
	t.Helper()
	for _, key := range keys {
		s.putBody(t, key, key)
	}
}

func (s *s3Server) putBody(t testing.TB, key, body string) {
	t.Helper()
	in := &s3.PutObjectInput{Bucket: aws.String(bucket), Key: &key, Body: strings.NewReader(body)}
	if _, err := s.client.PutObject(t.Context(), in); err != nil {
		t.Fatal(err)
	}
}

// listed returns the LISTs so far, sorted.
func (s *s3Server) listed() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(slices.Values(s.lists))
}

// refuse answers with an S3 error.
func refuse(w http.ResponseWriter, status int, code, message string) bool {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	fmt.Fprintf(w, `<?xml version="1.0" encoding="UTF-8"?><Error><Code>%s</Code><Message>%s</Message></Error>`, code, message)
	return true
}

// names reads every object of a trail and returns the names in order.
func names(t testing.TB, args []string, sel list.Selection, opt Options) []string {
	t.Helper()
	got, _, err := read(t, args, sel, opt)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// read returns the names of a trail's objects up to its first error, and its accounts.
// It checks each object's bytes and number.
func read(t testing.TB, args []string, sel list.Selection, opt Options) (names, accounts []string, err error) {
	t.Helper()
	trail, err := Open(t.Context(), args, sel, opt)
	if err != nil {
		return nil, nil, err
	}
	defer trail.Close()
	for {
		f, err := trail.Next(t.Context())
		if err == io.EOF {
			objects, bytes, done := trail.Found()
			if objects != len(names) || bytes != trail.Read() || !done {
				t.Errorf("found %d objects of %d bytes, done %v; read %d of %d", objects, bytes, done, len(names), trail.Read())
			}
			return names, trail.Accounts(), nil
		}
		if err != nil {
			return names, trail.Accounts(), err
		}
		if f.Seq != len(names) {
			t.Errorf("%s has number %d, want %d", f.Object.Name, f.Seq, len(names))
		}
		if body, err := readFetch(t.Context(), f); err != nil {
			t.Error(err)
		} else if !strings.HasSuffix(f.Object.Name, body) || int64(len(body)) != f.Object.Size {
			t.Errorf("%s of %d bytes holds %q", f.Object.Name, f.Object.Size, body)
		}
		names = append(names, f.Object.Name)
	}
}

func readFetch(ctx context.Context, f *Fetch) (string, error) {
	defer f.Close()
	r, err := f.Open(ctx)
	if err != nil {
		return "", err
	}
	body, err := io.ReadAll(r)
	return string(body), err
}

func date(t testing.TB, s string) day.Day {
	t.Helper()
	d, err := day.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// oneDay selects a day without the days after it.
func oneDay(t testing.TB, s string) list.Selection {
	d := date(t, s)
	return list.Selection{Window: day.Window{From: d, To: d}, Lateness: -1}
}

var allDays = list.Selection{Window: day.All()}

// equal compares two lists, and shows where they differ.
func equal(t testing.TB, what string, got, want []string) {
	t.Helper()
	if slices.Equal(got, want) {
		return
	}
	for i := range max(len(got), len(want)) {
		g, w := "(end)", "(end)"
		if i < len(got) {
			g = got[i]
		}
		if i < len(want) {
			w = want[i]
		}
		if g != w {
			t.Errorf("%s: %d, want %d; first difference at %d\n got %s\nwant %s", what, len(got), len(want), i, g, w)
			return
		}
	}
}

// fetches ranges over a trail's objects.
func fetches(t testing.TB, trail *Trail) func(func(*Fetch) bool) {
	return func(yield func(*Fetch) bool) {
		for {
			f, err := trail.Next(t.Context())
			if err == io.EOF {
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if !yield(f) {
				return
			}
		}
	}
}
