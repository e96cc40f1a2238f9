package source

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"vpcetrail/ingest/source/list"
	"vpcetrail/ingest/source/store"
)

func TestAccessSaysWhoPaysAndWhoOwns(t *testing.T) {
	for _, tc := range []struct {
		name         string
		opt          Options
		payer, owner string
	}{
		{"nothing", Options{}, "", ""},
		{"requester pays", Options{RequesterPays: true}, "requester", ""},
		{"owner", Options{BucketOwner: acct}, "", acct},
	} {
		t.Run(tc.name, func(t *testing.T) {
			server := newS3(t)
			server.put(t, "p/a.json")
			var requests gauge
			server.before = func(_ http.ResponseWriter, r *http.Request) bool {
				requests.add(1)
				if payer, owner := r.Header.Get("X-Amz-Request-Payer"), r.Header.Get("X-Amz-Expected-Bucket-Owner"); payer != tc.payer || owner != tc.owner {
					t.Errorf("%s %s: payer %q, owner %q", r.Method, r.URL, payer, owner)
				}
				return false
			}
			tc.opt.S3 = server.open
			equal(t, "objects", names(t, []string{"s3://logs/p"}, allDays, tc.opt), []string{"s3://logs/p/a.json"})
			if requests.add(0) != 3 {
				t.Errorf("%d requests, want 3", requests.add(0))
			}
		})
	}
}

func TestAccessRefusedSaysWhy(t *testing.T) {
	const user = "User: arn:aws:sts::123456789012:assumed-role/r/s is not authorized to perform: "
	for _, tc := range []struct {
		name          string
		opt           Options
		status        int
		code, message string
		want, is      string
	}{
		{"key", Options{}, 403, "AccessDenied", user + "kms:Decrypt on this resource", "AccessDenied: " + user +
			"kms:Decrypt on this resource: allow kms:Decrypt on the key that the object is encrypted with", "denied"},
		{"key that is off", Options{}, 400, "KMS.DisabledException", "k is disabled.",
			"KMS.DisabledException: k is disabled.: the key that the object is encrypted with cannot be used", "unreadable"},
		{"object", Options{}, 403, "AccessDenied", "Access Denied", "AccessDenied: Access Denied", "denied"},
		{"owner", Options{BucketOwner: acct}, 403, "AccessDenied", "Access Denied",
			"AccessDenied: Access Denied: see that account " + acct + " owns the bucket", "denied"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			server := newS3(t)
			server.put(t, "p/a.json")
			server.before = func(w http.ResponseWriter, r *http.Request) bool {
				return isGet(r) && refuse(w, tc.status, tc.code, tc.message)
			}
			tc.opt.S3 = server.open
			_, failed := bodies(t, tc.opt)
			wantError(t, failed["s3://logs/p/a.json"], "s3://logs/p/a.json: open: "+tc.want, tc.is, nil)
		})
	}
}

// An access point has its own host, in the Region of its ARN.
func TestAccessPointAsSource(t *testing.T) {
	const (
		arn   = "arn:aws:s3:eu-west-1:123456789012:accesspoint/trail"
		alias = "trail-a1b2c3d4-s3alias"
	)
	server := newS3(t)
	server.put(t, "p/AWSLogs/"+acct+"/CloudTrail/us-east-1/2026/11/20/a.json.gz", "b.json.gz")
	var mu sync.Mutex
	var hosts []string
	through := &http.Client{Transport: hostless{server, func(host string) {
		mu.Lock()
		defer mu.Unlock()
		hosts = append(hosts, host)
	}}}
	server.client = s3.New(server.client.Options(), func(o *s3.Options) {
		o.BaseEndpoint, o.UsePathStyle, o.HTTPClient = nil, false, through
	})
	for _, tc := range []struct{ bucket, host string }{
		{arn, "trail-123456789012.s3-accesspoint.eu-west-1.amazonaws.com"},
		{alias, alias + ".s3.us-east-1.amazonaws.com"},
	} {
		hosts = nil
		var got []string
		for _, source := range []string{"", "/", "/p/", "/p/AWSLogs/" + acct, "/b.json.gz"} {
			trail, err := Open(t.Context(), []string{"s3://" + tc.bucket + source}, allDays, Options{S3: server.open})
			if err != nil {
				t.Fatal(err)
			}
			for f := range fetches(t, trail) {
				if _, err := readFetch(t.Context(), f); err != nil {
					t.Error(err)
				}
				got = append(got, f.Object.Name+" of "+f.Object.Key.Account)
			}
			trail.Close()
		}
		a := "s3://" + tc.bucket + "/p/AWSLogs/" + acct + "/CloudTrail/us-east-1/2026/11/20/a.json.gz of " + acct
		b := "s3://" + tc.bucket + "/b.json.gz of "
		equal(t, "objects", got, []string{b, a, b, a, a, a, b})
		if slices.Sort(hosts); len(slices.Compact(hosts)) != 1 || hosts[0] != tc.host {
			t.Errorf("asked of %q, want %s", slices.Compact(hosts), tc.host)
		}
	}
}

// A hostless transport sends every request to the only server and bucket.
type hostless struct {
	server *s3Server
	asked  func(host string)
}

func (h hostless) RoundTrip(r *http.Request) (*http.Response, error) {
	h.asked(r.URL.Host)
	r = r.Clone(r.Context())
	r.URL.Scheme, r.URL.Host, r.Host = "http", strings.TrimPrefix(h.server.URL, "http://"), ""
	r.URL.Path, r.URL.RawPath = "/"+bucket+r.URL.Path, ""
	return http.DefaultTransport.RoundTrip(r)
}

