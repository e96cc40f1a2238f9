package digests

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"vpcetrail/fixtures/signed"
)

// serve serves a trail and its keys as AWS would, and returns the settings of a client.
func serve(t *testing.T, trail *signed.Trail) []string {
	t.Helper()
	backend := gofakes3.New(s3mem.New()).Server()
	bucket := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if trail.Denied[strings.TrimPrefix(r.URL.Path, "/")] && r.Method == http.MethodGet {
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprint(w, `<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>`)
			return
		}
		backend.ServeHTTP(lower{w}, r)
	}))
	t.Cleanup(bucket.Close)
	api := httptest.NewServer(&signed.API{Keys: trail.Keys, Trail: &trail.Chain})
	t.Cleanup(api.Close)
	client := s3.New(s3.Options{
		BaseEndpoint: &bucket.URL, UsePathStyle: true, Region: "us-east-1",
		Credentials: credentials.NewStaticCredentialsProvider("id", "secret", ""),
	})
	if err := trail.Store.Upload(t.Context(), client); err != nil {
		t.Fatal(err)
	}
	return []string{
		"AWS_ENDPOINT_URL=" + api.URL, "AWS_ENDPOINT_URL_S3=" + bucket.URL, "AWS_ACCESS_KEY_ID=id", "AWS_SECRET_ACCESS_KEY=secret",
		"AWS_SESSION_TOKEN=", "AWS_EC2_METADATA_DISABLED=true", "AWS_MAX_ATTEMPTS=1", "AWS_CONFIG_FILE=/dev/null",
	}
}

// lower writes the names of metadata in lower case, as S3 does. The AWS CLI needs that.
type lower struct{ http.ResponseWriter }

func (l lower) WriteHeader(status int) {
	l.rename()
	l.ResponseWriter.WriteHeader(status)
}

func (l lower) Write(b []byte) (int, error) {
	l.rename()
	return l.ResponseWriter.Write(b)
}

func (l lower) rename() {
	for name, values := range l.Header() {
		if strings.HasPrefix(name, "X-Amz-Meta-") {
			l.Header().Del(name)
			l.Header()[strings.ToLower(name)] = values
		}
	}
}
