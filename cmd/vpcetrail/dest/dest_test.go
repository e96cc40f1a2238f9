package dest

import (
	"context"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"vpcetrail/report"
)

const bucket = "reports"

// fakeS3 serves one bucket. before, if set, sees each request and reports whether it answered it.
type fakeS3 struct {
	client  *s3.Client
	backend http.Handler
	before  func(http.ResponseWriter, *http.Request) bool
}

func newFakeS3(t testing.TB) *fakeS3 {
	t.Helper()
	f := &fakeS3{backend: gofakes3.New(s3mem.New()).Server()}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if f.before == nil || !f.before(w, r) {
			f.backend.ServeHTTP(w, r)
		}
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // for connections that a test breaks
	server.Start()
	t.Cleanup(server.Close)
	f.client = s3.New(s3.Options{
		BaseEndpoint: aws.String(server.URL), UsePathStyle: true, Region: "us-east-1", HTTPClient: server.Client(),
		Credentials:      credentials.NewStaticCredentialsProvider("id", "secret", ""),
		RetryMaxAttempts: 1,
	})
	if _, err := f.client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String(bucket)}); err != nil {
		t.Fatal(err)
	}
	return f
}

func (f *fakeS3) open(context.Context) (*s3.Client, error) { return f.client, nil }

// refuse answers with an S3 error.
func refuse(w http.ResponseWriter, status int, code, message string) bool {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(`<?xml version="1.0" encoding="UTF-8"?><Error><Code>` + code + `</Code><Message>` + message + `</Message></Error>`))
	return true
}

// uploads returns how many multipart uploads are begun and neither completed nor aborted.
func (f *fakeS3) uploads(t testing.TB) int {
	t.Helper()
	out, err := f.client.ListMultipartUploads(t.Context(), &s3.ListMultipartUploadsInput{Bucket: aws.String(bucket)})
	if err != nil {
		t.Fatal(err)
	}
	return len(out.Uploads)
}

// both runs a test on a new store of each kind.
func both(t *testing.T, test func(t *testing.T, store report.Store)) {
	open := func(t *testing.T, text string, f *fakeS3) report.Store {
		store, err := Open(t.Context(), text, f.open, S3Options{})
		if err != nil {
			t.Fatal(err)
		}
		return store
	}
	t.Run("directory", func(t *testing.T) { test(t, open(t, filepath.Join(t.TempDir(), "report"), nil)) })
	t.Run("s3 with a prefix", func(t *testing.T) { test(t, open(t, "s3://"+bucket+"/a/prefix/", newFakeS3(t))) })
	t.Run("s3 without a prefix", func(t *testing.T) { test(t, open(t, "s3://"+bucket, newFakeS3(t))) })
}

const unit = "dt=2026-11-20"

// A publication is the publication of one unit, with its own Writer.
type publication struct {
	report.Publication
	w     report.Writer
	notes []string
}

func (p *publication) Abort() { p.w.Close() }

// tryBegin begins a publication of a unit.
func tryBegin(ctx context.Context, store report.Store, unit string) (*publication, error) {
	p := &publication{}
	w, err := store.Begin(ctx, func(text string) { p.notes = append(p.notes, text) })
	if err != nil {
		return nil, err
	}
	p.w = w
	if p.Publication, err = w.Lock(ctx, unit); err != nil {
		w.Close()
		return nil, err
	}
	return p, nil
}

// begin begins a publication without notes.
func begin(t *testing.T, store report.Store) *publication {
	t.Helper()
	p, err := tryBegin(t.Context(), store, unit)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.notes) > 0 {
		t.Errorf("it says %q", p.notes)
	}
	return p
}

// stage stages files. Each holds its own name and text.
func stage(t *testing.T, pub *publication, text string, names ...string) {
	t.Helper()
	for _, name := range names {
		data := []byte(name + text)
		if _, err := report.StageFile(t.Context(), pub, name, data); err != nil {
			t.Fatal(err)
		}
		clear(data) // the publication must not keep it
	}
}

func commit(t *testing.T, pub *publication, stale ...string) {
	t.Helper()
	if err := pub.Commit(t.Context(), stale); err != nil {
		t.Fatal(err)
	}
	pub.Abort()
}

