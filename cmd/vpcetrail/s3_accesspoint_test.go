package main

import (
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
)

// The source and the destination may each be an access point, by ARN or by alias. A
// web proxy sends the requests for their hosts, which do not exist, to the fake's
// buckets.
func TestS3AccessPoints(t *testing.T) {
	const (
		point  = "s3://arn:aws:s3:us-east-1:123456789012:accesspoint/"
		suffix = "-a1b2c3d4-s3alias"
	)
	buckets := strings.NewReplacer(
		"http://trail-123456789012.storage.example/", "/"+trailBucket+"/", "http://reports-123456789012.storage.example/", "/"+reportBucket+"/",
		"http://storage.example/trail"+suffix, "/"+trailBucket, "http://storage.example/reports"+suffix, "/"+reportBucket)
	s := startFake(t)
	s.put(t, generate(t, 1, 1), "prefix/")
	proxy := serve(t, &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		to, err := url.Parse(s.url + buckets.Replace(r.In.URL.String()))
		if err != nil {
			t.Error(err)
		}
		r.Out.URL = to
	}})
	for name, value := range map[string]string{"HTTP_PROXY": proxy, "http_proxy": proxy, "NO_PROXY": "", "no_proxy": ""} {
		t.Setenv(name, value)
	}
	elsewhere := &s3Server{url: "http://storage.example"}
	calls := s.run(t, 1, "analyze", wholeTrail+"/prefix", "--date", "all", "--out", reports+"bucket").out
	want := s.report(t, "bucket/")
	for name, way := range map[string][2]string{
		"by-arn":   {point + "trail/prefix", point + "reports/by-arn"},
		"by-alias": {"s3://trail" + suffix + "/prefix/", "s3://reports" + suffix + "/by-alias/"},
	} {
		got := elsewhere.run(t, 1, "analyze", way[0], "--date", "all", "--out", way[1])
		if got != (finished{0, calls, ""}) {
			t.Errorf("%s: exit code %d, and it says\n%s%s", name, got.code, got.out, got.errOut)
		}
		sameFiles(t, name, tables(s.report(t, name+"/")), tables(want))
		if got := elsewhere.run(t, 1, "summary", way[1]); got != (finished{0, calls, ""}) {
			t.Errorf("%s: summary: exit code %d, and it says\n%s%s", name, got.code, got.out, got.errOut)
		}
	}
}
