package dest

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// hosts are the targets of a client's requests. The fake answers them all.
type hosts struct {
	fake string
	mu   sync.Mutex
	seen []string
}

func (h *hosts) RoundTrip(r *http.Request) (*http.Response, error) {
	h.mu.Lock()
	if !slices.Contains(h.seen, r.URL.Host) {
		h.seen = append(h.seen, r.URL.Host)
	}
	h.mu.Unlock()
	r = r.Clone(r.Context())
	r.URL.Scheme, r.URL.Host, r.Host = "http", strings.TrimPrefix(h.fake, "http://"), ""
	r.URL.Path, r.URL.RawPath = "/"+bucket+r.URL.Path, ""
	return http.DefaultTransport.RoundTrip(r)
}

// An access point has its own host, in the Region of its ARN. The slash in its ARN
// does not start a prefix.
func TestS3AccessPoint(t *testing.T) {
	const (
		arn   = "arn:aws:s3:eu-west-1:123456789012:accesspoint/reports"
		alias = "reports-a1b2c3d4-s3alias"
	)
	for _, tc := range []struct{ text, name, key, host string }{
		{"s3://" + arn, "s3://" + arn, day1, "reports-123456789012.s3-accesspoint.eu-west-1.amazonaws.com"},
		{"s3://" + arn + "/", "s3://" + arn, day1, "reports-123456789012.s3-accesspoint.eu-west-1.amazonaws.com"},
		{"s3://" + arn + "/a/prefix/", "s3://" + arn + "/a/prefix", "a/prefix/" + day1, "reports-123456789012.s3-accesspoint.eu-west-1.amazonaws.com"},
		{"s3://" + alias + "/p", "s3://" + alias + "/p", "p/" + day1, alias + ".s3.us-east-1.amazonaws.com"},
	} {
		t.Run(tc.text, func(t *testing.T) {
			f := newFakeS3(t)
			direct := openS3(t, f, "s3://"+bucket)
			through := &hosts{fake: *f.client.Options().BaseEndpoint}
			f.client = s3.New(f.client.Options(), func(o *s3.Options) {
				o.BaseEndpoint, o.UsePathStyle, o.HTTPClient = nil, false, &http.Client{Transport: through}
				o.EndpointOptions.DisableHTTPS = true // with HTTPS a checksum follows the body, which the fake does not support
			})
			store := openS3(t, f, tc.text)
			if store.String() != tc.name {
				t.Errorf("it is called %s, want %s", store, tc.name)
			}
			pub := begin(t, store)
			stage(t, pub, "", day1)
			pub.Abort()
			pub = begin(t, store)
			stage(t, pub, "", day1, day2)
			commit(t, pub)
			pub = begin(t, store)
			commit(t, pub, day2)
			holds(t, store, "traffic/", "", day1)
			if keys, err := direct.List(t.Context(), ""); err != nil || !slices.Equal(keys, []string{tc.key}) {
				t.Errorf("the bucket holds %q, %v; want %q", keys, err, tc.key)
			}
			if !slices.Equal(through.seen, []string{tc.host}) {
				t.Errorf("asked of %q, want %q", through.seen, tc.host)
			}
		})
	}
}