// holds checks that a reader sees these files below the folder, each with its name and
// text.
func holds(t *testing.T, store report.Store, folder, text string, names ...string) {
	t.Helper()
	got, err := store.List(t.Context(), folder)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got, names) {
		t.Errorf("folder %q holds %q, want %q", folder, got, names)
	}
	for _, name := range names {
		data, err := store.Read(t.Context(), name)
		if err != nil || string(data) != name+text {
			t.Errorf("%s holds %q, %v; want %q", name, data, err, name+text)
		}
	}
}

const (
	day1  = "traffic/dt=2026-11-20/part-00000.parquet"
	day1b = "traffic/dt=2026-11-20/part-00001.parquet"
	day2  = "traffic/dt=2026-11-21/part-00000.parquet"
	run1  = "_runs/dt=2026-11-20/run.json"
)

func TestPublicationIsVisibleAfterCommit(t *testing.T) {
	both(t, func(t *testing.T, store report.Store) {
		pub := begin(t, store)
		stage(t, pub, "", day1b, day2, day1, run1)
		holds(t, store, "traffic/", "")
		holds(t, store, "_runs/", "")
		commit(t, pub)
		holds(t, store, "traffic/", "", day1, day1b, day2)
		holds(t, store, "traffic/dt=2026-11-20/", "", day1, day1b)
		holds(t, store, "_runs/", "", run1)
		holds(t, store, "services/", "")
	})
}

func TestPublicationReplacesAndRemoves(t *testing.T) {
	both(t, func(t *testing.T, store report.Store) {
		pub := begin(t, store)
		stage(t, pub, "", day1, day1b, run1)
		commit(t, pub)
		pub = begin(t, store)
		stage(t, pub, " anew", day1, run1)
		holds(t, store, "traffic/", "", day1, day1b)
		commit(t, pub, day1b, "traffic/dt=2026-11-20/gone.parquet")
		holds(t, store, "traffic/", " anew", day1)
		holds(t, store, "_runs/", " anew", run1)
	})
}

func TestAbortLeavesTheReportAsItWas(t *testing.T) {
	both(t, func(t *testing.T, store report.Store) {
		pub := begin(t, store)
		stage(t, pub, "", day1)
		commit(t, pub)
		pub = begin(t, store)
		stage(t, pub, " anew", day1, day2)
		pub.Abort()
		pub.Abort()
		holds(t, store, "traffic/", "", day1)
		pub = begin(t, store) // the aborted one does not block it
		stage(t, pub, " at last", day1)
		commit(t, pub)
		holds(t, store, "traffic/", " at last", day1)
	})
}

func TestCommitAfterAnInterruptionDoesNothing(t *testing.T) {
	both(t, func(t *testing.T, store report.Store) {
		pub := begin(t, store)
		stage(t, pub, "", day1)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := pub.Commit(ctx, nil); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v, want %v", err, context.Canceled)
		}
		pub.Abort()
		holds(t, store, "", "")
	})
}

func TestReadOfAFileThatIsNotThere(t *testing.T) {
	both(t, func(t *testing.T, store report.Store) {
		_, err := store.Read(t.Context(), day1)
		if !errors.Is(err, report.ErrNoReport) {
			t.Errorf("error %v, want one that wraps ErrNoReport", err)
		}
		if want := "/" + day1 + ": open: no such file in the report"; err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("error %v, want it to end in %s", err, want)
		}
	})
}

func TestOpenRefusesWhatNamesNoStore(t *testing.T) {
	for _, tc := range []struct{ text, want string }{
		{"", "destination is empty: name a directory or s3://bucket/prefix"},
		{"s3://", "s3://: names no bucket: want s3://bucket/prefix"},
		{"s3:///prefix", "s3:///prefix: names no bucket: want s3://bucket/prefix"},
	} {
		store, err := Open(t.Context(), tc.text, nil, S3Options{})
		if err == nil || err.Error() != tc.want {
			t.Errorf("%q: %v, %v; want error %s", tc.text, store, err, tc.want)
		}
	}
	broken := func(context.Context) (*s3.Client, error) { return nil, errors.New("AWS configuration: broken") }
	if _, err := Open(t.Context(), "s3://b/p", broken, S3Options{}); err == nil || err.Error() != "s3://b/p: open: AWS configuration: broken" {
		t.Errorf("error %v", err)
	}
}