func TestAccessPointOnAnEndpointOfItsOwn(t *testing.T) {
	server := newS3(t)
	var mu sync.Mutex
	hosts := map[string]bool{}
	through := &http.Client{Transport: hostless{server, func(host string) {
		mu.Lock()
		defer mu.Unlock()
		hosts[host] = true
	}}}
	server.put(t, "p/a.json")
	server.client = s3.New(server.client.Options(), func(o *s3.Options) {
		*o.BaseEndpoint, o.HTTPClient = "https://storage.example", through
	})
	names(t, []string{"s3://arn:aws:s3:us-east-1:123456789012:accesspoint/trail/p"}, allDays, Options{S3: server.open})
	if len(hosts) != 1 || !hosts["trail-123456789012.storage.example"] {
		t.Errorf("asked of %v", hosts)
	}
}

func TestURLNamesBucketAndKey(t *testing.T) {
	const point = "arn:aws:s3:us-east-1:123456789012:accesspoint/name"
	const outpost = "arn:aws:s3-outposts:us-east-1:123456789012:outpost/op-1/accesspoint/name"
	for _, tc := range [][3]string{
		{"s3://logs", "logs", ""},
		{"s3://logs/", "logs", ""},
		{"s3://logs/p/q", "logs", "p/q"},
		{"s3://logs//p", "logs", "/p"},
		{"s3://", "", ""},
		{"s3:///p", "", "p"},
		{"s3://accesspoint/p", "accesspoint", "p"},
		{"s3://name-1-s3alias/p", "name-1-s3alias", "p"},
		{"s3://" + point, point, ""},
		{"s3://" + point + "/", point, ""},
		{"s3://" + point + "/p/q/", point, "p/q/"},
		{"s3://arn:aws:s3::123456789012:accesspoint/m.mrap/p", "arn:aws:s3::123456789012:accesspoint/m.mrap", "p"},
		{"s3://arn:aws:s3-object-lambda:us-east-1:123456789012:accesspoint/f/p", "arn:aws:s3-object-lambda:us-east-1:123456789012:accesspoint/f", "p"},
		{"s3://arn:aws-cn:s3:cn-north-1:123456789012:accesspoint:name/p", "arn:aws-cn:s3:cn-north-1:123456789012:accesspoint:name", "p"},
		{"s3://" + outpost + "/p:q/r", outpost, "p:q/r"},
		{"s3://arn:", "arn:", ""},
	} {
		if bucket, key := store.SplitURL(tc[0]); bucket != tc[1] || key != tc[2] {
			t.Errorf("%s: bucket %q, key %q; want %q, %q", tc[0], bucket, key, tc[1], tc[2])
		}
	}
}

func TestExcludedAccountsAreNotListed(t *testing.T) {
	server := newS3(t)
	for _, account := range []string{acct, acct2} {
		server.put(t, "AWSLogs/"+account+"/CloudTrail/us-east-1/2026/11/20/a.json.gz", "flat/"+account+"_CloudTrail_us-east-1_20261120T0005Z_A.json.gz")
	}
	sel := list.Selection{Window: oneDay(t, "2026-11-20").Window, Lateness: -1, ExcludeAccounts: []string{acct2}}
	got, accounts, err := read(t, []string{"s3://" + bucket}, sel, Options{S3: server.open})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "objects", got, prefixed("s3://"+bucket+"/", []string{
		"AWSLogs/" + acct + "/CloudTrail/us-east-1/2026/11/20/a.json.gz", "flat/" + acct + "_CloudTrail_us-east-1_20261120T0005Z_A.json.gz"}))
	equal(t, "accounts", accounts, []string{acct, acct2}) // it is still ours
	for _, prefix := range server.listed() {
		if strings.Contains(prefix, acct2) {
			t.Errorf("LIST %s", prefix)
		}
	}
	sel.Accounts = []string{acct2}
	if got := names(t, []string{"s3://" + bucket}, sel, Options{S3: server.open}); len(got) > 0 {
		t.Errorf("selected and excluded: %q", got)
	}
}

// A countingListener counts the connections it accepts.
type countingListener struct {
	net.Listener
	accepted gauge
}

func (l *countingListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err == nil {
		l.accepted.add(1)
	}
	return conn, err
}

func TestConnectionsAreUsedAgain(t *testing.T) {
	const objects, atOnce = 1000, 40
	server := newS3(t)
	for i := range objects {
		server.put(t, fmt.Sprintf("AWSLogs/%s/CloudTrail/us-east-1/2026/11/%02d/%05d.json.gz", acct, 1+i%20, i))
	}
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener := &countingListener{Listener: plain}
	counted := &httptest.Server{Listener: listener, Config: &http.Server{Handler: server.Config.Handler}}
	counted.Start()
	defer counted.Close()
	server.before = func(http.ResponseWriter, *http.Request) bool {
		time.Sleep(2 * time.Millisecond) // so that all of them are in flight
		return false
	}
	awsEnv(t, map[string]string{"AWS_ENDPOINT_URL": counted.URL, "AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret"})
	if got := names(t, []string{"s3://" + bucket}, allDays, Options{Concurrency: atOnce}); len(got) != objects {
		t.Errorf("%d objects, want %d", len(got), objects)
	}
	// A call may begin a connection and then take one that has become free.
	if n := listener.accepted.add(0); n > 2*(atOnce+s3Listers) {
		t.Errorf("%d connections for %d objects, want about %d", n, objects, atOnce+s3Listers)
	} else {
		t.Logf("%d connections for %d objects", n, objects)
	}
}
