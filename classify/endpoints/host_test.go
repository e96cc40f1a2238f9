package endpoints

import (
	"bytes"
	"testing"
)

func TestHosts(t *testing.T) {
	for _, tc := range []struct {
		host              string
		endpoint, service bool
	}{
		{"vpce-0a1b2c3d4e5f60718-abcd1234.sqs.us-east-1.vpce.amazonaws.com", true, true},
		{"bucket.vpce-0a1b2c3d4e5f60718-abcd1234-us-east-1a.s3.us-east-1.vpce.amazonaws.com", true, true},
		{"vpce-0a1b2c3d4e5f60718-abcd1234.s3.cn-north-1.vpce.amazonaws.com.cn", true, true},
		{"vpce-0a1b2c3d4e5f60718-abcd1234.s3.eusc-de-east-1.vpce.amazonaws.eu", true, true},
		{"vpce-0a1b2c3d4e5f60718-abcd1234.s3.us-iso-east-1.vpce.c2s.ic.gov", true, true},
		{"vpce-0a1b2c3d4e5f60718-abcd1234.s3.us-isob-east-1.vpce.sc2s.sgov.gov", true, true},
		{"vpce-0a1b2c3d4e5f60718-abcd1234.s3.eu-isoe-west-1.vpce.cloud.adc-e.uk", true, true},
		{"vpce-0a1b2c3d4e5f60718-abcd1234.s3.us-isof-south-1.vpce.csp.hci.ic.gov", true, true},
		{"vpce-0a1b2c3d4e5f60718-abcd1234.s3.us-east-1.vpce.example.com", false, false},
		{"vpce-0a1b2c3d4e5f60718.vpce.amazonaws.com.example.net", false, false},
		{"s3.amazonaws.com", false, true},
		{"delivery.logs.amazonaws.com", false, true},
		{"ecs.amazonaws.com.cn", false, true},
		{"elasticmapreduce.c2s.ic.gov", false, true},
		{"ec2-203-0-113-25.compute-1.amazonaws.com", false, false},
		{"ec2-203-0-113-25.eu-west-1.compute.amazonaws.com", false, false},
		{"ec2-203-0-113-25.cn-north-1.compute.amazonaws.com.cn", false, false},
		{"compute-optimizer.amazonaws.com", false, true},
		{"amazonaws.com", false, false}, {"notamazonaws.eu", false, false}, {"10.0.0.1", false, false}, {"2001:db8::f", false, false}, {"", false, false},
	} {
		if got := IsHost([]byte(tc.host)); got != tc.endpoint {
			t.Errorf("%s is an endpoint's: %v, want %v", tc.host, got, tc.endpoint)
		}
		if got := IsService([]byte(tc.host)); got != tc.service {
			t.Errorf("%s is a service's: %v, want %v", tc.host, got, tc.service)
		}
	}
}

// FuzzCutSuffix compares CutSuffix with a loop over all suffixes.
func FuzzCutSuffix(f *testing.F) {
	for _, suffix := range suffixes {
		f.Add(append([]byte("s3"), suffix...))
	}
	f.Add([]byte("203.0.113.9"))
	f.Fuzz(func(t *testing.T, host []byte) {
		var want []byte
		found := false
		for _, suffix := range suffixes {
			if !found && bytes.HasSuffix(host, suffix) {
				want, found = host[:len(host)-len(suffix)], true
			}
		}
		if got, ok := CutSuffix(host); ok != found || !bytes.Equal(got, want) {
			t.Errorf("%q: got %q, %v, want %q, %v", host, got, ok, want, found)
		}
	})
}
